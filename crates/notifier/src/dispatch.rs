//! The pass that finds push messages in the database and hands their tasks to the connections.
//!
//! A signal only makes it run sooner; a timer makes it run anyway. What it holds in memory is in [`Backlog`], and a look at
//! the store brings it back.

mod take;
mod arrivals;
mod cancels;
mod releases;
mod chores;

use std::{sync::Arc, time::Duration};

use action::SiteId;
use database::DbError;
use service::{
    dice,
    error::Chain,
    log::ComponentLog,
    shutdown::Shutdown,
    wake::{Topic, Wakes},
};
use site_store::SiteStore;
use tokio::time::Instant;

use self::{arrivals::Arrivals, cancels::Cancels, chores::Chores, releases::Releases, take::Taking};
use crate::{
    authority::Authority,
    backlog::{Backlog, Finished, Step},
    drains::Told,
    mailbox::Handover,
    news::News,
    registry::Registry,
    throttle::{LiveThrottles, Throttle},
};

/// How often the store is looked at without a signal.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often everything that waits is looked at again, so that nothing stays forgotten.
const LOOK_AGAIN_EVERY: Duration = Duration::from_secs(300);

/// How often tasks on their way are looked at.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// How often it is looked at how pushes drain.
const DRAINS_EVERY: Duration = Duration::from_millis(500);

/// How long to wait before the next attempt while the database fails.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What the dispatch works with.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) site: SiteId,
    pub(crate) store: SiteStore,
    pub(crate) authority: Authority,
    pub(crate) registry: Arc<Registry>,
    pub(crate) news: Arc<News>,
    pub(crate) wakes: Wakes,
    pub(crate) log: ComponentLog,
    pub(crate) started: Instant,
    /// The name of this server.
    pub(crate) server: String,
}

/// The dispatch of one server.
#[derive(Debug)]
struct Dispatch {
    site: Site,
    backlog: Backlog,
    taking: Taking,
    arrivals: Arrivals,
    cancels: Cancels,
    releases: Releases,
    chores: Chores,
    sweep_at: Duration,
    drains_at: Duration,
    told: Told,
    look_again_at: Duration,
}

/// Dispatches until the shutdown begins.
pub(crate) async fn run(site: Site, throttles: &LiveThrottles, shutdown: Shutdown) {
    let mut throttles = throttles.watch();
    let mut messages = site.wakes.listen(Topic::PushMessages);
    let mut cancelled = site.wakes.listen(Topic::Cancels);
    let now = site.started.elapsed();
    let mut dispatch = Dispatch {
        backlog: Backlog::new(throttles.borrow_and_update().clone()),
        taking: Taking::default(),
        arrivals: Arrivals::default(),
        cancels: Cancels::default(),
        releases: Releases::default(),
        chores: Chores::default(),
        sweep_at: now + SWEEP_EVERY,
        drains_at: now,
        told: Told::default(),
        look_again_at: now + LOOK_AGAIN_EVERY,
        site,
    };
    let mut failing = false;
    loop {
        let wake_at = match dispatch.pass().await {
            Ok(wake_at) => {
                failing = false;
                wake_at
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    let log = &dispatch.site.log;
                    log.error(format_args!("Failed to look for push messages: {}", Chain(&error)));
                }
                Instant::now() + RETRY_AFTER
            }
        };
        let Dispatch { site, releases, backlog, .. } = &mut dispatch;
        tokio::select! {
            () = shutdown.begun() => return,
            () = site.news.dispatch_rung() => {}
            _ = messages.wait_until(wake_at) => {}
            _ = cancelled.wait_until(wake_at) => {}
            released = releases.next() => releases::take(site, backlog, released),
            Ok(()) = throttles.changed() => {
                let set = throttles.borrow_and_update().clone();
                site.log.info(format_args!(
                    "The throttle is set (strategy: {} param: {}).",
                    set.default.strategy(),
                    set.default.param()
                ));
                backlog.set_throttles(set, site.now(), dice::unit);
            }
        }
    }
}

impl Dispatch {
    /// Looks at everything once, and returns when to look again.
    async fn pass(&mut self) -> Result<Instant, DbError> {
        let news = self.site.news.for_dispatch();
        let now = self.now();
        for (task_guid, device, said) in news.said {
            self.backlog.said(task_guid, device, said, now);
        }
        self.arrivals.note(news.arrivals);
        if news.look_again || now >= self.look_again_at {
            self.look_again_at = now + LOOK_AGAIN_EVERY;
            self.taking.look_again();
        }
        // What is released goes before anything is read.
        self.send();
        let stored = self.look_at_store().await;
        // What is in memory goes on while the database fails.
        self.releases.start(&self.site, &mut self.backlog);
        self.send();
        for throttled in self.backlog.throttled(self.now()) {
            self.chores.show(&self.site, throttled);
        }
        self.sweep();
        self.tell_drains();
        stored?;

        let soon = self.backlog.next(self.now()).unwrap_or(Duration::MAX);
        let look_at = self.now() + if self.taking.has_more() { Duration::ZERO } else { LOOK_EVERY };
        Ok(self.site.started + soon.min(look_at).min(self.sweep_at))
    }

    async fn look_at_store(&mut self) -> Result<(), DbError> {
        while self.taking.take_one(&self.site, &mut self.backlog, &mut self.chores).await? {
            // The authority works on the first while the next is read.
            self.releases.start(&self.site, &mut self.backlog);
        }
        self.cancels.look(&self.site, &mut self.backlog).await?;
        self.arrivals.look(&self.site, &mut self.backlog).await
    }

    /// Hands over what may go now.
    fn send(&mut self) {
        let now = self.now();
        for step in self.backlog.take_sends(now) {
            let Step::Send { number, release, index, device } = step else {
                let Step::Start { release, throttle } = step else { continue };
                self.log_start(&release, throttle);
                continue;
            };
            let mailbox = self.site.registry.mailbox(device);
            let handover = mailbox.as_ref().map(|mailbox| mailbox.push(Arc::clone(&release), index));
            match handover.unwrap_or(Handover::Offline) {
                Handover::Queued => {
                    let connection = mailbox.map(|mailbox| mailbox.connection).unwrap_or_default();
                    self.backlog.queued(number, device, connection, now);
                }
                Handover::Offline => self.backlog.gone(number, device),
                Handover::Busy => self.backlog.busy(number, &release, index, device, now),
            }
        }
        for Finished { task_guid, task, sent } in self.backlog.finished() {
            self.site.log.about(task_guid).info(format_args!(
                "Finished sending push task (PushID: {} TaskID: {}) to {sent} clients",
                task.push_id, task.task_id
            ));
        }
    }

    fn log_start(&self, release: &crate::release::Release, throttle: Throttle) {
        self.site.log.about(release.task_guid).info(format_args!(
            "Starting to send push task (PushID: {} TaskID: {} TaskGUID: {} TaskType: {} TaskParam: {}) to {} clients \
             with throttling (strategy: {} param: {})",
            release.push_id(),
            release.task_id(),
            release.task_guid.upper(),
            release.kind.0,
            release.param,
            release.devices.len(),
            throttle.strategy(),
            throttle.param()
        ));
    }

    fn tell_drains(&mut self) {
        let now = self.now();
        if now >= self.drains_at {
            self.drains_at = now + DRAINS_EVERY;
            let (running, through) = self.backlog.drains(now);
            let due = self.told.due(&running, &through, now);
            self.chores.tell_drains(&self.site, &due);
        }
    }

    fn sweep(&mut self) {
        let now = self.now();
        if now >= self.sweep_at {
            self.sweep_at = now + SWEEP_EVERY;
            let registry = &self.site.registry;
            self.backlog.sweep(now, |device| registry.connection(device));
        }
    }

    fn now(&self) -> Duration {
        self.site.now()
    }
}

impl Site {
    /// Returns the time since the server started.
    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}
