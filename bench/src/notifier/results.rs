//! What was measured: a figure for each server, number of devices and round, and what is said of them all.

use std::collections::BTreeMap;

use super::{Options, peers};

/// A server that was measured.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Server {
    Sqlite,
    Postgres,
    Mosquitto,
    Nats,
    JetStream,
    Consumers,
}

/// What is measured of a server.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Metric {
    /// Bytes of the whole process in memory, for each connection, after two pushes.
    Memory,
    /// The same without what the empty server has.
    MemoryAdded,
    /// Microseconds of the server's CPU for one full connect.
    Connect,
    /// The same for one that resumes a session.
    Resumed,
    /// Connections a second, full, with the client on the same cores.
    ConnectRate,
    /// Milliseconds from the first write of a push to the last answer.
    Push,
    /// Tasks a second, pushed and answered.
    PushRate,
    /// Microseconds of the server's CPU for one task.
    Task,
    /// The same, of the database's processes.
    DatabaseTask,
    /// Percent of a core of an idle server.
    Idle,
    /// Seconds until all devices are back after the server was killed in the middle of a push.
    Back,
    /// Seconds until each has its task and its answer is stored.
    BackDone,
    /// Tasks that devices got again because of it.
    Repeated,
}

/// Which server, how many devices.
pub(super) type Place = (usize, Server);

/// All figures.
#[derive(Debug)]
pub(super) struct Results {
    samples: BTreeMap<(Place, Metric), Vec<f64>>,
    pub(super) rounds: usize,
    pub(super) pushes: usize,
    pub(super) quick: bool,
    pub(super) versions: Vec<(&'static str, String)>,
}

/// Several figures of one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Server {
    pub(super) const ALL: [Server; 6] =
        [Self::Sqlite, Self::Postgres, Self::Mosquitto, Self::Nats, Self::JetStream, Self::Consumers];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "Tenon, SQLite",
            Self::Postgres => "Tenon, PostgreSQL",
            Self::Mosquitto => "Mosquitto, QoS 1",
            Self::Nats => "NATS",
            Self::JetStream => "NATS JetStream",
            Self::Consumers => "NATS JetStream, a durable consumer each",
        }
    }

    /// Returns what an answer that was counted is worth.
    pub(super) fn guarantee(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => {
                "task and answer are in the database and synced to the disk, and the device was told so, before the answer \
                 counts; each task is authorised and signed for its device"
            }
            Self::Mosquitto => {
                "task and answer were acknowledged by the broker, which keeps them in memory: a crash loses both"
            }
            Self::Nats => "none: who is not connected gets nothing, and a crash loses what is on its way",
            Self::JetStream => {
                "tasks and answers are in a stream on files, each task acknowledged to the admin; not synced (the server \
                 syncs every 2 minutes); a device that is away does not get its task later"
            }
            Self::Consumers => {
                "as JetStream, and each task is delivered until its device has acknowledged it; not synced"
            }
        }
    }
}

impl Metric {
    pub(super) const ALL: [Metric; 13] = [
        Self::Memory,
        Self::MemoryAdded,
        Self::Connect,
        Self::Resumed,
        Self::ConnectRate,
        Self::Push,
        Self::PushRate,
        Self::Task,
        Self::DatabaseTask,
        Self::Idle,
        Self::Back,
        Self::BackDone,
        Self::Repeated,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory_bytes_per_connection",
            Self::MemoryAdded => "memory_bytes_added_per_connection",
            Self::Connect => "cpu_us_per_full_connect",
            Self::Resumed => "cpu_us_per_resumed_connect",
            Self::ConnectRate => "full_connects_per_second",
            Self::Push => "push_ms",
            Self::PushRate => "tasks_per_second",
            Self::Task => "cpu_us_per_task",
            Self::DatabaseTask => "database_cpu_us_per_task",
            Self::Idle => "idle_cpu_percent",
            Self::Back => "back_seconds",
            Self::BackDone => "back_and_done_seconds",
            Self::Repeated => "tasks_repeated",
        }
    }
}

impl Results {
    pub(super) fn new(options: &Options) -> Self {
        let versions = vec![
            ("Tenon", env!("CARGO_PKG_VERSION").to_owned()),
            ("Mosquitto", peers::version("mosquitto", "-h")),
            ("nats-server", peers::version("nats-server", "--version")),
        ];
        Self {
            samples: BTreeMap::new(),
            rounds: options.rounds,
            pushes: options.pushes,
            quick: options.quick,
            versions,
        }
    }

    pub(super) fn add(&mut self, place: Place, metric: Metric, value: f64) {
        self.samples.entry((place, metric)).or_default().push(value);
    }

    pub(super) fn get(&self, place: Place, metric: Metric) -> Option<Spread> {
        self.samples.get(&(place, metric)).and_then(|values| Spread::of(values))
    }

    /// Returns the numbers of devices that were measured.
    pub(super) fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<usize> = self.samples.keys().map(|((size, _), _)| *size).collect();
        sizes.dedup();
        sizes
    }

    /// Returns how often `metric` of one server is that of another, of medians.
    pub(super) fn ratio(&self, size: usize, metric: Metric, of: Server, to: Server) -> Option<f64> {
        let (of, to) = (self.get((size, of), metric)?, self.get((size, to), metric)?);
        (to.median > 0.0).then(|| of.median / to.median)
    }
}

impl Spread {
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        let median = if sorted.len() % 2 == 1 {
            upper
        } else {
            f64::midpoint(upper, *sorted.get(middle.checked_sub(1)?)?)
        };
        Some(Self { median, least, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let spread =
            |values: &[f64]| Spread::of(values).map(|spread| (spread.median, spread.least, spread.most));
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some((2.0, 1.0, 3.0)));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]), Some((2.5, 1.0, 4.0)));
        assert_eq!(spread(&[7.0]), Some((7.0, 7.0, 7.0)));
        assert_eq!(spread(&[]), None);
    }
}
