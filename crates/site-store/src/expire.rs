//! The reaper: no state lacks a deadline, and what is past it ends.

use action::{Conclusion, Entry, Event, Hop, Reason, Timestamp};
use database::{DbError, Row, Statement, Transaction, args, locking};

use crate::{
    SiteStore,
    fold::{self, Locked, Moved, Moving, moving},
};

/// Targets that one transaction ends at most, so that others get their turn: about a fifth of a second.
const BATCH: u32 = 10_000;

const UNDELIVERED: Statement = Statement::both(
    "SELECT task_id FROM push_message WHERE unfinished > 0 AND deliver_by <= $1 AND EXISTS \
     (SELECT 1 FROM push_task WHERE push_task.task_id = push_message.task_id AND push_task.state < 50) LIMIT 1",
);
const UNFINISHED: Statement =
    Statement::both("SELECT task_id FROM push_task WHERE finish_by <= $1 ORDER BY finish_by LIMIT 1");
const LOCK: Statement =
    locking!("SELECT task_id, task_guid, finish_within_seconds FROM push_message WHERE task_id = $1");
const LOAD_UNDELIVERED: Statement = Statement::both(concat!(
    "SELECT ",
    moving!(),
    " FROM push_task WHERE task_id = $1 AND state < 50 LIMIT $2"
));
const LOAD_UNFINISHED: Statement = Statement::both(concat!(
    "SELECT ",
    moving!(),
    " FROM push_task WHERE task_id = $1 AND finish_by <= $3 AND state < 100 LIMIT $2"
));
const NEXT: Statement = Statement::both(
    "SELECT min(due) AS due FROM (SELECT min(deliver_by) AS due FROM push_message WHERE unfinished > 0 AND EXISTS \
     (SELECT 1 FROM push_task WHERE push_task.task_id = push_message.task_id AND push_task.state < 50) \
     UNION ALL SELECT min(finish_by) FROM push_task WHERE finish_by IS NOT NULL) AS clocks",
);

/// Which of the two clocks has run out.
#[derive(Clone, Copy)]
enum Clock {
    Deliver,
    Finish,
}

impl SiteStore {
    /// Ends what is past its deadline: targets that were not received by `deliver_by`, and targets that were received
    /// and have not answered by `finish_by`. Returns how many; a commit for each batch.
    ///
    /// # Errors
    ///
    /// Where the database fails; what was ended until then stays so.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, DbError> {
        let mut ended = 0;
        for clock in [Clock::Deliver, Clock::Finish] {
            let statement = match clock {
                Clock::Deliver => &UNDELIVERED,
                Clock::Finish => &UNFINISHED,
            };
            while let Some(row) = self.db.row(statement, args![now.0]).await? {
                match self.expire_batch(clock, row.unsigned("task_id")?, now).await? {
                    // Another program has just done it.
                    0 => break,
                    batch => ended += batch,
                }
            }
        }
        Ok(ended)
    }

    /// Returns when the next deadline is.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn next_deadline(&self) -> Result<Option<Timestamp>, DbError> {
        let row = self.db.row(&NEXT, args![]).await?;
        Ok(row.map(|row| row.opt_int("due")).transpose()?.flatten().map(Timestamp))
    }

    async fn expire_batch(&self, clock: Clock, task: u64, now: Timestamp) -> Result<u64, DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&LOCK, args![task]).await? else {
            return Ok(0);
        };
        let message = Locked::read(&row)?;
        let mut targets = overdue(&mut transaction, clock, message, now).await?;
        let reason = match clock {
            Clock::Deliver => Reason::NotDeliveredInTime,
            Clock::Finish => Reason::FinishedTooLate,
        };
        let event = Event::Concluded(Conclusion::Expired { reason });
        let hop = Hop::NotificationServer;
        targets.retain_mut(|target| target.on(hop, &event, None, now) != Moved::Nothing);
        let entry = |target: &Moving| Entry {
            task_guid: message.task_guid,
            device: Some(target.device()),
            hop,
            at: now,
            event: event.clone(),
        };
        let entries: Vec<Entry> = targets.iter().map(entry).collect();
        let ended = fold::write(&mut transaction, &targets, &entries, now).await?;
        transaction.commit().await?;
        Ok(ended)
    }
}

async fn overdue(
    transaction: &mut Transaction,
    clock: Clock,
    message: Locked,
    now: Timestamp,
) -> Result<Vec<Moving>, DbError> {
    let rows: Vec<Row> = match clock {
        Clock::Deliver => transaction.rows(&LOAD_UNDELIVERED, args![message.task_id, BATCH]).await?,
        Clock::Finish => transaction.rows(&LOAD_UNFINISHED, args![message.task_id, BATCH, now.0]).await?,
    };
    rows.iter().map(|row| Moving::read(message, row)).collect()
}
