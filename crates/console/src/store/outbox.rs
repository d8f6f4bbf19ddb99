//! What a site has yet to take.

use action::{SiteId, TaskGuid, TenantId, UserId};
use database::{DbError, Row, Statement, Transaction, args};

use super::Store;

/// Something to send to a site.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outgoing {
    /// Grows for each site.
    pub(crate) number: u64,
    pub(crate) task_guid: TaskGuid,
    pub(crate) sending: Sending,
}

/// What is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Sending {
    /// The request's canonical bytes, and who asked.
    Request { request: Vec<u8>, user: UserId, user_name: String },
    /// A person withdraws the action.
    Cancel { user_name: String },
}

const NEXT: Statement = Statement::both(
    "SELECT outbox.number, outbox.task_guid, outbox.what, outbox.who, action.request, action.asked_by
     FROM outbox JOIN action ON action.tenant = outbox.tenant AND action.task_guid = outbox.task_guid
     WHERE outbox.site = $1 AND outbox.number > $2 AND outbox.offered IS NOT NULL
     ORDER BY outbox.number LIMIT $3",
);
const TAKEN: Statement = Statement::split(
    "DELETE FROM outbox WHERE site = $1 AND what = 'request' AND task_guid IN (SELECT value FROM json_each($2))",
    "DELETE FROM outbox WHERE site = $1 AND what = 'request'
     AND task_guid IN (SELECT json_array_elements_text($2::json))",
);
const ENDED: Statement = Statement::split(
    "DELETE FROM outbox WHERE site = $1 AND task_guid IN
     (SELECT action.task_guid FROM action JOIN json_each($2) AS x ON x.value = action.task_guid
      WHERE action.tenant = $3 AND action.is_open = 0)",
    "DELETE FROM outbox WHERE site = $1 AND task_guid IN
     (SELECT action.task_guid FROM action JOIN json_array_elements_text($2::json) AS x (value)
      ON x.value = action.task_guid WHERE action.tenant = $3 AND action.is_open = 0)",
);

impl Store {
    /// Returns what a site has yet to take, after the number `after`, in the order in which it was asked.
    pub(crate) async fn outgoing(
        &self,
        site: SiteId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Outgoing>, DbError> {
        let rows = self.db.rows(&NEXT, args![site.to_string(), after, limit]).await?;
        rows.iter().map(read).collect()
    }

    /// Forgets requests that the site has on its own disk.
    pub(crate) async fn requests_taken(&self, site: SiteId, actions: &[TaskGuid]) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        taken(&mut transaction, site, actions).await?;
        transaction.commit().await
    }
}

/// Forgets requests that the site has on its own disk, as part of another change.
pub(super) async fn taken(
    transaction: &mut Transaction,
    site: SiteId,
    actions: &[TaskGuid],
) -> Result<(), DbError> {
    if actions.is_empty() {
        return Ok(());
    }
    transaction.execute(&TAKEN, args![site.to_string()].set(actions)).await.map(|_| ())
}

/// Forgets withdrawals of actions that have ended.
pub(super) async fn ended(
    transaction: &mut Transaction,
    tenant: TenantId,
    site: SiteId,
    actions: &[TaskGuid],
) -> Result<(), DbError> {
    let arguments = args![site.to_string()].set(actions).with(tenant.to_string());
    transaction.execute(&ENDED, arguments).await.map(|_| ())
}

fn read(row: &Row) -> Result<Outgoing, DbError> {
    let user_name = row.text("who")?.to_owned();
    let sending = match row.text("what")? {
        "cancel" => Sending::Cancel { user_name },
        _ => Sending::Request {
            request: row.text("request")?.as_bytes().to_vec(),
            user: row.parsed("asked_by")?,
            user_name,
        },
    };
    Ok(Outgoing { number: row.unsigned("number")?, task_guid: row.parsed("task_guid")?, sending })
}
