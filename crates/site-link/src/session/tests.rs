use super::*;
use crate::DeviceBatch;

const AT: Timestamp = Timestamp(1_579_621_423_007);

#[test]
fn messages_cross_the_link() {
    let start = start();
    let (mut site, mut console) = pair(start);
    let request = ToSite::Cancel { task_guid: action::TaskGuid(uuid::Uuid::nil()), user_name: "kim".into() };
    let frame = console.send(&request, start).expect("small");
    assert_eq!(site.on_frame(&frame, start), Ok(request));
    let frame = site.send(&ToConsole::Offboard, start).expect("small");
    assert_eq!(console.on_frame(&frame, start), Ok(ToConsole::Offboard));
}

#[test]
fn an_idle_end_sends_heartbeats_and_a_silent_one_is_closed() {
    let start = start();
    let (mut site, mut console) = pair(start);
    assert_eq!(site.poll_timeout(), start + HEARTBEAT);
    assert_eq!(site.on_timeout(start + HEARTBEAT / 2, AT), Due::Nothing);

    let Due::Heartbeat(frame) = site.on_timeout(start + HEARTBEAT, AT) else { panic!("a heartbeat is due") };
    assert_eq!(console.on_frame(&frame, start + HEARTBEAT), Ok(ToConsole::Heartbeat { at: AT }));
    assert_eq!(site.on_timeout(start + HEARTBEAT, AT), Due::Nothing);

    // The site has heard nothing; the console has, and goes on.
    assert_eq!(site.on_timeout(start + SILENCE, AT), Due::Close(CloseReason::Silent));
    assert_ne!(console.on_timeout(start + SILENCE, AT), Due::Close(CloseReason::Silent));
    assert_eq!(console.on_timeout(start + HEARTBEAT + SILENCE, AT), Due::Close(CloseReason::Silent));
}

#[test]
fn what_is_sent_counts_as_a_heartbeat() {
    let start = start();
    let (mut site, _) = pair(start);
    site.send(&ToConsole::Offboard, start + HEARTBEAT / 2).expect("small");
    assert_eq!(site.poll_timeout(), start + HEARTBEAT / 2 + HEARTBEAT);
}

#[test]
fn a_frame_that_is_refused_is_no_sign_of_life() {
    let start = start();
    let (mut site, _) = pair(start);
    assert_eq!(site.on_frame(&[0; 60], start + HEARTBEAT), Err(CloseReason::MacInvalid));
    assert_eq!(site.on_timeout(start + SILENCE, AT), Due::Close(CloseReason::Silent));
}

#[test]
fn a_message_that_holds_too_much_or_makes_no_sense_closes_the_link() {
    let removed = vec![action::DeviceId(uuid::Uuid::nil()); BATCH + 1];
    let batch =
        DeviceBatch { seq: 1, part: crate::Part::Changes, devices: Vec::new(), removed, checksum: None };
    let payload = serde_json::to_vec(&ToConsole::Devices(batch)).expect("plain");
    assert_eq!(decode::<ToConsole>(&payload), Err(CloseReason::BatchTooLarge));

    for payload in ["", "{}", "[]", r#"{"type":"receipt"}"#, r#"{"type":"offboard"} x"#, r#"{"type":7}"#] {
        assert_eq!(decode::<ToConsole>(payload.as_bytes()), Err(CloseReason::MessageMalformed), "{payload}");
    }
}

#[test]
fn a_message_of_a_later_version_is_skipped() {
    let payload = br#"{"type":"forecast","for":{"days":3}}"#;
    assert_eq!(decode::<ToSite>(payload), Ok(ToSite::Unknown));
    assert_eq!(decode::<ToConsole>(payload), Ok(ToConsole::Unknown));
}

fn pair(now: Instant) -> (SiteSession, ConsoleSession) {
    let (one, other) = ([1; 32], [2; 32]);
    (Session::new(Channel::new(&one, &other), now), Session::new(Channel::new(&other, &one), now))
}

#[expect(clippy::disallowed_methods, reason = "an `Instant` to count from; it is moved, not waited for")]
fn start() -> Instant {
    Instant::now()
}
