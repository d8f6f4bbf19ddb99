//! The one way in which stored targets move: they are read under the lock of their push message, folded through
//! [`State::after`], and written back in one statement together with their events.

use std::collections::BTreeMap;

use action::{Clocks, DeviceId, Entry, Event, Hop, PushId, State, TaskGuid, Timestamp};
use database::{Args, DbError, Row, Statement, Transaction, over_list, over_set};
use serde::Serialize;

use crate::{code::code, events};

/// A push message whose targets may move in this transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locked {
    pub(crate) task_guid: TaskGuid,
    pub(crate) task_id: u64,
    pub(crate) finish_within_seconds: u32,
}

/// A target, as it stands and as it becomes.
#[derive(Debug)]
pub(crate) struct Moving {
    message: Locked,
    device: DeviceId,
    state: State,
    why: Option<String>,
    push_id: Option<u64>,
    finish_by: Option<i64>,
    answered: bool,
    changed: Option<Timestamp>,
    was_concluded: bool,
}

/// What an event did to a target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Moved {
    /// It moved, or waits for another reason.
    Forward,
    /// Nothing: it was late or repeated.
    Nothing,
    /// The target had ended, and its device's own answer is kept beside that.
    Late,
}

/// The columns that [`Moving`] reads, from `push_task`.
macro_rules! moving {
    () => {
        "push_task.device, push_task.state, push_task.why, push_task.push_id, push_task.finish_by, push_task.answered"
    };
}
pub(crate) use moving;

#[derive(Serialize)]
struct Written {
    t: u64,
    d: String,
    s: i64,
    w: Option<String>,
    p: Option<u64>,
    f: Option<i64>,
    a: u8,
    c: i64,
}

#[derive(Serialize)]
struct Ended {
    t: u64,
    n: u64,
}

const WRITE: Statement = over_set!(
    (t BIGINT, d TEXT, s BIGINT, w TEXT, p BIGINT, f BIGINT, a BIGINT, c BIGINT)
    "UPDATE push_task SET state = x.s, why = x.w, push_id = x.p, finish_by = x.f, answered = x.a, changed = x.c \
     FROM x WHERE push_task.task_id = x.t AND push_task.device = x.d"
);
/// The same for many targets that come to stand alike: a set of eight columns costs several times as much to read.
const WRITE_ALIKE: Statement = over_list!(
    "UPDATE push_task SET state = $2, why = $3, push_id = $4, finish_by = $5, answered = $6, changed = $7 \
     WHERE task_id = $8 AND device IN (SELECT v FROM x)"
);
/// Statements of that kind in one commit, at most: beyond it one statement for all of them costs less.
const MOST_ALIKE: usize = 8;
const ENDED: Statement = over_set!(
    (t BIGINT, n BIGINT)
    "UPDATE push_message SET unfinished = unfinished - x.n, \
     ended_at = CASE WHEN unfinished = x.n THEN $2 ELSE ended_at END FROM x WHERE push_message.task_id = x.t"
);

impl Locked {
    pub(crate) fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            task_guid: row.parsed("task_guid")?,
            task_id: row.unsigned("task_id")?,
            finish_within_seconds: u32::try_from(row.int("finish_within_seconds")?).unwrap_or(u32::MAX),
        })
    }
}

impl Moving {
    pub(crate) fn read(message: Locked, row: &Row) -> Result<Self, DbError> {
        let state = crate::code::state(row)?;
        Ok(Self {
            message,
            device: row.parsed("device")?,
            state,
            why: row.opt_text("why")?.map(str::to_owned),
            push_id: row.opt_int("push_id")?.and_then(|push| u64::try_from(push).ok()),
            finish_by: row.opt_int("finish_by")?,
            answered: row.flag("answered")?,
            changed: None,
            was_concluded: state.is_concluded(),
        })
    }

    pub(crate) fn device(&self) -> DeviceId {
        self.device
    }

    pub(crate) fn message(&self) -> &Locked {
        &self.message
    }

    /// Moves the target by an event that `hop` reports. What moved it is to be written as an entry.
    pub(crate) fn on(&mut self, hop: Hop, event: &Event, push: Option<PushId>, now: Timestamp) -> Moved {
        let answer = hop == Hop::Agent && event.state().is_concluded();
        // A stored target is past what the site has not taken, so that no event skips a hop.
        let next = self.state.after(event.state()).unwrap_or(self.state);
        let why = match event {
            Event::Queued { reason: Some(reason) } if next == State::Queued => Some(text(reason)),
            Event::Queued { .. } if next == State::Queued => None,
            _ if next == self.state => self.why.clone(),
            _ => None,
        };
        let late = answer && self.state.is_concluded() && !self.answered;
        if next == self.state && why == self.why && !late {
            return Moved::Nothing;
        }
        if next == State::Received && self.state < State::Received
            || next == State::Running && self.finish_by.is_none()
        {
            let clocks =
                Clocks { deliver_by: now, finish_within_seconds: self.message.finish_within_seconds };
            self.finish_by = Some(clocks.finish_by(now).0);
        }
        if next.is_concluded() {
            self.finish_by = None;
        }
        self.state = next;
        self.why = why;
        self.push_id = push.map(|push| push.0).or(self.push_id);
        self.answered |= answer;
        self.changed = Some(now);
        if late { Moved::Late } else { Moved::Forward }
    }
}

/// Writes back the targets that moved, and their entries; returns how many targets ended.
pub(crate) async fn write(
    transaction: &mut Transaction,
    targets: &[Moving],
    entries: &[Entry],
    now: Timestamp,
) -> Result<u64, DbError> {
    write_targets(transaction, targets).await?;
    let mut ended: BTreeMap<u64, u64> = BTreeMap::new();
    for target in targets.iter().filter(|target| target.state.is_concluded() && !target.was_concluded) {
        *ended.entry(target.message.task_id).or_default() += 1;
    }
    let total = ended.values().sum();
    if total > 0 {
        let ended: Vec<Ended> = ended.into_iter().map(|(t, n)| Ended { t, n }).collect();
        transaction.execute(&ENDED, Args::default().set(&ended).with(now.0)).await?;
    }
    events::write(transaction, entries).await?;
    Ok(total)
}

/// Writes back the targets that moved: those that come to stand alike in one statement.
async fn write_targets(transaction: &mut Transaction, targets: &[Moving]) -> Result<(), DbError> {
    let rows: Vec<Written> = targets.iter().filter_map(written).collect();
    let mut alike: Vec<(&Written, Vec<&str>)> = Vec::new();
    for row in &rows {
        let like = alike.iter().position(|(first, _)| first.is_like(row));
        if let Some((_, devices)) = like.and_then(|at| alike.get_mut(at)) {
            devices.push(&row.d);
            continue;
        }
        if alike.len() == MOST_ALIKE {
            return transaction.execute(&WRITE, Args::default().set(&rows)).await.map(|_| ());
        }
        alike.push((row, vec![&row.d]));
    }
    for (Written { t, s, w, p, f, a, c, .. }, devices) in alike {
        let args =
            Args::default().set(&devices).with(*s).with(w.clone()).with(*p).with(*f).with(u32::from(*a));
        transaction.execute(&WRITE_ALIKE, args.with(*c).with(*t)).await?;
    }
    Ok(())
}

impl Written {
    /// Returns whether another target of the same action comes to stand like this one.
    fn is_like(&self, other: &Self) -> bool {
        let of = |row: &Self| (row.t, row.s, row.p, row.f, row.a, row.c);
        of(self) == of(other) && self.w == other.w
    }
}

fn written(target: &Moving) -> Option<Written> {
    let changed = target.changed?;
    Some(Written {
        t: target.message.task_id,
        d: target.device.to_string(),
        s: code(target.state),
        w: target.why.clone(),
        p: target.push_id,
        f: target.finish_by,
        a: target.answered.into(),
        c: changed.0,
    })
}

fn text(reason: &action::Reason) -> String {
    serde_json::to_string(reason).expect("a reason is plain data")
}
