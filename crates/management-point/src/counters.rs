//! What is counted at the management point.

use std::time::Duration;

use management_link::{Refusal, Route};
use service::metrics::Metrics;

/// The management point's counters.
#[derive(Clone, Debug)]
pub(crate) struct Counters(Metrics);

impl Counters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self(metrics.clone())
    }

    /// Counts a request: by its route, where it has one, and by the status of its answer.
    pub(crate) fn answered<T>(&self, route: Option<Route>, outcome: &Result<T, Refusal>, after: Duration) {
        let route = route.map_or("none", Route::name);
        let outcome = match outcome {
            Ok(_) => "answered",
            Err(refusal) if refusal.status.is_server_error() => "failed",
            Err(_) => "refused",
        };
        let labels = [("route", route), ("outcome", outcome)];
        let help = "Requests of agents, by route and outcome";
        self.0.counter("tenon_management_requests_total", help, &labels).increment();
        let help = "From a request's header to its answer, by route";
        self.0.histogram("tenon_management_request_seconds", help, &[("route", route)]).observe(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_outcome() {
        let metrics = Metrics::new();
        let counters = Counters::new(&metrics);
        counters.answered(Some(Route::Manifest), &Ok(()), Duration::from_millis(3));
        counters.answered::<()>(Some(Route::Enrol), &Err(Refusal::too_many(3)), Duration::ZERO);
        counters.answered::<()>(None, &Err(Refusal::unavailable(3)), Duration::ZERO);
        let text = metrics.exposition();
        for line in [
            "tenon_management_requests_total{route=\"manifest\",outcome=\"answered\"} 1",
            "tenon_management_requests_total{route=\"enrol\",outcome=\"refused\"} 1",
            "tenon_management_requests_total{route=\"none\",outcome=\"failed\"} 1",
            "tenon_management_request_seconds_count{route=\"manifest\"} 1",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} in\n{text}");
        }
    }
}
