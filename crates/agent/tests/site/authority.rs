//! The site's keys: what the authority signs, and what it would never sign.

use std::{sync::Mutex, time::Duration};

use action::{ActionKind, DeviceId, EnrolmentId, PushId, SiteId, TaskGuid, TaskId, Timestamp};
use device_channel::Request;
use management_link::EnrolAnswer;
use proof::{
    Hash, Manifest, ManifestPolicy, MerkleTree, PushHead, Servers, SignedTime, SigningKey, SiteRole,
    TaskLeaf, TrustDocument, role,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DistinguishedName,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use service::clock;
use uuid::Uuid;

use super::Desk;

/// What an attacker does to a manifest.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Doctored {
    #[default]
    Not,
    /// Signed by a key of the attacker's.
    OtherKey,
    /// That of another device.
    OtherDevice,
    /// An old one, with an old generation.
    Old,
}

/// The site's authority.
pub struct Authority {
    pub site: SiteId,
    pub root: SigningKey,
    pub task_key: SigningKey,
    pub policy_key: SigningKey,
    pub device: DeviceId,
    pub enrolment: EnrolmentId,
    pub version: Mutex<u64>,
    servers: Servers,
    ca: CertifiedIssuer<'static, KeyPair>,
    life: Duration,
}

impl Authority {
    pub fn new(servers: Servers, life: Duration) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA");
        Self {
            site: SiteId(Uuid::from_u128(1)),
            root: SigningKey::from_seed([1; 32]),
            task_key: SigningKey::from_seed([2; 32]),
            policy_key: SigningKey::from_seed([3; 32]),
            device: DeviceId(Uuid::from_u128(2)),
            enrolment: EnrolmentId(Uuid::from_u128(3)),
            version: Mutex::new(1),
            servers,
            ca,
            life,
        }
    }

    pub fn ca_pem(&self) -> String {
        self.ca.pem()
    }

    pub fn trust(&self) -> TrustDocument {
        let version = *self.version.lock().expect("not poisoned");
        TrustDocument {
            site: self.site,
            site_name: "Test site".to_owned(),
            version,
            epoch: 1,
            issued_at: Timestamp(1_700_000_000_000 + i64::try_from(version).expect("small")),
            expires: Timestamp(4_000_000_000_000),
            root: self.root.verifying().hash(),
            ca: self.ca.pem(),
            task_keys: vec![self.task_key.verifying()],
            policy_keys: vec![self.policy_key.verifying()],
            servers: self.servers.clone(),
            keep_alive_seconds: 240,
        }
    }

    /// Signs the trust document. The same version is the same text.
    pub fn trust_text(&self) -> String {
        self.trust().sign(&self.root)
    }

    pub fn site_time(&self) -> String {
        let time = SignedTime { site: self.site, epoch: 1, key_id: self.task_key.id(), time: clock::now() };
        time.sign(&self.task_key)
    }

    /// Makes a server certificate: chain and key, PEM.
    pub fn server(&self, server: &SiteRole) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![role::dns_name(self.site, server)]).expect("a name");
        let uri = role::uri(self.site, server).try_into().expect("ASCII");
        params.subject_alt_names.push(SanType::URI(uri));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.ca).expect("a certificate");
        (certificate.pem() + &self.ca.pem(), key.serialize_pem())
    }

    /// Admits the device.
    pub fn admit(&self, csr: &str) -> EnrolAnswer {
        let mut request = CertificateSigningRequestParams::from_pem(csr).expect("a CSR");
        let role = SiteRole::Device { device: self.device, enrolment: self.enrolment };
        request.params.distinguished_name = DistinguishedName::new();
        request.params.subject_alt_names =
            vec![SanType::URI(role::uri(self.site, &role).try_into().expect("ASCII"))];
        request.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let chain = request.params.signed_by(&request.public_key, &self.ca).expect("a certificate").pem();
        EnrolAnswer {
            device: self.device,
            enrolment: self.enrolment,
            resource: action::ResourceId(16_777_217),
            chain: chain + &self.ca.pem(),
            not_after: clock::now().plus(self.life),
            trust_document: self.trust_text(),
        }
    }

    pub fn manifest(&self, desk: &Desk) -> String {
        let (generation, doctored) = (desk.generation, desk.manifest);
        let named = |(name, document): &(String, String)| ManifestPolicy {
            id: name.clone(),
            name: name.clone(),
            version: generation,
            sha256: Hash::of(document.as_bytes()),
            priority: 0,
            users: Vec::new(),
        };
        let manifest = Manifest {
            applications: desk.applications.iter().map(named).collect(),
            deployments: desk.deployments.clone(),
            site: self.site,
            device: if doctored == Doctored::OtherDevice {
                DeviceId(Uuid::from_u128(9))
            } else {
                self.device
            },
            generation: if doctored == Doctored::Old { 1 } else { generation },
            issued_at: clock::now(),
            policies: desk.policies.iter().map(named).collect(),
        };
        let other = SigningKey::from_seed([9; 32]);
        manifest.sign(if doctored == Doctored::OtherKey { &other } else { &self.policy_key })
    }

    /// Signs a task for the device as one of three leaves. `spoil` changes the leaf before it is signed, `key` signs.
    pub fn task(
        &self,
        number: u64,
        kind: ActionKind,
        key: &SigningKey,
        spoil: impl FnOnce(&mut TaskLeaf),
    ) -> Request {
        let mut leaf = self.leaf(number, kind, key);
        let param = String::new();
        spoil(&mut leaf);
        self.signed(leaf, param, key)
    }

    /// Returns a task with a parameter.
    pub fn task_with(&self, number: u64, kind: ActionKind, param: &str) -> Request {
        let key = &self.task_key;
        let mut leaf = self.leaf(number, kind, key);
        leaf.param_hash = Hash::of(param.as_bytes());
        self.signed(leaf, param.to_owned(), key)
    }

    fn leaf(&self, number: u64, kind: ActionKind, key: &SigningKey) -> TaskLeaf {
        let now = clock::now();
        TaskLeaf {
            site: self.site,
            epoch: 1,
            key_id: key.id(),
            device: self.device,
            enrolment: self.enrolment,
            task_guid: TaskGuid(Uuid::from_u128(u128::from(number))),
            task_id: TaskId(number + 1),
            push_id: PushId(number),
            task_type: kind,
            param_hash: Hash::of(b""),
            issued_at: now,
            valid_until: now.plus(Duration::from_secs(900)),
            deliver_by: now.plus(Duration::from_hours(24)),
            finish_within_seconds: 3600,
            request_hash: Hash::of(b"request"),
        }
    }

    fn signed(&self, leaf: TaskLeaf, param: String, key: &SigningKey) -> Request {
        let kind = leaf.task_type;
        let tree = MerkleTree::new(vec![Hash::of(b"left"), leaf.hash(), Hash::of(b"right")]);
        let head = PushHead {
            site: leaf.site,
            epoch: leaf.epoch,
            key_id: leaf.key_id,
            tree_size: tree.size(),
            root: tree.root(),
            issued_at: leaf.issued_at,
        };
        Request {
            push_id: leaf.push_id,
            task_id: leaf.task_id,
            task_guid: leaf.task_guid,
            kind,
            param,
            epoch: leaf.epoch,
            key_id: leaf.key_id.0,
            request_hash: leaf.request_hash.0,
            issued_at: leaf.issued_at,
            valid_until: leaf.valid_until,
            deliver_by: leaf.deliver_by,
            finish_within_seconds: leaf.finish_within_seconds,
            tree_size: tree.size(),
            leaf_index: 1,
            proof: tree.proof(1).iter().map(|hash| hash.0).collect(),
            signature: head.sign(key).signature.0,
        }
    }
}
