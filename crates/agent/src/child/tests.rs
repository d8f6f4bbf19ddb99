//! Programs that behave, and programs that do not.

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
};

use super::*;

fn sh(script: &str, timeout: Duration) -> Order {
    Order {
        words: ["/bin/sh", "-c", script].map(OsString::from).to_vec(),
        folder: "/".into(),
        timeout,
        pace: Pace::Low,
        kept: 64,
    }
}

const LONG: Duration = Duration::from_secs(300);
const SHORT: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_program_says_how_it_ended_and_what_it_printed_last() {
    let finished = run(&sh("echo first; echo second >&2; exit 3", LONG)).await.expect("run");
    assert_eq!(finished.code(), Some(3));
    assert_eq!(finished.words(LONG), "exit code 3: first | second");
    let killed = run(&sh("kill -9 $$", LONG)).await.expect("run");
    assert_eq!(killed.ended, Ended::Itself(None));
    let missing = Order { words: vec!["/nowhere/at/all".into()], pace: Pace::Usual, ..sh("", LONG) };
    assert!(run(&missing).await.is_err());
}

#[tokio::test]
async fn one_that_never_ends_is_ended_with_what_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let pids = folder.path().join("pids");
    let script =
        format!("trap '' TERM; sleep 1000 & echo $! > {0}; echo $$ >> {0}; sleep 1000", pids.display());
    let finished = run(&sh(&script, SHORT)).await.expect("run");
    assert_eq!(finished.ended, Ended::Late);
    let written = std::fs::read_to_string(&pids).expect("it began");
    assert_eq!(written.lines().count(), 2);
    for pid in written.lines() {
        ends(pid);
    }
}

#[tokio::test]
async fn what_it_leaves_in_the_background_ends_with_it() {
    let finished = run(&sh("sleep 1000 & echo $!; exit 0", LONG)).await.expect("run");
    assert_eq!(finished.code(), Some(0));
    let pid = String::from_utf8(finished.output).expect("a number");
    ends(pid.trim());
}

#[tokio::test]
async fn one_that_prints_without_end_is_ended_and_little_of_it_is_kept() {
    let finished = run(&sh("yes 0123456789", LONG)).await.expect("run");
    assert_eq!(finished.ended, Ended::Loud);
    assert_eq!(finished.output.len(), 64);
}

#[tokio::test]
async fn what_has_left_the_group_holds_nothing_up() {
    let finished = run(&sh("setsid sleep 2 & exit 4", LONG)).await.expect("run");
    assert_eq!(finished.code(), Some(4));
}

/// Waits for the end of a process that was killed, which the kernel may still be working at.
#[track_caller]
fn ends(pid: &str) {
    let pid = pid.parse().ok().and_then(Pid::from_raw).expect("a number");
    let process = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(Errno::SRCH) => return,
        Err(errno) => panic!("{errno}"),
    };
    let limit = Timespec { tv_sec: 30, tv_nsec: 0 };
    let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)).expect("waited");
    assert_eq!(ended, 1, "{pid:?} still runs");
}
