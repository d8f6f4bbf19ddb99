//! The results in words and figures.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    peers::{MOSQUITTO_SETTINGS, NATS_SETTINGS},
    results::{Metric, Results, Server, Spread},
};
use crate::machine;

/// A target: how often the figure of one server may be that of another.
struct Target {
    what: &'static str,
    metric: Metric,
    of: Server,
    to: Server,
    bound: Bound,
    aim: Bound,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

const TARGETS: [Target; 9] = [
    Target {
        what: "memory of one idle connection",
        metric: Metric::Memory,
        of: Server::Sqlite,
        to: Server::Mosquitto,
        bound: Bound::AtMost(1.0 / 3.0),
        aim: Bound::AtMost(0.25),
    },
    Target {
        what: "memory of one idle connection",
        metric: Metric::Memory,
        of: Server::Sqlite,
        to: Server::Nats,
        bound: Bound::AtMost(1.0 / 6.0),
        aim: Bound::AtMost(0.125),
    },
    Target {
        what: "CPU of one full connect",
        metric: Metric::Connect,
        of: Server::Sqlite,
        to: Server::Nats,
        bound: Bound::AtMost(0.6),
        aim: Bound::AtMost(0.45),
    },
    Target {
        what: "CPU of one resumed connect",
        metric: Metric::Resumed,
        of: Server::Sqlite,
        to: Server::Nats,
        bound: Bound::AtMost(0.4),
        aim: Bound::AtMost(0.27),
    },
    Target {
        what: "synced tasks a second",
        metric: Metric::PushRate,
        of: Server::Sqlite,
        to: Server::JetStream,
        bound: Bound::AtLeast(1.2),
        aim: Bound::AtLeast(1.6),
    },
    Target {
        what: "synced tasks a second",
        metric: Metric::PushRate,
        of: Server::Postgres,
        to: Server::JetStream,
        bound: Bound::AtLeast(1.0),
        aim: Bound::AtLeast(1.3),
    },
    Target {
        what: "synced tasks a second",
        metric: Metric::PushRate,
        of: Server::Sqlite,
        to: Server::Consumers,
        bound: Bound::AtLeast(15.0),
        aim: Bound::AtLeast(30.0),
    },
    Target {
        what: "CPU of one synced task",
        metric: Metric::Task,
        of: Server::Sqlite,
        to: Server::JetStream,
        bound: Bound::AtMost(1.0 / 1.5),
        aim: Bound::AtMost(1.0 / 2.2),
    },
    Target {
        what: "tasks a second",
        metric: Metric::PushRate,
        of: Server::Sqlite,
        to: Server::Mosquitto,
        bound: Bound::AtLeast(1.0),
        aim: Bound::AtLeast(2.5),
    },
];

/// Columns of the table: what is measured, its heading, the digits behind the point.
const COLUMNS: [(Metric, &str, usize); 9] = [
    (Metric::Memory, "memory of a connection, bytes", 0),
    (Metric::MemoryAdded, "without the empty server", 0),
    (Metric::Connect, "CPU of a full connect, µs", 0),
    (Metric::Resumed, "resumed, µs", 0),
    (Metric::ConnectRate, "full connects/s", 0),
    (Metric::Push, "push to all, ms", 0),
    (Metric::PushRate, "tasks/s", 0),
    (Metric::Task, "CPU of a task, µs", 1),
    (Metric::DatabaseTask, "of the database, µs", 1),
];

impl Bound {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {most:.2}"),
            Self::AtLeast(least) => format!("≥ {least:.2}"),
        }
    }
}

/// Returns the whole text.
pub(super) fn markdown(results: &Results) -> String {
    let mut text = String::from(
        "# The notification server beside its peers\n\nWritten by `cargo xtask bench notifier`; the figures are in \
         [notifier.json](notifier.json).\n\n![Memory, CPU and throughput](notifier.svg)\n\n",
    );
    if results.quick {
        text.push_str("**A quick run, to see that it works: its figures say little.**\n\n");
    }
    let _ = writeln!(text, "{}.\n", machine::describe());
    let _ = writeln!(
        text,
        "Medians of {} rounds, all servers in turn in each round, the least and the most in brackets; in each round the median \
         of {} pushes. Client and server share the machine.\n",
        results.rounds, results.pushes
    );
    text.push_str(&tables(results));
    text.push_str(&targets(results));
    text.push_str(&large(results));
    text.push_str(&guarantees());
    text.push_str(&settings(results));
    text
}

/// Returns a table for each number of devices.
pub(super) fn tables(results: &Results) -> String {
    let mut text = String::new();
    for size in results.sizes() {
        let of = |server: Server| results.get((size, server), Metric::Push).is_some();
        let servers: Vec<Server> = Server::ALL.into_iter().filter(|server| of(*server)).collect();
        if servers.len() < 2 {
            continue;
        }
        let _ = writeln!(text, "## {size} devices\n");
        let names: Vec<&str> = COLUMNS.iter().map(|(_, heading, _)| *heading).collect();
        let _ = writeln!(text, "| | {} |", names.join(" | "));
        let _ = writeln!(text, "| --- |{}", " ---: |".repeat(COLUMNS.len()));
        for server in servers {
            let cells = COLUMNS.iter().map(|(metric, _, digits)| {
                results.get((size, server), *metric).map_or_else(String::new, |spread| shown(spread, *digits))
            });
            let _ = writeln!(text, "| {} | {} |", server.name(), cells.collect::<Vec<_>>().join(" | "));
        }
        text.push('\n');
    }
    text
}

fn shown(spread: Spread, digits: usize) -> String {
    let Spread { median, least, most } = spread;
    if (least - most).abs() < f64::EPSILON {
        return format!("{median:.digits$}");
    }
    format!("{median:.digits$} ({least:.digits$}–{most:.digits$})")
}

fn targets(results: &Results) -> String {
    let mut text = String::from(
        "## Targets\n\n| what | devices | of | to | ratio | must | aim | |\n| --- | ---: | --- | --- | ---: | ---: | ---: | --- |\n",
    );
    for target in TARGETS {
        let sizes = results.sizes();
        let measured = |size: &&usize| results.ratio(**size, target.metric, target.of, target.to).is_some();
        let Some(size) = sizes.iter().rev().find(measured) else { continue };
        let Some(ratio) = results.ratio(*size, target.metric, target.of, target.to) else { continue };
        let verdict = match (target.aim.is_met(ratio), target.bound.is_met(ratio)) {
            (true, _) => "aim met",
            (false, true) => "met",
            (false, false) => "**missed**",
        };
        let _ = writeln!(
            text,
            "| {} | {size} | {} | {} | {ratio:.2} | {} | {} | {verdict} |",
            target.what,
            target.of.name(),
            target.to.name(),
            target.bound.shown(),
            target.aim.shown()
        );
    }
    text.push('\n');
    text
}

fn large(results: &Results) -> String {
    let mut text = String::new();
    for size in results.sizes() {
        let get = |metric| results.get((size, Server::Sqlite), metric).map(|spread| spread.median);
        let (Some(idle), Some(back), Some(done)) =
            (get(Metric::Idle), get(Metric::Back), get(Metric::BackDone))
        else {
            continue;
        };
        let _ = writeln!(
            text,
            "## {size} devices at one server of Tenon, SQLite\n\n- Idle, with a keep-alive of each device every 5 minutes: \
             {idle:.2} % of a core (must ≤ 0.5, aim ≤ 0.3).\n- Killed in the middle of a push and started again: all devices \
             signed in again {back:.1} s after the kill, each had its task and its answer on disk after {done:.1} s (must ≤ 10, \
             aim ≤ 6). No task was lost or done twice; {} tasks came again and were answered as before.",
            get(Metric::Repeated).unwrap_or_default()
        );
        if let (Some(memory), Some(rate), Some(task)) =
            (get(Metric::Memory), get(Metric::PushRate), get(Metric::Task))
        {
            let _ = writeln!(
                text,
                "- {memory:.0} bytes of the process for each connection; {rate:.0} synced tasks a second; {task:.1} µs of CPU \
                 for each.\n"
            );
        }
    }
    text
}

fn guarantees() -> String {
    let mut text = String::from("## What an answer that counts is worth\n\n");
    for server in Server::ALL {
        let _ = writeln!(text, "- {}: {}.", server.name(), server.guarantee());
    }
    text.push_str(
        "\nAt a broker the admin is one more client: a task and its answer take one hop more than at Tenon's server, which is the \
         admin's own end. At Tenon the time of a push begins before its tasks are stored, and ends when the last device knows that \
         its answer is; at a broker it begins with the admin's first write, and ends with the last answer that the admin hears. \
         Brokers can do what Tenon's server cannot: messages between clients, wildcards, retained messages, clusters.\n\n",
    );
    text
}

fn settings(results: &Results) -> String {
    let mut text = String::from("## Versions and settings\n\n");
    for (name, version) in &results.versions {
        let _ = writeln!(text, "- {name}: {version}");
    }
    let _ = writeln!(
        text,
        "- Tenon: the notification server as `tenon site` runs it, in a process of its own, throttle off; the site's authority in \
         another, whose CPU is not counted; SQLite with `synchronous = FULL` in WAL mode, PostgreSQL with `fsync` and \
         `synchronous_commit` on, private, 64 MB of shared buffers\n- Mosquitto: {MOSQUITTO_SETTINGS}\n- nats-server: \
         {NATS_SETTINGS}\n- All: TLS 1.3, P-256 certificates of one CA on both sides, X25519; the client offers AES-128-GCM \
         first, verifies no server, keeps one session for each device, 64 handshakes at a time; tasks of {} and answers of {} \
         bytes at the peers, Tenon's own messages (some 1,500 and 400 bytes, XML, with proofs) at Tenon\n- CPU: `utime` and \
         `stime` of the server's process; memory: `VmRSS` after the pushes",
        super::TASK_BYTES,
        super::ANSWER_BYTES
    );
    text
}

/// The figures, for programs.
#[derive(Serialize)]
struct Figures {
    machine: String,
    rounds: usize,
    pushes: usize,
    quick: bool,
    versions: Vec<(&'static str, String)>,
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Figure {
    devices: usize,
    server: &'static str,
    metric: &'static str,
    median: f64,
    least: f64,
    most: f64,
}

/// Returns the figures as JSON.
pub(super) fn json(results: &Results) -> anyhow::Result<String> {
    let mut figures = Vec::new();
    for devices in results.sizes() {
        for server in Server::ALL {
            for metric in Metric::ALL {
                let Some(Spread { median, least, most }) = results.get((devices, server), metric) else {
                    continue;
                };
                let (server, metric) = (server.name(), metric.name());
                figures.push(Figure { devices, server, metric, median, least, most });
            }
        }
    }
    let all = Figures {
        machine: machine::describe(),
        rounds: results.rounds,
        pushes: results.pushes,
        quick: results.quick,
        versions: results.versions.clone(),
        figures,
    };
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}
