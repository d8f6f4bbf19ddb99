//! Decisions: what was decided of a request, so that the same request gets the same answer and a release knows its action.

use action::{Audited, TaskGuid, Timestamp, UserId};
use authority_link::Decision;
use database::{DbError, Statement, Transaction, args};
use proof::Level;

use super::{Store, devices::json};

/// A decision, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredDecision {
    /// The action.
    pub(crate) task_guid: TaskGuid,
    /// SHA-256 of the request's bytes, hexadecimal.
    pub(crate) request_sha256: String,
    /// Who asked.
    pub(crate) person: UserId,
    /// Their name.
    pub(crate) person_name: String,
    /// How it is known that they asked.
    pub(crate) proof: String,
    /// The level of that proof.
    pub(crate) level: Level,
    /// Who has approved it, where it waited for a second person.
    pub(crate) approver: Option<UserId>,
    /// What was decided.
    pub(crate) decision: Decision,
    /// Where it stands in the audit; none for one of an earlier version.
    pub(crate) audit: Option<Audited>,
    /// How long it must be known: while the action can be released, and its id must not be taken again.
    pub(crate) keep_until: Timestamp,
}

const ONE: Statement = Statement::both(
    "SELECT task_guid, request_sha256, person, person_name, proof, level, approver, decision, keep_until, audit \
     FROM decision \
     WHERE task_guid = $1",
);
const PUT: Statement = Statement::both(
    "INSERT INTO decision (task_guid, request_sha256, person, person_name, proof, level, decision, keep_until, audit) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (task_guid) DO NOTHING",
);
const CONCLUDE: Statement =
    Statement::both("UPDATE decision SET decision = $2, approver = $3, audit = $4 WHERE task_guid = $1");
const FORGET: Statement = Statement::both("DELETE FROM decision WHERE keep_until < $1");

impl Store {
    /// Returns the decision on an action.
    pub(crate) async fn decision(&self, task_guid: TaskGuid) -> Result<Option<StoredDecision>, DbError> {
        let row = self.db.row(&ONE, args![task_guid.to_string()]).await?;
        row.map(|row| {
            Ok(StoredDecision {
                task_guid: row.parsed("task_guid")?,
                request_sha256: row.text("request_sha256")?.to_owned(),
                person: row.parsed("person")?,
                person_name: row.text("person_name")?.to_owned(),
                proof: row.text("proof")?.to_owned(),
                level: row.parsed("level")?,
                approver: row.opt_parsed("approver")?,
                decision: row.json("decision")?,
                audit: row.opt_text("audit")?.map(|_| row.json("audit")).transpose()?,
                keep_until: Timestamp(row.int("keep_until")?),
            })
        })
        .transpose()
    }

    /// Stores a decision; returns whether the action had none before.
    pub(crate) async fn put_decision(
        change: &mut Transaction,
        stored: &StoredDecision,
    ) -> Result<bool, DbError> {
        let arguments = args![
            stored.task_guid.to_string(),
            stored.request_sha256.as_str(),
            stored.person.to_string(),
            stored.person_name.as_str(),
            stored.proof.as_str(),
            stored.level.name(),
            json(&stored.decision),
            stored.keep_until.0,
            stored.audit.as_ref().map(json),
        ];
        Ok(change.execute(&PUT, arguments).await? > 0)
    }

    /// Decides what waited for a second person.
    pub(crate) async fn conclude_decision(
        change: &mut Transaction,
        stored: &StoredDecision,
    ) -> Result<(), DbError> {
        let approver = stored.approver.map(|person| person.to_string());
        let audit = stored.audit.as_ref().map(json);
        let arguments = args![stored.task_guid.to_string(), json(&stored.decision), approver, audit];
        change.execute(&CONCLUDE, arguments).await.map(|_| ())
    }

    /// Forgets the decisions that nothing needs any more; returns how many.
    pub(crate) async fn forget_decisions(&self, now: Timestamp) -> Result<u64, DbError> {
        self.db.write(&FORGET, args![now.0]).await
    }
}
