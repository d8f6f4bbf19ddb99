//! Takes in what a site's hops report: a batch in one commit, whatever the number of targets in it.

mod load;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use action::{Audited, DeviceId, Entry, Event, SiteId, State, TaskGuid, TenantId, Timestamp};
use database::{DbError, Statement, args};

use super::{Store, changes, conclude, outbox};
use crate::actions::fold::{Heard, Progress};

/// What became of a batch.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Applied {
    /// The number up to which the site's events are on disk.
    pub(crate) upto: u64,
    /// Actions of which something moved, and where they stand now.
    pub(crate) moved: Vec<(TaskGuid, State)>,
    /// How long after its request each event was that moved something.
    pub(crate) delays: Vec<(State, Duration)>,
    /// Entries that could not be taken: of actions that the console does not have, of devices that are no targets, or
    /// of hops out of order.
    pub(crate) strange: u64,
}

const SITE: Statement = Statement::split(
    "SELECT tenant, events, history FROM site WHERE id = $1",
    "SELECT tenant, events, history FROM site WHERE id = $1 FOR UPDATE",
);
const STORED: Statement = Statement::both("SELECT events FROM site WHERE id = $1");
const REACHED: Statement = Statement::both("UPDATE site SET events = $2, history = $3 WHERE id = $1");

/// A batch, folded in memory.
#[derive(Default)]
struct Batch {
    actions: BTreeMap<TaskGuid, load::Loaded>,
    targets: BTreeMap<(TaskGuid, DeviceId), Touched>,
    history: Vec<write::HistoryRow>,
    delays: Vec<(State, Duration)>,
    /// The places of the site's audit that it named.
    receipts: Vec<Audited>,
    strange: u64,
}

/// A target that the batch speaks of.
struct Touched {
    /// Where it stood, `None` where it had no row yet.
    before: Option<State>,
    now: Progress,
    moved: bool,
}

impl Store {
    /// Returns the number up to which a site's events are on disk.
    pub(crate) async fn events_stored(&self, site: SiteId) -> Result<u64, DbError> {
        match self.db.row(&STORED, args![site.to_string()]).await? {
            Some(row) => row.unsigned("events"),
            None => Ok(0),
        }
    }

    /// Takes in a batch of events; `taken` are requests that the site has receipted since. A batch that is there
    /// already changes nothing.
    pub(crate) async fn apply_events(
        &self,
        site: SiteId,
        upto: u64,
        entries: &[Entry],
        taken: &[TaskGuid],
        now: Timestamp,
    ) -> Result<Applied, DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&SITE, args![site.to_string()]).await? else {
            return Ok(Applied { upto, ..Applied::default() });
        };
        let stored = row.unsigned("events")?;
        if upto <= stored {
            return Ok(Applied { upto: stored, ..Applied::default() });
        }
        let tenant: TenantId = row.parsed("tenant")?;
        let first = row.unsigned("history")? + 1;
        let mut batch = load::batch(&mut transaction, tenant, site, entries).await?;
        for (number, entry) in (first..).zip(entries) {
            batch.hear(entry, number);
        }
        write::all(&mut transaction, tenant, site, &batch, now).await?;
        Self::take_receipts(&mut transaction, site, &batch.receipts, now).await?;

        let touched: BTreeSet<TaskGuid> = batch.history.iter().map(|row| row.action).collect();
        let touched: Vec<TaskGuid> = touched.into_iter().collect();
        let told = conclude::summarize(&mut transaction, tenant, &touched, now).await?;
        changes::append(&mut transaction, tenant, &told, now).await?;
        // A hop beyond the console has spoken of it: the site has it.
        let taken: Vec<TaskGuid> = touched.iter().chain(taken).copied().collect();
        outbox::taken(&mut transaction, site, &taken).await?;
        outbox::ended(&mut transaction, tenant, site, &touched).await?;
        let history = first - 1 + entries.len() as u64;
        transaction.execute(&REACHED, args![site.to_string(), upto, history]).await?;
        self.commit_and_tell(transaction).await?;

        let moved = told.iter().filter_map(|change| match change {
            console_api::Change::Action(change) => Some((change.task_guid, change.state)),
            _ => None,
        });
        Ok(Applied { upto, moved: moved.collect(), delays: batch.delays, strange: batch.strange })
    }
}

impl Batch {
    /// Takes in one entry, in the order of the batch.
    fn hear(&mut self, entry: &Entry, number: u64) {
        if let Event::Audited(place) = &entry.event {
            self.receipts.push(place.clone());
            return;
        }
        let Some(action) = self.actions.get_mut(&entry.task_guid) else {
            self.strange += 1;
            return;
        };
        let asked_at = action.asked_at;
        let heard = match entry.device {
            None => {
                let heard = action.base.hear(&entry.event);
                for (_, target) in self.targets.range_mut(load::of_action(entry.task_guid)) {
                    target.moved |= target.now.hear(&entry.event) == Heard::Moved;
                }
                if heard == Heard::Moved {
                    action.for_all.push(entry.event.clone());
                }
                heard
            }
            Some(device) => {
                let target = match self.targets.get_mut(&(entry.task_guid, device)) {
                    Some(target) => target,
                    // A collection's devices get their rows as the site speaks of them.
                    None if action.collection => {
                        let now = Progress::at(action.base.state);
                        let touched = Touched { before: None, now, moved: false };
                        self.targets.entry((entry.task_guid, device)).or_insert(touched)
                    }
                    None => {
                        self.strange += 1;
                        return;
                    }
                };
                let heard = target.now.hear(&entry.event);
                target.moved |= matches!(heard, Heard::Moved | Heard::Late) || target.before.is_none();
                if heard == Heard::Moved {
                    action.heard(&target.now);
                }
                heard
            }
        };
        match heard {
            Heard::Impossible => self.strange += 1,
            Heard::Moved => self.delays.push((entry.event.state(), entry.at.since(asked_at))),
            _ => {}
        }
        self.history.push(write::HistoryRow::of(entry, number, heard == Heard::Late));
    }
}
