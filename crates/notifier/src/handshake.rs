//! From a connection of anybody to that of a device: TLS with the device's certificate, and the WebSocket where that is
//! the way.

use std::{net::SocketAddr, sync::Arc};

use action::{SiteId, Timestamp};
use device_channel::{CloseReason, Inbox, LARGEST_FRAME, server::Identity};
use rustls::ServerConfig;
use service::clock;
use tokio::{
    net::TcpStream,
    time::{Duration, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
        protocol::WebSocketConfig,
    },
};

use crate::{
    certificate::Holder,
    half_open::HalfOpenPlace,
    serve,
    session::TlsSession,
    shared::Shared,
    sign_in,
    transport::{Plain, Transport, WebSocket},
};

/// How long TLS and the WebSocket's upgrade may take together, once it is a connection's turn.
const WITHIN: Duration = Duration::from_secs(10);

/// The path of the WebSocket.
const PATH: &str = "/bgb";

/// The way that a device came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    Tcp,
    WebSocket,
}

/// Who a connection's certificate says is there, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) identity: Identity,
    /// When the certificate ends, by the server's clock.
    pub(crate) ends: Duration,
}

/// Runs a connection from its first byte to its last.
pub(crate) async fn run(
    stream: TcpStream,
    peer: SocketAddr,
    way: Way,
    tls: Arc<ServerConfig>,
    place: HalfOpenPlace,
    shared: Arc<Shared>,
) {
    let opening =
        async { timeout(WITHIN, open(stream, way, tls, &shared)).await.map_err(|_| CloseReason::Handshake)? };
    // The states of a handshake are large and short-lived: they are not to be part of an idle connection.
    let opened = tokio::select! {
        opened = Box::pin(opening) => opened,
        () = place.cut() => Err(CloseReason::HalfOpen),
        () = shared.shutdown.begun() => Err(CloseReason::Restarting),
    };
    let (reason, shown) = match opened {
        Ok((Opened::Tcp(stream), shown)) => (keep(Plain(stream), shown, place, &shared).await, Some(shown)),
        Ok((Opened::WebSocket(stream), shown)) => {
            (keep(WebSocket(stream), shown, place, &shared).await, Some(shown))
        }
        Err(reason) => (reason, None),
    };
    shared.counters.closed(&reason);
    if reason.is_fault() {
        let who = shown.map_or_else(|| peer.to_string(), |shown| format!("client {}", shown.identity.device));
        let why = service::error::Chain(&reason);
        shared.log.field("reason", reason.name()).warn(format_args!("Closed the connection of {who}: {why}"));
    }
}

/// Serves a device until its connection ends, and returns why it did.
async fn keep(
    mut transport: impl Transport,
    shown: Shown,
    place: HalfOpenPlace,
    shared: &Shared,
) -> CloseReason {
    let mut inbox = Inbox::new();
    let signed_in = tokio::select! {
        signed_in = Box::pin(sign_in::run(&mut transport, &mut inbox, shown.identity, shared)) => signed_in,
        () = place.cut() => Err(CloseReason::HalfOpen),
    };
    drop(place);
    let reason = match signed_in {
        Ok((online, seat)) => serve::run(&mut transport, &mut inbox, online, seat, shown.ends, shared).await,
        Err(reason) => reason,
    };
    transport.close().await;
    reason
}

/// A connection whose other end is a device.
enum Opened {
    // On the heap: the stream is larger than all else that an idle connection holds.
    Tcp(Box<TlsSession>),
    WebSocket(Box<WebSocketStream<Box<TlsSession>>>),
}

async fn open(
    stream: TcpStream,
    way: Way,
    tls: Arc<ServerConfig>,
    shared: &Shared,
) -> Result<(Opened, Shown), CloseReason> {
    let stream = TlsSession::accept(stream, tls).await.map_err(|_| CloseReason::Handshake)?;
    shared.counters.handshake(stream.is_resumed());
    let certificate = stream.peer_certificates().first().ok_or(CloseReason::NotADevice)?;
    let shown = shown(certificate, shared.site, clock::now(), shared.now())?;
    let opened = match way {
        Way::Tcp => Opened::Tcp(stream),
        Way::WebSocket => {
            let upgraded = accept_hdr_async_with_config(stream, at_path, Some(limits())).await;
            Opened::WebSocket(Box::new(upgraded.map_err(|_| CloseReason::Handshake)?))
        }
    };
    Ok((opened, shown))
}

/// Looks at a certificate, whose issuer TLS has verified: now, or when it gave the ticket that resumed the session.
fn shown(certificate: &[u8], site: SiteId, wall: Timestamp, now: Duration) -> Result<Shown, CloseReason> {
    let holder = Holder::read(certificate).map_err(|_| CloseReason::NotADevice)?;
    let identity = holder.device_of(site).ok_or(CloseReason::NotADevice)?;
    // A ticket may be good for longer than the certificate that it stands for.
    if holder.life.to <= wall {
        return Err(CloseReason::CertificateEnded);
    }
    Ok(Shown { identity, ends: now + holder.life.to.since(wall) })
}

fn at_path(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() == PATH {
        return Ok(response);
    }
    let mut refused = ErrorResponse::new(Some(format!("The device channel is at {PATH}.\n")));
    *refused.status_mut() = StatusCode::NOT_FOUND;
    Err(refused)
}

/// The library's own buffers are of 128 KiB for each connection.
fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 << 10)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * LARGEST_FRAME)
        .max_message_size(Some(LARGEST_FRAME + 4))
        .max_frame_size(Some(LARGEST_FRAME + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an idle connection holds beside its TLS stream: 1.5 KiB is 150 MB at 100,000 devices.
    #[test]
    fn an_idle_connection_is_small() {
        let size = size_of_call(run);
        assert!(size <= 1_536, "{size} bytes");
    }

    fn size_of_call<A, B, C, D, E, F, Work>(_: impl Fn(A, B, C, D, E, F) -> Work) -> usize {
        size_of::<Work>()
    }
}
