//! A device on the agent's end of the wire, driven by the test.

use std::{sync::Arc, time::Duration};

use action::{PushId, Timestamp};
use device_channel::{Inbox, Receipt, Received, Request, Response, ReturnCode, SignIn, ToAgent, ToServer};
use proof::{
    SiteRole, TaskVerifier, TrustDocument,
    role::{self},
};
use rustls::ClientConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use uuid::Uuid;

use crate::site::{Site, device, enrolment};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream of either kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) struct Device {
    pub(crate) number: u32,
    pub(crate) stream: Box<dyn Stream>,
    inbox: Inbox<ToAgent>,
}

impl Device {
    /// Connects with the device's certificate, without signing in.
    pub(crate) async fn connect(site: &Site, number: u32) -> Self {
        let role = SiteRole::Device { device: device(number), enrolment: enrolment(number) };
        let identity = site.authority.certificate(site.authority.site, &role);
        let stream = tls(site, &identity, site.address).await.expect("connected");
        Self { number, stream: Box::new(stream), inbox: Inbox::new() }
    }

    /// Connects with an end of TLS that the test keeps, and its tickets with it.
    pub(crate) async fn connect_with(site: &Site, number: u32, config: &Arc<ClientConfig>) -> Self {
        Self::try_connect_with(site, number, config).await.expect("connected")
    }

    pub(crate) async fn try_connect_with(
        site: &Site,
        number: u32,
        config: &Arc<ClientConfig>,
    ) -> std::io::Result<Self> {
        let stream = tls_with(site, config, site.address).await?;
        Ok(Self { number, stream: Box::new(stream), inbox: Inbox::new() })
    }

    /// Says goodbye and waits until the server has closed too.
    pub(crate) async fn leave(mut self) {
        self.stream.shutdown().await.expect("closed");
        while self.next().await.is_some() {}
    }

    /// Connects and signs in.
    pub(crate) async fn sign_in(site: &Site, number: u32) -> Self {
        let mut device = Self::connect(site, number).await;
        device.send(&[sign_in(number)]).await;
        let answer = device.hear().await;
        assert!(matches!(answer, ToAgent::SignInConfirm(_)), "{answer:?}");
        device
    }

    /// Sends messages in one write.
    pub(crate) async fn send(&mut self, messages: &[ToServer]) {
        let bytes: Vec<u8> = messages.iter().flat_map(ToServer::frame).collect();
        self.write(&bytes).await;
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        // A server that has closed already is what the test looks at next.
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    /// Returns the next message; `None` where the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<ToAgent> {
        loop {
            if let Some(message) = self.inbox.next_message(Duration::ZERO).expect("a valid message") {
                let Received::Known(message) = message else { panic!("an unknown message") };
                return Some(message);
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.inbox.push(&bytes[..count]),
            }
        }
    }

    /// Returns the next message, which must come.
    pub(crate) async fn hear(&mut self) -> ToAgent {
        let next = timeout(PATIENCE, self.next()).await.expect("in time");
        next.expect("a connection")
    }

    /// Returns the next message, which must be a task.
    pub(crate) async fn task(&mut self) -> Request {
        match self.hear().await {
            ToAgent::Request(request) => *request,
            other => panic!("not a task: {other:?}"),
        }
    }

    /// Sends receipt and answer in one write, and waits for the confirmation.
    pub(crate) async fn answer(&mut self, request: &Request, code: ReturnCode) {
        let (receipt, response) = (receipt_of(request), response_of(request, code));
        self.send(&[receipt, response]).await;
        match self.hear().await {
            ToAgent::Confirm(confirm) => assert_eq!(confirm.answers, [pushed(request)]),
            other => panic!("not a confirmation: {other:?}"),
        }
    }

    /// Checks a task as an agent does.
    pub(crate) fn verify(&self, site: &Site, request: Request) {
        let authority = &site.authority;
        let trust = TrustDocument {
            site: authority.site,
            site_name: "test".to_owned(),
            version: 1,
            epoch: 1,
            issued_at: Timestamp(0),
            expires: Timestamp(i64::MAX),
            root: proof::Hash([0; 32]),
            ca: String::new(),
            task_keys: vec![authority.task_key.verifying()],
            policy_keys: Vec::new(),
            servers: Default::default(),
            keep_alive_seconds: 240,
        };
        let verifier = TaskVerifier {
            site: authority.site,
            device: device(self.number),
            enrolment: enrolment(self.number),
            trust: &trust,
            highest_epoch: 1,
            trusted_time: service::clock::now(),
        };
        verifier.verify(request.presented()).expect("signed for this device");
    }
}

/// The socket of a device that has signed in, without anything else of its end: what the process holds for it is the
/// server's.
pub(crate) struct IdleSocket(#[expect(dead_code, reason = "held open")] std::net::TcpStream);

impl IdleSocket {
    pub(crate) async fn sign_in(site: &Site, number: u32) -> Self {
        let role = SiteRole::Device { device: device(number), enrolment: enrolment(number) };
        let identity = site.authority.certificate(site.authority.site, &role);
        let mut stream = tls(site, &identity, site.address).await.expect("connected");
        stream.write_all(&sign_in(number).frame()).await.expect("written");
        stream.flush().await.expect("written");
        let mut inbox = Inbox::<ToAgent>::new();
        let mut bytes = [0; 4096];
        while inbox.next_message(Duration::ZERO).expect("valid").is_none() {
            let count = stream.read(&mut bytes).await.expect("an answer");
            inbox.push(&bytes[..count]);
        }
        let (tcp, _) = stream.into_inner();
        Self(tcp.into_std().expect("a socket"))
    }
}

pub(crate) async fn tls(
    site: &Site,
    (chain, key): &(String, String),
    address: std::net::SocketAddr,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let config = service::tls::client_config(&site.authority.ca.pem(), Some((chain, key))).expect("a client");
    tls_with(site, &config, address).await
}

async fn tls_with(
    site: &Site,
    config: &Arc<ClientConfig>,
    address: std::net::SocketAddr,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let name = role::dns_name(site.authority.site, &SiteRole::NotificationServer);
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::clone(config)).connect(name.try_into().expect("a name"), stream).await
}

pub(crate) fn sign_in(number: u32) -> ToServer {
    ToServer::SignIn(SignIn {
        device: device(number),
        enrolment: enrolment(number),
        boot: Uuid::from_u128(3),
        client_version: "0.1.0".to_owned(),
        message_version: 1,
        highest_epoch: 1,
        highest_push: PushId(0),
    })
}

pub(crate) fn pushed(request: &Request) -> device_channel::PushedTask {
    device_channel::PushedTask { push_id: request.push_id, task_id: request.task_id }
}

pub(crate) fn receipt_of(request: &Request) -> ToServer {
    ToServer::Receipt(Receipt { at: service::clock::now(), task: pushed(request) })
}

pub(crate) fn response_of(request: &Request, code: ReturnCode) -> ToServer {
    let detail = if code == ReturnCode::SUCCESS { String::new() } else { "because".to_owned() };
    ToServer::Response(Response {
        at: service::clock::now(),
        task: pushed(request),
        code,
        detail,
        repeated: false,
    })
}
