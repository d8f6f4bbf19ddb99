use std::{fs, path::Path};

use super::*;

#[test]
fn a_log_is_written_to_its_components_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = LogSettings::new(folder.path().join("logs"));
    let log = ComponentLog::open(&settings, Component::BGB_SERVER).expect("opened");
    log.info("Get one push message from database.");
    let clone = log.clone();
    log.info("Starting to send push task.");
    clone.warn(format_args!("{} devices came back at once", 3));

    let text = read(&settings.folder.join("BgbServer.log"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].starts_with("Get one push message from database.~~  $$<SMS_NOTIFICATION_SERVER><"),
        "{text}"
    );
    assert!(lines[2].starts_with("3 devices came back at once~~  $$<"), "{text}");
}

#[test]
fn a_value_from_outside_cannot_forge_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = LogSettings::new(folder.path());
    for component in [Component::BGB_SERVER, Component::NOTIFICATION_AGENT] {
        let log = ComponentLog::open(&settings, component).expect("opened");
        log.info(
            "x]LOG]!><time=\"\">\n<![LOG[forged~~  $$<SMS_MP><01-01-2026 00:00:00.000+000><thread=1 (0x1)>",
        );
        let text = read(&folder.path().join(component.file));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.matches("]LOG]!>").count() <= 1 && text.matches("$$<").count() <= 1, "{text}");
    }
}

#[test]
fn a_full_file_is_renamed_and_closed_as_in_the_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = LogSettings { max_bytes: 2_000, ..LogSettings::new(folder.path()) };
    let log = ComponentLog::open(&settings, Component::SCHEDULER).expect("opened");
    for number in 0..100 {
        log.info(format_args!("line {number}"));
    }

    let (current, renamed) =
        (read(&folder.path().join("Scheduler.log")), read(&folder.path().join("Scheduler.lo_")));
    assert!(renamed.ends_with(">\n<MAXIMUM LOG FILE SIZE REACHED - FILE RENAMED>\n"), "{renamed}");
    assert!(current.contains("line 99"), "{current}");
    assert!(current.len() <= 2_000 && renamed.len() <= 2_100, "{} and {}", current.len(), renamed.len());
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "no other file");
}

#[test]
fn a_restart_appends() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = LogSettings::new(folder.path());
    for text in ["before", "after"] {
        ComponentLog::open(&settings, Component::AUTHORITY).expect("opened").info(text);
    }
    assert_eq!(read(&folder.path().join("SiteAuthority.log")).lines().count(), 2);
}

#[test]
fn json_is_one_object_a_line_with_the_action_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = LogSettings { format: Format::Json, max_bytes: 2_000, ..LogSettings::new(folder.path()) };
    let log = ComponentLog::open(&settings, Component::BGB_SERVER).expect("opened");
    let task: TaskGuid = "a43dd1b3-a006-4604-b012-5529380b3b6f".parse().expect("an id");
    for _ in 0..20 {
        log.about(task).field("device", "web\u{202e}1").error("Refused");
    }

    for file in ["BgbServer.log", "BgbServer.lo_"] {
        for line in read(&folder.path().join(file)).lines() {
            let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(object["task_guid"], "a43dd1b3-a006-4604-b012-5529380b3b6f");
            assert_eq!(object["severity"], "error");
            assert_eq!(object["fields"]["device"], "web\\u{202e}1");
        }
    }
}

#[test]
fn lines_that_could_not_be_written_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = LogSettings { max_bytes: 400, ..LogSettings::new(folder.path()) };
    let log = ComponentLog::open(&settings, Component::BGB_SERVER).expect("opened");
    // A folder in the place of the renamed file: the full file cannot be renamed.
    let blocker = folder.path().join("BgbServer.lo_");
    fs::create_dir(&blocker).expect("made");
    for number in 0..10 {
        log.info(format_args!("line {number} {}", "x".repeat(100)));
    }
    fs::remove_dir(&blocker).expect("removed");
    log.info("room again");

    let text = read(&folder.path().join("BgbServer.log"));
    assert!(text.contains(" log lines were lost because this file could not be written.~~"), "{text}");
    assert!(text.contains("room again~~"), "{text}");
}

#[tokio::test]
async fn a_log_in_memory_shows_its_lines() {
    let (log, lines) = ComponentLog::memory(Component::SCHEDULER);
    let task: TaskGuid = "a43dd1b3-a006-4604-b012-5529380b3b6f".parse().expect("an id");
    log.about(task).field("device", 7).info("one");
    log.error("two");

    assert_eq!(lines.texts(), ["one", "two"]);
    assert_eq!(lines.all()[0].task_guid, Some(task));
    assert_eq!(lines.all()[0].fields, [("device", "7".to_owned())]);
    assert_eq!(lines.containing("two").await.severity, Severity::Error);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a log")
}
