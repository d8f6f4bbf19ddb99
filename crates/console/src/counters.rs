//! What is counted at the console.

use std::{sync::Arc, time::Duration};

use action::State;
use axum::http::StatusCode;
use service::{
    error::Chain,
    metrics::{Counter, Gauge, Histogram, Metrics},
    observe::{Health, Observed},
};

use crate::{
    state::Console,
    store::{Depths, Store},
};

/// The classes of answers, by the first digit of their status.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The console's counters. A clone counts into the same.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    metrics: Metrics,
    requests: Vec<Counter>,
    request_seconds: Histogram,
}

impl Counters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let requests = |class| {
            let help = "Requests of people, scripts and sites, by the class of their answer";
            metrics.counter("tenon_http_requests_total", help, &[("status", class)])
        };
        Self {
            requests: CLASSES.into_iter().map(requests).collect(),
            request_seconds: metrics.histogram(
                "tenon_http_request_seconds",
                "From a request's header to the header of its answer",
                &[],
            ),
            metrics: metrics.clone(),
        }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, status: StatusCode, after: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.requests.get(class) {
            counter.increment();
        }
        self.request_seconds.observe(after);
    }

    /// Counts an action that was asked for.
    pub(crate) fn asked(&self, kind: Option<&'static str>) {
        let help = "Device actions that people and scripts asked for, by kind";
        let labels = [("kind", kind.unwrap_or("other"))];
        self.metrics.counter("tenon_actions_asked_total", help, &labels).increment();
    }

    /// Counts events of targets, by how long after the request they were.
    pub(crate) fn heard(&self, delays: &[(State, Duration)]) {
        for (state, after) in delays {
            let help = "From the request of an action to an event of a target, by where it led";
            let labels = [("state", state.name())];
            self.metrics.histogram("tenon_action_event_seconds", help, &labels).observe(*after);
        }
    }

    /// Counts actions that ended.
    pub(crate) fn moved(&self, states: impl Iterator<Item = State>) {
        for state in states.filter(|state| state.is_concluded()) {
            let help = "Device actions that ended, by their end";
            let labels = [("state", state.name())];
            self.metrics.counter("tenon_actions_ended_total", help, &labels).increment();
        }
    }
}

/// Returns what is watched of a console: its counters, what lies in its store, and whether it can do its work.
pub(crate) fn observed(console: &Console) -> Observed {
    let metrics = console.config().metrics.clone();
    let (store, gauges) = (console.store().clone(), Arc::new(Gauges::new(&metrics)));
    let (checked, log) = (store.clone(), console.log().clone());
    let health = Health::default()
        .check("store", move || {
            let store = checked.clone();
            async move { reachable(&store).await }
        })
        .measured(move || {
            let (store, gauges, log) = (store.clone(), Arc::clone(&gauges), log.clone());
            async move {
                match store.depths().await {
                    Ok(depths) => gauges.set(&depths),
                    Err(error) => log.warn(format_args!("Failed to measure the store: {}", Chain(&error))),
                }
            }
        });
    Observed { metrics, health: Arc::new(health) }
}

/// The answer is read by everybody who can reach the console: it says no more than that.
async fn reachable(store: &Store) -> Result<(), String> {
    store.ping().await.map_err(|_| "the console's store does not answer".to_owned())
}

/// What lies in the store.
#[derive(Debug)]
struct Gauges {
    linked: Gauge,
    away: Gauge,
    open: Gauge,
    unsent: Gauge,
    webhook_events: Gauge,
    dead_letters: Gauge,
}

impl Gauges {
    fn new(metrics: &Metrics) -> Self {
        let sites = |link| metrics.gauge("tenon_sites", "Attached sites, by their link", &[("link", link)]);
        let events = |state| {
            let help = "Events for webhooks: those that wait for an attempt, and those that were given up";
            metrics.gauge("tenon_webhook_events", help, &[("state", state)])
        };
        Self {
            linked: sites("connected"),
            away: sites("away"),
            open: metrics.gauge("tenon_actions_open", "Device actions that have not ended", &[]),
            unsent: metrics.gauge(
                "tenon_requests_waiting",
                "Requests and cancellations that a site has yet to take",
                &[],
            ),
            webhook_events: events("waiting"),
            dead_letters: events("dead"),
        }
    }

    fn set(&self, depths: &Depths) {
        let set = |gauge: &Gauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&self.linked, depths.sites_linked);
        set(&self.away, depths.sites_away);
        set(&self.open, depths.actions_open);
        set(&self.unsent, depths.requests_waiting);
        set(&self.webhook_events, depths.events_waiting);
        set(&self.dead_letters, depths.dead_letters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_ends_are_counted_by_their_kind() {
        let metrics = Metrics::new();
        let counters = Counters::new(&metrics);
        counters.answered(StatusCode::NOT_FOUND, Duration::from_millis(1));
        counters.asked(None);
        counters.heard(&[(State::Sent, Duration::from_secs(2))]);
        counters.moved([State::Sent, State::Done].into_iter());
        let text = metrics.exposition();
        for line in [
            "tenon_http_requests_total{status=\"4xx\"} 1",
            "tenon_actions_asked_total{kind=\"other\"} 1",
            "tenon_action_event_seconds_bucket{state=\"sent\",le=\"5\"} 1",
            "tenon_actions_ended_total{state=\"done\"} 1",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} in\n{text}");
        }
        assert!(!text.contains("tenon_actions_ended_total{state=\"sent\"}"));
    }
}
