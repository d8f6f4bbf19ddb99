//! What watches a program: its metrics, whether it lives, and whether it can do its work.
//!
//! A listener of its own, so that nobody who may only reach the program's work can read its numbers. Metrics hold no
//! names and no ids: labels come from closed lists.

mod health;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;

pub use health::{Health, Ready, Told};

use crate::{
    http::{self, Limits, Listener},
    log::ComponentLog,
    metrics::{self, Metrics},
    shutdown::Shutdown,
};

/// The text format's name, for scrapers.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Scrapers and probes are few.
const CONNECTIONS: usize = 64;

/// The header of [`LIVE_PATH`] with the program's version.
const VERSION_HEADER: &str = "tenon-version";

/// The path of the metrics.
pub const METRICS_PATH: &str = "/metrics";
/// The path that answers while the process lives.
pub const LIVE_PATH: &str = "/health/live";
/// The path that answers 200 while the program can do its work, 503 with the reasons while it cannot.
pub const READY_PATH: &str = "/health/ready";

/// What is watched of a program.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Its metrics.
    pub metrics: Metrics,
    /// What it needs for its work.
    pub health: Arc<Health>,
}

/// Why a program cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("failed to listen on {address} for metrics and health; choose another `metrics.listen`")]
pub struct NotObserved {
    /// The address.
    address: SocketAddr,
    /// Why.
    source: io::Error,
}

/// Listens; returns what serves until the shutdown begins.
///
/// # Errors
///
/// The address is taken, or is not this machine's.
pub async fn listen(
    address: SocketAddr,
    observed: Observed,
    log: ComponentLog,
    shutdown: Shutdown,
) -> Result<(SocketAddr, impl Future<Output = ()> + Send + 'static), NotObserved> {
    let failed = |source| NotObserved { address, source };
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let bound = socket.local_addr().map_err(failed)?;
    let limits = Limits { connections: CONNECTIONS, drain: Duration::ZERO, ..Limits::default() };
    Ok((bound, http::serve_within(limits, routes(observed), Listener::Plain(socket), log, shutdown)))
}

/// Returns the health's paths alone: for a listener that everybody may reach. They tell names of checks and no more.
pub fn health_routes<S: Clone + Send + Sync + 'static>(health: Arc<Health>) -> Router<S> {
    Router::new()
        .route(LIVE_PATH, get(async || ([(VERSION_HEADER, env!("CARGO_PKG_VERSION"))], "alive\n")))
        .route(READY_PATH, get(ready))
        .with_state(health)
}

fn routes(observed: Observed) -> Router {
    let metrics = Router::new().route(METRICS_PATH, get(exposition)).with_state(observed.clone());
    metrics.merge(health_routes(observed.health))
}

async fn exposition(State(observed): State<Observed>) -> impl IntoResponse {
    // The gauges of what lies in stores are taken now; a store that does not answer leaves them as they were.
    observed.health.measure().await;
    let ready = observed.health.told().await;
    for check in &ready.checks {
        let gauge = observed.metrics.gauge(
            "tenon_ready",
            "Whether the program can do its work, by what it needs: 1 yes, 0 no",
            &[("check", check.name)],
        );
        gauge.set(i64::from(check.reason.is_none()));
    }
    let mut text = observed.metrics.exposition();
    metrics::append_process(&mut text);
    ([(CONTENT_TYPE, TEXT)], text)
}

async fn ready(State(health): State<Arc<Health>>) -> impl IntoResponse {
    let told = health.told().await;
    let status = if told.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(told))
}

#[cfg(test)]
mod tests;
