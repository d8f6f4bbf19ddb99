//! The desk, called as its callers call it: on a store and keys in a temporary folder.

mod admit;
mod applications;
mod approve;
mod audit;
mod bind;
mod decide;
mod devices;
mod dry_run;
mod may_read;
mod owner;
mod proofs;
mod policies;
mod release;
mod rings;
mod restore;
mod returns;
mod rotation;
mod scopes;
mod trust;
mod who;
mod witness;

use action::{
    ActionKind, ConsoleId, DeviceId, EnrolmentId, OfflinePolicy, Reason, Target, Targets, TaskGuid, TenantId,
    Timestamp, UserId,
};
use authority_link::{
    Allowed, Answer, Call, Decision, Enrolled, Facts, OwnerAnswer, OwnerCall, Released, Role, Vouch,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use database::Db;
use proof::{
    JoinToken, Level, PersonSigningKey, Request, SignedRequest, Trusted,
    request::{Params, RequestKind},
};
use service::log::{Component, ComponentLog, Lines};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::{restored, store::StoredKey};

const NOW: Timestamp = Timestamp(1_579_621_423_000);
const MINUTE: Duration = Duration::from_mins(1);
/// Who grants where no administrator holds a role.
const OWNER: &str = "the site's owner";
const TENANT: TenantId = TenantId(Uuid::from_u128(8));
const CONSOLE: ConsoleId = ConsoleId(Uuid::from_u128(9));
const OPERATOR: &str = "Operations Administrator";

/// A site with its authority.
struct Site {
    desk: Desk,
    now: Timestamp,
    /// The numbers of ids that were made.
    made: u128,
    /// What was signed: two signatures of the same request differ.
    signed: Vec<(Request, Vec<u8>)>,
    log: Lines,
    place: TempDir,
}

impl Site {
    async fn new() -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", place.path().join("store.db").display());
        let (desk, log) = desk(&place, &url).await;
        Self { desk, now: NOW, made: 0, signed: Vec::new(), log, place }
    }

    /// Starts the authority again, on the same folder and store.
    async fn restart(&mut self) {
        self.desk.store.close().await;
        let url = self.desk.config.database_url.clone();
        let (desk, log) = desk(&self.place, &url).await;
        (self.desk, self.log) = (desk, log);
    }

    fn id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u128(self.made)
    }

    async fn call(&mut self, role: Role, call: Call) -> Answer {
        self.desk.answer(role, call, None, self.now).await
    }

    async fn owner(&mut self, owner: OwnerCall) -> OwnerAnswer {
        match self.call(Role::Owner, Call::Owner { owner }).await {
            Answer::Owner(told) => *told,
            other => panic!("not the owner's answer: {other:?}"),
        }
    }

    async fn token(&mut self, uses: u32, collection: Option<&str>) -> JoinToken {
        let collection = collection.map(str::to_owned);
        let url = "https://mp.example".to_owned();
        match self
            .owner(OwnerCall::CreateJoinToken { url, uses, valid_seconds: 3600, collection, approval: false })
            .await
        {
            OwnerAnswer::JoinToken { token, .. } => token.parse().expect("a token"),
            other => panic!("no token: {other:?}"),
        }
    }

    async fn enrol(&mut self, token: &JoinToken, csr: &str, name: &str) -> Answer {
        let call = Call::Enrol {
            token: token.id.clone(),
            secret: token.secret.text(),
            csr: csr.to_owned(),
            facts: facts(name),
        };
        self.call(Role::ManagementPoint, call).await
    }

    /// Enrols a device of that name.
    async fn device(&mut self, name: &str) -> DeviceId {
        self.enrolled(name).await.device
    }

    async fn enrolled(&mut self, name: &str) -> Enrolled {
        let token = self.token(1, None).await;
        enrolled(self.enrol(&token, &csr(), name).await)
    }

    async fn collection(&mut self, name: &str, members: &[DeviceId]) -> String {
        let call = OwnerCall::PutCollection {
            name: name.into(),
            query: None,
            members: members.to_vec(),
            include: Vec::new(),
            exclude: Vec::new(),
            limited_to: None,
        };
        match self.owner(call).await {
            OwnerAnswer::Collection { id } => id,
            other => panic!("no collection: {other:?}"),
        }
    }

    /// Makes a person who holds a role on a collection.
    async fn person(&mut self, role: &str, collection: &str) -> UserId {
        let user = UserId(self.id());
        self.assign(user, role, collection).await;
        user
    }

    async fn assign(&mut self, user: UserId, role: &str, collection: &str) {
        let call = OwnerCall::Assign {
            user,
            name: "ann".into(),
            role: role.into(),
            collections: vec![collection.into()],
            scopes: Vec::new(),
        };
        assert_eq!(self.owner(call).await, OwnerAnswer::Done);
    }

    /// Has the site know a key of a person, as a pairing does.
    fn knows_key(&mut self, user: UserId, level: Level) {
        let key = StoredKey {
            key: key_of(user).public(),
            person: user,
            person_name: "ann".into(),
            level,
            tenant: TENANT,
            console: CONSOLE,
            issuer: None,
            idh: String::new(),
            service: None,
            how: "paired at the site".into(),
            made_at: self.now,
            expires: self.now.plus(90 * DAY),
            ended_at: None,
        };
        self.desk.site.proofs.put_key(key);
    }

    /// Returns the newest nonce.
    async fn nonce(&mut self) -> String {
        match self.call(Role::Connector, Call::SiteNonce).await {
            Answer::SiteNonce { nonce } => nonce,
            other => panic!("no nonce: {other:?}"),
        }
    }

    /// Returns a request that the console vouches for, valid now.
    fn vouched(&mut self, user: UserId, targets: Targets) -> Request {
        Request {
            iss: Request::vouched_by(CONSOLE),
            jkt: String::new(),
            site_nonce: String::new(),
            ..self.request(user, targets)
        }
    }

    /// Returns a request of a person whose key the site knows, valid now.
    fn request(&mut self, user: UserId, targets: Targets) -> Request {
        if self.desk.site.proofs.key(key_of(user).public().thumbprint()).is_none() {
            self.knows_key(user, Level::Native);
        }
        if !self.desk.site.proofs.is_young(self.now) {
            self.desk.site.proofs.made_nonce(self.now);
        }
        let site = self.desk.site();
        Request {
            v: Request::VERSION,
            id: TaskGuid(self.id()),
            iss: Request::paired_at(site),
            sub: user,
            idh: String::new(),
            jkt: key_of(user).public().thumbprint().to_string(),
            tenant: TENANT,
            site,
            console: CONSOLE,
            kind: RequestKind::DeviceAction,
            params: Params { task_type: ActionKind::MACHINE_POLICY.0, task_param: String::new() },
            targets,
            iat: self.now,
            exp: self.now.plus(DAY),
            deliver_by: self.now.plus(DAY),
            finish_within: 3600,
            offline: OfflinePolicy::Queue,
            site_nonce: self.desk.keys.nonce.nonce(site, self.now).to_string(),
        }
    }

    async fn decide(&mut self, request: &Request) -> Decision {
        let bytes = self.sent(request);
        self.decide_bytes(&bytes, request.sub).await
    }

    /// Returns a request as it is sent: signed by its person where it has a key, the same bytes each time.
    fn sent(&mut self, request: &Request) -> Vec<u8> {
        if request.jkt.is_empty() {
            return request.encode();
        }
        if let Some((_, bytes)) = self.signed.iter().find(|(known, _)| known == request) {
            return bytes.clone();
        }
        let bytes = SignedRequest::sign(request, &key_of(request.sub)).expect("signed").encode();
        self.signed.push((request.clone(), bytes.clone()));
        bytes
    }

    async fn decide_bytes(&mut self, bytes: &[u8], user: UserId) -> Decision {
        let vouch = Vouch { user, name: "ann".into() };
        match self.call(Role::Connector, Call::Decide { request: BASE64_STANDARD.encode(bytes), vouch }).await
        {
            Answer::Decision { decision, audit } => {
                let last = self.desk.store.audit_head().await.expect("a head");
                match audit {
                    Some(place) if place.number == last.0 => {
                        assert_eq!(place.hash, last.1, "the hash of the chain up to there");
                    }
                    Some(_) => {}
                    // What proves nothing has no entry of its own beyond the quota.
                    None => assert!(
                        self.desk.unproven.is_full(),
                        "each other decision names its place in the audit"
                    ),
                }
                decision
            }
            other => panic!("no decision: {other:?}"),
        }
    }

    async fn allowed(&mut self, request: &Request) -> Allowed {
        match self.decide(request).await {
            Decision::Allowed(allowed) => allowed,
            Decision::Refused { reason } | Decision::Waits { reason, .. } => panic!("refused: {reason}"),
        }
    }

    async fn refused(&mut self, request: &Request) -> Reason {
        match self.decide(request).await {
            Decision::Refused { reason } => reason,
            Decision::Allowed(allowed) => panic!("allowed: {allowed:?}"),
            Decision::Waits { until, .. } => panic!("waits until {until}"),
        }
    }

    async fn release(&mut self, task_guid: TaskGuid, devices: &[DeviceId]) -> Answer {
        self.call(Role::Notifier, Call::Release { task_guid, devices: devices.to_vec(), results: None }).await
    }

    async fn released(&mut self, task_guid: TaskGuid, devices: &[DeviceId]) -> Released {
        match self.release(task_guid, devices).await {
            Answer::Released(released) => *released,
            other => panic!("not released: {other:?}"),
        }
    }

    async fn trust(&mut self) -> Trusted {
        let Answer::TrustDocument { document } = self.call(Role::Notifier, Call::TrustDocument).await else {
            panic!("no trust document");
        };
        Trusted::verify(&document, self.desk.keys.root_hash()).expect("signed by the root")
    }
}

/// Returns the key of a person.
fn key_of(person: UserId) -> PersonSigningKey {
    let secret = proof::Hash::of(person.0.as_bytes());
    PersonSigningKey::from_secret(&secret.0).expect("a key")
}

/// Starts a desk, as the program does.
async fn desk(place: &TempDir, url: &str) -> (Desk, Lines) {
    let (log, lines) = ComponentLog::memory(Component::AUTHORITY);
    let config = config(place, url);
    let folder = Folder::open(&config.folder).expect("a folder");
    let keys = SiteKeys::load_or_make(&folder, &config.site_name).expect("keys");
    let mut numbers = Numbers::load_or_make(&folder).expect("numbers");
    let store = Store::open(Db::open(url).await.expect("a database")).await.expect("a store");
    restored::notice(&store, &mut numbers, &folder, &log, NOW).await.expect("compared");
    let site = SiteState::load(&store).await.expect("a site");
    (Desk::new(config, folder, keys, numbers, store, site, log), lines)
}

fn config(place: &TempDir, url: &str) -> Config {
    Config {
        folder: place.path().join("authority"),
        socket: place.path().join("authority.sock"),
        database_url: url.to_owned(),
        site_name: "Delft".into(),
        keep_alive_seconds: 240,
        notification_servers: vec!["site.example:10123".into()],
        management_points: vec!["https://site.example:8443".into()],
        role_users: Vec::new(),
        metrics: service::metrics::Metrics::new(),
    }
}

fn facts(name: &str) -> Facts {
    Facts {
        name: name.into(),
        os: "Debian".into(),
        hardware: format!("hardware of {name}"),
        ..Facts::default()
    }
}

fn csr() -> String {
    service::tls::key_and_csr().expect("a key").csr_pem
}

fn enrolled(answer: Answer) -> Enrolled {
    match answer {
        Answer::Enrolled(enrolled) => *enrolled,
        other => panic!("not enrolled: {other:?}"),
    }
}

fn denied(answer: Answer) -> String {
    match answer {
        Answer::Denied { reason } => reason,
        other => panic!("not denied: {other:?}"),
    }
}

fn devices(targets: &[(DeviceId, &str)]) -> Targets {
    let mut devices: Vec<_> =
        targets.iter().map(|(device, name)| Target { device: *device, name: (*name).into() }).collect();
    devices.sort();
    Targets::Devices { devices }
}

fn collection(collection: &str, at_most: u64) -> Targets {
    Targets::Collection { collection: collection.into(), at_most, version: 1 }
}

fn outside(collections: &[&str], grantor: &str) -> Reason {
    Reason::DeviceOutsideCollections {
        collections: collections.iter().map(|&name| name.into()).collect(),
        scopes: Vec::new(),
        grantor: Some(grantor.into()),
    }
}

fn stranger_here(grantor: &str) -> Reason {
    Reason::UserUnknownToSite { discovers: Vec::new(), grantor: Some(grantor.into()) }
}

/// The reason of a person whom the site knows, and who holds no role.
fn holds_nothing() -> Reason {
    Reason::RoleLacksPermission {
        permission: "Collection / Notify Resource".into(),
        role: None,
        grantor: Some(OWNER.into()),
    }
}
