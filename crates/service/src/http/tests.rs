use axum::{
    Extension,
    body::Bytes,
    extract::{Request, WebSocketUpgrade},
    routing,
};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::{
    log::Component,
    running::owned,
    tls::{ClientAuth, client_config, server_config},
};

#[tokio::test]
async fn a_request_knows_the_address_of_its_peer() {
    let server = Server::start(Limits::default(), None).await;
    let mut stream = server.connect().await;
    let address = stream.local_addr().expect("an address");
    let answer = ask(&mut stream, "GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with(&format!("{address} 0")), "{answer}");
}

#[tokio::test]
async fn a_request_over_tls_knows_the_certificate_of_its_peer() {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    let (pem, key) = (certificate.pem(), key.serialize_pem());
    let optional = ClientAuth::Optional { ca_pem: pem.clone() };
    let config = server_config(&pem, &key, &optional).expect("a server");
    let server = Server::start(Limits::default(), Some(config)).await;

    for (identity, shown) in [(None, 0), (Some((pem.as_str(), key.as_str())), 1)] {
        let client = client_config(&pem, identity).expect("a client");
        let name = ServerName::try_from("localhost").expect("a name");
        let mut stream =
            TlsConnector::from(client).connect(name, server.connect().await).await.expect("connected");
        let answer = ask(&mut stream, "GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(answer.ends_with(&format!(" {shown}")), "{answer}");
    }
}

#[tokio::test]
async fn a_browser_gets_http_2() {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    let certificate = crate::tls::ServerCertificate::new(&pem, &key.serialize_pem()).expect("usable");
    let config = crate::tls::web_server_config(certificate).expect("a server");
    let server = Server::start(Limits::default(), Some(config)).await;

    let mut client = (*client_config(&pem, None).expect("a client")).clone();
    client.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from("localhost").expect("a name");
    let stream =
        TlsConnector::from(Arc::new(client)).connect(name, server.connect().await).await.expect("connected");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));

    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.expect("spoken");
    let _connection = owned(async move {
        let _ = connection.await;
    });
    let request = Request::get("https://localhost/peer").body(axum::body::Body::empty()).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.version()), (200, hyper::Version::HTTP_2));
}

#[tokio::test]
async fn slow_and_silent_clients_are_dropped() {
    let limits = Limits {
        header: Duration::from_millis(50),
        body_pause: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::start(limits, None).await;
    for (what, sent, expected) in [
        ("silence", "", ""),
        ("half a header", "GET /peer HT", ""),
        ("half a body", "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc", "HTTP/1.1 400"),
    ] {
        let answer = ask(&mut server.connect().await, sent).await;
        assert_eq!(
            answer.lines().next().unwrap_or_default().get(..12).unwrap_or_default(),
            expected,
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_begin_is_dropped() {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    let config = server_config(&pem, &key.serialize_pem(), &ClientAuth::None).expect("a server");
    let limits = Limits { handshake: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(limits, Some(config)).await;
    assert_eq!(ask(&mut server.connect().await, "").await, "");
}

#[tokio::test]
async fn a_header_past_its_bound_is_refused() {
    let limits = Limits { header_bytes: 8 << 10, ..Limits::default() };
    let server = Server::start(limits, None).await;
    let request = format!("GET /peer HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(16 << 10));
    let answer = ask(&mut server.connect().await, &request).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_connection_past_the_bound_waits_for_its_place() {
    let server = Server::start(Limits { connections: 1, ..Limits::default() }, None).await;
    let mut first = server.connect().await;
    let request = "GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    first.write_all(b"GET").await.expect("written");

    let mut second = server.connect().await;
    second.write_all(request.as_bytes()).await.expect("written");
    let answer = async {
        let mut answer = String::new();
        second.read_to_string(&mut answer).await.expect("read");
        answer
    };
    tokio::pin!(answer);
    timeout(Duration::from_millis(100), answer.as_mut()).await.expect_err("the place is taken");
    drop(first);
    assert!(answer.await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn the_end_lets_open_requests_finish_and_takes_no_new_ones() {
    let mut server = Server::start(Limits::default(), None).await;
    let mut stream = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("written");
    let mut begun = [0; 25];
    stream.read_exact(&mut begun).await.expect("the handler has begun");

    server.shutdown.begin();
    let answer = ask(&mut stream, "abc").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("abc"), "{answer}");
    (&mut server.work).await.expect("ended");
    TcpStream::connect(server.address).await.expect_err("nobody listens");
}

#[tokio::test]
async fn a_web_socket_is_its_handlers_and_does_not_hold_up_the_end() {
    let mut server = Server::start(Limits::default(), None).await;
    let mut stream = server.connect().await;
    let request = "GET /socket HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 101");
    server.entered.notified().await;
    server.shutdown.begin();
    (&mut server.work).await.expect("ended");
    assert!(server.lines.texts().is_empty());
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let mut server =
        Server::start(Limits { drain: Duration::from_millis(50), ..Limits::default() }, None).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("written");
    server.entered.notified().await;
    server.shutdown.begin();
    (&mut server.work).await.expect("ended");
    assert_eq!(server.lines.texts(), ["Closed 1 connections that did not finish within 0 s."]);
}

struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
    lines: crate::log::Lines,
    entered: Arc<tokio::sync::Notify>,
    work: AbortOnDropHandle<()>,
}

impl Server {
    async fn start(limits: Limits, tls: Option<Arc<ServerConfig>>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let listener = match tls {
            None => Listener::Plain(socket),
            Some(config) => Listener::Tls(socket, config),
        };
        let address = listener.address().expect("an address");
        let entered = Arc::new(tokio::sync::Notify::new());
        let enter = Arc::clone(&entered);
        let never = move || async move {
            enter.notify_one();
            std::future::pending::<()>().await;
        };
        let enter = Arc::clone(&entered);
        let socket = move |upgrade: WebSocketUpgrade| async move {
            upgrade.on_upgrade(move |mut socket| async move {
                enter.notify_one();
                let _ = socket.recv().await;
            })
        };
        let router = Router::new()
            .route("/socket", routing::any(socket))
            .route("/peer", routing::get(peer))
            .route("/echo", routing::post(|body: Bytes| async { body }))
            .route("/never", routing::get(never));
        let (log, lines) = ComponentLog::memory(Component::ADMIN_CENTER);
        let shutdown = Shutdown::new();
        let work = owned(serve_within(limits, router, listener, log, shutdown.clone()));
        Self { address, shutdown, lines, entered, work }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connected")
    }
}

async fn peer(Extension(PeerAddress(address)): Extension<PeerAddress>, request: Request) -> String {
    let shown = request.extensions().get::<PeerCertificates>().map_or(0, |shown| shown.0.len());
    format!("{address} {shown}")
}

/// Sends a text and returns all that comes back until the other end closes.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), text: &str) -> String {
    stream.write_all(text.as_bytes()).await.expect("written");
    stream.flush().await.expect("flushed");
    let mut answer = Vec::new();
    // Some ends close with a reset once they have answered.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
