//! A person withdraws an action.

use action::{Conclusion, Reason, TaskGuid, Timestamp};
use database::{DbError, Statement, args};

use super::{Audit, Store, conclude};
use crate::actions::permit::ActPermit;

/// What became of a withdrawal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cancelled {
    /// No site had been told of the action: it has ended.
    Ended,
    /// The site is asked to end it.
    Asked,
    /// It had ended before.
    TooLate,
    /// The tenant has no such action.
    Unknown,
}

const OPEN: Statement = Statement::split(
    "SELECT site, is_open FROM action WHERE tenant = $1 AND task_guid = $2",
    "SELECT site, is_open FROM action WHERE tenant = $1 AND task_guid = $2 FOR UPDATE",
);
const TAKE_BACK: Statement =
    Statement::both("DELETE FROM outbox WHERE tenant = $1 AND task_guid = $2 AND offered IS NULL");
const ASKED: Statement =
    Statement::both("SELECT 1 AS one FROM outbox WHERE tenant = $1 AND task_guid = $2 AND what = 'cancel'");
const NUMBER: Statement =
    Statement::both("UPDATE site SET outbox = outbox + 1 WHERE id = $1 RETURNING outbox");
const ASK: Statement = Statement::both(
    "INSERT INTO outbox (site, number, tenant, task_guid, what, who, offered)
     VALUES ($1, $2, $3, $4, 'cancel', $5, $6)",
);

impl Store {
    /// Ends an action that no site has been told of, else asks the site to end it.
    pub(crate) async fn cancel(
        &self,
        permit: &ActPermit,
        task_guid: TaskGuid,
        now: Timestamp,
        audit: &[Audit],
    ) -> Result<Cancelled, DbError> {
        let (tenant, id) = (permit.tenant().to_string(), task_guid.to_string());
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&OPEN, args![&tenant, &id]).await? else {
            return Ok(Cancelled::Unknown);
        };
        if !row.flag("is_open")? {
            return Ok(Cancelled::TooLate);
        }
        let outcome = if transaction.execute(&TAKE_BACK, args![&tenant, &id]).await? > 0 {
            let reason = Reason::CancelledBy { who: permit.user_name().to_owned() };
            let end = Conclusion::Cancelled { reason };
            conclude::all(&mut transaction, permit.tenant(), &[task_guid], &end, now).await?;
            Cancelled::Ended
        } else {
            if transaction.row(&ASKED, args![&tenant, &id]).await?.is_none() {
                let site = row.text("site")?;
                let number = transaction.row(&NUMBER, args![site]).await?;
                let number = number.map_or(Ok(0), |row| row.unsigned("outbox"))?;
                let arguments = args![site, number, &tenant, &id, permit.user_name(), now.0];
                transaction.execute(&ASK, arguments).await?;
            }
            Cancelled::Asked
        };
        super::audit::append(&mut transaction, audit).await?;
        self.commit_and_tell(transaction).await?;
        self.wakes.wake(service::wake::Topic::Actions);
        Ok(outcome)
    }
}
