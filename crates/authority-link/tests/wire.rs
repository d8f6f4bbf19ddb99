//! What crosses the wire, byte by byte, and what does not cross it.

mod support;

use action::Timestamp;
use authority_link::{
    Answer, Call, Codec, LARGEST_FRAME, NotUnderstood, OwnerAnswer, decode_answer, decode_call,
    encode_answer, encode_call,
};
use proptest::prelude::*;
use support::{UUID, answers, calls};

#[test]
fn calls_are_these_bytes() {
    for (number, (call, members)) in (1..).zip(calls()) {
        let text = format!("{{\"number\":{number},{members}}}");
        assert_eq!(String::from_utf8(encode_call(number, &call)).expect("text"), text);
        assert_eq!(decode_call(text.as_bytes()), Ok((number, call)));
    }
}

#[test]
fn answers_are_these_bytes() {
    for (number, (answer, members)) in (1..).zip(answers()) {
        let text = format!("{{\"number\":{number},{members}}}");
        assert_eq!(String::from_utf8(encode_answer(number, &answer)).expect("text"), text);
        assert_eq!(decode_answer(text.as_bytes()), Ok((number, answer.clone())));
        assert_eq!(Codec::decode(text.as_bytes()), Ok((number, answer)));
    }
}

#[test]
fn what_enters_the_authority_is_read_strictly() {
    for (call, members) in calls() {
        // Where a call has no members there is nothing to mistake an unknown one for.
        if members.contains(',') {
            let unknown = format!("{{\"number\":1,{members},\"extra\":1}}");
            assert!(decode_call(unknown.as_bytes()).is_err(), "{call:?}");
        }
        let repeated = format!("{{\"number\":1,\"number\":2,{members}}}");
        assert!(decode_call(repeated.as_bytes()).is_err(), "{call:?}");
        let without_number = format!("{{{members}}}");
        assert!(decode_call(without_number.as_bytes()).is_err(), "{call:?}");
    }
    for bad in [
        "",
        "[]",
        "null",
        r#"{"number":1}"#,
        r#"{"number":1,"call":"reboot"}"#,
        r#"{"number":-1,"call":"mirror"}"#,
        r#"{"number":1.5,"call":"mirror"}"#,
        r#"{"number":1,"call":"mirror"}{}"#,
        r#"{"number":1,"call":"introduce","role":"root"}"#,
        r#"{"number":1,"call":"release","task_guid":"x","devices":[]}"#,
        r#"{"number":1,"call":"owner","owner":{"ask":"remove_policy","name":"a","more":1}}"#,
        r#"{"number":1,"call":"decide","request":"","vouch":{"user":"UUID","name":"","role":"x"}}"#,
    ] {
        assert!(decode_call(bad.replace("UUID", UUID).as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn a_caller_skips_what_it_does_not_know() {
    let newer = br#"{"number":1,"answer":"denied","reason":"no","since":"yesterday"}"#;
    assert_eq!(decode_answer(newer), Ok((1, Answer::Denied { reason: "no".into() })));
}

#[test]
fn what_is_refused_is_not_repeated() {
    let call = br#"{"number":1,"call":"enrol","token":"k3","secret":"hunter2hunter2","csr":5,"facts":{}}"#;
    let error = decode_call(call).expect_err("refused");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn a_secret_is_not_shown() {
    let (call, _) = calls().into_iter().find(|(call, _)| matches!(call, Call::Enrol { .. })).expect("one");
    assert!(!format!("{call:?}").contains("BQUF"), "{call:?}");
    let token = OwnerAnswer::JoinToken { id: "k3".into(), token: "TJ1.secret".into(), expires: Timestamp(0) };
    let answer = Answer::Owner(Box::new(token));
    assert!(!format!("{answer:?}").contains("secret"), "{answer:?}");
}

#[test]
fn a_frame_has_a_limit() {
    let frame = vec![b' '; LARGEST_FRAME + 1];
    assert_eq!(decode_call(&frame), Err(NotUnderstood::TooLarge { length: LARGEST_FRAME + 1 }));
    let answer = Answer::Document { document: "x".repeat(LARGEST_FRAME) };
    let frame = encode_answer(5, &answer);
    assert!(frame.len() < LARGEST_FRAME);
    assert!(matches!(decode_answer(&frame), Ok((5, Answer::Failed { transient: false, .. }))));
}

#[test]
fn a_refused_introduction_says_why() {
    assert_eq!(Codec::refused(&Answer::Done), None);
    let failed = Answer::Failed { what: "not that role".into(), transient: false };
    assert_eq!(Codec::refused(&failed), Some("not that role".into()));
    assert!(Codec::refused(&Answer::SiteTime { time: String::new() }).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_spoiled_frame_is_refused_or_read(
        which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let calls = calls();
        let mut frame = encode_call(1, &calls[which.index(calls.len())].0);
        let at = at.index(frame.len());
        frame[at] = byte;
        if let Ok((number, call)) = decode_call(&frame) {
            prop_assert_eq!(decode_call(&encode_call(number, &call)), Ok((number, call)));
        }
        let _ = decode_call(&frame[..at]);
        let _ = decode_answer(&frame);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_call(&bytes);
        let _ = decode_answer(&bytes);
    }

    #[test]
    fn texts_and_numbers_survive_the_wire(number in any::<u64>(), text in "\\PC{0,40}", since in any::<u64>()) {
        for call in [
            Call::Document { sha256: text.clone() },
            Call::Revocations { since },
        ] {
            prop_assert_eq!(decode_call(&encode_call(number, &call)), Ok((number, call)));
        }
        let answer = Answer::Failed { what: text, transient: true };
        prop_assert_eq!(decode_answer(&encode_answer(number, &answer)), Ok((number, answer)));
    }
}
