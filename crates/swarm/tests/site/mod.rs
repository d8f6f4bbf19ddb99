//! A site in one process: a management point that admits devices, and a notification server that the test speaks for.

use std::sync::{Arc, Mutex, PoisonError};

use action::{DeviceId, EnrolmentId, ResourceId, SiteId, Timestamp};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
};
use management_link::{Answer, Call, Discovery, EnrolAnswer, EnrolRequest, Refusal, server};
use proof::{Hash, JoinToken, Servers, SigningKey, SiteRole, TrustDocument, join_token::Secret, role};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DistinguishedName,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use service::{
    http::{self, Listener},
    log::{Component, ComponentLog},
    shutdown::Shutdown,
    tls::{ClientAuth, server_config},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

pub(crate) const SITE: SiteId = SiteId(Uuid::from_u128(1));

/// A site. Dropping it ends its servers.
pub(crate) struct Site {
    pub(crate) keys: Arc<Keys>,
    /// Where the test accepts devices.
    pub(crate) devices: (TcpListener, TlsAcceptor),
    url: String,
    _management_point: JoinSet<()>,
}

/// What the site signs with, and whom it has admitted.
pub(crate) struct Keys {
    ca: CertifiedIssuer<'static, KeyPair>,
    servers: Servers,
    admits: usize,
    pub(crate) admitted: Mutex<Vec<Discovery>>,
    pub(crate) refused: Mutex<usize>,
}

impl Site {
    /// Starts a site whose join token admits so many devices.
    pub(crate) async fn start(admits: usize) -> Self {
        service::tls::install_provider();
        let management = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let devices = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = |listener: &TcpListener| listener.local_addr().expect("bound").to_string();
        let url = format!("https://{}", address(&management));
        let keys = Arc::new(Keys {
            ca: ca(),
            servers: Servers { notification: vec![address(&devices)], management: vec![url.clone()] },
            admits,
            admitted: Mutex::new(Vec::new()),
            refused: Mutex::new(0),
        });
        let mut management_point = JoinSet::new();
        management_point.spawn(manage(management, Arc::clone(&keys)));
        let tls = keys.server(&SiteRole::NotificationServer, |ca_pem| ClientAuth::Required { ca_pem });
        Self { keys, devices: (devices, tls.into()), url, _management_point: management_point }
    }

    pub(crate) fn join_token(&self, root: &SigningKey) -> String {
        let (id, secret) = ("t1".to_owned(), Secret([5; 16]));
        JoinToken { url: self.url.clone(), id, secret, root_key_sha256: root.verifying().hash() }.text()
    }
}

pub(crate) fn root() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

fn ca() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA")
}

async fn manage(socket: TcpListener, keys: Arc<Keys>) {
    let tls = keys.server(&SiteRole::ManagementPoint, |ca_pem| ClientAuth::Optional { ca_pem });
    let router = Router::new().fallback(move |request: Request| {
        let keys = Arc::clone(&keys);
        async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, management_link::LARGEST_BODY).await.expect("a body");
            let call = server::read(&head.method, head.uri.path(), &body);
            server::respond(call.and_then(|call| keys.answer(call))).map(Body::from)
        }
    });
    let (log, _lines) = ComponentLog::memory(Component::MANAGEMENT_POINT);
    http::serve(router, Listener::Tls(socket, tls), log, Shutdown::new()).await;
}

impl Keys {
    fn server(
        &self,
        server: &SiteRole,
        clients: impl FnOnce(String) -> ClientAuth,
    ) -> Arc<rustls::ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![role::dns_name(SITE, server)]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.ca).expect("a certificate");
        server_config(&certificate.pem(), &key.serialize_pem(), &clients(self.ca.pem())).expect("a server")
    }

    fn answer(&self, call: Call) -> Result<Answer, Refusal> {
        match call {
            Call::Trust => Ok(Answer::Trust(self.trust())),
            Call::Enrol(request) => self.admit(request).map(Answer::Enrolled),
            other => panic!("a simulated device does not call {}", other.route().path()),
        }
    }

    fn trust(&self) -> String {
        let trust = TrustDocument {
            site: SITE,
            site_name: "Test site".to_owned(),
            version: 1,
            epoch: 1,
            issued_at: Timestamp(1_700_000_000_000),
            expires: Timestamp(4_000_000_000_000),
            root: Hash([0; 32]),
            ca: self.ca.pem(),
            task_keys: vec![],
            policy_keys: vec![],
            servers: self.servers.clone(),
            keep_alive_seconds: 240,
        };
        TrustDocument { root: root().verifying().hash(), ..trust }.sign(&root())
    }

    fn admit(&self, request: EnrolRequest) -> Result<EnrolAnswer, Refusal> {
        match self.count(&request) {
            Some(number) => Ok(self.certify(number, &request.csr)),
            None => Err(Refusal::enrolment_refused()),
        }
    }

    /// Returns the number of an admitted device.
    fn count(&self, request: &EnrolRequest) -> Option<u32> {
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        if request.secret != Secret([5; 16]).text() || admitted.len() >= self.admits {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            return None;
        }
        admitted.push(request.discovery.clone());
        u32::try_from(admitted.len()).ok()
    }

    fn certify(&self, number: u32, csr: &str) -> EnrolAnswer {
        let device = DeviceId(Uuid::from_u128(number.into()));
        let enrolment = EnrolmentId(Uuid::from_u128(u128::from(number) << 64));
        let mut csr = CertificateSigningRequestParams::from_pem(csr).expect("a CSR");
        let uri = role::uri(SITE, &SiteRole::Device { device, enrolment });
        csr.params.distinguished_name = DistinguishedName::new();
        csr.params.subject_alt_names = vec![SanType::URI(uri.try_into().expect("ASCII"))];
        csr.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = csr.params.signed_by(&csr.public_key, &self.ca).expect("a certificate");
        EnrolAnswer {
            device,
            enrolment,
            resource: ResourceId(16_777_216 + u64::from(number)),
            chain: certificate.pem() + &self.ca.pem(),
            not_after: Timestamp(4_000_000_000_000),
            trust_document: self.trust(),
        }
    }
}
