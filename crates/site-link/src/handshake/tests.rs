use action::{ConsoleId, SiteId, TenantId};
use proptest::prelude::*;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{secret::Exchange, *};
use crate::{Channel, keys::LinkKey};

/// Made by another implementation of the page docs/protocol/site-link.md (Python's `cryptography`).
const HELLO: &str = r#"{"version":1,"tenant":"10101010-1010-1010-1010-101010101010","site":"20202020-2020-2020-2020-202020202020","console":"30303030-3030-3030-3030-303030303030","nonce":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM","exchange":"UKYUCbHd0DJemxa3AOcZ6XcsBwALG9d4bpB8ZT0gSV0"}"#;
const WELCOME: &str = r#"{"nonce":"BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ","exchange":"9bLW5g-Ud-MQwpgtqqbJE2wQihd3xZR-RI-jfWgXRVc","signature":"KQRbR801Qhjvz-z06xNX6iiNjeopbGzS7zOQMUOBx2k2SMA-vlzjPn0gbbD6zC2TO1sYyFGhx9rlx8dML5iaCw"}"#;
const PROOF: &str = r#"{"signature":"u1FRxYrbpe2oyAfC6j_OlpUxqfxNEpFoI_ycooK2AlNiW9xTKv7RugMkVDYk-E33l6vyXzYMmQdI22nlz4_ECw"}"#;
const SITE_FRAME: &str = "0000000000000000007b2274797065223a226f6666626f617264227dd9b90f70f480ea18de163fa1e7a5bc8f426529503b1eb8520eb4b18f6576ae2b";
const CONSOLE_FRAME: &str = "0000000000000000007b2274797065223a22726573796e635f64657669636573227d7868e749f8beeec0dc6b399292237a8d0e534782a7fb8efe773d3da457edd5ea";

#[test]
fn the_bytes_are_those_of_the_protocol_page() {
    let (site, hello) = dial(&pinned(), [3; 32], &secret(5));
    assert_eq!(String::from_utf8_lossy(&hello), HELLO);
    let heard = hear(console_id(), &hello).expect("a hello");
    let (console, welcome) = heard.answer(Some(known()), &console_key(), [4; 32], &secret(6)).expect("known");
    assert_eq!(String::from_utf8_lossy(&welcome), WELCOME);
    let (mut at_site, proof) = site.on_message(&welcome, &site_key()).expect("a welcome");
    assert_eq!(String::from_utf8_lossy(&proof), PROOF);
    let mut admitted = console.on_message(&proof).expect("a proof");

    assert_eq!((admitted.tenant, admitted.site), (pinned().tenant, pinned().site));
    let frame = at_site.seal(br#"{"type":"offboard"}"#, false).expect("small");
    assert_eq!(hexadecimal(&frame), SITE_FRAME);
    assert_eq!(admitted.channel.open(&frame).as_deref(), Ok(br#"{"type":"offboard"}"#.as_slice()));
    let frame = admitted.channel.seal(br#"{"type":"resync_devices"}"#, false).expect("small");
    assert_eq!(hexadecimal(&frame), CONSOLE_FRAME);
    assert_eq!(at_site.open(&frame).as_deref(), Ok(br#"{"type":"resync_devices"}"#.as_slice()));
}

#[test]
fn members_of_later_versions_are_skipped() {
    let hello = HELLO.replace(r#"{"version""#, r#"{"colour":"red","version""#);
    assert!(hear(console_id(), hello.as_bytes()).is_ok());
}

#[test]
fn each_refusal_of_the_console_has_its_name() {
    let other = Uuid::from_bytes([9; 16]);
    let said = |from: &str, to: &str| HELLO.replace(from, to);
    check_hello("no JSON", "x".into(), CloseReason::HandshakeMalformed);
    check_hello(
        "too large",
        format!("{HELLO}{}", " ".repeat(LARGEST_HANDSHAKE)),
        CloseReason::HandshakeMalformed,
    );
    check_hello("no nonce", said("nonce", "once"), CloseReason::HandshakeMalformed);
    check_hello("a short key", said("ZT0gSV0", "ZT0gSV"), CloseReason::HandshakeMalformed);
    check_hello("a later version", said(r#"version":1"#, r#"version":2"#), CloseReason::VersionUnknown);
    check_hello(
        "another console",
        said("30303030-3030-3030-3030-303030303030", &other.to_string()),
        CloseReason::ConsoleNotMeant,
    );
    check_hello(
        "another tenant",
        said("10101010-1010-1010-1010-101010101010", &other.to_string()),
        CloseReason::TenantDiffers,
    );
    let weak = "A".repeat(43);
    check_hello(
        "a key of small order",
        said("UKYUCbHd0DJemxa3AOcZ6XcsBwALG9d4bpB8ZT0gSV0", &weak),
        CloseReason::ExchangeKeyWeak,
    );

    let heard = hear(console_id(), HELLO.as_bytes()).expect("a hello");
    let refused =
        heard.answer(None, &console_key(), [4; 32], &secret(6)).expect_err("a site that nobody attached");
    assert_eq!(refused, CloseReason::SiteNotAttached);
}

#[test]
fn a_site_without_the_pinned_key_is_not_admitted() {
    let impostor = LinkKey::from_seed(&[7; 32]);
    let (site, hello) = dial(&pinned(), [3; 32], &secret(5));
    let heard = hear(console_id(), &hello).expect("a hello");
    let (console, welcome) = heard.answer(Some(known()), &console_key(), [4; 32], &secret(6)).expect("known");
    // The impostor's transcript holds its own key, so it cannot even read the welcome.
    let (again, _) = dial(&pinned(), [3; 32], &secret(5));
    assert_eq!(again.on_message(&welcome, &impostor).map(drop), Err(CloseReason::SignatureInvalid));
    drop(site);
    let transcript = transcript(
        &decode(&hello).expect("own"),
        site_key().public(),
        console_key().public(),
        Nonce([4; 32]),
        Exchange::new(&secret(6)).public,
    );
    let proof = Proof { signature: impostor.sign(&signed_by(SIGNED_BY_SITE, &transcript)) };
    assert_eq!(console.on_message(&encode(&proof)).map(drop), Err(CloseReason::SignatureInvalid));
}

#[test]
fn a_console_without_the_pinned_key_is_not_believed() {
    let impostor = LinkKey::from_seed(&[7; 32]);
    let (site, hello) = dial(&pinned(), [3; 32], &secret(5));
    let heard = hear(console_id(), &hello).expect("a hello");
    let (_, welcome) = heard.answer(Some(known()), &impostor, [4; 32], &secret(6)).expect("it answers");
    assert_eq!(site.on_message(&welcome, &site_key()).map(drop), Err(CloseReason::SignatureInvalid));
}

#[test]
fn neither_end_can_be_shown_its_own_signature() {
    let (console, welcome) = hear(console_id(), HELLO.as_bytes())
        .and_then(|heard| heard.answer(Some(known()), &console_key(), [4; 32], &secret(6)))
        .expect("known");
    let welcome: Welcome = decode(&welcome).expect("own");
    let reflected = encode(&Proof { signature: welcome.signature });
    assert_eq!(console.on_message(&reflected).map(drop), Err(CloseReason::SignatureInvalid));
}

#[test]
fn a_recorded_handshake_admits_nobody_again() {
    let (console, _) = hear(console_id(), HELLO.as_bytes())
        .and_then(|heard| heard.answer(Some(known()), &console_key(), [44; 32], &secret(66)))
        .expect("the hello is public");
    assert_eq!(console.on_message(PROOF.as_bytes()).map(drop), Err(CloseReason::SignatureInvalid));
    let (site, _) = dial(&pinned(), [33; 32], &secret(55));
    assert_eq!(
        site.on_message(WELCOME.as_bytes(), &site_key()).map(drop),
        Err(CloseReason::SignatureInvalid)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A change to any byte of any message ends the handshake, or changes nothing that either end agreed on.
    #[test]
    fn a_changed_handshake_is_never_completed(message in 0usize..3, place in any::<usize>(), bit in 0u8..8) {
        if let Some((mut site, mut console)) = shake(|number, bytes| {
            if number == message {
                let place = place % bytes.len();
                bytes[place] ^= 1 << bit;
            }
        }) {
            let frame = site.seal(b"hello", false).expect("small");
            prop_assert_eq!(console.open(&frame), Ok(b"hello".to_vec()));
        }
    }

    #[test]
    fn no_message_breaks_either_end(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(hear(console_id(), &bytes).is_err());
        let (site, hello) = dial(&pinned(), [3; 32], &secret(5));
        prop_assert!(site.on_message(&bytes, &site_key()).is_err());
        let heard = hear(console_id(), &hello).expect("a hello");
        let (console, _) = heard.answer(Some(known()), &console_key(), [4; 32], &secret(6)).expect("known");
        prop_assert!(console.on_message(&bytes).is_err());
    }
}

/// Runs a handshake whose messages pass through `between`; returns both channels if both ends are content.
fn shake(mut between: impl FnMut(usize, &mut Vec<u8>)) -> Option<(Channel, Channel)> {
    let (site, mut hello) = dial(&pinned(), [3; 32], &secret(5));
    between(0, &mut hello);
    let heard = hear(console_id(), &hello).ok()?;
    let known = (heard.site() == pinned().site).then(known);
    let (console, mut welcome) = heard.answer(known, &console_key(), [4; 32], &secret(6)).ok()?;
    between(1, &mut welcome);
    let (at_site, mut proof) = site.on_message(&welcome, &site_key()).ok()?;
    between(2, &mut proof);
    console.on_message(&proof).ok().map(|admitted| (at_site, admitted.channel))
}

#[track_caller]
fn check_hello(what: &str, hello: String, expected: CloseReason) {
    let outcome = hear(console_id(), hello.as_bytes())
        .and_then(|heard| heard.answer(Some(known()), &console_key(), [4; 32], &secret(6)));
    assert_eq!(outcome.map(drop), Err(expected), "{what}");
}

fn pinned() -> Pinned {
    Pinned {
        tenant: TenantId(Uuid::from_bytes([0x10; 16])),
        site: SiteId(Uuid::from_bytes([0x20; 16])),
        console: console_id(),
        console_key: console_key().public(),
    }
}

fn known() -> KnownSite {
    KnownSite { tenant: pinned().tenant, key: site_key().public() }
}

fn console_id() -> ConsoleId {
    ConsoleId(Uuid::from_bytes([0x30; 16]))
}

fn site_key() -> LinkKey {
    LinkKey::from_seed(&[1; 32])
}

fn console_key() -> LinkKey {
    LinkKey::from_seed(&[2; 32])
}

fn secret(byte: u8) -> Zeroizing<[u8; 32]> {
    Zeroizing::new([byte; 32])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
