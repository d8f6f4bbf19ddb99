//! The journal: every task that came, how far it got, and the answers that the site has not confirmed.
//!
//! A task is known by its TaskGUID. What is received is committed before it is receipted, and an answer before it is
//! sent; each is one transaction and one write to the disk's surface.

mod entry;
mod error;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;

use action::{PushId, TaskGuid, TaskId, Timestamp};
use device_channel::ReturnCode;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

pub use error::JournalError;

pub(crate) use entry::{Answer, Entry, Owed, Push, Stage, Task};

/// How long a TaskGUID is remembered after its `deliver_by`: a task that comes again by then is not run again.
const KEEP_AFTER: std::time::Duration = std::time::Duration::from_hours(24);

/// The most tasks that are remembered. A site that sends more in two days has lost its mind; the disk stays below 10 MB.
pub(crate) const MOST_TASKS: u64 = 10_000;

/// The journal of one device.
#[derive(Debug)]
pub(crate) struct Journal {
    db: Connection,
}

impl Journal {
    /// Opens or makes the journal.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        schema::open(path).map(|db| Self { db })
    }

    /// Makes a journal in memory.
    #[cfg(test)]
    pub(crate) fn memory() -> Result<Self, JournalError> {
        schema::memory().map(|db| Self { db })
    }

    /// Returns what is known of a task.
    pub(crate) fn entry(&self, task_guid: TaskGuid) -> Result<Option<Entry>, JournalError> {
        self.db
            .prepare_cached(&format!("{ENTRY} WHERE task_guid = ?1"))
            .and_then(|mut statement| statement.query_row([task_guid.to_string()], entry).optional())
            .map_err(sql("read"))
    }

    /// Takes a task that is not known yet, together with how far it gets at once.
    pub(crate) fn take(&mut self, task: &Task, stage: &Stage) -> Result<(), JournalError> {
        let count: u64 =
            self.db.query_row("SELECT count(*) FROM task", [], |row| row.get(0)).map_err(sql("read"))?;
        if count >= MOST_TASKS {
            return Err(JournalError::Full);
        }
        self.write("write a task to", |db| {
            let answer = stage.answer();
            db.prepare_cached(
                "INSERT INTO task (task_guid, kind, param, stage, finish_by, keep_until, code, detail, answered_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                task.task_guid.to_string(),
                task.kind.0,
                task.param,
                stage.name(),
                task.finish_by.0,
                task.deliver_by.plus(KEEP_AFTER).0,
                answer.map(|answer| answer.code.0),
                answer.map(|answer| answer.detail.as_str()),
                answer.map(|answer| answer.at.0),
            ])?;
            push(db, &task.push, Repeated::No)
        })
    }

    /// Notes that a known task came by another push: its answer is owed under that push as well.
    pub(crate) fn again(&mut self, again: &Push) -> Result<(), JournalError> {
        self.write("write a repeated task to", |db| push(db, again, Repeated::Yes))
    }

    /// Notes that tasks begin, which must not be repeated if the agent ends meanwhile.
    pub(crate) fn start(&mut self, tasks: &[TaskGuid]) -> Result<(), JournalError> {
        self.write("write the begin of a run to", |db| {
            let mut statement = db.prepare_cached(
                "UPDATE task SET stage = 'started' WHERE task_guid = ?1 AND stage = 'received'",
            )?;
            tasks.iter().try_for_each(|task| statement.execute([task.to_string()]).map(drop))
        })
    }

    /// Notes the answer of tasks. The first answer of a task stands.
    pub(crate) fn answer(&mut self, tasks: &[TaskGuid], answer: &Answer) -> Result<(), JournalError> {
        self.write("write an answer to", |db| {
            let mut statement = db.prepare_cached(
                "UPDATE task SET stage = 'answered', code = ?2, detail = ?3, answered_at = ?4 \
                 WHERE task_guid = ?1 AND stage <> 'answered'",
            )?;
            let (code, detail, at) = (answer.code.0, &answer.detail, answer.at.0);
            tasks
                .iter()
                .try_for_each(|task| statement.execute(params![task.to_string(), code, detail, at]).map(drop))
        })
    }

    /// Returns the answers that are owed: all, or those of some tasks.
    pub(crate) fn owed(&self, tasks: Option<&[TaskGuid]>) -> Result<Vec<Owed>, JournalError> {
        let set = tasks.map(json_set);
        let mut statement = self
            .db
            .prepare_cached(
                "SELECT p.push_id, p.task_id, p.task_guid, p.repeated, t.code, t.detail, t.answered_at \
                 FROM push p JOIN task t USING (task_guid) WHERE t.stage = 'answered' \
                 AND (?1 IS NULL OR p.task_guid IN (SELECT value FROM json_each(?1))) ORDER BY p.push_id",
            )
            .map_err(sql("read"))?;
        statement
            .query_map([set], |row| {
                Ok(Owed {
                    push: Push {
                        push_id: PushId(row.get(0)?),
                        task_id: TaskId(row.get(1)?),
                        task_guid: parsed(row, 2)?,
                    },
                    repeated: row.get(3)?,
                    answer: Answer {
                        code: ReturnCode(row.get(4)?),
                        detail: row.get(5)?,
                        at: Timestamp(row.get(6)?),
                    },
                })
            })
            .and_then(Iterator::collect)
            .map_err(sql("read"))
    }

    /// The site has these answers: they are owed no longer. Not forced to the disk's surface: what is lost with the power
    /// is an answer repeated once more.
    pub(crate) fn confirm(&mut self, pairs: &[(PushId, TaskId)]) -> Result<(), JournalError> {
        self.write_at_leisure("confirm answers in", |db| {
            let mut statement = db.prepare_cached("DELETE FROM push WHERE push_id = ?1 AND task_id = ?2")?;
            pairs.iter().try_for_each(|(push, task)| statement.execute([push.0, task.0]).map(drop))
        })
    }

    /// Returns the tasks without an answer, in the order in which they came.
    pub(crate) fn unanswered(&self) -> Result<Vec<Entry>, JournalError> {
        self.db
            .prepare(&format!("{ENTRY} WHERE stage <> 'answered' ORDER BY rowid"))
            .and_then(|mut statement| statement.query_map([], entry)?.collect())
            .map_err(sql("read"))
    }

    /// Forgets the tasks whose time is over, answered or not.
    pub(crate) fn forget(&mut self, now: Timestamp) -> Result<(), JournalError> {
        self.write_at_leisure("tidy", |db| {
            db.execute(
                "DELETE FROM push WHERE task_guid IN (SELECT task_guid FROM task WHERE keep_until < ?1)",
                [now.0],
            )?;
            db.execute("DELETE FROM task WHERE keep_until < ?1", [now.0]).map(drop)
        })
    }

    /// Returns the highest number of a push that was taken.
    pub(crate) fn highest_push(&self) -> Result<u64, JournalError> {
        Ok(self.note("highest-push")?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Returns a note, such as the highest epoch that was seen.
    pub(crate) fn note(&self, name: &str) -> Result<Option<String>, JournalError> {
        self.db
            .query_row("SELECT value FROM note WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(sql("read"))
    }

    /// Keeps a note.
    pub(crate) fn put_note(&mut self, name: &str, value: &str) -> Result<(), JournalError> {
        self.write("write a note to", |db| {
            db.execute("INSERT OR REPLACE INTO note (name, value) VALUES (?1, ?2)", [name, value]).map(drop)
        })
    }

    /// Removes a note.
    pub(crate) fn remove_note(&mut self, name: &str) -> Result<(), JournalError> {
        self.write_at_leisure("remove a note from", |db| {
            db.execute("DELETE FROM note WHERE name = ?1", [name]).map(drop)
        })
    }

    fn write(
        &mut self,
        attempt: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), JournalError> {
        let transaction = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
        transaction
            .and_then(|transaction| {
                work(&transaction)?;
                transaction.commit()
            })
            .map_err(sql(attempt))
    }

    fn write_at_leisure(
        &mut self,
        attempt: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), JournalError> {
        schema::synced(&self.db, false).map_err(sql(attempt))?;
        let written = self.write(attempt, work);
        schema::synced(&self.db, true).map_err(sql(attempt))?;
        written
    }
}

const ENTRY: &str = "SELECT task_guid, kind, param, stage, finish_by, code, detail, answered_at FROM task";

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let answer = match row.get::<_, Option<i32>>(5)? {
        Some(code) => Some(Answer {
            code: ReturnCode(code),
            detail: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
            at: Timestamp(row.get::<_, Option<i64>>(7)?.unwrap_or_default()),
        }),
        None => None,
    };
    Ok(Entry {
        task_guid: parsed(row, 0)?,
        kind: action::ActionKind(row.get(1)?),
        param: row.get(2)?,
        stage: Stage::named(&row.get::<_, String>(3)?, answer),
        finish_by: Timestamp(row.get(4)?),
    })
}

fn json_set(tasks: &[TaskGuid]) -> String {
    serde_json::to_string(tasks).expect("a list of ids can be written")
}

fn parsed(row: &Row<'_>, column: usize) -> rusqlite::Result<TaskGuid> {
    row.get::<_, String>(column)?.parse().map_err(|error: uuid::Error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

#[derive(Clone, Copy)]
enum Repeated {
    Yes,
    No,
}

/// A push that comes a second time changes nothing.
fn push(db: &Connection, push: &Push, repeated: Repeated) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO note (name, value) VALUES ('highest-push', ?1) ON CONFLICT (name) DO UPDATE \
         SET value = excluded.value WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)",
    )?
    .execute([push.push_id.to_string()])?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO push (push_id, task_id, task_guid, repeated) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        push.push_id.0,
        push.task_id.0,
        push.task_guid.to_string(),
        matches!(repeated, Repeated::Yes)
    ])
    .map(drop)
}

fn sql(attempt: &'static str) -> impl Fn(rusqlite::Error) -> JournalError {
    move |source| JournalError::Sql { attempt, source }
}
