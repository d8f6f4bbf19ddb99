//! A console in memory, with people, a site and devices.

use std::time::Duration;

use action::{
    ConsoleId, DeviceId, Entry, Event, Hop, ResourceId, SiteId, State, TaskGuid, TenantId, Timestamp,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::Response,
};
use console_api::{Action, Asked, Problem, Setup, SignedIn};
use outside::{Options, Outside};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use service::{
    log::{Component, ComponentLog, Lines},
    shutdown::Shutdown,
    wake::Wakes,
};
use site_link::{AttachCode, Checksum, Device, DeviceBatch, Part, attach::AttachRequest, keys::LinkKey};
use testkit::{TestDb, clock::MovingClock};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{
    config::Config,
    people::openid::provider::Providers,
    secret,
    sites::{Links, Outbox},
    start::router,
    state::{Clock, Console},
    store::{AttachOutcome, Identity, Store},
};

/// The password of everybody in the tests.
pub(super) const PASSWORD: &str = "a password for tests";

/// A console with the tenant `story` and its administrator `ann`.
pub(super) struct World {
    pub(super) console: Console,
    pub(super) clock: MovingClock,
    pub(super) lines: Lines,
    /// The administrator's session.
    pub(super) ann: String,
    pub(super) tenant: TenantId,
    /// Which database it is on.
    pub(super) name: &'static str,
    router: Router,
    _db: TestDb,
}

/// What the console answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl World {
    /// Makes a console on SQLite in memory.
    pub(super) async fn new() -> Self {
        Self::on(testkit::databases::memory().await).await
    }

    /// Makes a console on each database.
    pub(super) async fn each() -> Vec<Self> {
        let mut worlds = Vec::new();
        for db in testkit::databases().await {
            worlds.push(Self::on(db).await);
        }
        worlds
    }

    async fn on(db: TestDb) -> Self {
        Self::reaching(db, Outside::new(&Options::default()).expect("a client")).await
    }

    /// Makes a console that calls other systems in its own way.
    pub(super) async fn reaching(db: TestDb, outside: Outside) -> Self {
        let clock = MovingClock::default();
        let fresh =
            Identity { console: ConsoleId(Uuid::from_u128(7)), link_seed: [7; 32], created: clock.now() };
        let store = Store::open(db.db.clone(), Wakes::new(), &fresh).await.expect("a store");
        let code = secret::fresh(secret::SETUP_PREFIX);
        store.put_setup_code(&secret::sha256(code.as_bytes())).await.expect("stored");
        let (log, lines) = ComponentLog::memory(Component::ADMIN_CENTER);
        let config = Config::new(([127, 0, 0, 1], 0).into(), "https://console.example", "sqlite::memory:");
        let ticking = clock.clone();
        let clock_of_console = Clock::new(move || ticking.now());
        let providers = Providers::new(outside);
        let console =
            Console::new(store, fresh.console, config, providers, log, clock_of_console, Shutdown::new());
        let (console, _) = console.expect("a console");
        let (links, _) = Links::new(&fresh);
        let health = service::observe::health_routes(crate::counters::observed(&console).health);
        let router = router(console.clone(), &links, health);
        let tenant = TenantId(Uuid::nil());
        let mut world =
            Self { console, clock, lines, ann: String::new(), tenant, name: db.name, router, _db: db };
        let setup = Setup { code, tenant: "story".into(), user: "ann".into(), password: PASSWORD.into() };
        let signed_in: SignedIn = world.post("/api/v1/setup", "", &json!(setup)).await.json();
        world.ann = signed_in.token.expect("a token");
        world.tenant = signed_in.me.tenant;
        world
    }

    pub(super) fn store(&self) -> &Store {
        self.console.store()
    }

    pub(super) fn outbox(&self) -> &Outbox {
        self.console.outbox()
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.answer(request).await.into_parts();
        let body = to_bytes(body, 16 << 20).await.expect("a whole body").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Returns the answer before its body has ended.
    pub(super) async fn answer(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.expect("infallible")
    }

    pub(super) async fn call(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(serde_json::to_vec(body).expect("json"))),
            None => request.body(Body::empty()),
        };
        self.send(request.expect("a request")).await
    }

    pub(super) async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, None).await
    }

    pub(super) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, token, Some(body)).await
    }

    /// Attaches a site to the tenant, with a code from the API.
    pub(super) async fn site(&self, token: &str, number: u8) -> SiteId {
        let made: console_api::AttachCode = self.post("/api/v1/attach-codes", token, &json!({})).await.json();
        let code: AttachCode = made.code.parse().expect("a code");
        let site = SiteId(Uuid::from_u128(u128::from(number) << 64));
        assert_eq!(self.attach(&code, site, number).await, AttachOutcome::Attached);
        site
    }

    pub(super) async fn attach(&self, code: &AttachCode, site: SiteId, number: u8) -> AttachOutcome {
        let request = AttachRequest::new(code, site, "Story", &LinkKey::from_seed(&[number; 32]));
        let Some(stored) = self.outbox().code(code.tenant, code.id).await.expect("the store works") else {
            return AttachOutcome::CodeNotValid;
        };
        let from = [192, 0, 2, 1].into();
        self.outbox().attach(&stored, &request, from).await.expect("the store works")
    }

    /// Uploads devices of a site: `shop-0`, `shop-1` and so on.
    pub(super) async fn devices(&self, site: SiteId, count: u32) -> Vec<DeviceId> {
        let devices: Vec<Device> = (0..count).map(|number| device(site, number)).collect();
        let ids = devices.iter().map(|device| device.id).collect();
        for (part, devices) in [(Part::FullStart, Vec::new()), (Part::FullEnd, devices)] {
            let checksum = (part == Part::FullEnd).then(|| checksum(&devices));
            let batch = DeviceBatch { seq: 1, part, devices, removed: Vec::new(), checksum };
            let applied = self.outbox().apply_devices(site, &batch).await.expect("stored").expect("attached");
            assert!(!applied.resync, "{}", self.name);
        }
        ids
    }

    /// Mirrors one collection that holds `count` devices.
    pub(super) async fn collection(&self, site: SiteId, count: u64) {
        let all = json!({ "id": "SMS00001", "name": "All Devices", "version": 1, "count": count });
        let mirror = json!({ "generation": 1, "collections": [all], "policies": [], "roles": [] });
        self.outbox().mirror(site, &mirror).await.expect("stored");
    }

    /// Asks for machine policy on devices.
    pub(super) async fn ask(&self, devices: &[DeviceId]) -> TaskGuid {
        let new =
            json!({ "kind": "sync-machine-policy", "target": { "type": "devices", "devices": devices } });
        let answer = self.post("/api/v1/actions", &self.ann, &new).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}: {}", self.name, answer.text());
        answer.json::<Asked>().actions[0].task_guid
    }

    pub(super) async fn action(&self, task_guid: TaskGuid) -> Action {
        self.get(&format!("/api/v1/actions/{task_guid}"), &self.ann).await.json()
    }

    /// Makes an event of now.
    pub(super) fn event(&self, task_guid: TaskGuid, device: Option<DeviceId>, event: Event) -> Entry {
        let hop = match event.state() {
            State::DeliveredToSite => Hop::ServiceConnector,
            State::Authorized => Hop::Authority,
            State::Running | State::Done | State::Failed => Hop::Agent,
            _ => Hop::NotificationServer,
        };
        Entry { task_guid, device, hop, at: self.clock.advance(Duration::from_millis(1)), event }
    }

    /// Makes a person of the tenant and signs them in.
    pub(super) async fn person(&self, name: &str, role: &str) -> String {
        let new = json!({ "name": name, "role": role, "password": PASSWORD });
        assert_eq!(self.post("/api/v1/users", &self.ann, &new).await.status, StatusCode::CREATED);
        self.sign_in(name).await
    }

    pub(super) async fn sign_in(&self, name: &str) -> String {
        let body = json!({ "user": name, "password": PASSWORD });
        let signed_in: SignedIn = self.post("/api/v1/sessions", "", &body).await.json();
        signed_in.token.expect("a token")
    }

    /// Makes a second tenant; returns the session of its administrator.
    pub(super) async fn other_tenant(&self) -> String {
        let administrator = json!({ "name": "zoe", "role": "Administrator", "password": PASSWORD });
        let new = json!({ "name": "other", "administrator": administrator });
        let made = self.post("/api/v1/tenants", &self.ann, &new).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        self.sign_in("zoe").await
    }
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(super) fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {} {}", self.status, self.text()),
        }
    }

    /// Returns the problem, after checking that it is whole and served as one.
    #[track_caller]
    pub(super) fn problem(&self) -> Problem {
        let problem: Problem = self.json();
        assert_eq!(self.headers[header::CONTENT_TYPE], console_api::PROBLEM_JSON);
        assert_eq!(problem.status, self.status.as_u16());
        assert!(problem.kind.starts_with(Problem::URN), "{problem:?}");
        assert!(!problem.detail.is_empty() && !problem.fix.is_empty(), "{problem:?}");
        problem
    }
}

pub(super) fn device(site: SiteId, number: u32) -> Device {
    Device {
        id: DeviceId(Uuid::from_u128(site.0.as_u128() + u128::from(number) + 1)),
        resource: ResourceId(u64::from(number) + 1),
        name: format!("shop-{number}"),
        os: "Debian GNU/Linux 12 (bookworm)".into(),
        os_version: "12".into(),
        architecture: "x86_64".into(),
        client_version: "0.1.0".into(),
        online: number.is_multiple_of(2),
        online_changed: MovingClock::START,
        enrolled: Timestamp(MovingClock::START.0 - 1),
        compliance: None,
        details: site_link::Details::default(),
        generation: 1,
        discovered: None,
    }
}

pub(super) fn checksum(devices: &[Device]) -> Checksum {
    let sum = devices.iter().map(Device::hash).sum();
    Checksum { count: devices.len() as u64, sum }
}
