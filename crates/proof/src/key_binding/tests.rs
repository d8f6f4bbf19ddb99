use uuid::Uuid;

use super::*;

const AT: Timestamp = Timestamp(1_579_621_423_000);

fn key(number: u8) -> PersonSigningKey {
    PersonSigningKey::from_secret(&[number; 32]).expect("a key")
}

fn binding(refreshed: Option<&str>) -> KeyBinding {
    KeyBinding {
        key: key(7).public(),
        rz: [9; 32],
        tenant: TenantId(Uuid::from_u128(4)),
        console: ConsoleId(Uuid::from_u128(3)),
        level: Level::Web,
        iat: AT,
        id_token: "aa.bb.cc".into(),
        refreshed: refreshed.map(str::to_owned),
    }
}

#[test]
fn what_is_signed_is_read_again() {
    for refreshed in [None, Some("dd.ee.ff")] {
        for whom in [For::Sites, For::Console] {
            let said = binding(refreshed);
            let text = said.sign(whom, &key(7));
            assert_eq!(KeyBinding::verify(whom, &text).expect("read"), said);
        }
    }
}

#[test]
fn a_binding_for_one_is_none_for_the_other() {
    let text = binding(None).sign(For::Sites, &key(7));
    assert!(matches!(KeyBinding::verify(For::Console, &text), Err(NotABinding::Jws(NotAJws::Type(_)))));
    let text = binding(None).sign(For::Console, &key(7));
    assert!(matches!(KeyBinding::verify(For::Sites, &text), Err(NotABinding::Jws(NotAJws::Type(_)))));
}

#[test]
fn a_binding_holds_with_its_own_tokens_and_by_its_own_key_only() {
    let text = binding(None).sign(For::Sites, &key(7));
    let (jws, token) = text.split_once('~').expect("a token");
    let by_another = binding(None).sign(For::Sites, &key(8));
    for (bad, expected) in [
        (jws.to_owned(), "its tokens"),
        (format!("{jws}~dd.ee.ff"), "its tokens"),
        (format!("{jws}~{token}~{token}"), "its tokens"),
        (format!("{text}~"), "its tokens"),
        (by_another, "has not signed it"),
        (text.replacen('.', "..", 1), "not of the form"),
        (String::new(), "not of the form"),
        ("x".repeat(LARGEST + 1), "larger than"),
    ] {
        let error = KeyBinding::verify(For::Sites, &bad).expect_err("refused").to_string();
        assert!(error.contains(expected), "`{error}` is not `{expected}`");
    }
}

#[test]
fn a_retirement_is_the_keys_own() {
    let key = key(7);
    let said = Retirement { jkt: key.public().thumbprint(), tenant: TenantId(Uuid::from_u128(4)), iat: AT };
    let text = said.sign(&key);
    assert_eq!(Retirement::key_of(&text).expect("a key"), said.jkt);
    assert_eq!(Retirement::verify(&text, &key.public()).expect("read"), said);
    assert!(Retirement::verify(&text, &self::key(8).public()).is_err());
    let of_another = Retirement { jkt: self::key(8).public().thumbprint(), ..said }.sign(&key);
    assert!(matches!(Retirement::verify(&of_another, &key.public()), Err(NotABinding::Payload)));
    let binding = binding(None).sign(For::Sites, &key);
    assert!(Retirement::key_of(&binding).is_err());
}

/// Computed by another implementation of docs/protocol/proof.md (Python).
#[test]
fn the_commitment_is_that_of_another_implementation() {
    let nonce = binding(None).commitment().nonce();
    assert_eq!(nonce, "p_Vq3bu_fPnA2e-X9S92nTiphODJoam4vEWxOz31gdc");
}
