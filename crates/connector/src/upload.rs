//! Uploads the site's devices: all of them at first, then what changed, within seconds.

mod plan;

use std::time::Duration;

use service::{
    clock,
    error::Chain,
    log::ComponentLog,
    wake::{Listener, Topic, Wakes},
};
use site_link::{DeviceBatch, ToConsole};
use site_store::SiteStore;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use self::plan::{Next, Plan};

/// Devices in one batch at most: with 4 KiB of texts each, each letter escaped, they fit
/// a frame.
const BATCH: u32 = 400;

/// How long changes are gathered after the first: a fleet that comes back is a few batches, not thousands, and a person
/// sees one change within a second.
const GATHER: Duration = Duration::from_millis(300);

/// How long a run waits for a signal. A signal may be lost, and roles in other processes give none; then changes are this
/// late. A run that finds nothing reads one index.
const RUN_EVERY: Duration = Duration::from_secs(5);

/// How long to wait after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// A console that asks for all devices again and again gets them this often at most.
const FULL_EVERY: Duration = Duration::from_secs(60);

/// What the console says of the upload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum News {
    /// It has committed this batch; at first, where it is.
    Stored(u64),
    /// It wants all devices.
    Resync,
}

/// The upload over one link.
pub(crate) struct Upload {
    store: SiteStore,
    log: ComponentLog,
    say: mpsc::Sender<ToConsole>,
    news: mpsc::Receiver<News>,
    last_full: Option<Instant>,
}

enum Stopped {
    Link,
    Store(database::DbError),
}

impl Upload {
    pub(crate) fn new(
        store: SiteStore,
        log: ComponentLog,
        say: mpsc::Sender<ToConsole>,
        news: mpsc::Receiver<News>,
    ) -> Self {
        Self { store, log, say, news, last_full: None }
    }

    /// Uploads over one link until it is dropped.
    pub(crate) async fn run(mut self, wakes: Wakes) {
        let (mut devices, mut online) = (wakes.listen(Topic::Devices), wakes.listen(Topic::Online));
        let mut plan = None;
        loop {
            match self.upload(&mut plan).await {
                Ok(()) => {}
                Err(Stopped::Link) => return,
                Err(Stopped::Store(error)) => {
                    self.log.error(format_args!("Failed to upload devices: {}", Chain(&error)));
                    sleep(AFTER_FAILURE).await;
                    continue;
                }
            }
            if self.wait(&mut devices, &mut online).await == Wake::Resync
                && let Some(plan) = &mut plan
            {
                plan.resync();
            }
        }
    }

    /// One run: all that the console does not have yet.
    async fn upload(&mut self, plan: &mut Option<Plan>) -> Result<(), Stopped> {
        let plan = match plan {
            Some(plan) => plan,
            None => plan.insert(self.begin().await?),
        };
        let mut records = 0;
        loop {
            if plan.wants_all() {
                self.pause_between_full().await;
            }
            let changes = self.store.device_changes(plan.after(), BATCH).await.map_err(Stopped::Store)?;
            match plan.next(changes) {
                Next::Nothing => break,
                Next::Again => {}
                Next::Send { batches, last } => {
                    for batch in batches {
                        records += batch.devices.len() + batch.removed.len();
                        self.send(batch, plan).await?;
                    }
                    if last {
                        break;
                    }
                }
            }
        }
        if records > 0 {
            let next = self.log.moment(clock::now().plus(RUN_EVERY));
            self.log.info(format_args!("Next run time will be at approximately: {next}"));
        }
        Ok(())
    }

    /// Waits until the console has said where it is.
    async fn begin(&mut self) -> Result<Plan, Stopped> {
        let stored = match self.news.recv().await.ok_or(Stopped::Link)? {
            News::Stored(stored) => stored,
            News::Resync => 0,
        };
        // Who is behind what was forgotten of removed devices would keep them for ever.
        let forgotten = self.store.devices_forgotten().await.map_err(Stopped::Store)?;
        Ok(Plan::new((stored > 0 && stored >= forgotten).then_some(stored)))
    }

    /// Sends a batch and waits until the console has it.
    async fn send(&mut self, batch: DeviceBatch, plan: &mut Plan) -> Result<(), Stopped> {
        let (seq, records) = (batch.seq, batch.devices.len() + batch.removed.len());
        if records > 0 {
            self.log.field("records", records).info(format_args!("Batching {records} records"));
        }
        self.say.send(ToConsole::Devices(batch)).await.map_err(|_| Stopped::Link)?;
        loop {
            match self.news.recv().await.ok_or(Stopped::Link)? {
                News::Stored(stored) if stored == seq => return Ok(()),
                News::Stored(_) => {}
                News::Resync => plan.resync(),
            }
        }
    }

    async fn pause_between_full(&mut self) {
        if let Some(last) = self.last_full {
            sleep_until(last + FULL_EVERY).await;
        }
        self.last_full = Some(Instant::now());
    }

    async fn wait(&mut self, devices: &mut Listener, online: &mut Listener) -> Wake {
        tokio::select! {
            _ = devices.wait(RUN_EVERY) => {}
            _ = online.wait(RUN_EVERY) => {}
            news = self.news.recv() => match news {
                Some(News::Resync) => return Wake::Resync,
                // Late news of a batch; or the link is gone, which the run notices.
                Some(News::Stored(_)) | None => {}
            },
        }
        sleep(GATHER).await;
        Wake::Run
    }
}

#[derive(Eq, PartialEq)]
enum Wake {
    Run,
    Resync,
}
