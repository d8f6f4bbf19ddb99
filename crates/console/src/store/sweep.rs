//! Forgets what is older than it is kept for, a bounded part at a time.

use std::time::Duration;

use action::Timestamp;
use database::{DbError, Statement, args};

use super::Store;

/// How long the key of a repeated request is remembered: longer than any client tries again.
const REPETITIONS: Duration = Duration::from_hours(24);

/// How long changes are kept for a page that lost its connection; after that it reads its lists again.
const CHANGES: Duration = Duration::from_hours(1);

/// The most changes that are kept for a tenant: some megabytes.
const MOST_CHANGES: i64 = 20_000;

/// The most ended actions that one pass forgets: with their history they are some 100,000 rows at the worst.
const ACTIONS_A_PASS: i64 = 20;

const SESSIONS: Statement = Statement::both("DELETE FROM session WHERE expires <= $1");
const TOKENS: Statement = Statement::both("DELETE FROM api_token WHERE expires <= $1");
const CODES: Statement = Statement::both("DELETE FROM attach_code WHERE expires <= $1");
const REPEATED: Statement = Statement::both("DELETE FROM repetition WHERE at <= $1");
const OLD_CHANGES: Statement = Statement::both("DELETE FROM change WHERE at <= $1");
const MORE_CHANGES: Statement = Statement::both(
    "DELETE FROM change WHERE number <= (SELECT changes FROM tenant WHERE tenant.id = change.tenant) - $1",
);
const OLD_ACTIONS: Statement = Statement::both(
    "SELECT tenant, task_guid FROM action WHERE is_open = 0 AND changed <= $1 ORDER BY changed LIMIT $2",
);
const FORGET: [Statement; 4] = [
    Statement::both("DELETE FROM history WHERE tenant = $1 AND task_guid = $2"),
    Statement::both("DELETE FROM target WHERE tenant = $1 AND task_guid = $2"),
    Statement::both("DELETE FROM tally WHERE tenant = $1 AND task_guid = $2"),
    Statement::both("DELETE FROM action WHERE tenant = $1 AND task_guid = $2"),
];

impl Store {
    /// Forgets what has expired, and ended actions whose last change is older than `keep_actions`, and the
    /// audit before `keep_audit`. Returns whether
    /// there is more.
    pub(crate) async fn sweep(
        &self,
        now: Timestamp,
        keep_actions: Duration,
        keep_audit: Duration,
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        for statement in [&SESSIONS, &TOKENS, &CODES] {
            transaction.execute(statement, args![now.0]).await?;
        }
        transaction.execute(&REPEATED, args![now.minus(REPETITIONS).0]).await?;
        transaction.execute(&OLD_CHANGES, args![now.minus(CHANGES).0]).await?;
        super::audit::forget(&mut transaction, now.minus(keep_audit)).await?;
        transaction.execute(&MORE_CHANGES, args![MOST_CHANGES]).await?;
        let old = transaction.rows(&OLD_ACTIONS, args![now.minus(keep_actions).0, ACTIONS_A_PASS]).await?;
        for row in &old {
            let (tenant, task_guid) = (row.text("tenant")?, row.text("task_guid")?);
            for statement in &FORGET {
                transaction.execute(statement, args![tenant, task_guid]).await?;
            }
        }
        transaction.commit().await?;
        Ok(i64::try_from(old.len()).is_ok_and(|count| count == ACTIONS_A_PASS))
    }
}
