//! A small site authority: a program behind a Unix socket that speaks the authority link and keeps its state in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use action::{DeviceId, EnrolmentId, ResourceId, Timestamp};
use authority_link::{Answer, Call, Enrolled, Facts, LARGEST_FRAME, Role};
use proof::Hash;
use rcgen::SanType;
use service::frames::{read_frame, write_frame};
use tempfile::TempDir;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::watch,
    task::JoinSet,
};

use super::{Ca, Purpose, device_uri};

pub(crate) const TOKEN: &str = "front-door";
pub(crate) const SECRET: &str = "AAECAwQFBgcICQoLDA0ODw";

pub(crate) struct Authority {
    pub(crate) ca: Ca,
    folder: TempDir,
    state: Mutex<State>,
    changed: watch::Sender<()>,
    serving: Mutex<Option<JoinSet<()>>>,
}

#[derive(Default)]
struct State {
    devices: BTreeMap<DeviceId, EnrolmentId>,
    revoked: Vec<EnrolmentId>,
    documents: BTreeMap<String, String>,
    facts: BTreeMap<DeviceId, Facts>,
    asked: BTreeMap<&'static str, usize>,
}

impl Authority {
    pub(crate) fn start() -> Arc<Self> {
        let folder = TempDir::new().expect("a folder");
        let (changed, _) = watch::channel(());
        let ca = Ca::new();
        let authority =
            Arc::new(Self { ca, folder, state: Mutex::default(), changed, serving: Mutex::default() });
        authority.come_back();
        authority
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("authority.sock")
    }

    /// Stops answering, and closes all connections.
    pub(crate) fn go_away(&self) {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::fs::remove_file(self.socket()).expect("the socket was there");
    }

    /// Listens, again or for the first time.
    pub(crate) fn come_back(self: &Arc<Self>) {
        let listener = UnixListener::bind(self.socket()).expect("a socket");
        let mut serving = JoinSet::new();
        let authority = Arc::downgrade(self);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let Some(authority) = authority.upgrade() else { return };
                connections.spawn(async move { authority.serve(stream).await });
            }
        });
        *self.serving.lock().unwrap_or_else(PoisonError::into_inner) = Some(serving);
    }

    pub(crate) fn revoke(&self, enrolment: EnrolmentId) {
        self.state().revoked.push(enrolment);
    }

    /// Adds a policy document and returns its hash.
    pub(crate) fn add_document(&self, text: &str) -> Hash {
        let hash = Hash::of(text.as_bytes());
        self.state().documents.insert(hash.hex(), text.to_owned());
        hash
    }

    /// Gives another text under the hash.
    pub(crate) fn tamper_with(&self, hash: Hash) {
        self.state().documents.insert(hash.hex(), "tampered".to_owned());
    }

    /// Returns how often a call was made.
    pub(crate) fn asked(&self, call: &'static str) -> usize {
        self.state().asked.get(call).copied().unwrap_or(0)
    }

    pub(crate) fn devices(&self) -> BTreeSet<DeviceId> {
        self.state().devices.keys().copied().collect()
    }

    /// Waits until the authority was told that a device has this name.
    pub(crate) async fn told(&self, device: DeviceId, name: &str) {
        let mut changes = self.changed.subscribe();
        while self.state().facts.get(&device).is_none_or(|facts| facts.name != name) {
            changes.changed().await.expect("the authority lives");
        }
    }

    async fn serve(&self, mut stream: UnixStream) {
        let mut introduced = false;
        while let Ok(Some(frame)) = read_frame(&mut stream, LARGEST_FRAME).await {
            let (number, call) = authority_link::decode_call(&frame).expect("a call");
            let answer = match (introduced, call) {
                (false, Call::Introduce { role: Role::ManagementPoint }) => Answer::Done,
                (false, call) => panic!("not introduced: {call:?}"),
                (true, call) => self.answer(call),
            };
            introduced = true;
            self.changed.send_replace(());
            let frame = authority_link::encode_answer(number, &answer);
            if write_frame(&mut stream, &frame).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, call: Call) -> Answer {
        let mut state = self.state();
        let mut count = |name| *state.asked.entry(name).or_default() += 1;
        match call {
            Call::TrustDocument => {
                count("trust");
                Answer::TrustDocument { document: "trust.signed".to_owned() }
            }
            Call::SiteTime => Answer::SiteTime { time: "time.signed".to_owned() },
            Call::ServerCertificate { csr } => {
                let uri = format!("tenon:site:{}:role:management-point", self.ca.site);
                let dns = format!("management-point.{}.tenon.internal", self.ca.site);
                let names = vec![
                    SanType::URI(uri.as_str().try_into().expect("ASCII")),
                    SanType::DnsName(dns.as_str().try_into().expect("ASCII")),
                ];
                Answer::Certificate { chain: self.ca.certify(&csr, Purpose::Server, names, (-1, 90)) }
            }
            Call::Removed { .. } => Answer::Removed { generation: 0, devices: Vec::new() },
            Call::Revocations { since } => {
                count("revocations");
                let generation = u64::try_from(state.revoked.len()).expect("few");
                let from = usize::try_from(since).expect("few");
                Answer::Revocations {
                    generation,
                    revoked: state.revoked[from..].to_vec(),
                    restored: Vec::new(),
                }
            }
            Call::Enrol { token, secret, .. } if (token.as_str(), secret.as_str()) != (TOKEN, SECRET) => {
                Answer::Denied {
                    reason: if token == TOKEN { "the secret is wrong" } else { "no such token" }.to_owned(),
                }
            }
            Call::Enrol { csr, facts, .. } => {
                let device = DeviceId(service::dice::uuid());
                let enrolment = EnrolmentId(service::dice::uuid());
                state.devices.insert(device, enrolment);
                state.facts.insert(device, facts);
                let resource = 16_777_216 + u64::try_from(state.devices.len()).expect("few");
                self.certificate(device, enrolment, resource, &csr)
            }
            Call::Renew { device, csr, serial } => match state.devices.get(&device) {
                Some(enrolment) if !serial.is_empty() => self.certificate(device, *enrolment, 1, &csr),
                Some(_) | None => Answer::Denied { reason: "no such device".to_owned() },
            },
            Call::Manifest { device } => Answer::Manifest { manifest: format!("manifest of {device}") },
            Call::Document { sha256 } => {
                count("document");
                match state.documents.get(&sha256) {
                    Some(document) => Answer::Document { document: document.clone() },
                    None => Answer::Denied { reason: "no such document".to_owned() },
                }
            }
            Call::PutFacts { facts } => {
                state.facts.extend(facts);
                Answer::Done
            }
            other => panic!("not a management point's call: {other:?}"),
        }
    }

    fn certificate(&self, device: DeviceId, enrolment: EnrolmentId, resource: u64, csr: &str) -> Answer {
        let uri = device_uri(self.ca.site, device, enrolment);
        let names = vec![SanType::URI(uri.as_str().try_into().expect("ASCII"))];
        Answer::Enrolled(Box::new(Enrolled {
            device,
            enrolment,
            resource: ResourceId(resource),
            chain: self.ca.certify(csr, Purpose::Client, names, (-1, 30)),
            not_after: Timestamp(0),
            trust_document: "trust.signed".to_owned(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
