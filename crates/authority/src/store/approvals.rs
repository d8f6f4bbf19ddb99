//! Requests that wait for a second person, which do, and which accounts are one person's.

use action::{ActionKind, TaskGuid, Timestamp, UserId};
use authority_link::ApprovalRule;
use database::{DbError, Row, Statement, Transaction, args};

use super::Store;

/// A request that waits for a second person, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredWaiting {
    /// The action.
    pub(crate) task_guid: TaskGuid,
    /// The request as it was sent, base64.
    pub(crate) request: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub(crate) request_sha256: String,
    /// Who asked.
    pub(crate) person: UserId,
    /// Their name.
    pub(crate) person_name: String,
    /// How it is known that they did.
    pub(crate) proof: String,
    /// When.
    pub(crate) asked_at: Timestamp,
    /// It ends then.
    pub(crate) until: Timestamp,
}

/// The columns of a waiting request.
macro_rules! waiting {
    () => {
        "task_guid, request, request_sha256, person, person_name, proof, asked_at, until"
    };
}

const ONE: Statement = Statement::both(concat!("SELECT ", waiting!(), " FROM waiting WHERE task_guid = $1"));
const ALL: Statement = Statement::both(concat!(
    "SELECT ",
    waiting!(),
    " FROM waiting WHERE until > $1 ORDER BY asked_at, task_guid"
));
const OVERDUE: Statement = Statement::both(concat!(
    "SELECT ",
    waiting!(),
    " FROM waiting WHERE until <= $1 ORDER BY until LIMIT 100"
));
const COUNT: Statement = Statement::both(
    "SELECT count(*) AS total, COALESCE(sum(CASE WHEN person = $1 THEN 1 ELSE 0 END), 0) AS own FROM waiting",
);
const PUT: Statement = Statement::both(concat!(
    "INSERT INTO waiting (",
    waiting!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (task_guid) DO NOTHING"
));
const END: Statement = Statement::both("DELETE FROM waiting WHERE task_guid = $1");
const RULES: Statement =
    Statement::both("SELECT kind, collection, level FROM approval_rule ORDER BY kind, collection");
const PUT_RULE: Statement = Statement::both(
    "INSERT INTO approval_rule (kind, collection, level) VALUES ($1, $2, $3) \
     ON CONFLICT (kind, collection) DO UPDATE SET level = excluded.level",
);
const REMOVE_RULE: Statement =
    Statement::both("DELETE FROM approval_rule WHERE kind = $1 AND collection = $2");
const SAME: Statement = Statement::both("SELECT person, same_as FROM same_account ORDER BY person, same_as");
const PUT_SAME: Statement = Statement::both(
    "INSERT INTO same_account (person, same_as) VALUES ($1, $2) ON CONFLICT (person, same_as) DO NOTHING",
);
const REMOVE_SAME: Statement = Statement::both("DELETE FROM same_account WHERE person = $1");

impl Store {
    /// Returns the request of an action that waits, ended or not.
    pub(crate) async fn waiting(&self, task_guid: TaskGuid) -> Result<Option<StoredWaiting>, DbError> {
        self.db.row(&ONE, args![task_guid.to_string()]).await?.as_ref().map(read).transpose()
    }

    /// Returns all requests that wait now, the oldest first.
    pub(crate) async fn all_waiting(&self, now: Timestamp) -> Result<Vec<StoredWaiting>, DbError> {
        self.db.rows(&ALL, args![now.0]).await?.iter().map(read).collect()
    }

    /// Returns requests that nobody has approved in time, at most 100.
    pub(crate) async fn overdue_waiting(&self, now: Timestamp) -> Result<Vec<StoredWaiting>, DbError> {
        self.db.rows(&OVERDUE, args![now.0]).await?.iter().map(read).collect()
    }

    /// Returns how many requests wait, and how many of them are of a person: those that have ended too, until they are removed.
    pub(crate) async fn count_waiting(&self, person: UserId) -> Result<(u64, u64), DbError> {
        let row = self.db.row(&COUNT, args![person.to_string()]).await?;
        row.map_or(Ok((0, 0)), |row| Ok((row.unsigned("total")?, row.unsigned("own")?)))
    }

    /// Has a request wait.
    pub(crate) async fn put_waiting(change: &mut Transaction, stored: &StoredWaiting) -> Result<(), DbError> {
        let arguments = args![
            stored.task_guid.to_string(),
            stored.request.as_str(),
            stored.request_sha256.as_str(),
            stored.person.to_string(),
            stored.person_name.as_str(),
            stored.proof.as_str(),
            stored.asked_at.0,
            stored.until.0,
        ];
        change.execute(&PUT, arguments).await.map(|_| ())
    }

    /// Has a request wait no longer; returns whether it did.
    pub(crate) async fn end_waiting(change: &mut Transaction, task_guid: TaskGuid) -> Result<bool, DbError> {
        Ok(change.execute(&END, args![task_guid.to_string()]).await? > 0)
    }

    /// Returns which requests wait for a second person.
    pub(crate) async fn approval_rules(&self) -> Result<Vec<ApprovalRule>, DbError> {
        let rule = |row: &Row| {
            Ok(ApprovalRule {
                kind: ActionKind(u32::try_from(row.unsigned("kind")?).unwrap_or(u32::MAX)),
                collection: row.text("collection")?.to_owned(),
                of: row.parsed("level")?,
            })
        };
        self.db.rows(&RULES, args![]).await?.iter().map(rule).collect()
    }

    /// Stores a rule.
    pub(crate) async fn put_approval_rule(
        change: &mut Transaction,
        rule: &ApprovalRule,
    ) -> Result<(), DbError> {
        let arguments = args![rule.kind.0, rule.collection.as_str(), rule.of.name()];
        change.execute(&PUT_RULE, arguments).await.map(|_| ())
    }

    /// Removes a rule.
    pub(crate) async fn remove_approval_rule(
        change: &mut Transaction,
        kind: ActionKind,
        collection: &str,
    ) -> Result<(), DbError> {
        change.execute(&REMOVE_RULE, args![kind.0, collection]).await.map(|_| ())
    }

    /// Returns which accounts are one person's.
    pub(crate) async fn same_persons(&self) -> Result<Vec<(UserId, UserId)>, DbError> {
        let rows = self.db.rows(&SAME, args![]).await?;
        rows.iter().map(|row| Ok((row.parsed("person")?, row.parsed("same_as")?))).collect()
    }

    /// Notes that two accounts are one person's.
    pub(crate) async fn put_same_person(
        change: &mut Transaction,
        user: UserId,
        same_as: UserId,
    ) -> Result<(), DbError> {
        change.execute(&PUT_SAME, args![user.to_string(), same_as.to_string()]).await.map(|_| ())
    }

    /// Forgets all others that an account is noted to be; returns whether there were any.
    pub(crate) async fn remove_same_person(change: &mut Transaction, user: UserId) -> Result<bool, DbError> {
        Ok(change.execute(&REMOVE_SAME, args![user.to_string()]).await? > 0)
    }
}

fn read(row: &Row) -> Result<StoredWaiting, DbError> {
    Ok(StoredWaiting {
        task_guid: row.parsed("task_guid")?,
        request: row.text("request")?.to_owned(),
        request_sha256: row.text("request_sha256")?.to_owned(),
        person: row.parsed("person")?,
        person_name: row.text("person_name")?.to_owned(),
        proof: row.text("proof")?.to_owned(),
        asked_at: Timestamp(row.int("asked_at")?),
        until: Timestamp(row.int("until")?),
    })
}
