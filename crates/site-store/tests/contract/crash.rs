//! A program that is killed in the middle of its commits loses nothing that it has acknowledged.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use action::{Event, State};
use database::Db;
use site_store::SiteStore;
use testkit::dice::Dice;

use crate::support::{NOW, allowed, device, done, guid, notification, update};

/// The database of the child, set by its parent.
const URL: &str = "TENON_CRASH_TEST_URL";
/// The first action that the child takes.
const FIRST: &str = "TENON_CRASH_TEST_FIRST";
/// How a line begins that acknowledges a step: the test harness writes lines, too.
const ACKNOWLEDGED: &str = "acknowledged ";

#[tokio::test]
async fn what_was_acknowledged_outlives_a_kill_on_sqlite() {
    let test = testkit::databases::sqlite().await;
    rounds(&test.url, 8).await;
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_kill_on_postgresql() {
    let test = testkit::databases::postgres().await;
    rounds(&test.url, 5).await;
}

async fn rounds(url: &str, rounds: u64) {
    for round in 0..rounds {
        let first = 1 + round * 100_000;
        let acknowledged = kill_after(url, first, 1 + Dice::new(round).below(60));
        let store =
            SiteStore::open(Db::open(url).await.expect("opens after a kill")).await.expect("is whole");
        for line in &acknowledged {
            let (step, number) = line.split_once(' ').expect("a step and an action");
            let number: u64 = number.parse().expect("a number");
            let target =
                store.target(guid(number), device(1)).await.expect("reads").map(|target| target.state);
            let kept = match step {
                "taken" => store.notification(guid(number)).await.expect("reads").is_some(),
                "forwarded" => target >= Some(State::Queued),
                "received" => target >= Some(State::Received),
                "done" => target == Some(State::Done),
                _ => false,
            };
            assert!(kept, "round {round}: `{line}` was acknowledged, and is lost ({target:?})");
        }
        assert_whole(&store, first).await;
    }
}

/// Whatever was in the middle of its commit is there whole or not at all: the history tells each target's state.
async fn assert_whole(store: &SiteStore, first: u64) {
    for number in first.. {
        let Some(target) = store.target(guid(number), device(1)).await.expect("reads") else {
            return;
        };
        let history = store.history(guid(number), 0, 100).await.expect("reads");
        let told = history
            .iter()
            .fold(State::Pending, |state, (_, entry)| state.after(entry.event.state()).unwrap_or(state));
        assert_eq!(told, target.state, "action {number}");
        let message = store.push_message(guid(number)).await.expect("reads").expect("its message");
        assert_eq!(message.unfinished, u64::from(!target.state.is_concluded()), "action {number}");
    }
}

/// Runs a child and kills it once it has acknowledged `count` steps; returns all that it has acknowledged.
fn kill_after(url: &str, first: u64, count: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "crash::child", "--nocapture", "--test-threads=1"])
        .env(URL, url)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut acknowledged = Vec::new();
    for line in lines.by_ref().map_while(Result::ok) {
        if let Some(step) = line.strip_prefix(ACKNOWLEDGED) {
            acknowledged.push(step.to_owned());
        }
        if acknowledged.len() as u64 == count {
            break;
        }
    }
    assert_eq!(acknowledged.len() as u64, count, "the child ended by itself");
    child.kill().expect("it runs");
    // What it said between the last line read and its end counts as well.
    acknowledged.extend(
        lines.map_while(Result::ok).filter_map(|line| line.strip_prefix(ACKNOWLEDGED).map(str::to_owned)),
    );
    child.wait().expect("it has ended");
    acknowledged
}

/// The child: takes actions through the store until it is killed. Does nothing unless a parent says where.
#[tokio::test]
async fn child() {
    let (Ok(url), Ok(first)) = (std::env::var(URL), std::env::var(FIRST)) else {
        return;
    };
    let store = SiteStore::open(Db::open(&url).await.expect("opens")).await.expect("opens");
    let first: u64 = first.parse().expect("a number");
    for number in first..first + 100_000 {
        store.take_notification(&notification(number)).await.expect("takes");
        acknowledge("taken", number);
        store.forward(&allowed(number), &[device(1)], &[], NOW).await.expect("forwards");
        acknowledge("forwarded", number);
        let receipt = [update(number, 1, Event::Sent), update(number, 1, Event::Received)];
        store.record(&receipt, NOW).await.expect("records");
        acknowledge("received", number);
        store.record(&[update(number, 1, done())], NOW).await.expect("records");
        acknowledge("done", number);
    }
}

fn acknowledge(step: &str, number: u64) {
    // One short write to a pipe: the parent reads all of it or nothing.
    let line = format!("{ACKNOWLEDGED}{step} {number}\n");
    std::io::stdout().write_all(line.as_bytes()).expect("the parent listens");
}
