//! A site with a notification server.

use std::{net::SocketAddr, sync::Arc};

use action::{
    ActionKind, Clocks, DeviceId, EnrolmentId, OfflinePolicy, Reason, State, TaskGuid, TaskId, Timestamp,
};
use notifier::{Config, Throttle, Throttles};
use service::{
    call::Endpoint,
    clock,
    log::{Component, ComponentLog, Lines},
    metrics::Metrics,
    running::Running,
    shutdown::Shutdown,
    wake::{Topic, Wakes},
};
use site_store::{Aim, Forward, NewDevice, Notification, SiteStore};
use testkit::TestDb;
use uuid::Uuid;

use crate::authority::Authority;

/// A site, its notification server and its devices.
pub(crate) struct Site {
    pub(crate) authority: Arc<Authority>,
    pub(crate) store: SiteStore,
    pub(crate) wakes: Wakes,
    pub(crate) lines: Lines,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: Shutdown,
    pub(crate) running: Option<Running>,
    pub(crate) address: SocketAddr,
    pub(crate) websocket: SocketAddr,
    config: Config,
    _db: TestDb,
}

impl Site {
    /// Starts a site with so many devices, in memory and without a throttle.
    pub(crate) async fn start(devices: u32) -> Self {
        Self::start_on(testkit::databases::memory().await, devices, Throttle::None).await
    }

    pub(crate) async fn start_on(db: TestDb, devices: u32, throttle: Throttle) -> Self {
        service::tls::install_provider();
        let store = SiteStore::open(db.db.clone()).await.expect("a store");
        let authority = Authority::start();
        for number in 0..devices {
            authority.enrol(device(number), enrolment(number));
            store.put_device(&new_device(number), clock::now()).await.expect("a device");
        }
        let mut config = Config::new(([127, 0, 0, 1], 0).into(), "ns1");
        config.throttle = Throttles::all(throttle).into();
        let (_, lines) = ComponentLog::memory(Component::BGB_SERVER);
        let mut site = Self {
            authority,
            store,
            wakes: Wakes::new(),
            lines,
            metrics: Metrics::new(),
            shutdown: Shutdown::new(),
            running: None,
            address: config.listen,
            websocket: config.listen,
            config,
            _db: db,
        };
        site.start_server().await;
        site
    }

    /// Starts the notification server, the first time or anew.
    pub(crate) async fn start_server(&mut self) {
        let (log, lines) = ComponentLog::memory(Component::BGB_SERVER);
        self.lines = lines;
        self.metrics = Metrics::new();
        self.shutdown = Shutdown::new();
        self.websocket = free_address();
        let websocket_listen = Some(self.websocket);
        let config = Config { websocket_listen, metrics: self.metrics.clone(), ..self.config.clone() };
        let authority = Endpoint::Unix(self.authority.socket.clone());
        let started = notifier::start(
            config,
            self.store.clone(),
            self.wakes.clone(),
            log,
            authority,
            self.shutdown.clone(),
        );
        let running = started.await.expect("started");
        self.address = running.address.expect("an address");
        self.running = Some(running);
    }

    /// Forwards an action to these devices, as the connector does; returns its TaskGUID.
    pub(crate) async fn forward(
        &self,
        targets: &[u32],
        kind: ActionKind,
        offline: OfflinePolicy,
    ) -> TaskGuid {
        self.forward_within(targets, kind, offline, 3_600_000).await
    }

    pub(crate) async fn forward_within(
        &self,
        targets: &[u32],
        kind: ActionKind,
        offline: OfflinePolicy,
        deliver_ms: i64,
    ) -> TaskGuid {
        let task_guid = TaskGuid(service::dice::uuid());
        let now = clock::now();
        let notification = Notification {
            task_guid,
            request: b"request".to_vec(),
            user: action::UserId(Uuid::from_u128(5)),
            user_name: "admin".to_owned(),
            received_at: now,
        };
        self.store.take_notification(&notification).await.expect("taken");
        let forward = Forward {
            task_guid,
            task_id: TaskId(self.authority.next_number()),
            kind,
            param: String::new(),
            clocks: Clocks { deliver_by: Timestamp(now.0 + deliver_ms), finish_within_seconds: 3_600 },
            offline,
            aim: if targets.len() == 1 { Aim::Devices } else { Aim::Collection },
            rule: "role".to_owned(),
            audit: None,
        };
        self.authority.allow(&forward);
        let targets: Vec<DeviceId> = targets.iter().copied().map(device).collect();
        self.store.forward(&forward, &targets, &[], now).await.expect("forwarded");
        self.wakes.wake(Topic::PushMessages);
        task_guid
    }

    /// Waits until the target is in a state, and returns what it waits for.
    pub(crate) async fn reaches(&self, task_guid: TaskGuid, number: u32, state: State) -> Option<Reason> {
        let mut events = self.wakes.listen(Topic::Events);
        for _ in 0..1_000 {
            let target = self.store.target(task_guid, device(number)).await.expect("read").expect("a target");
            if target.state == state {
                return target.why;
            }
            events.wait(std::time::Duration::from_millis(20)).await;
        }
        let target = self.store.target(task_guid, device(number)).await;
        panic!("device {number} never became {state:?}: {target:?}; log: {:#?}", self.lines.texts());
    }

    /// Waits until the target waits for that.
    pub(crate) async fn waits_for(
        &self,
        task_guid: TaskGuid,
        number: u32,
        why: &Reason,
    ) -> site_store::TargetRow {
        let mut events = self.wakes.listen(Topic::Events);
        for _ in 0..1_000 {
            let target = self.store.target(task_guid, device(number)).await.expect("read").expect("a target");
            if target.why.as_ref() == Some(why) {
                return target;
            }
            events.wait(std::time::Duration::from_millis(20)).await;
        }
        panic!("device {number} never waited for {why:?}; log: {:#?}", self.lines.texts());
    }

    /// Waits until the store says that a device is online, or is not.
    pub(crate) async fn shows_online(&self, number: u32, online: bool) {
        let mut changes = self.wakes.listen(Topic::Online);
        for _ in 0..1_000 {
            let row = self.store.device(device(number)).await.expect("read").expect("a device");
            if row.online == online {
                return;
            }
            changes.wait(std::time::Duration::from_millis(20)).await;
        }
        panic!("device {number} is not shown as online = {online}");
    }

    /// Returns how many connections were closed for a reason.
    pub(crate) fn closed(&self, reason: &str) -> u64 {
        let name = "tenon_device_connections_closed_total";
        self.metrics.counter(name, "", &[("reason", reason)]).value()
    }

    /// Waits until the server has the keys of tickets.
    pub(crate) async fn has_ticket_keys(&self) {
        for _ in 0..1_000 {
            if self.metrics.gauge("tenon_device_ticket_keys", "", &[]).value() > 0 {
                return;
            }
            tokio::time::timeout(std::time::Duration::from_millis(10), std::future::pending::<()>())
                .await
                .expect_err("pending");
        }
        panic!("it never got the keys of tickets: {:#?}", self.lines.texts());
    }

    /// Waits until a connection was closed for a reason.
    pub(crate) async fn closes(&self, reason: &str) {
        for _ in 0..1_000 {
            if self.closed(reason) > 0 {
                return;
            }
            tokio::time::timeout(std::time::Duration::from_millis(10), std::future::pending::<()>())
                .await
                .expect_err("pending");
        }
        panic!("no connection was closed for {reason}; counters:\n{}", self.metrics.exposition());
    }
}

pub(crate) fn device(number: u32) -> DeviceId {
    DeviceId(Uuid::from_u128(u128::from(number + 1) << 64 | 1))
}

pub(crate) fn enrolment(number: u32) -> EnrolmentId {
    EnrolmentId(Uuid::from_u128(u128::from(number + 1) << 64 | 2))
}

fn new_device(number: u32) -> NewDevice {
    NewDevice {
        device: device(number),
        enrolment: enrolment(number),
        resource: action::ResourceId(u64::from(number) + 16_777_220),
        facts: site_store::DeviceFacts { name: format!("device-{number}"), ..Default::default() },
    }
}

fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address")
}
