//! Stores what was sent and what devices say, many at a time in one commit, and confirms answers only after it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use action::{DeviceId, Event, Hop, PushId, TaskGuid, TaskId, Timestamp};
use database::DbError;
use device_channel::{
    PushedTask,
    server::{self, Reported},
};
use service::{
    backoff::Backoff,
    clock, dice,
    error::Chain,
    log::ComponentLog,
    metrics::Counter,
    wake::{Topic, Wakes},
};
use site_store::{SiteStore, TargetUpdate};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    counters::Delays,
    mailbox::Mailbox,
    news::{News, Said},
    release::Release,
};

/// Groups of reports that wait to be stored. When it is full, connections are not read until there is room.
pub(crate) const WAITING_REPORTS: usize = 4_096;

/// Reports in one commit: about 20 ms of SQLite's time.
const MOST_IN_COMMIT: usize = 4_096;

/// How long it may take until it is stored that a task was sent. Most are answered within it, and share the commit.
const SENT_WITHIN: Duration = Duration::from_millis(500);

/// Pushes whose numbers are remembered, the newest: others are looked up in the store.
const MOST_PUSHES: usize = 4_096;

/// The waits between attempts to store while the database fails.
const RETRY: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// Attempts to store what is left when the server ends. What is not stored is not confirmed, and comes again.
const LAST_ATTEMPTS: u32 = 3;

/// Something to be stored of one device.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) device: DeviceId,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) what: What,
}

/// What is to be stored.
#[derive(Debug)]
pub(crate) enum What {
    /// A task was written to the device's connection.
    Sent { release: Arc<Release>, at: Timestamp },
    /// The device said so.
    Said(server::Report),
}

/// A push that is remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    task_id: TaskId,
    task_guid: TaskGuid,
    issued_at: Timestamp,
}

/// Stores reports.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) store: SiteStore,
    pub(crate) wakes: Wakes,
    pub(crate) news: Arc<News>,
    pub(crate) recorded: Counter,
    pub(crate) delays: Delays,
    pub(crate) log: ComponentLog,
    /// What was sent and is not stored.
    pub(crate) sent: Vec<Report>,
    pub(crate) known: BTreeMap<PushId, Known>,
}

impl Recorder {
    /// Stores until all connections have `ended` and nothing is left.
    pub(crate) async fn run(mut self, mut reports: mpsc::Receiver<Vec<Report>>, ended: CancellationToken) {
        while let Some(batch) = self.collect(&mut reports, &ended).await {
            self.record(batch, &ended).await;
        }
    }

    /// Returns what to store in the next commit; `None` at the end.
    async fn collect(
        &mut self,
        reports: &mut mpsc::Receiver<Vec<Report>>,
        ended: &CancellationToken,
    ) -> Option<Vec<Report>> {
        let mut by = None;
        loop {
            let due = by.unwrap_or_else(Instant::now);
            let more = tokio::select! {
                biased;
                more = reports.recv() => more,
                () = sleep_until(due), if by.is_some() => return Some(std::mem::take(&mut self.sent)),
                () = ended.cancelled() => None,
            };
            let ends = more.is_none();
            let mut said = Vec::new();
            let mut next = more;
            while let Some(group) = next {
                for report in group {
                    match &report.what {
                        What::Sent { release, at } => {
                            self.remember(release);
                            self.delays.sent.observe(at.since(release.issued_at()));
                            self.sent.push(report);
                        }
                        What::Said(heard) => {
                            if let (Reported::Response(_), Some(known)) =
                                (&heard.what, self.known.get(&heard.what.task().push_id))
                            {
                                self.delays.answered.observe(clock::now().since(known.issued_at));
                            }
                            said.push(report);
                        }
                    }
                }
                let full = said.len() + self.sent.len() >= MOST_IN_COMMIT;
                next = if full { None } else { reports.try_recv().ok() };
            }
            if !said.is_empty() || self.sent.len() >= MOST_IN_COMMIT || ends && !self.sent.is_empty() {
                let mut batch = std::mem::take(&mut self.sent);
                batch.append(&mut said);
                return Some(batch);
            }
            if ends {
                return None;
            }
            by.get_or_insert_with(|| Instant::now() + SENT_WITHIN);
        }
    }

    fn remember(&mut self, release: &Release) {
        let known = Known {
            task_id: release.task_id(),
            task_guid: release.task_guid,
            issued_at: release.issued_at(),
        };
        self.known.insert(release.push_id(), known);
        if self.known.len() > MOST_PUSHES {
            self.known.pop_first();
        }
    }

    /// Stores a batch, as often as it takes.
    async fn record(&mut self, batch: Vec<Report>, ended: &CancellationToken) {
        let mut waits = RETRY;
        loop {
            let error = match self.store_once(&batch).await {
                Ok(()) => break,
                Err(error) => error,
            };
            if !error.is_transient() && !error.is_full() {
                return self.record_one_by_one(batch, &error).await;
            }
            if waits.failures() == 0 {
                self.log.error(format_args!(
                    "Failed to store {} reports of clients; they are kept and tried again: {}",
                    batch.len(),
                    Chain(&error)
                ));
            }
            let wait = waits.failed(dice::unit());
            if ended.is_cancelled() && waits.failures() > LAST_ATTEMPTS {
                return;
            }
            sleep(wait).await;
        }
        if waits.failures() > 0 {
            self.log.info(format_args!("Stored {} reports of clients again.", batch.len()));
        }
    }

    /// Keeps one report that cannot be stored from holding up the others. It is not confirmed.
    async fn record_one_by_one(&mut self, batch: Vec<Report>, error: &DbError) {
        if batch.len() > 1 {
            for report in batch {
                let device = report.device;
                if let Err(error) = self.store_once(&[report]).await {
                    self.log.error(format_args!(
                        "Failed to store a report of client {device}: {}",
                        Chain(&error)
                    ));
                }
            }
        } else {
            self.log.error(format_args!("Failed to store a report of a client: {}", Chain(error)));
        }
    }

    async fn store_once(&mut self, batch: &[Report]) -> Result<(), DbError> {
        let actions = self.actions(batch).await?;
        let mut updates = Vec::with_capacity(batch.len());
        let mut strangers = BTreeSet::new();
        for report in batch {
            match self.resolve(report, &actions) {
                Some((task_guid, push_id)) => updates.push(update(report, task_guid, push_id)),
                None => drop(strangers.insert((report.device, task(report)))),
            }
        }
        let recorded = self.store.record(&updates, clock::now()).await?;
        self.recorded.add(recorded.moved);
        let unknown: BTreeSet<(TaskGuid, DeviceId)> = recorded.unknown.into_iter().collect();
        let mut news = Vec::new();
        for report in batch {
            let task = task(report);
            let What::Said(said) = &report.what else { continue };
            let known = self.resolve(report, &actions).map(|(task_guid, _)| (task_guid, report.device));
            match known.filter(|target| !unknown.contains(target)) {
                None => report.mailbox.unknown(task),
                Some((task_guid, device)) => {
                    news.push((task_guid, device, what_was_said(&said.what)));
                    if let Reported::Response(_) = said.what {
                        report.mailbox.confirm(task);
                    }
                }
            }
        }
        self.news.said(news);
        if recorded.moved + recorded.late > 0 {
            self.wakes.wake(Topic::Events);
        }
        Ok(())
    }

    /// Looks up the actions of tasks whose push is not remembered.
    async fn actions(&self, batch: &[Report]) -> Result<BTreeMap<TaskId, TaskGuid>, DbError> {
        let forgotten: BTreeSet<TaskId> = batch
            .iter()
            .map(task)
            .filter(|task| self.remembered(*task).is_none())
            .map(|task| task.task_id)
            .collect();
        if forgotten.is_empty() {
            return Ok(BTreeMap::new());
        }
        let forgotten: Vec<TaskId> = forgotten.into_iter().collect();
        Ok(self.store.tasks_of(&forgotten).await?.into_iter().collect())
    }

    fn resolve(
        &self,
        report: &Report,
        actions: &BTreeMap<TaskId, TaskGuid>,
    ) -> Option<(TaskGuid, Option<PushId>)> {
        let task = task(report);
        match self.remembered(task) {
            Some(task_guid) => Some((task_guid, Some(task.push_id))),
            None => actions.get(&task.task_id).map(|task_guid| (*task_guid, None)),
        }
    }

    fn remembered(&self, task: PushedTask) -> Option<TaskGuid> {
        let known = self.known.get(&task.push_id)?;
        (known.task_id == task.task_id).then_some(known.task_guid)
    }
}

fn task(report: &Report) -> PushedTask {
    match &report.what {
        What::Sent { release, .. } => release.task,
        What::Said(said) => said.what.task(),
    }
}

fn update(report: &Report, task_guid: TaskGuid, push_id: Option<PushId>) -> TargetUpdate {
    let (hop, at, event) = match &report.what {
        What::Sent { at, .. } => (Hop::NotificationServer, *at, Event::Sent),
        What::Said(said) => match &said.what {
            Reported::Receipt(receipt) => (Hop::Agent, receipt.at, Event::Received),
            Reported::Progress(progress) => (Hop::Agent, progress.at, Event::Running),
            Reported::Response(response) => {
                let conclusion = response.code.conclusion(&response.detail);
                (Hop::Agent, response.at, Event::Concluded(conclusion))
            }
        },
    };
    TargetUpdate { task_guid, device: report.device, hop, at, event, push_id }
}

fn what_was_said(what: &Reported) -> Said {
    match what {
        Reported::Receipt(_) | Reported::Progress(_) => Said::Received,
        Reported::Response(_) => Said::Answered,
    }
}
