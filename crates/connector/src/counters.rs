//! What is counted at the service connector.

use std::time::Duration;

use action::Reason;
use service::metrics::{Counter, Gauge, Histogram, Metrics};

/// The connector's counters. A clone counts into the same.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    metrics: Metrics,
    received: Counter,
    allowed: Counter,
    decided: Histogram,
    connects: Counter,
    connected: Gauge,
}

impl Counters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            received: metrics.counter(
                "tenon_notifications_received_total",
                "Notifications of the console that the site has on its disk",
                &[],
            ),
            allowed: metrics.counter(
                "tenon_notifications_allowed_total",
                "Notifications that were authorised and forwarded",
                &[],
            ),
            decided: metrics.histogram(
                "tenon_notification_decided_seconds",
                "From a notification's receipt to its decision",
                &[],
            ),
            connects: metrics.counter(
                "tenon_site_link_connects_total",
                "Links to the console that both ends have proved",
                &[],
            ),
            connected: metrics.gauge(
                "tenon_site_link_connected",
                "Whether the site is linked to its console: 1 yes, 0 no",
                &[],
            ),
            metrics: metrics.clone(),
        }
    }

    pub(crate) fn received(&self) {
        self.received.increment();
    }

    pub(crate) fn allowed(&self, after: Duration) {
        self.allowed.increment();
        self.decided.observe(after);
    }

    pub(crate) fn refused(&self, reason: &Reason, after: Duration) {
        let help = "Notifications that were refused, by reason";
        let name = reason.name();
        self.metrics.counter("tenon_notifications_refused_total", help, &[("reason", name)]).increment();
        self.decided.observe(after);
    }

    pub(crate) fn connected(&self) {
        self.connects.increment();
        self.connected.set(1);
    }

    pub(crate) fn away(&self) {
        self.connected.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_by_their_reason() {
        let metrics = Metrics::new();
        let counters = Counters::new(&metrics);
        counters.received();
        counters.refused(&Reason::DeviceUnknown, Duration::from_millis(3));
        counters.connected();
        let text = metrics.exposition();
        for line in [
            "tenon_notifications_received_total 1",
            "tenon_notifications_refused_total{reason=\"device_unknown\"} 1",
            "tenon_notification_decided_seconds_bucket{le=\"0.005\"} 1",
            "tenon_site_link_connected 1",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} in\n{text}");
        }
        counters.away();
        assert!(metrics.exposition().contains("tenon_site_link_connected 0\n"));
    }
}
