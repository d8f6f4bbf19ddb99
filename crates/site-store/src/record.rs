//! What notification servers and devices report of targets.

use std::collections::{BTreeMap, BTreeSet};

use action::{DeviceId, Entry, Event, Hop, PushId, TaskGuid, Timestamp};
use database::{Args, DbError, Row, Statement, Transaction, over_list, over_set};
use serde::Serialize;

use crate::{
    SiteStore,
    fold::{self, Locked, Moved, Moving},
};

/// What a hop reports of a target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetUpdate {
    /// The action.
    pub task_guid: TaskGuid,
    /// The target.
    pub device: DeviceId,
    /// Who reports it.
    pub hop: Hop,
    /// When it happened, by that hop's clock.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// The push that it belongs to, where it belongs to one.
    pub push_id: Option<PushId>,
}

/// What [`SiteStore::record`] did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Recorded {
    /// Updates that moved their target.
    pub moved: u64,
    /// Updates that changed nothing, because they were late or came again.
    pub repeated: u64,
    /// Answers of devices whose target had ended before; kept in the history.
    pub late: u64,
    /// Targets that ended.
    pub ended: u64,
    /// Updates of targets that the store does not know.
    pub unknown: Vec<(TaskGuid, DeviceId)>,
}

#[derive(Serialize)]
struct Target {
    t: u64,
    d: String,
}

#[derive(Serialize)]
struct Push {
    p: u64,
    t: u64,
}

const LOCK: Statement = over_list!(
    "SELECT task_id, task_guid, finish_within_seconds FROM push_message \
     WHERE task_guid IN (SELECT v FROM x) ORDER BY task_id"
    locked
);
const LOAD: Statement = over_set!(
    (t BIGINT, d TEXT)
    "SELECT push_task.task_id, push_task.device, push_task.state, push_task.why, push_task.push_id, \
     push_task.finish_by, push_task.answered FROM x CROSS JOIN push_task \
     WHERE push_task.task_id = x.t AND push_task.device = x.d"
);
/// The same for many targets of one action.
const LOAD_ALIKE: Statement = over_list!(
    "SELECT task_id, device, state, why, push_id, finish_by, answered FROM push_task \
     WHERE task_id = $2 AND device IN (SELECT v FROM x)"
);
/// Actions in one commit whose targets are read apart; beyond it one statement reads all of them.
const MOST_ALIKE: usize = 8;
const PUSHES: Statement = over_set!(
    (p BIGINT, t BIGINT)
    "INSERT INTO push (push_id, task_id) SELECT p, t FROM x WHERE true ON CONFLICT (push_id) DO NOTHING"
);

impl SiteStore {
    /// Moves targets by what was reported of them, in the order given, and writes the history. What was recorded
    /// before changes nothing. At most one commit, and a fixed number of statements; after it, what was reported may
    /// be acknowledged.
    ///
    /// # Errors
    ///
    /// Where the database fails; nothing may be acknowledged then.
    pub async fn record(&self, updates: &[TargetUpdate], now: Timestamp) -> Result<Recorded, DbError> {
        let mut recorded = Recorded::default();
        if updates.is_empty() {
            return Ok(recorded);
        }
        let mut transaction = self.db.begin().await?;
        let mut targets = load(&mut transaction, updates).await?;
        let mut entries = Vec::new();
        let mut pushes = BTreeMap::new();
        for update in updates {
            let Some(target) = targets.get_mut(&(update.task_guid, update.device)) else {
                recorded.unknown.push((update.task_guid, update.device));
                continue;
            };
            match target.on(update.hop, &update.event, update.push_id, now) {
                Moved::Nothing => {
                    recorded.repeated += 1;
                    continue;
                }
                Moved::Late => recorded.late += 1,
                Moved::Forward => recorded.moved += 1,
            }
            if let Some(push) = update.push_id {
                pushes.insert(push.0, target.message().task_id);
            }
            entries.push(entry(update));
        }
        if entries.is_empty() {
            return Ok(recorded);
        }
        if !pushes.is_empty() {
            let pushes: Vec<Push> = pushes.into_iter().map(|(p, t)| Push { p, t }).collect();
            transaction.execute(&PUSHES, Args::default().set(&pushes)).await?;
        }
        let targets: Vec<Moving> = targets.into_values().collect();
        recorded.ended = fold::write(&mut transaction, &targets, &entries, now).await?;
        transaction.commit().await?;
        Ok(recorded)
    }
}

/// Reads the targets of the updates, under the locks of their push messages.
async fn load(
    transaction: &mut Transaction,
    updates: &[TargetUpdate],
) -> Result<BTreeMap<(TaskGuid, DeviceId), Moving>, DbError> {
    let actions: BTreeSet<TaskGuid> = updates.iter().map(|update| update.task_guid).collect();
    let actions: Vec<String> = actions.iter().map(TaskGuid::to_string).collect();
    let mut messages = BTreeMap::new();
    for row in transaction.rows(&LOCK, Args::default().set(&actions)).await? {
        let message = Locked::read(&row)?;
        messages.insert(message.task_guid, message);
    }
    let mut wanted: BTreeMap<u64, BTreeSet<DeviceId>> = BTreeMap::new();
    for update in updates {
        if let Some(message) = messages.get(&update.task_guid) {
            wanted.entry(message.task_id).or_default().insert(update.device);
        }
    }
    let by_task: BTreeMap<u64, Locked> =
        messages.values().map(|message| (message.task_id, *message)).collect();
    let mut targets = BTreeMap::new();
    for row in rows(transaction, &wanted).await? {
        if let Some(message) = by_task.get(&row.unsigned("task_id")?) {
            let target = Moving::read(*message, &row)?;
            targets.insert((message.task_guid, target.device()), target);
        }
    }
    Ok(targets)
}

async fn rows(
    transaction: &mut Transaction,
    wanted: &BTreeMap<u64, BTreeSet<DeviceId>>,
) -> Result<Vec<Row>, DbError> {
    if wanted.len() > MOST_ALIKE {
        let target = |(t, device): (u64, &DeviceId)| Target { t, d: device.to_string() };
        let all = wanted.iter().flat_map(|(t, devices)| devices.iter().map(|device| (*t, device)));
        let all: Vec<Target> = all.map(target).collect();
        return transaction.rows(&LOAD, Args::default().set(&all)).await;
    }
    let mut rows = Vec::new();
    for (task, devices) in wanted {
        let devices: Vec<String> = devices.iter().map(DeviceId::to_string).collect();
        rows.extend(transaction.rows(&LOAD_ALIKE, Args::default().set(&devices).with(*task)).await?);
    }
    Ok(rows)
}

fn entry(update: &TargetUpdate) -> Entry {
    Entry {
        task_guid: update.task_guid,
        device: Some(update.device),
        hop: update.hop,
        at: update.at,
        event: update.event.clone(),
    }
}
