//! Serves HTTP: a router behind a plain or a TLS listener, every step of a connection bounded, and an orderly end.

mod connection;
mod peer;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};
use tower_http::timeout::RequestBodyTimeoutLayer;

pub use peer::{PeerAddress, PeerCertificates};

use crate::{log::ComponentLog, shutdown::Shutdown};

/// How long to pause when the system has no room for another connection (out of files or memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is listened on.
#[derive(Debug)]
pub enum Listener {
    /// HTTP/1.1 without TLS: behind a reverse proxy, or on a loopback address.
    Plain(TcpListener),
    /// HTTP/1.1, or HTTP/2 where the TLS end offers it.
    Tls(TcpListener, Arc<ServerConfig>),
}

/// What a server allows. Nothing past these is read or kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The most connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// How long the header of a request may take, from the connection's first moment or the last answer on.
    pub header: Duration,
    /// The most bytes of a request's header.
    pub header_bytes: usize,
    /// The longest pause within a request's body.
    pub body_pause: Duration,
    /// How long requests may take to finish once the shutdown has begun.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Each takes some 20 KiB when idle: 200 MB at most.
            connections: 10_000,
            handshake: Duration::from_secs(10),
            // Also how long an idle connection is kept: browsers and pools open a new one without harm.
            header: Duration::from_secs(60),
            // Cookies and tokens fit several times; hyper takes no less than 8 KiB.
            header_bytes: 32 << 10,
            body_pause: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

impl Listener {
    /// Returns the address that is listened on.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    fn socket(&self) -> &TcpListener {
        match self {
            Listener::Plain(socket) | Listener::Tls(socket, _) => socket,
        }
    }
}

/// Serves until the shutdown begins and the open requests have finished, with the default limits.
///
/// Handlers find the other end in the request's extensions: [`PeerAddress`] always, [`PeerCertificates`] where it
/// showed any.
pub async fn serve(router: Router, listener: Listener, log: ComponentLog, shutdown: Shutdown) {
    serve_within(Limits::default(), router, listener, log, shutdown).await;
}

/// Serves as [`serve`] does, with limits of its own.
pub async fn serve_within(
    limits: Limits,
    router: Router,
    listener: Listener,
    log: ComponentLog,
    shutdown: Shutdown,
) {
    let router = router.layer(RequestBodyTimeoutLayer::new(limits.body_pause));
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();

    loop {
        let (stream, peer, place) = tokio::select! {
            () = shutdown.begun() => break,
            // What panicked was one request; hyper's task ends with it.
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &room) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    log.warn(format_args!("Failed to accept a connection: {error}"));
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let tls = match &listener {
            Listener::Plain(_) => None,
            Listener::Tls(_, config) => Some(Arc::clone(config)),
        };
        let work = connection::run(stream, peer, tls, router.clone(), limits, shutdown.clone());
        connections.spawn(async move {
            work.await;
            drop(place);
        });
    }

    // Who connects from now on is refused at once, and goes where somebody serves.
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if timeout(limits.drain, finish).await.is_err() {
        log.warn(format_args!(
            "Closed {} connections that did not finish within {} s.",
            connections.len(),
            limits.drain.as_secs()
        ));
        connections.shutdown().await;
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

/// Accepts a connection once there is room for it.
async fn accept(listener: &Listener, room: &Arc<Semaphore>) -> io::Result<(TcpStream, SocketAddr, Place)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.socket().accept().await?;
    // Answers are whole when they are written.
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

#[cfg(test)]
mod tests;
