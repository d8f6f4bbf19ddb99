//! Logs in both framings, from the bytes to the report.

use std::collections::BTreeMap;

use trace::{Reading, html, report, text};

/// A log of a client.
pub(super) fn client(bytes: &[u8]) {
    whole("pc/CcmNotificationAgent.log", bytes);
}

/// A log of a server.
pub(super) fn server(bytes: &[u8]) {
    whole("mp/BgbServer.log", bytes);
}

/// Whatever a log holds, a verdict other than `unknown` names a line that is there.
fn whole(name: &str, bytes: &[u8]) {
    let (mut reading, mut machines) = (Reading::default(), BTreeMap::new());
    let read = reading.log(&mut machines, name, &mut &*bytes);
    assert!(read.is_ok(), "memory can be read");
    let report = report(&reading);
    let lines = report.files.first().map_or(0, |file| file.lines);
    for action in &report.actions {
        assert!(action.verdict == "unknown" || !action.evidence.is_empty(), "{action:?}");
        assert!(action.evidence.iter().all(|line| (1..=lines).contains(&line.line)), "{action:?}");
    }
    assert!(html::page(&report).ends_with("</html>\n"));
    assert!(!text::page(&report, true).contains('\u{1b}'));
}
