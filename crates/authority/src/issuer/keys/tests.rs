use serde_json::json;

use super::*;
use crate::issuer::jwk::read_set;

const START: Timestamp = Timestamp(1_579_621_423_000);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

#[test]
fn a_key_that_is_not_known_causes_one_fetch_a_minute() {
    let mut ring = ring(&["k1"]);
    let mut now = START.plus(MINUTE);
    assert_eq!(look(&mut ring, "k1", now), Look::Verify);
    let mut fetches = 0;
    for _ in 0..3_000 {
        fetches += u32::from(look(&mut ring, "stranger", now) == Look::Fetch);
        now = now.plus(Duration::from_secs(1));
    }
    assert_eq!(fetches, 50, "3,000 tokens in 50 minutes");
}

#[test]
fn keys_are_looked_at_again_after_an_hour_and_believed_for_a_day() {
    let mut ring = ring(&["k1"]);
    assert_eq!(look(&mut ring, "k1", START.plus(HOUR - MINUTE)), Look::Verify);
    assert_eq!(look(&mut ring, "k1", START.plus(HOUR)), Look::Fetch);
    assert_eq!(look(&mut ring, "k1", START.plus(HOUR)), Look::Verify, "it is asked for already");
    assert!(verifies(&ring, "k1", START, START.plus(HOUR * 23)), "the issuer did not answer");
    assert!(!verifies(&ring, "k1", START, START.plus(HOUR * 24)));
}

#[test]
fn a_key_that_is_gone_verifies_earlier_tokens_for_a_day() {
    let mut ring = ring(&["k1"]);
    let rotated = START.plus(HOUR);
    ring.fetched(keys(&["k2"]), rotated);
    assert!(verifies(&ring, "k2", rotated, rotated));
    assert!(verifies(&ring, "k1", START, rotated.plus(HOUR * 23)));
    assert!(
        !verifies(&ring, "k1", rotated.plus(MINUTE), rotated.plus(HOUR)),
        "issued after the key was gone"
    );
    assert!(!verifies(&ring, "k1", START, rotated.plus(HOUR * 24)));
    assert_eq!(ring.counts(rotated), (1, 1));
    let kept = KeyRing::read(&ring.text()).expect("a ring");
    assert_eq!(kept.counts(rotated), (1, 1), "a ring survives the store");
    assert!(verifies(&kept, "k1", START, rotated));
    ring.fetched(keys(&["k1", "k2"]), rotated.plus(MINUTE));
    assert_eq!(ring.counts(rotated.plus(MINUTE)), (2, 0), "it is back");
}

#[test]
fn an_issuer_that_changes_its_keys_all_the_time_fills_nothing() {
    let mut ring = KeyRing::default();
    for number in 0..500_u32 {
        ring.fetched(keys(&[&format!("k{number}")]), START);
    }
    assert_eq!(ring.counts(START), (1, MOST_RETIRED));
}

fn ring(kids: &[&str]) -> KeyRing {
    let mut ring = KeyRing::default();
    ring.fetched(keys(kids), START);
    ring
}

fn look(ring: &mut KeyRing, kid: &str, now: Timestamp) -> Look {
    ring.look(Some(kid), Algorithm::EdDsa, now)
}

fn verifies(ring: &KeyRing, kid: &str, issued: Timestamp, now: Timestamp) -> bool {
    ring.verifying(Some(kid), Algorithm::EdDsa, issued, now).next().is_some()
}

fn keys(kids: &[&str]) -> Vec<IssuerKey> {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let keys: Vec<_> =
        kids.iter().map(|kid| json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x })).collect();
    read_set(json!({ "keys": keys }).to_string().as_bytes()).expect("a set")
}
