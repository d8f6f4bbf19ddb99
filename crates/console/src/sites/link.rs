//! The console's end of the link to a site: takes the WebSocket, has the site prove its key, and serves one live link
//! for each site.
//!
//! `/site-link` only hands the socket over: links are served by a part of the program that ends them in order.

mod handshake;
mod seats;
mod serve;

use std::{fmt, sync::Arc};

use axum::{
    Extension, Router,
    extract::{State, WebSocketUpgrade, ws::WebSocket},
    response::Response,
    routing::get,
};
use service::shutdown::Shutdown;
use site_link::{LARGEST_FRAME, LINK_PATH, keys::LinkKey};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
};

use self::seats::Seats;
use super::attach;
use crate::{problem::Refusal, state::Console, store::Identity};

/// The most sockets whose site has not proved its key: each may make the console hold one frame that means nothing.
const HANDSHAKES: usize = 64;

/// Sockets that wait for the part that serves them; it takes each at once.
const ARRIVALS: usize = 16;

/// Bytes that are gathered before they are written. Frames are whole: a larger buffer would only cost memory.
const WRITE_BUFFER: usize = 16 << 10;

/// What the endpoints of links share. A clone is the same.
#[derive(Clone)]
pub(crate) struct Links(Arc<Shared>);

struct Shared {
    key: LinkKey,
    handshakes: Arc<Semaphore>,
    arrivals: mpsc::Sender<Arrival>,
}

/// A socket, and its place among those that have not proved anything.
struct Arrival {
    socket: WebSocket,
    place: OwnedSemaphorePermit,
}

/// Sockets that were taken and not served yet.
#[derive(Debug)]
pub(crate) struct Arrivals {
    arrivals: mpsc::Receiver<Arrival>,
    links: Links,
}

impl Links {
    /// Makes the endpoints' share, and the sockets that come of them.
    pub(crate) fn new(identity: &Identity) -> (Self, Arrivals) {
        let (sender, arrivals) = mpsc::channel(ARRIVALS);
        let key = LinkKey::from_seed(&identity.link_seed);
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
        let links = Self(Arc::new(Shared { key, handshakes, arrivals: sender }));
        (links.clone(), Arrivals { arrivals, links })
    }

    /// Returns the console's link key.
    pub(super) fn key(&self) -> &LinkKey {
        &self.0.key
    }

    /// Returns the endpoints for sites: attaching, and the link.
    pub(crate) fn routes(&self) -> Router<Console> {
        Router::new().route(LINK_PATH, get(upgrade)).merge(attach::routes()).layer(Extension(self.clone()))
    }
}

impl Arrivals {
    /// Serves links until the shutdown begins, and ends them then.
    pub(crate) async fn serve(mut self, console: Console, shutdown: Shutdown) {
        let seats = Seats::default();
        let mut links = JoinSet::new();
        loop {
            tokio::select! {
                () = shutdown.begun() => break,
                Some(arrival) = self.arrivals.recv() => {
                    let (console, own, seats) = (console.clone(), self.links.clone(), seats.clone());
                    links.spawn(serve_one(arrival, console, own, seats, shutdown.clone()));
                }
                Some(_) = links.join_next() => {}
            }
        }
        while links.join_next().await.is_some() {}
    }
}

async fn upgrade(
    State(_): State<Console>,
    Extension(links): Extension<Links>,
    socket: WebSocketUpgrade,
) -> Response {
    let Ok(place) = Arc::clone(&links.0.handshakes).try_acquire_owned() else {
        let detail = "Too many sites connect at the same moment.";
        return axum::response::IntoResponse::into_response(Refusal::unavailable(detail, None));
    };
    let arrivals = links.0.arrivals.clone();
    socket
        .max_message_size(LARGEST_FRAME)
        .max_frame_size(LARGEST_FRAME)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(2 * LARGEST_FRAME)
        .on_upgrade(move |socket| async move {
            // Where the console stops, the socket ends with this.
            let _ = arrivals.send(Arrival { socket, place }).await;
        })
}

async fn serve_one(arrival: Arrival, console: Console, links: Links, seats: Seats, shutdown: Shutdown) {
    let Arrival { mut socket, place } = arrival;
    let proved = handshake::prove(&mut socket, &console, links.key()).await;
    drop(place);
    match proved {
        Ok(site) => {
            let seat = seats.take(site.admitted.site).await;
            serve::serve(socket, site, &console, &seat, &shutdown).await;
        }
        Err(reason) => {
            if let Some(reason) = reason {
                console
                    .log()
                    .field("reason", reason.name())
                    .warn(format_args!("Closed a link before its proof: {reason}."));
                serve::close(&mut socket, reason).await;
            }
        }
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("key", &self.0.key.public()).finish_non_exhaustive()
    }
}
