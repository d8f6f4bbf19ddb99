//! Takes each stored notification to its end at this hop: validated, authorised, and forwarded or refused.
//!
//! What is stored and undecided is the truth; a signal only makes a pass run sooner. While the authority is away
//! notifications wait, each is asked about again after a while, and none holds up another.

mod turns;

use std::{sync::Arc, time::Duration};

use action::{Audited, Reason, Targets, TaskGuid, Timestamp};
use authority_link::Decision;
use database::DbError;
use proof::request::Request;
use service::{
    clock, dice,
    error::Chain,
    log::ComponentLog,
    shutdown::Shutdown,
    wake::{Topic, Wakes},
};
use site_link::handshake::Pinned;
use site_store::{Notification, SiteStore};
use tokio::{sync::watch, task::JoinSet, time::Instant};

use self::turns::{Due, Turns};
use crate::{
    authorize::{Authority, Undecided},
    counters::Counters,
    forward, lines, validate,
};

/// Notifications that are decided at the same time. The authority works on some at once; one that takes long must not
/// hold up the others.
const AT_ONCE: usize = 8;

/// Notifications that one pass looks at.
const PAGE: u32 = 256;

/// How long a pass waits for a signal. A signal may be lost; then a request is this late.
const PASS_EVERY: Duration = Duration::from_secs(5);

/// How long to wait after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What one attempt at a notification came to.
type Attempt = (TaskGuid, Result<Came, NotNow>);

/// What a notification came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Came {
    /// It is decided.
    ToItsEnd,
    /// It waits for a second person, and is asked about again.
    ToWait,
}

/// Decides what the console asks.
pub(crate) struct Decider {
    pub(crate) store: SiteStore,
    pub(crate) wakes: Wakes,
    pub(crate) log: ComponentLog,
    pub(crate) authority: Authority,
    /// The attachment; none where the site is not attached.
    pub(crate) pinned: watch::Receiver<Option<Pinned>>,
    pub(crate) counters: Counters,
}

/// Why a notification is not decided yet.
#[derive(Debug, thiserror::Error)]
enum NotNow {
    #[error(transparent)]
    Authority(#[from] Undecided),
    #[error("the site's store failed")]
    Store(#[from] DbError),
}

impl Decider {
    /// Decides until the shutdown begins.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let decider = Arc::new(self);
        let mut requests = decider.wakes.listen(Topic::Requests);
        // Tasks of their own: one that holds a connection to the database must go on while this one waits for another.
        let mut running: JoinSet<Attempt> = JoinSet::new();
        let mut turns = Turns::default();
        let mut away = false;
        loop {
            let room = AT_ONCE.saturating_sub(running.len());
            let deadline = decider.begin(&mut running, &mut turns, room).await;
            tokio::select! {
                () = shutdown.begun() => break,
                Some(joined) = running.join_next() => {
                    let (task_guid, outcome) = match joined {
                        Ok(attempt) => attempt,
                        // A panic is a fault of the program, and ends it.
                        Err(error) => std::panic::resume_unwind(error.into_panic()),
                    };
                    let first = match &outcome {
                        Ok(Came::ToItsEnd) => {
                            turns.decided(task_guid);
                            false
                        }
                        Ok(Came::ToWait) => {
                            turns.waits(task_guid, Instant::now());
                            false
                        }
                        Err(_) => turns.later(task_guid, Instant::now(), dice::unit()),
                    };
                    decider.tell(task_guid, &outcome, first, &mut away);
                }
                _ = requests.wait_until(deadline) => {}
            }
        }
        // What is begun is finished, or found again after the next start.
        while running.join_next().await.is_some() {}
    }

    /// Begins the attempts whose turn it is, and returns when to look again.
    async fn begin(
        self: &Arc<Self>,
        running: &mut JoinSet<Attempt>,
        turns: &mut Turns,
        room: usize,
    ) -> Instant {
        let now = Instant::now();
        if room == 0 {
            return now + PASS_EVERY;
        }
        let undecided = match self.store.undecided(PAGE).await {
            Ok(undecided) => undecided,
            Err(error) => {
                self.log.error(format_args!("Failed to read notifications: {}", Chain(&error)));
                return now + AFTER_FAILURE;
            }
        };
        for Due { notification, again } in turns.take(undecided, room, now) {
            let decider = Arc::clone(self);
            running.spawn(async move {
                let outcome = decider.decide(&notification, again).await;
                (notification.task_guid, outcome)
            });
        }
        if running.len() >= AT_ONCE { now + PASS_EVERY } else { turns.next().unwrap_or(now + PASS_EVERY) }
    }

    /// One attempt at one notification; an attempt that is made again does not repeat its first lines.
    async fn decide(&self, notification: &Notification, again: bool) -> Result<Came, NotNow> {
        let task_guid = notification.task_guid;
        let now = clock::now();
        let say = |line: &str| {
            if !again {
                self.log.about(task_guid).info(line);
            }
        };
        say(lines::RECEIVED);
        let request = match validate::basics(notification) {
            Ok(request) => request,
            Err(reason) => {
                self.refuse_invalid(notification, &reason, None, now).await?;
                return Ok(Came::ToItsEnd);
            }
        };
        say(lines::VALIDATING);
        let pinned = *self.pinned.borrow();
        let kind = match validate::content(&request, pinned.as_ref(), now) {
            Ok(kind) => kind,
            Err(reason) => {
                let reason = self.overdue(task_guid, reason).await?;
                self.refuse_invalid(notification, &reason, Some(&request.targets), now).await?;
                return Ok(Came::ToItsEnd);
            }
        };

        let (decision, audit) = self.authority.decide(notification).await?;
        match decision {
            Decision::Refused { reason } => {
                let now = clock::now();
                if self.store.refuse(task_guid, &reason, audit, now).await? {
                    self.counters.refused(&reason, now.since(notification.received_at));
                    let line = lines::unauthorized(kind, request.tenant, request.sub);
                    self.log.about(task_guid).warn(line);
                    self.log.about(task_guid).warn(lines::because(
                        &reason,
                        task_guid,
                        Some(&request.targets),
                    ));
                    self.wakes.wake(Topic::Events);
                }
            }
            Decision::Waits { reason, .. } => {
                if self.store.waits(task_guid, &reason, clock::now()).await? {
                    let why = lines::because(&reason, task_guid, Some(&request.targets));
                    self.log.about(task_guid).info(format_args!("The notification waits. {why}"));
                    self.wakes.wake(Topic::Events);
                }
                return Ok(Came::ToWait);
            }
            Decision::Allowed(allowed) => {
                let targets = self.authority.targets(task_guid, &allowed).await?;
                if self.forward(&request, &allowed, audit, &targets).await? {
                    self.counters.allowed(clock::now().since(notification.received_at));
                }
            }
        }
        Ok(Came::ToItsEnd)
    }

    /// What comes to its deadline while it waits for a second person has ended for the want of them.
    async fn overdue(&self, task_guid: TaskGuid, reason: Reason) -> Result<Reason, NotNow> {
        let late = reason == Reason::NotDeliveredInTime;
        if late && self.store.has_waited(task_guid, &Reason::ApprovalMissing).await? {
            return Ok(Reason::ApprovalMissing);
        }
        Ok(reason)
    }

    /// Forwards what was allowed; false where it was before.
    async fn forward(
        &self,
        request: &Request,
        allowed: &authority_link::Allowed,
        audit: Option<Audited>,
        targets: &[authority_link::ResolvedTarget],
    ) -> Result<bool, NotNow> {
        let task_guid = request.id;
        let devices: Vec<_> = targets.iter().map(|target| target.device).collect();
        let message = forward::message(task_guid, allowed, audit);
        let forwarded = self.store.forward(&message, &devices, &allowed.refused, clock::now()).await?;
        if forwarded == site_store::Forwarded::Before {
            return Ok(false);
        }
        self.wakes.wake(Topic::PushMessages);
        self.wakes.wake(Topic::Events);

        let log = || self.log.about(task_guid);
        log().info(lines::authorized(allowed.kind, request.tenant, request.sub));
        let resources = forward::resources(targets);
        log().info(lines::forwarded(allowed.kind, task_guid, &allowed.param, &resources));
        for (reason, refused) in by_reason(&allowed.refused, &request.targets) {
            log().warn(lines::because(reason, task_guid, Some(&refused)));
        }
        Ok(true)
    }

    async fn refuse_invalid(
        &self,
        notification: &Notification,
        reason: &Reason,
        targets: Option<&Targets>,
        now: Timestamp,
    ) -> Result<(), NotNow> {
        let task_guid = notification.task_guid;
        if self.store.refuse(task_guid, reason, None, now).await? {
            self.counters.refused(reason, now.since(notification.received_at));
            let why = lines::because(reason, task_guid, targets);
            self.log.about(task_guid).warn(format_args!("Refused the notification. {why}"));
            self.wakes.wake(Topic::Events);
        }
        Ok(())
    }

    /// Says once that notifications wait, once of each that does, and once that they no longer do.
    fn tell(&self, task_guid: TaskGuid, outcome: &Result<Came, NotNow>, first: bool, away: &mut bool) {
        match outcome {
            Ok(_) => {
                if std::mem::take(away) {
                    self.log.info("Notifications are decided again.");
                }
            }
            Err(error) => {
                *away = true;
                if first {
                    let text = format_args!("The notification waits and is tried again: {}", Chain(error));
                    self.log.about(task_guid).warn(text);
                }
            }
        }
    }
}

/// Joins refused targets by their reason, with the names that the request gives them.
fn by_reason<'a>(refused: &'a [(action::DeviceId, Reason)], asked: &Targets) -> Vec<(&'a Reason, Targets)> {
    let name = |device: action::DeviceId| match asked {
        Targets::Devices { devices } => devices.iter().find(|target| target.device == device).cloned(),
        Targets::Collection { .. } => None,
    };
    let mut groups: Vec<(&Reason, Vec<action::Target>)> = Vec::new();
    for (device, reason) in refused {
        let target =
            name(*device).unwrap_or_else(|| action::Target { device: *device, name: device.to_string() });
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, devices)) => devices.push(target),
            None => groups.push((reason, vec![target])),
        }
    }
    groups.into_iter().map(|(reason, devices)| (reason, Targets::Devices { devices })).collect()
}
