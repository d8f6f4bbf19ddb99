//! What `tenon swarm` prints.

use std::time::Duration;

use serde::Serialize;
use swarm::{Percentiles, PushSeen, Report};

use crate::print;

/// What is printed as JSON.
#[derive(Debug, Serialize)]
struct Told {
    after_ms: u64,
    ended: bool,
    enrolled: u64,
    online: u64,
    tasks: u64,
    failing: u64,
    repeated: u64,
    confirmed: u64,
    connections: u64,
    resumed: u64,
    strange: u64,
    failed: u64,
    first_failure: Option<String>,
    sign_in_us: Times,
    confirmation_us: Times,
    pushes: Vec<Push>,
}

#[derive(Debug, Serialize)]
struct Times {
    count: u64,
    p50: u64,
    p95: u64,
    p99: u64,
    longest: u64,
}

#[derive(Debug, Serialize)]
struct Push {
    push_id: u64,
    tasks: u64,
    confirmed: u64,
    sent_within_us: u64,
    confirmed_within_us: u64,
}

/// Returns what the devices of this process check.
pub(super) fn verification(unverified: bool) -> &'static str {
    if unverified {
        "The devices take tasks without checking their proofs."
    } else {
        "Each device checks its own proof; the signature of a push's root is checked once in this process, where real devices \
         check it once each."
    }
}

/// Prints one line.
pub(super) fn how_they_stand(report: &Report, after: Duration, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&told(report, None, after, false));
    }
    let counts = &report.counts;
    print::line(&format!(
        "{:>6} s: {} enrolled, {} online, {} tasks answered, {} answers stored, {} failures, {} strange",
        after.as_secs(),
        counts.enrolled,
        counts.online,
        counts.tasks + counts.failing,
        counts.confirmed,
        counts.failed,
        counts.strange,
    ))?;
    Ok(())
}

/// Prints all of it, at the end.
pub(super) fn report(
    report: &Report,
    failure: Option<&str>,
    after: Duration,
    json: bool,
) -> anyhow::Result<()> {
    if json {
        return print_json(&told(report, failure, after, true));
    }
    let counts = &report.counts;
    how_they_stand(report, after, false)?;
    print::line(&format!(
        "{} connections signed in, {} of them resumed; {} tasks came again; {} answers said that the task failed",
        counts.connections, counts.resumed, counts.repeated, counts.failing
    ))?;
    let times = |what: &str, of: &Percentiles| {
        vec![
            what.to_owned(),
            of.count.to_string(),
            shown(of.p50),
            shown(of.p95),
            shown(of.p99),
            shown(of.longest),
        ]
    };
    let rows = [times("sign-in", &report.sign_in), times("answer stored", &report.confirmation)];
    print::table(&["TIME UNTIL", "COUNT", "P50", "P95", "P99", "LONGEST"], &rows)?;
    if !report.pushes.is_empty() {
        let rows: Vec<Vec<String>> = report.pushes.iter().map(row).collect();
        print::table(
            &["PUSHID", "TASKS", "STORED", "ALL SENT WITHIN", "ALL STORED WITHIN", "A SECOND"],
            &rows,
        )?;
    }
    if let Some(failure) = failure {
        print::line(&format!("the first failure: {}", print::clean(failure)))?;
    }
    Ok(())
}

fn row(push: &PushSeen) -> Vec<String> {
    let micros = micros(push.confirmed_within).max(1);
    let per_second = push.confirmed.saturating_mul(1_000_000) / micros;
    vec![
        push.push_id.0.to_string(),
        push.tasks.to_string(),
        push.confirmed.to_string(),
        shown(push.sent_within),
        shown(push.confirmed_within),
        per_second.to_string(),
    ]
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn told(report: &Report, failure: Option<&str>, after: Duration, ended: bool) -> Told {
    let counts = &report.counts;
    let push = |push: &PushSeen| Push {
        push_id: push.push_id.0,
        tasks: push.tasks,
        confirmed: push.confirmed,
        sent_within_us: micros(push.sent_within),
        confirmed_within_us: micros(push.confirmed_within),
    };
    Told {
        after_ms: micros(after) / 1_000,
        ended,
        enrolled: counts.enrolled,
        online: counts.online,
        tasks: counts.tasks,
        failing: counts.failing,
        repeated: counts.repeated,
        confirmed: counts.confirmed,
        connections: counts.connections,
        resumed: counts.resumed,
        strange: counts.strange,
        failed: counts.failed,
        first_failure: failure.map(str::to_owned),
        sign_in_us: times(&report.sign_in),
        confirmation_us: times(&report.confirmation),
        pushes: report.pushes.iter().map(push).collect(),
    }
}

fn times(of: &Percentiles) -> Times {
    Times {
        count: of.count,
        p50: micros(of.p50),
        p95: micros(of.p95),
        p99: micros(of.p99),
        longest: micros(of.longest),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn print_json(told: &Told) -> anyhow::Result<()> {
    print::line(&serde_json::to_string(told)?)?;
    Ok(())
}
