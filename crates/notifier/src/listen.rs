//! Accepts connections, as many as there is room for, until the server ends; then waits for those that are open.

use std::{io, net::SocketAddr, sync::Arc};

use rustls::ServerConfig;
use service::shutdown::Shutdown;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{Duration, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    half_open::{HalfOpen, HalfOpenPlace},
    handshake::{self, Way},
    open_files::Room,
    shared::Shared,
};

/// How long to pause when the system has no room for another connection (out of files or memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long connections may take to end. Each writes one message.
const END_WITHIN: Duration = Duration::from_secs(5);

/// Where connections come in.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(crate) tcp: TcpListener,
    pub(crate) websocket: Option<TcpListener>,
}

impl Listeners {
    /// Accepts until the server ends and all connections have; then tells `ended`.
    pub(crate) async fn run(
        self,
        shared: Arc<Shared>,
        room: Room,
        tls: Arc<ServerConfig>,
        shutdown: Shutdown,
        ended: CancellationToken,
    ) {
        // Also who is beyond the room for devices is heard, and told when to come; what a file is left for nobody is not.
        let most = room.devices.saturating_add(room.half_open).min(Semaphore::MAX_PERMITS);
        let half_open = HalfOpen::new(room.half_open, shared.counters.half_open.clone());
        let room = Arc::new(Semaphore::new(most));
        let mut connections = JoinSet::new();
        loop {
            let (stream, peer, way, place, half_open) = tokio::select! {
                () = shutdown.begun() => break,
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended {
                        shared.log.error(format_args!("A connection failed: {error}"));
                    }
                    continue;
                }
                accepted = self.accept(&room, &half_open) => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        shared.log.warn(format_args!("Failed to accept a connection: {error}"));
                        sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
            };
            let work = handshake::run(stream, peer, way, Arc::clone(&tls), half_open, Arc::clone(&shared));
            connections.spawn(async move {
                work.await;
                drop(place);
            });
        }
        // Who connects from now on is refused at once, and goes where somebody serves.
        drop(self);
        let all = async { while connections.join_next().await.is_some() {} };
        if timeout(END_WITHIN, all).await.is_err() {
            connections.shutdown().await;
        }
        ended.cancel();
    }

    /// Accepts a connection once there is room for it.
    async fn accept(
        &self,
        room: &Arc<Semaphore>,
        half_open: &Arc<HalfOpen>,
    ) -> io::Result<(TcpStream, SocketAddr, Way, OwnedSemaphorePermit, HalfOpenPlace)> {
        let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
        let half_open = half_open.enter().await;
        let websocket = async {
            match &self.websocket {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        let ((stream, peer), way) = tokio::select! {
            accepted = self.tcp.accept() => (accepted?, Way::Tcp),
            accepted = websocket => (accepted?, Way::WebSocket),
        };
        // A task is one small write, and waits for its answer.
        stream.set_nodelay(true)?;
        Ok((stream, peer, way, place, half_open))
    }
}
