//! What is counted.

use device_channel::CloseReason;
use service::metrics::{Counter, Gauge, Metrics};

/// The server's counters.
#[derive(Debug)]
pub(crate) struct Counters {
    closed: Vec<Counter>,
    /// Devices that are online.
    pub(crate) online: Gauge,
    /// Tasks written to a device's connection.
    pub(crate) pushed: Counter,
    /// What devices reported and is stored.
    pub(crate) recorded: Counter,
}

impl Counters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let closed = |reason| {
            metrics.counter(
                "tenon_device_connections_closed_total",
                "Connections of devices that ended, by reason",
                &[("reason", reason)],
            )
        };
        Self {
            closed: CloseReason::NAMES.into_iter().map(closed).collect(),
            online: metrics.gauge("tenon_devices_online", "Devices that are online at this server", &[]),
            pushed: metrics.counter("tenon_push_tasks_sent_total", "Push tasks written to a connection", &[]),
            recorded: metrics.counter(
                "tenon_device_reports_total",
                "Reports of devices that are stored",
                &[],
            ),
        }
    }

    /// Counts a connection that ended.
    pub(crate) fn closed(&self, reason: &CloseReason) {
        if let Some(counter) = self.closed.get(reason.index()) {
            counter.increment();
        }
    }
}
