//! Lines wherever they lie, and files that are no logs.

use super::*;

const TAIL: &str = "~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:04.905+240><thread=7896 (0x1ED8)>\n";

fn scanned(bytes: &[u8]) -> (Vec<(u64, String)>, Scanned) {
    let mut found = Vec::new();
    let done = scan(&mut &*bytes, &mut |line, record| {
        found.push((line, record.text));
        true
    })
    .expect("memory can be read");
    (found, done)
}

#[test]
fn a_record_is_found_with_its_line_wherever_a_chunk_ends() {
    for padding in [CHUNK - 300, CHUNK - 80, CHUNK - 20, CHUNK, CHUNK + 7, 2 * CHUNK - 40] {
        let mut log = String::new();
        let mut lines = 0;
        while log.len() < padding {
            log.push_str("Wait 300 seconds for notifications...");
            log.push_str(TAIL);
            lines += 1;
        }
        log.push_str("Get one push message from database.");
        log.push_str(TAIL);
        let (found, done) = scanned(log.as_bytes());
        assert_eq!(found, [(lines + 1, "Get one push message from database.".to_owned())], "{padding}");
        assert_eq!(done.lines, lines + 1);
        assert!(done.first.is_some() && done.first == done.last);
    }
}

#[test]
fn a_record_of_several_lines_has_the_time_at_its_end() {
    let log = format!(
        "x{TAIL}[Critical][CMGatewayNotificationWorker][0][System.InvalidOperationException][0x80131509]\nExecuteReader requires an open and available Connection.\n at System.Data{TAIL}"
    );
    let mut times = Vec::new();
    scan(&mut log.as_bytes(), &mut |line, record| {
        times.push((line, record.at.is_some()));
        true
    })
    .expect("memory can be read");
    assert_eq!(times, [(3, true)]);
}

#[test]
fn a_line_that_is_too_long_is_named_and_the_rest_is_read() {
    let mut log = vec![b'x'; 3 * CHUNK];
    log.extend(b"\nGet one push message from database.\n");
    let (found, done) = scanned(&log);
    assert_eq!(found, [(2, "Get one push message from database.".to_owned())]);
    assert_eq!(done.long_line, Some(1));
}

#[test]
fn a_record_without_an_end_is_named() {
    let log = b"<![LOG[x]LOG]!><time=\"19:35:04.986+240\" date=\"09-25-2026\" thread=\"1\">\n<![LOG[Receive task from server with pushid=13, ta";
    let (found, done) = scanned(log);
    assert_eq!((found.len(), done.truncated), (1, Some(2)));
}

#[test]
fn what_is_no_text_is_said_to_be_binary() {
    let (found, done) = scanned(&[0_u8; 4096]);
    assert!(found.is_empty() && done.binary);
}

#[test]
fn a_line_of_a_gigabyte_is_passed_over_in_the_memory_of_a_chunk() {
    let line = io::repeat(b'x').take(1 << 30);
    let rest = format!("\nGet one push message from database.{TAIL}");
    let mut found = Vec::new();
    let done = scan(&mut line.chain(rest.as_bytes()), &mut |line, record| {
        found.push((line, record.text));
        true
    })
    .expect("memory can be read");
    assert_eq!(found, [(2, "Get one push message from database.".to_owned())]);
    assert_eq!((done.long_line, done.bytes), (Some(1), (1 << 30) + rest.len() as u64));
}
