//! A site that is attached to the test's console, with its connector.

use std::{net::SocketAddr, os::unix::fs::OpenOptionsExt as _, path::PathBuf, time::Duration};

use action::{
    DeviceId, EnrolmentId, OfflinePolicy, ResourceId, SiteId, Target, Targets, TaskGuid, TenantId, UserId,
};
use authority_link::ResolvedTarget;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use connector::{Config, ConnectorLogs};
use proof::request::{Params, Request, RequestKind};
use service::{
    call::Endpoint,
    clock,
    log::{Component, ComponentLog, Lines},
    running::Running,
    shutdown::Shutdown,
    wake::Wakes,
};
use site_link::{
    ToSite,
    handshake::KnownSite,
    keys::{LinkKey, Nonce},
};
use site_store::{DeviceFacts, NewDevice, SiteStore};
use uuid::Uuid;

use super::{Authority, Console, authority::State};

pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: SiteStore,
    pub(crate) wakes: Wakes,
    pub(crate) lines: Lines,
    pub(crate) upload_lines: Lines,
    logs: ConnectorLogs,
    shutdown: Shutdown,
    running: Option<Running>,
}

impl Site {
    /// Makes a site with one device. Its connector does not run yet.
    pub(crate) async fn new() -> Self {
        let store = SiteStore::open(testkit::databases::memory().await.db).await.expect("a store");
        let (notification, lines) = ComponentLog::memory(Component::GATEWAY_NOTIFICATION_WORKER);
        let (upload, upload_lines) = ComponentLog::memory(Component::GATEWAY_SYNC_UPLOAD_WORKER);
        let site = Self {
            folder: tempfile::tempdir().expect("a folder"),
            store,
            wakes: Wakes::new(),
            lines,
            upload_lines,
            logs: ConnectorLogs { notification, upload },
            shutdown: Shutdown::new(),
            running: None,
        };
        site.put_device(1).await;
        site
    }

    pub(crate) async fn put_device(&self, number: u64) {
        let facts =
            DeviceFacts { name: format!("kade-{number:02}"), os: "Debian".into(), ..DeviceFacts::default() };
        let enrolment = EnrolmentId(Uuid::from_u128(number.into()));
        let new = NewDevice { device: device(number), enrolment, resource: ResourceId(number), facts };
        self.store.put_device(&new, clock::now()).await.expect("stored");
    }

    /// Writes the files of an attachment to the console at `address`, and starts the connector.
    pub(crate) async fn start(&mut self, console: &Console, address: SocketAddr) {
        self.attach(console, address);
        self.start_connector().await;
    }

    pub(crate) fn attach(&self, console: &Console, address: SocketAddr) {
        let attachment = serde_json::json!({
            "console_url": format!("http://{address}"),
            "console": console.id,
            "console_key": console.key.public(),
            "tenant": tenant(),
            "site": site(),
            "site_name": "Delft",
            "attached_at": clock::now(),
        });
        std::fs::write(self.folder.path().join("site-link.json"), attachment.to_string()).expect("written");
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = file.open(self.folder.path().join("site-link.key")).expect("a file");
        std::io::Write::write_all(&mut file, Nonce([1; 32]).to_string().as_bytes()).expect("written");
    }

    pub(crate) async fn start_connector(&mut self) {
        let config = Config {
            folder: self.folder.path().to_owned(),
            proxy: None,
            ca_file: None,
            metrics: service::metrics::Metrics::new(),
            health: None,
        };
        let (store, wakes, logs) = (self.store.clone(), self.wakes.clone(), self.logs.clone());
        let endpoint = Endpoint::Unix(self.socket());
        let running = connector::start(config, store, wakes, logs, endpoint, self.shutdown.clone());
        self.running = Some(running.await.expect("it starts"));
    }

    pub(crate) fn start_authority(&self) -> Authority {
        let members = vec![ResolvedTarget { device: device(1), resource: ResourceId(1) }];
        Authority::start(&self.socket(), State { members, ..State::default() })
    }

    /// What the console knows of the site.
    pub(crate) fn known(&self) -> KnownSite {
        KnownSite { tenant: tenant(), key: LinkKey::from_seed(&[1; 32]).public() }
    }

    pub(crate) async fn stop(mut self) {
        self.shutdown.begin();
        self.running.take().expect("it runs").join().await.expect("an orderly end");
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("authority.sock")
    }
}

/// Makes the request of the action `number`, changed by `change`.
pub(crate) fn request(console: &Console, number: u8, change: impl FnOnce(&mut Request)) -> ToSite {
    let now = clock::now();
    let tomorrow = now.plus(Duration::from_hours(24));
    let mut request = Request {
        v: Request::VERSION,
        id: task_guid(number),
        iss: Request::vouched_by(console.id),
        sub: UserId(Uuid::from_bytes([0xb1; 16])),
        idh: String::new(),
        jkt: String::new(),
        tenant: tenant(),
        site: site(),
        console: console.id,
        kind: RequestKind::DeviceAction,
        params: Params { task_type: 1, task_param: String::new() },
        targets: Targets::Devices { devices: vec![Target { device: device(1), name: "kade-01".into() }] },
        iat: now,
        exp: tomorrow,
        deliver_by: tomorrow,
        finish_within: 3600,
        offline: OfflinePolicy::Queue,
        site_nonce: String::new(),
    };
    change(&mut request);
    ToSite::Request {
        task_guid: task_guid(number),
        request: STANDARD.encode(request.encode()),
        user: request.sub,
        user_name: "kim".into(),
    }
}

pub(crate) fn task_guid(number: u8) -> TaskGuid {
    TaskGuid(Uuid::from_bytes([number; 16]))
}

pub(crate) fn device(number: u64) -> DeviceId {
    DeviceId(Uuid::from_u128(number.into()))
}

pub(crate) fn tenant() -> TenantId {
    TenantId(Uuid::from_bytes([0x10; 16]))
}

pub(crate) fn site() -> SiteId {
    SiteId(Uuid::from_bytes([0x20; 16]))
}
