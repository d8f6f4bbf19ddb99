//! Stores an action with its targets and its place in the site's outbox, in one commit, before anybody is told.

use action::{ActionKind, BatchId, Clocks, OfflinePolicy, SiteId, State, Target, TaskGuid, Timestamp};
use console_api::{ActionChange, Change, Counts};
use database::{DbError, Statement, Transaction, args};
use proof::audit::Head;

use super::{Audit, Store, changes};
use crate::actions::permit::ActPermit;

/// An action that is stored.
pub(crate) struct NewActionRow {
    pub(crate) task_guid: TaskGuid,
    pub(crate) batch: Option<BatchId>,
    pub(crate) site: SiteId,
    pub(crate) kind: ActionKind,
    pub(crate) param: String,
    pub(crate) targets: NewTargets,
    pub(crate) clocks: Clocks,
    pub(crate) offline: OfflinePolicy,
    /// What is sent to the site: a signed request, or the canonical bytes of one that nobody has signed. Both are text.
    pub(crate) request: String,
    pub(crate) audit: Audit,
}

/// What an action is aimed at.
pub(crate) enum NewTargets {
    /// Each device is a row of its own.
    Devices(Vec<Target>),
    /// One row stands for all; devices get rows as the site speaks of them.
    Collection { id: String, name: String, at_most: u64, version: u64 },
}

/// What makes a repeated request the same request.
pub(crate) struct Repetition {
    /// The caller's key.
    pub(crate) key: String,
    /// A hash of what was asked.
    pub(crate) fingerprint: String,
}

/// What became of a request.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Recorded {
    /// It is on disk, and the last entry of the audit about it stands there.
    Stored(Option<Head>),
    /// It was asked before, with the same key: these are the actions.
    Repeated(Vec<TaskGuid>),
    /// The key was used for something else.
    KeyReused,
    /// An action of that id is there already.
    IdTaken,
    /// The site's attachment has ended in the meantime.
    SiteNotAttached,
}

const REPEATED: Statement = Statement::both(
    "SELECT fingerprint, actions FROM repetition WHERE tenant = $1 AND person = $2 AND repetition_key = $3",
);
const REMEMBER: Statement = Statement::both(
    "INSERT INTO repetition (tenant, person, repetition_key, fingerprint, actions, at) VALUES ($1, $2, $3, $4, $5, $6)",
);
const SITE: Statement = Statement::both(
    "UPDATE site SET outbox = outbox + 1 WHERE tenant = $1 AND id = $2 AND state = 'attached'
     RETURNING outbox, link_up",
);
const TAKEN: Statement = Statement::both("SELECT 1 AS one FROM action WHERE tenant = $1 AND task_guid = $2");
const ACTION: Statement = Statement::both(
    "INSERT INTO action (tenant, task_guid, batch, site, kind, param, devices, collection, collection_name, at_most,
        asked_by, asker_name, asked_at, deliver_by, finish_within, offline, request, base, state, is_open, total,
        concluded, changed)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'pending', 'pending', 1, $7, 0,
        $13)",
);
const TARGETS: Statement = Statement::split(
    "INSERT INTO target (tenant, task_guid, device, name, state, detail, late, changed)
     SELECT $1, $2, value ->> 'device', value ->> 'name', 'pending', '', 0, $3 FROM json_each($4)",
    "INSERT INTO target (tenant, task_guid, device, name, state, detail, late, changed)
     SELECT $1, $2, device, name, 'pending', '', 0, $3
     FROM json_to_recordset($4::json) AS x (device text, name text)",
);
const TALLY: Statement =
    Statement::both("INSERT INTO tally (tenant, task_guid, state, targets) VALUES ($1, $2, 'pending', $3)");
const HISTORY: Statement = Statement::both(
    "INSERT INTO history (tenant, task_guid, device, at, hop, event, number, late)
     VALUES ($1, $2, '', $3, 'admin_center', 'pending', 0, 0)",
);
const OUTBOX: Statement = Statement::both(
    "INSERT INTO outbox (site, number, tenant, task_guid, what, who, offered)
     VALUES ($1, $2, $3, $4, 'request', $5, $6)",
);

impl Store {
    /// Stores the actions of one request. Nobody has been told of them before this returns.
    pub(crate) async fn record(
        &self,
        permit: &ActPermit,
        actions: &[NewActionRow],
        repetition: Option<&Repetition>,
        now: Timestamp,
    ) -> Result<Recorded, DbError> {
        let tenant = permit.tenant();
        let (tenant_id, person) = (tenant.to_string(), permit.user().to_string());
        let mut transaction = self.db.begin().await?;
        if let Some(repetition) = repetition {
            let known = args![&tenant_id, &person, &repetition.key];
            if let Some(row) = transaction.row(&REPEATED, known).await? {
                if row.text("fingerprint")? != repetition.fingerprint {
                    return Ok(Recorded::KeyReused);
                }
                return Ok(Recorded::Repeated(row.json("actions")?));
            }
        }
        for action in actions {
            let place = transaction.row(&SITE, args![&tenant_id, action.site.to_string()]).await?;
            let Some(place) = place else { return Ok(Recorded::SiteNotAttached) };
            let taken = args![&tenant_id, action.task_guid.to_string()];
            if transaction.row(&TAKEN, taken).await?.is_some() {
                return Ok(Recorded::IdTaken);
            }
            insert(&mut transaction, permit, action, now).await?;
            // Once offered, only the site ends it: that is on disk before the first byte leaves.
            let offered = place.flag("link_up")?.then_some(now.0);
            let arguments = args![
                action.site.to_string(),
                place.unsigned("outbox")?,
                &tenant_id,
                action.task_guid.to_string(),
                permit.user_name(),
                offered,
            ];
            transaction.execute(&OUTBOX, arguments).await?;
        }
        if let Some(repetition) = repetition {
            let ids: Vec<TaskGuid> = actions.iter().map(|action| action.task_guid).collect();
            let remembered = args![&tenant_id, &person, &repetition.key, &repetition.fingerprint];
            transaction.execute(&REMEMBER, remembered.set(&ids).with(now.0)).await?;
        }
        let told: Vec<Change> = actions.iter().map(asked).collect();
        changes::append(&mut transaction, tenant, &told, now).await?;
        let audit: Vec<Audit> = actions.iter().map(|action| action.audit.clone()).collect();
        let receipt = super::audit::append(&mut transaction, &audit).await?;
        self.commit_and_tell(transaction).await?;
        self.wakes.wake(service::wake::Topic::Actions);
        Ok(Recorded::Stored(receipt))
    }
}

async fn insert(
    transaction: &mut Transaction,
    permit: &ActPermit,
    action: &NewActionRow,
    now: Timestamp,
) -> Result<(), DbError> {
    let (tenant, task_guid) = (permit.tenant().to_string(), action.task_guid.to_string());
    let (devices, collection) = match &action.targets {
        NewTargets::Devices(devices) => (devices.len() as u64, None),
        NewTargets::Collection { id, name, at_most, .. } => (0, Some((id, name, *at_most))),
    };
    let arguments = args![
        &tenant,
        &task_guid,
        action.batch.map(|batch| batch.to_string()),
        action.site.to_string(),
        action.kind.0,
        &action.param,
        devices,
        collection.map(|(id, _, _)| id.clone()),
        collection.map(|(_, name, _)| name.clone()),
        collection.map(|(_, _, at_most)| at_most),
        permit.user().to_string(),
        permit.user_name(),
        now.0,
        action.clocks.deliver_by.0,
        action.clocks.finish_within_seconds,
        offline_name(action.offline),
        &action.request,
    ];
    transaction.execute(&ACTION, arguments).await?;
    if let NewTargets::Devices(devices) = &action.targets {
        transaction.execute(&TARGETS, args![&tenant, &task_guid, now.0].set(devices)).await?;
        transaction.execute(&TALLY, args![&tenant, &task_guid, devices.len() as u64]).await?;
    }
    transaction.execute(&HISTORY, args![&tenant, &task_guid, now.0]).await.map(|_| ())
}

fn asked(action: &NewActionRow) -> Change {
    let total = match &action.targets {
        NewTargets::Devices(devices) => devices.len() as u64,
        NewTargets::Collection { .. } => 0,
    };
    let counts = match total {
        0 => Counts::new(),
        total => Counts::from([(State::Pending.name().to_owned(), total)]),
    };
    Change::Action(ActionChange {
        task_guid: action.task_guid,
        site: action.site,
        state: State::Pending,
        counts,
        total,
        concluded: 0,
    })
}

fn offline_name(offline: OfflinePolicy) -> &'static str {
    match offline {
        OfflinePolicy::Queue => "queue",
        OfflinePolicy::Fail => "fail",
    }
}
