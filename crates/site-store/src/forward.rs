//! What the authority has allowed becomes a push message with a push task for each target.

use action::{
    ActionKind, Audited, Clocks, Conclusion, DeviceId, Entry, Event, Hop, OfflinePolicy, Reason, State,
    TaskGuid, TaskId, Timestamp,
};
use database::{Args, DbError, Statement, Transaction, args, over_list};

use crate::{
    SiteStore,
    code::{code, offline},
    counter::{Counter, take},
    events,
    notifications::DECIDE,
};

/// How an action was aimed, which decides how its history names its targets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Aim {
    /// At devices: the console knows them, and one event stands for all.
    Devices,
    /// At a collection: the console learns its devices from an event for each.
    Collection,
}

/// An action that the authority has allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Forward {
    /// The action.
    pub task_guid: TaskGuid,
    /// The site's number for it.
    pub task_id: TaskId,
    /// What is asked.
    pub kind: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// The two clocks.
    pub clocks: Clocks,
    /// What happens to targets that are offline.
    pub offline: OfflinePolicy,
    /// How it was aimed.
    pub aim: Aim,
    /// The role, collection and policy that allowed it.
    pub rule: String,
    /// Where that stands in the authority's audit, where the authority says so.
    pub audit: Option<Audited>,
}

/// What became of an action that was handed to [`SiteStore::forward`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Forwarded {
    /// It is stored for the notification servers now.
    New,
    /// It was decided before, or cancelled.
    Before,
}

const MESSAGE: Statement = Statement::both(
    "INSERT INTO push_message (task_id, task_guid, number, kind, param, deliver_by, finish_within_seconds, offline, \
     targets, unfinished, forwarded_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
);
const TASKS: Statement = over_list!(
    "INSERT INTO push_task (task_id, device, state, changed, answered) SELECT $2, v, $3, $4, 0 FROM x"
);

impl SiteStore {
    /// Stores a push message, a push task for each of `targets`, and the events; the `refused` are concluded at
    /// once. One commit, and a fixed number of statements, however many targets there are.
    ///
    /// # Errors
    ///
    /// Where the database fails; and where a target is named twice ([`DbError::is_constraint`]).
    pub async fn forward(
        &self,
        forward: &Forward,
        targets: &[DeviceId],
        refused: &[(DeviceId, Reason)],
        now: Timestamp,
    ) -> Result<Forwarded, DbError> {
        let mut transaction = self.db.begin().await?;
        if transaction.execute(&DECIDE, args![forward.task_guid.to_string(), now.0]).await? == 0 {
            return Ok(Forwarded::Before);
        }
        message(&mut transaction, forward, targets.len(), refused.len(), now).await?;
        let refused_devices: Vec<DeviceId> = refused.iter().map(|(device, _)| *device).collect();
        tasks(&mut transaction, forward.task_id, targets, State::Queued, now).await?;
        tasks(&mut transaction, forward.task_id, &refused_devices, State::Refused, now).await?;
        events::write(&mut transaction, &history(forward, targets, refused, now)).await?;
        transaction.commit().await?;
        Ok(Forwarded::New)
    }
}

async fn message(
    transaction: &mut Transaction,
    forward: &Forward,
    targets: usize,
    refused: usize,
    now: Timestamp,
) -> Result<(), DbError> {
    let number = take(transaction, Counter::PushMessage, 1).await?;
    let args = args![
        forward.task_id.0,
        forward.task_guid.to_string(),
        number,
        forward.kind.0,
        &forward.param,
        forward.clocks.deliver_by.0,
        forward.clocks.finish_within_seconds,
        offline(forward.offline),
        (targets + refused) as u64,
        targets as u64,
        now.0,
        (targets == 0).then_some(now.0),
    ];
    transaction.execute(&MESSAGE, args).await.map(|_| ())
}

async fn tasks(
    transaction: &mut Transaction,
    task: TaskId,
    devices: &[DeviceId],
    state: State,
    now: Timestamp,
) -> Result<(), DbError> {
    if devices.is_empty() {
        return Ok(());
    }
    // In the order of the table, so that rows are added at its end rather than all over it.
    let mut devices: Vec<String> = devices.iter().map(DeviceId::to_string).collect();
    devices.sort_unstable();
    let args = Args::default().set(&devices).with(task.0).with(code(state)).with(now.0);
    transaction.execute(&TASKS, args).await.map(|_| ())
}

/// The events of forwarding: allowed for all, refused for some, queued for the others.
fn history(
    forward: &Forward,
    targets: &[DeviceId],
    refused: &[(DeviceId, Reason)],
    now: Timestamp,
) -> Vec<Entry> {
    let entry = |device, hop, event| Entry { task_guid: forward.task_guid, device, hop, at: now, event };
    let queued = |device| entry(device, Hop::ServiceConnector, Event::Queued { reason: None });
    let authorized = entry(None, Hop::Authority, Event::Authorized { rule: forward.rule.clone() });
    let refused = refused.iter().map(|(device, reason)| {
        let conclusion = Conclusion::Refused { reason: reason.clone() };
        entry(Some(*device), reason.hop(), Event::Concluded(conclusion))
    });
    let audited = forward.audit.clone().map(|place| entry(None, Hop::Authority, Event::Audited(place)));
    let mut entries: Vec<Entry> = std::iter::once(authorized).chain(audited).chain(refused).collect();
    match forward.aim {
        Aim::Devices if targets.is_empty() => {}
        Aim::Devices => entries.push(queued(None)),
        Aim::Collection => entries.extend(targets.iter().map(|device| queued(Some(*device)))),
    }
    entries
}
