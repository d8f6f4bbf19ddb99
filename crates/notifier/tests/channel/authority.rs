//! An authority of a few lines. It allows everything that it was told of, and signs for real.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use action::{DeviceId, EnrolmentId, PushId, Reason, SiteId, TaskGuid};
use authority_link::{Answer, Call, Released, Role, TicketKey, encode_answer, server::AwaitIntroduction};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proof::{
    Hash, MerkleTree, PushHead, SignedTime, SigningKey, TaskLeaf,
    role::{self, SiteRole},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use service::{
    clock,
    frames::{read_frame, write_frame},
    running::owned,
};
use site_store::Forward;
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

pub(crate) struct Authority {
    pub(crate) socket: PathBuf,
    pub(crate) site: SiteId,
    pub(crate) task_key: SigningKey,
    pub(crate) ca: CertifiedIssuer<'static, KeyPair>,
    /// While set, releases fail.
    /// Whether it fails to release.
    pub(crate) halted: AtomicBool,
    /// Whether it holds back what it is asked to release.
    pub(crate) stopped: AtomicBool,
    known: Mutex<Known>,
    ticket_secret: [u8; 32],
    numbers: AtomicU64,
    serving: Mutex<Option<AbortOnDropHandle<()>>>,
    _folder: TempDir,
}

#[derive(Default)]
struct Known {
    enrolments: BTreeMap<DeviceId, EnrolmentId>,
    forwards: BTreeMap<TaskGuid, Forward>,
    revoked: BTreeSet<EnrolmentId>,
    generation: u64,
    releases: u64,
}

impl Authority {
    pub(crate) fn start() -> Arc<Self> {
        let folder = TempDir::with_prefix("tenon-notifier-").expect("a folder");
        let socket = folder.path().join("authority.sock");
        let listener = UnixListener::bind(&socket).expect("bound");
        let authority = Arc::new(Self {
            socket,
            site: SiteId(Uuid::from_u128(77)),
            task_key: SigningKey::from_seed([9; 32]),
            ca: ca(),
            halted: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            known: Mutex::default(),
            ticket_secret: service::dice::bytes(),
            numbers: AtomicU64::new(1),
            serving: Mutex::default(),
            _folder: folder,
        });
        let serving = Arc::downgrade(&authority);
        let work = owned(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let (Ok((stream, _)), Some(authority)) = (listener.accept().await, serving.upgrade()) {
                connections.spawn(serve(authority, stream));
            }
        });
        *authority.serving.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
        authority
    }

    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn enrol(&self, device: DeviceId, enrolment: EnrolmentId) {
        self.known().enrolments.insert(device, enrolment);
    }

    pub(crate) fn allow(&self, forward: &Forward) {
        self.known().forwards.insert(forward.task_guid, forward.clone());
    }

    pub(crate) fn revoke(&self, enrolment: EnrolmentId) {
        let mut known = self.known();
        known.revoked.insert(enrolment);
        known.generation += 1;
    }

    pub(crate) fn forget(&self, device: DeviceId) {
        self.known().enrolments.remove(&device);
    }

    pub(crate) fn releases(&self) -> u64 {
        self.known().releases
    }

    /// Makes a certificate with a role, and its key.
    pub(crate) fn certificate(&self, site: SiteId, role: &SiteRole) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        self.name(&mut params, site, role);
        (params.signed_by(&key, &self.ca).expect("signed").pem(), key.serialize_pem())
    }

    fn name(&self, params: &mut CertificateParams, site: SiteId, role: &SiteRole) {
        let uri = SanType::URI(role::uri(site, role).try_into().expect("a URI"));
        let (usage, mut names) = match role {
            SiteRole::Device { .. } => (ExtendedKeyUsagePurpose::ClientAuth, Vec::new()),
            SiteRole::NotificationServer | SiteRole::ManagementPoint => {
                let name = role::dns_name(site, role).try_into().expect("a name");
                (ExtendedKeyUsagePurpose::ServerAuth, vec![SanType::DnsName(name)])
            }
        };
        names.push(uri);
        params.subject_alt_names = names;
        params.extended_key_usages = vec![usage];
    }

    fn answer(&self, call: Call) -> Answer {
        match call {
            Call::ServerCertificate { csr } => {
                let mut request = CertificateSigningRequestParams::from_pem(&csr).expect("a request");
                self.name(&mut request.params, self.site, &SiteRole::NotificationServer);
                let certificate = request.signed_by(&self.ca).expect("signed").pem();
                Answer::Certificate { chain: format!("{certificate}{}", self.ca.pem()) }
            }
            Call::SiteTime => {
                let (site, key_id, time) = (self.site, self.task_key.id(), clock::now());
                Answer::SiteTime { time: SignedTime { site, epoch: 1, key_id, time }.sign(&self.task_key) }
            }
            Call::Revocations { .. } => {
                let known = self.known();
                let revoked = known.revoked.iter().copied().collect();
                Answer::Revocations { generation: known.generation, revoked, restored: Vec::new() }
            }
            Call::TrustDocument => Answer::TrustDocument { document: "a trust document".to_owned() },
            Call::TicketKeys => {
                let today = u64::try_from(clock::now().0).expect("after 1970") / 86_400_000;
                let secret = || STANDARD.encode(self.ticket_secret);
                let key = |day| TicketKey { day, secret: secret() };
                Answer::TicketKeys { keys: (today - 1..=today + 1).map(key).collect() }
            }
            Call::Release { .. } if self.halted.load(Ordering::Relaxed) => {
                Answer::Failed { what: "the site is halted".to_owned(), transient: true }
            }
            Call::Release { task_guid, devices, .. } if self.stopped.load(Ordering::Relaxed) => {
                let mut released = self.release(task_guid, &[]);
                released.held = devices.iter().map(|device| (*device, Reason::SiteHalted)).collect();
                Answer::Released(Box::new(released))
            }
            Call::Release { task_guid, devices, .. } => {
                Answer::Released(Box::new(self.release(task_guid, &devices)))
            }
            other => panic!("not asked by a notification server: {other:?}"),
        }
    }

    fn release(&self, task_guid: TaskGuid, devices: &[DeviceId]) -> Released {
        let mut known = self.known();
        known.releases += 1;
        let forward = known.forwards.get(&task_guid).expect("an action that was allowed").clone();
        let now = clock::now();
        let enrolled =
            |device: &DeviceId| known.enrolments.get(device).map(|enrolment| (*device, *enrolment));
        let mut released = Released {
            push_id: PushId(self.next_number()),
            task_id: forward.task_id,
            kind: forward.kind,
            param: forward.param,
            request_hash: Hash::of(b"request").hex(),
            issued_at: now,
            valid_until: now.plus(std::time::Duration::from_secs(900)).min(forward.clocks.deliver_by),
            deliver_by: forward.clocks.deliver_by,
            finish_within_seconds: forward.clocks.finish_within_seconds,
            devices: devices.iter().filter_map(enrolled).collect(),
            refused: devices
                .iter()
                .filter(|device| enrolled(device).is_none())
                .map(|device| (*device, Reason::DeviceUnknown))
                .collect(),
            held: Vec::new(),
            signed_push: String::new(),
        };
        let leaf = |(device, enrolment): &(DeviceId, EnrolmentId)| TaskLeaf {
            site: self.site,
            epoch: 1,
            key_id: self.task_key.id(),
            device: *device,
            enrolment: *enrolment,
            task_guid,
            task_id: released.task_id,
            push_id: released.push_id,
            task_type: released.kind,
            param_hash: Hash::of(released.param.as_bytes()),
            issued_at: now,
            valid_until: released.valid_until,
            deliver_by: released.deliver_by,
            finish_within_seconds: released.finish_within_seconds,
            request_hash: Hash::of(b"request"),
        };
        let tree = MerkleTree::new(released.devices.iter().map(|device| leaf(device).hash()).collect());
        let head = PushHead {
            site: self.site,
            epoch: 1,
            key_id: self.task_key.id(),
            tree_size: tree.size(),
            root: tree.root(),
            issued_at: now,
        };
        released.signed_push = STANDARD.encode(head.sign(&self.task_key).encode());
        released
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(authority: Arc<Authority>, mut stream: UnixStream) {
    let hello = read_frame(&mut stream, authority_link::LARGEST_FRAME).await.expect("read").expect("a frame");
    let waiting = AwaitIntroduction::new(BTreeSet::from([Role::Notifier]));
    let (introduced, number) = waiting.on_frame(&hello).expect("a notification server");
    write_frame(&mut stream, &encode_answer(number, &Answer::Done)).await.expect("written");
    while let Ok(Some(frame)) = read_frame(&mut stream, authority_link::LARGEST_FRAME).await {
        let (number, call) = introduced.on_frame(&frame).expect("a call of its role");
        let answer = authority.answer(call);
        if write_frame(&mut stream, &encode_answer(number, &answer)).await.is_err() {
            return;
        }
    }
}

fn ca() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "test site");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA")
}
