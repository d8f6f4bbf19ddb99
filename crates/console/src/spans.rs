//! Hands ended actions to a collector of OpenTelemetry: one trace for an action, a span for each hop.
//!
//! Off unless the configuration names an endpoint. Nothing waits for it: what does not fit, or is not taken, is counted
//! and left out, for the history itself stays in the store.

pub(crate) mod build;
pub(crate) mod otlp;

use std::time::Duration;

use action::{SiteId, TaskGuid};
use database::DbError;
use service::{
    error::Chain,
    metrics::{Counter, Metrics},
    shutdown::Shutdown,
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use crate::state::Console;

/// Ended actions that wait to be handed on; what is more is left out.
const WAITING: usize = 4_096;
/// Actions in one request.
const MOST_ACTIONS: usize = 64;
/// History that is read of one action: 50 targets with all of their hops fit.
const MOST_HISTORY: u32 = 500;
/// How long ended actions are gathered for one request.
const GATHER: Duration = Duration::from_secs(2);
/// How long a collector may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Where traces go.
#[derive(Clone, Debug, PartialEq)]
pub struct TracesConfig {
    /// The collector's address for traces by HTTP, such as `http://127.0.0.1:4318/v1/traces`.
    pub endpoint: String,
    /// Which share of the actions is handed on, 0 to 1.
    pub share: f64,
}

/// Takes ended actions. A clone gives to the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    to: Option<(mpsc::Sender<(SiteId, TaskGuid)>, f64)>,
    left_out: Counter,
}

/// The other end of [`Spans`].
#[derive(Debug)]
pub(crate) struct Ended(mpsc::Receiver<(SiteId, TaskGuid)>);

impl Spans {
    /// Makes both ends; nothing is taken where traces are off.
    pub(crate) fn new(config: Option<&TracesConfig>, metrics: &Metrics) -> (Self, Ended) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let to = config.map(|config| (sender, config.share));
        let help = "Ended actions whose trace was not handed on: too many, or not taken";
        let left_out = metrics.counter("tenon_traces_left_out_total", help, &[]);
        (Self { to, left_out }, Ended(receiver))
    }

    /// Notes that an action has ended.
    pub(crate) fn ended(&self, site: SiteId, task_guid: TaskGuid) {
        let Some((to, share)) = &self.to else { return };
        if is_chosen(task_guid, *share) && to.try_send((site, task_guid)).is_err() {
            self.left_out.increment();
        }
    }
}

/// Returns whether an action's trace is handed on. It follows from the id, so that every program chooses the same.
pub(crate) fn is_chosen(task_guid: TaskGuid, share: f64) -> bool {
    // The last four bytes of a random UUID are random.
    let (_, _, _, rest) = task_guid.0.as_fields();
    let [.., a, b, c, d] = *rest;
    f64::from(u32::from_be_bytes([a, b, c, d])) < share * f64::from(u32::MAX) || share >= 1.0
}

/// Hands on until the shutdown begins.
pub(crate) async fn run(console: Console, mut ended: Ended, shutdown: Shutdown) {
    let Some(config) = console.config().traces.clone() else { return shutdown.begun().await };
    let client =
        reqwest::Client::builder().timeout(ANSWER_WITHIN).redirect(reqwest::redirect::Policy::none()).build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            console
                .log()
                .error(format_args!("Failed to prepare the handing on of traces: {}", Chain(&error)));
            return shutdown.begun().await;
        }
    };
    let mut away = false;
    loop {
        let batch = tokio::select! {
            () = shutdown.begun() => return,
            batch = gather(&mut ended) => batch,
        };
        let count = u64::try_from(batch.len()).unwrap_or(0);
        match hand_on(&console, &client, &config.endpoint, batch).await {
            Ok(()) => away = false,
            Err(why) => {
                console.spans().left_out.add(count);
                // Once for a time of trouble: the counter tells how many.
                if !std::mem::replace(&mut away, true) {
                    console.log().warn(format_args!("Traces are not taken by {}: {why}", config.endpoint));
                }
            }
        }
    }
}

async fn gather(ended: &mut Ended) -> Vec<(SiteId, TaskGuid)> {
    let mut batch = Vec::new();
    let Some(first) = ended.0.recv().await else { return std::future::pending().await };
    batch.push(first);
    let until = Instant::now() + GATHER;
    while batch.len() < MOST_ACTIONS {
        match timeout_at(until, ended.0.recv()).await {
            Ok(Some(next)) => batch.push(next),
            Ok(None) | Err(_) => break,
        }
    }
    batch
}

async fn hand_on(
    console: &Console,
    client: &reqwest::Client,
    endpoint: &str,
    batch: Vec<(SiteId, TaskGuid)>,
) -> Result<(), String> {
    let spans = read(console, &batch).await.map_err(|error| Chain(&error).to_string())?;
    let body = otlp::encode(&console.id().to_string(), spans);
    let sent = client.post(endpoint).header("content-type", "application/x-protobuf").body(body).send().await;
    match sent {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("it answered {}", answer.status())),
        Err(error) => Err(Chain(&error).to_string()),
    }
}

async fn read(console: &Console, batch: &[(SiteId, TaskGuid)]) -> Result<Vec<otlp::Span>, DbError> {
    let store = console.store();
    let mut spans = Vec::new();
    for (site, task_guid) in batch {
        let Some(site) = store.linked_site(*site).await? else { continue };
        let Some(row) = store.action(site.tenant, *task_guid).await? else { continue };
        let history = store.history(site.tenant, *task_guid, None, None, MOST_HISTORY).await?;
        spans.extend(build::spans(&row.action, &history));
    }
    Ok(spans)
}
