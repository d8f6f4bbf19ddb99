//! What is counted.

use device_channel::CloseReason;
use service::metrics::{Counter, Gauge, Histogram, Metrics};

/// The server's counters.
#[derive(Debug)]
pub(crate) struct Counters {
    closed: Vec<Counter>,
    full: Counter,
    resumed: Counter,
    /// Connections that are not those of a device yet.
    pub(crate) half_open: Gauge,
    /// Devices that are online.
    pub(crate) online: Gauge,
    /// Tasks written to a device's connection.
    pub(crate) pushed: Counter,
    /// What devices reported and is stored.
    pub(crate) recorded: Counter,
    /// From a release's signature.
    pub(crate) delays: Delays,
}

/// How long the devices' part takes, from the moment at which the authority signed a release.
#[derive(Clone, Debug)]
pub(crate) struct Delays {
    /// Until the task was written to the device's connection.
    pub(crate) sent: Histogram,
    /// Until the device's answer was on its way to the disk.
    pub(crate) answered: Histogram,
}

impl Delays {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            sent: metrics.histogram(
                "tenon_push_task_sent_seconds",
                "From the signature of a release to the writing of a task to its device",
                &[],
            ),
            answered: metrics.histogram(
                "tenon_push_task_answered_seconds",
                "From the signature of a release to the device's answer",
                &[],
            ),
        }
    }
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
        let handshake = |kind| {
            metrics.counter(
                "tenon_device_handshakes_total",
                "TLS handshakes of devices: full ones, and those that a ticket spared",
                &[("kind", kind)],
            )
        };
        Self {
            full: handshake("full"),
            resumed: handshake("resumed"),
            closed: CloseReason::NAMES.into_iter().map(closed).collect(),
            half_open: metrics.gauge(
                "tenon_device_connections_half_open",
                "Connections in their handshake or before their sign-in",
                &[],
            ),
            online: metrics.gauge("tenon_devices_online", "Devices that are online at this server", &[]),
            pushed: metrics.counter("tenon_push_tasks_sent_total", "Push tasks written to a connection", &[]),
            recorded: metrics.counter(
                "tenon_device_reports_total",
                "Reports of devices that are stored",
                &[],
            ),
            delays: Delays::new(metrics),
        }
    }

    /// Counts a handshake.
    pub(crate) fn handshake(&self, resumed: bool) {
        if resumed { &self.resumed } else { &self.full }.increment();
    }

    /// Counts a connection that ended.
    pub(crate) fn closed(&self, reason: &CloseReason) {
        if let Some(counter) = self.closed.get(reason.index()) {
            counter.increment();
        }
    }
}
