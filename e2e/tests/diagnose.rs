//! `tenon diagnose` with whatever may lie in a folder of logs: a clear note for what is no log, and the rest is read.

use std::{
    fs,
    io::Write as _,
    os::unix::{
        fs::{FileExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
};

use e2e::binary;
use serde_json::Value;

const GUID: &str = "A43DD1B3-A006-4604-B012-5529380B3B6F";
const TAIL: &str = "~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:04.905+240><thread=7896 (0x1ED8)>\n";
/// Nobody, who may read no other's folder.
const NOBODY: u32 = 65_534;

/// A log with one action that was sent.
fn good() -> String {
    format!(
        "Starting to send push task (PushID: 7 TaskID: 8 TaskGUID: {GUID} TaskType: 1 TaskParam: ) to 1 clients  with throttling \
         (strategy: 1 param: 42){TAIL}"
    )
}

/// Runs `tenon diagnose --json` on the folder as somebody who is not root; returns its exit code and report.
fn diagnosed(folder: &Path, more: &[&str]) -> (i32, Value) {
    let output = run(folder, more);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"));
    (output.status.code().unwrap_or(-1), report)
}

fn run(folder: &Path, more: &[&str]) -> Output {
    // A copy that everybody may start: the folder of the build may be closed to others.
    let tenon = folder.parent().expect("a folder").join("tenon");
    if !tenon.exists() {
        fs::copy(binary("tenon"), &tenon).expect("copied");
    }
    let mut command = Command::new(tenon);
    command.args(["diagnose", "--json"]).args(more).arg(folder);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.output().expect("tenon starts")
}

/// A folder that everybody may enter.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let outer = tempfile::tempdir().expect("a folder");
    fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let logs = outer.path().join("logs");
    fs::create_dir(&logs).expect("a folder");
    fs::write(logs.join("BgbServer.log"), good()).expect("written");
    (outer, logs)
}

/// Checks that the good log was read, and that some note says `expected` of a file named `name`.
#[track_caller]
fn check(folder: &Path, name: &str, expected: &str) {
    let (code, report) = diagnosed(folder, &[]);
    let actions = report["actions"].as_array().expect("a list");
    let found = actions.iter().any(|action| action["task_guid"] == GUID.to_lowercase());
    assert!(found, "the good log was not read: {report}");
    assert_eq!(code, 2, "it is not known to be done");
    let notes = report["notes"].to_string();
    assert!(notes.contains(name) && notes.contains(expected), "no `{expected}` of {name} in {notes}");
}

#[test]
fn a_binary_file_is_named() {
    let (_outer, logs) = folder();
    fs::write(logs.join("CcmNotificationAgent.log"), vec![0_u8; 1 << 20]).expect("written");
    check(&logs, "CcmNotificationAgent.log", "is not text");
}

#[test]
fn a_truncated_record_is_named() {
    let (_outer, logs) = folder();
    let text = "<![LOG[x]LOG]!><time=\"19:35:04.986+240\" date=\"09-25-2026\" thread=\"1\">\n\
                <![LOG[Receive task from server with pushid=13, ta";
    fs::write(logs.join("CcmNotificationAgent.log"), text).expect("written");
    check(&logs, "CcmNotificationAgent.log", "line 2");
}

#[test]
fn a_folder_without_permission_is_named() {
    let (_outer, logs) = folder();
    let closed = logs.join("closed");
    fs::create_dir(&closed).expect("a folder");
    fs::write(closed.join("BgbServer.log"), good()).expect("written");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("a mode");
    check(&logs, "closed", "ermission denied");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("a mode");
}

#[test]
fn a_zip_bomb_is_named() {
    use flate2::{Compression, write::GzEncoder};
    let (_outer, logs) = folder();
    let file = fs::File::create(logs.join("CcmNotificationAgent.log.gz")).expect("a file");
    let mut bomb = GzEncoder::new(file, Compression::best());
    let zeros = vec![b'x'; 1 << 20];
    for _ in 0..128 {
        bomb.write_all(&zeros).expect("written");
    }
    bomb.finish().expect("written");
    check(&logs, "CcmNotificationAgent.log.gz", "bomb");
}

#[test]
fn a_long_line_is_named_and_what_follows_is_read() {
    let (_outer, logs) = folder();
    // The line of a gigabyte itself is read in crates/trace: here one is enough that no buffer holds.
    let mut text = vec![b'x'; 16 << 20];
    text.push(b'\n');
    text.extend(good().replace("PushID: 7", "PushID: 9").into_bytes());
    fs::write(logs.join("BgbServer.lo_"), text).expect("written");
    check(&logs, "BgbServer.lo_", "longer");
    let (_, report) = diagnosed(&logs, &[]);
    assert!(report.to_string().contains("\"line\":2"), "{report}");
}

#[test]
fn a_file_of_fifty_gigabytes_is_read_in_a_moment_where_it_is_a_hole() {
    let (_outer, logs) = folder();
    let file = fs::File::create(logs.join("BgbServer.lo_")).expect("a file");
    file.set_len(50 << 30).expect("a sparse file");
    file.write_all_at(good().as_bytes(), (50 << 30) - 4096).expect("written");
    let (code, report) = diagnosed(&logs, &[]);
    assert_eq!(code, 2);
    assert_eq!(report["files"].as_array().map(Vec::len), Some(2), "{report}");
}

#[test]
fn a_file_that_grows_is_read_as_far_as_it_was() {
    let (_outer, logs) = folder();
    let path = logs.join("BgbServer.log");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let writer = thread::spawn(move || {
        let mut file = fs::OpenOptions::new().append(true).open(path).expect("opened");
        let line = format!("Wait 300 seconds for notifications...{TAIL}").repeat(10);
        // Some MB a second for a minute, should the reading not end.
        for _ in 0..60_000 {
            if stopped.try_recv().is_ok() {
                return;
            }
            file.write_all(line.as_bytes()).expect("written");
            thread::sleep(std::time::Duration::from_millis(1));
        }
    });
    let (code, report) = diagnosed(&logs, &[]);
    stop.send(()).expect("it still writes: the reading ended by itself");
    writer.join().expect("no panic");
    assert_eq!((code, report["actions"].as_array().map(Vec::len)), (2, Some(1)), "{report}");
}

#[test]
fn a_report_is_one_page_and_the_exit_code_tells() {
    let (outer, logs) = folder();
    let everybody = outer.path().join("page");
    fs::create_dir(&everybody).expect("a folder");
    fs::set_permissions(&everybody, fs::Permissions::from_mode(0o777)).expect("a mode");
    let page = everybody.join("report.html");
    let (code, report) = diagnosed(&logs, &["--html", &page.display().to_string()]);
    assert_eq!((code, report["schema"].as_u64()), (2, Some(1)), "{report}");
    for member in ["summary", "actions", "failures", "clocks", "answers_without_receipt", "files", "notes"] {
        assert!(report.get(member).is_some(), "{member} is missing: {report}");
    }
    let html = fs::read_to_string(&page).expect("the page");
    assert!(html.starts_with("<!") && html.to_uppercase().contains(GUID), "{html}");
    assert!(!html.contains("http://") && !html.contains("<script src"), "it stands alone");

    let empty = outer.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    assert_eq!(diagnosed(&empty, &[]).0, 1, "nothing could be read");
}
