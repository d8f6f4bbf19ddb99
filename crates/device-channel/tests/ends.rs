//! Both ends' state machines: what each takes, what it refuses and by which name, and when it gives up.

use std::time::Duration;

use action::{DeviceId, EnrolmentId, PushId, TaskId, Timestamp};
use device_channel::{
    CloseReason, KEEP_ALIVE_EVERY, PushedTask, Receipt, Received, SIGN_IN_WITHIN, SignIn, SignInConfirm,
    SignInRefusal, ToAgent, ToServer, agent, patience,
    server::{AwaitSignIn, Heard, Identity, Online, Reported},
};
use uuid::Uuid;

const START: Duration = Duration::from_secs(5_000);

#[test]
fn a_sign_in_makes_a_device_online() {
    let (online, message) = signing_in(sign_in()).admit(KEEP_ALIVE_EVERY, "time".to_owned(), START);
    assert_eq!(online.identity(), identity());
    let confirm = SignInConfirm { message_version: 1, keep_alive_seconds: 240, site_time: "time".to_owned() };
    assert_eq!(message, ToAgent::SignInConfirm(confirm));
}

#[test]
fn a_message_before_the_sign_in_closes() {
    for message in [Received::Known(ToServer::KeepAlive), Received::Known(receipt(1)), Received::Unknown] {
        let refused = AwaitSignIn::new(identity(), START).on_message(message).expect_err("not a sign-in");
        assert_eq!(refused, CloseReason::MessageBeforeSignIn);
    }
}

#[test]
fn a_second_sign_in_closes() {
    let refused = online().on_message(Received::Known(ToServer::SignIn(sign_in())), START);
    assert_eq!(refused, Err(CloseReason::SecondSignIn));
}

#[test]
fn a_sign_in_that_is_not_the_certificates_is_refused() {
    let other = Uuid::from_u128(99);
    for wrong in [
        SignIn { device: DeviceId(other), ..sign_in() },
        SignIn { enrolment: EnrolmentId(other), ..sign_in() },
    ] {
        assert_eq!(signing_in(wrong).check(), Err(SignInRefusal::NotThatDevice));
    }
    let old = SignIn { message_version: 0, ..sign_in() };
    assert_eq!(signing_in(old).check(), Err(SignInRefusal::VersionUnsupported));
    let new = SignIn { message_version: 9, ..sign_in() };
    assert_eq!(signing_in(new).check(), Ok(()));
    let (reason, _) = signing_in(sign_in()).refuse(SignInRefusal::Revoked, Duration::from_secs(9));
    assert_eq!(reason, CloseReason::SignInRefused(SignInRefusal::Revoked));
}

#[test]
fn a_sign_in_that_does_not_come_closes() {
    let waiting = AwaitSignIn::new(identity(), START);
    assert_eq!(waiting.on_time(START), Ok(()));
    assert_eq!(waiting.deadline(), START + SIGN_IN_WITHIN);
    assert_eq!(waiting.on_time(waiting.deadline()), Err(CloseReason::SignInTooLate));

    let (connecting, _) = agent::Connecting::new(sign_in(), START);
    assert_eq!(connecting.on_time(connecting.deadline()), Err(CloseReason::SignInTooLate));
}

#[test]
fn a_report_says_whether_its_push_was_made_here() {
    let mut online = online();
    online.pushed(task(1));
    for (number, here) in [(1, true), (2, false)] {
        let heard = online.on_message(Received::Known(receipt(number)), START).expect("heard");
        let Heard::Report(report) = heard else { panic!("{heard:?}") };
        assert_eq!(report.pushed_here, here);
        assert_eq!(report.what.task(), task(number));
        assert!(matches!(report.what, Reported::Receipt(_)));
    }
    let _ = online.confirm(vec![task(1)]);
    let heard = online.on_message(Received::Known(receipt(1)), START).expect("heard");
    assert!(matches!(heard, Heard::Report(report) if !report.pushed_here), "it was forgotten");
}

#[test]
fn pushes_that_nobody_answers_have_a_bound() {
    let mut online = online();
    (1..=1_000).for_each(|number| online.pushed(task(number)));
    for (number, here) in [(1, false), (1_000, true)] {
        let heard = online.on_message(Received::Known(receipt(number)), START).expect("heard");
        assert!(matches!(heard, Heard::Report(report) if report.pushed_here == here));
    }
}

#[test]
fn a_silent_device_is_closed_after_two_and_a_half_keep_alives() {
    let mut online = online();
    let quiet = Duration::from_secs(600);
    assert_eq!(online.deadline(), START + quiet);
    assert_eq!(online.on_time(START + quiet - Duration::from_secs(1)), Ok(()));
    assert_eq!(online.on_time(START + quiet), Err(CloseReason::Silent));

    let later = START + Duration::from_secs(500);
    let heard = online.on_message(Received::Known(ToServer::KeepAlive), later).expect("heard");
    assert_eq!(heard, Heard::KeepAlive(ToAgent::KeepAlive));
    assert_eq!(online.deadline(), later + quiet);
}

#[test]
fn an_agent_speaks_in_each_interval_and_not_with_the_others() {
    for (unit, at) in [(0.0, 180), (0.5, 210), (1.0, 240), (7.0, 240), (-1.0, 180)] {
        let mut agent = signed_in(unit);
        let at = START + Duration::from_secs(at);
        assert_eq!(agent.deadline(), at);
        assert_eq!(agent.on_time(at - Duration::from_millis(1), unit), Ok(None));
        assert_eq!(agent.on_time(at, unit), Ok(Some(ToServer::KeepAlive)));
        assert!(agent.deadline() > at);
    }
}

#[test]
fn an_agent_gives_up_a_server_that_is_silent() {
    let mut agent = signed_in(1.0);
    let gone = START + patience(KEEP_ALIVE_EVERY);
    while agent.deadline() < gone {
        assert_eq!(agent.on_time(agent.deadline(), 1.0), Ok(Some(ToServer::KeepAlive)));
    }
    assert_eq!(agent.on_time(agent.deadline(), 1.0), Err(CloseReason::Silent));
}

#[test]
fn an_agent_takes_nothing_before_the_answer_and_no_second_one() {
    for message in [Received::Known(ToAgent::KeepAlive), Received::Unknown] {
        let (connecting, _) = agent::Connecting::new(sign_in(), START);
        let refused = connecting.on_message(message, START, 0.0).expect_err("no answer");
        assert_eq!(refused, CloseReason::MessageBeforeSignIn);
    }
    let (_, again) = signing_in(sign_in()).admit(KEEP_ALIVE_EVERY, "time".to_owned(), START);
    let refused = signed_in(0.0).on_message(Received::Known(again), START);
    assert_eq!(refused, Err(CloseReason::SecondSignIn));
}

#[test]
fn a_keep_alive_of_no_time_is_not_followed() {
    let (_, confirm) = signing_in(sign_in()).admit(Duration::ZERO, "time".to_owned(), START);
    let agent = answered(confirm, 0.0);
    assert!(agent.deadline() >= START + Duration::from_secs(7));
}

#[test]
fn each_reason_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = CloseReason::NAMES.into_iter().collect();
    assert_eq!(names.len(), CloseReason::NAMES.len());
    assert_eq!(CloseReason::HalfFrame.name(), "half_frame");
    assert_eq!(CloseReason::Restarting.name(), "restarting");
}

fn identity() -> Identity {
    Identity { device: DeviceId(Uuid::from_u128(1)), enrolment: EnrolmentId(Uuid::from_u128(2)) }
}

fn sign_in() -> SignIn {
    SignIn {
        device: identity().device,
        enrolment: identity().enrolment,
        boot: Uuid::from_u128(3),
        client_version: "0.1.0".to_owned(),
        message_version: 1,
        highest_epoch: 1,
        highest_push: PushId(0),
    }
}

fn signing_in(sign_in: SignIn) -> device_channel::server::SigningIn {
    let message = Received::Known(ToServer::SignIn(sign_in));
    AwaitSignIn::new(identity(), START).on_message(message).expect("a sign-in")
}

fn online() -> Online {
    signing_in(sign_in()).admit(KEEP_ALIVE_EVERY, "time".to_owned(), START).0
}

fn signed_in(unit: f64) -> agent::SignedIn {
    let (_, confirm) = signing_in(sign_in()).admit(KEEP_ALIVE_EVERY, "time".to_owned(), START);
    answered(confirm, unit)
}

fn answered(confirm: ToAgent, unit: f64) -> agent::SignedIn {
    let (connecting, first) = agent::Connecting::new(sign_in(), START);
    assert_eq!(first, ToServer::SignIn(sign_in()));
    match connecting.on_message(Received::Known(confirm), START, unit).expect("answered") {
        agent::Answered::SignedIn(signed_in, _) => signed_in,
        other => panic!("{other:?}"),
    }
}

fn task(number: u64) -> PushedTask {
    PushedTask { push_id: PushId(number), task_id: TaskId(9) }
}

fn receipt(number: u64) -> ToServer {
    ToServer::Receipt(Receipt { at: Timestamp(0), task: task(number) })
}
