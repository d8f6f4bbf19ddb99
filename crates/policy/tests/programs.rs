//! Programs on this machine: their output is cut, their time is limited, and nothing of them stays behind.

use std::fs;

use policy::{MOST_OUTPUT, Program, ProgramError, Ran, run_program};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
};
use tempfile::TempDir;

#[test]
fn a_program_gets_its_input_and_a_clean_environment() {
    let ran = sh("cat; env | sort; pwd; echo bad >&2; exit 3", |program| program.stdin("in\n").env("A", "b"));
    assert_eq!(ran.code, Some(3));
    assert_eq!(ran.stderr, "bad\n");
    assert!(ran.stdout.starts_with("in\nA=b\nHOME=/root\nLC_ALL=C.UTF-8\nPATH="), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("\n/\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("CARGO"), "{}", ran.stdout);
}

#[test]
fn one_that_prints_without_end_is_read_and_cut() {
    let ran = sh("head -c 1000000000 /dev/zero | tr '\\0' x; echo end >&2", |program| program);
    assert_eq!((ran.code, ran.stdout.len(), ran.stderr.as_str()), (Some(0), MOST_OUTPUT, "end\n"));
}

#[test]
fn one_that_never_ends_is_ended_with_all_that_it_started() {
    let folder = TempDir::new().expect("a folder");
    let pids = folder.path().join("pids");
    let script = format!(
        "for i in 1 2 3; do (sh -c 'echo $$ >> {0}; exec sleep 1000') & done; echo $$ >> {0}; while :; do :; done",
        pids.display()
    );
    let error =
        run_program(&Program::new("/bin/sh", &["-c", &script]).within_seconds(1)).expect_err("too long");
    assert!(matches!(error, ProgramError::TooLong { seconds: 1, .. }), "{error}");
    let pids = fs::read_to_string(pids).expect("written");
    assert!(pids.lines().count() >= 2, "{pids}");
    pids.lines().for_each(ends);
}

#[test]
fn what_a_program_leaves_behind_is_ended_and_holds_nothing_up() {
    let folder = TempDir::new().expect("a folder");
    let pid = folder.path().join("pid");
    let ran = sh(&format!("sleep 1000 & echo $! > {}; echo done", pid.display()), |program| program);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "done\n"));
    ends(fs::read_to_string(pid).expect("written").trim());
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = run_program(&Program::new("/no/such/program", &[])).expect_err("not there");
    assert_eq!(error.to_string(), "failed to start `/no/such/program`");
}

#[track_caller]
fn sh(script: &str, change: impl FnOnce(Program) -> Program) -> Ran {
    run_program(&change(Program::new("/bin/sh", &["-c", script]))).expect("ended")
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
