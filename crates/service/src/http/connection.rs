//! One connection: the handshake, then its requests.

use std::{net::SocketAddr, pin::pin, sync::Arc};

use axum::{Router, body::Body, extract::Request};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Duration, timeout},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::{Limits, PeerAddress, PeerCertificates};
use crate::shutdown::Shutdown;

/// Requests at a time on one HTTP/2 connection: a page loads some dozens.
const STREAMS: u32 = 100;
/// How often a silent HTTP/2 connection is asked whether it is there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_ANSWER: Duration = Duration::from_secs(20);

/// Serves a connection until either end is done with it. What goes wrong on the wire is the client's affair.
pub(super) async fn run(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    limits: Limits,
    shutdown: Shutdown,
) {
    let peer = PeerAddress(peer);
    let Some(config) = tls else {
        return http_1(stream, Requests { router, peer, certificates: None }, limits, shutdown).await;
    };
    let Ok(Ok(stream)) = timeout(limits.handshake, TlsAcceptor::from(config).accept(stream)).await else {
        return;
    };

    let (_, session) = stream.get_ref();
    let certificates = session.peer_certificates().map(|shown| PeerCertificates(shown.to_vec().into()));
    let wants_http_2 = session.alpn_protocol() == Some(b"h2");
    let requests = Requests { router, peer, certificates };
    if wants_http_2 {
        http_2(stream, requests, limits, shutdown).await;
    } else {
        http_1(stream, requests, limits, shutdown).await;
    }
}

async fn http_1(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    requests: Requests,
    limits: Limits,
    shutdown: Shutdown,
) {
    let service = service_fn(move |request| requests.clone().answer(request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_header_size(limits.header_bytes)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = shutdown.begun() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn http_2(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    requests: Requests,
    limits: Limits,
    shutdown: Shutdown,
) {
    let service = service_fn(move |request| requests.clone().answer(request));
    let header_bytes = u32::try_from(limits.header_bytes).unwrap_or(u32::MAX);
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(header_bytes)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = shutdown.begun() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Answers the requests of one connection.
#[derive(Clone)]
struct Requests {
    router: Router,
    peer: PeerAddress,
    certificates: Option<PeerCertificates>,
}

impl Requests {
    async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<axum::response::Response, std::convert::Infallible> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        if let Some(certificates) = self.certificates {
            request.extensions_mut().insert(certificates);
        }
        self.router.oneshot(request).await
    }
}
