use proptest::prelude::*;
use uuid::Uuid;

use super::*;

/// Made by another implementation of the page docs/protocol/site-link.md (Python's `cryptography`).
const REQUEST_BYTES: &str = r#"{"version":1,"tenant":"10101010-1010-1010-1010-101010101010","code":"40404040-4040-4040-4040-404040404040","site":"20202020-2020-2020-2020-202020202020","site_name":"Delft","key":"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w","signature":"CFwkX9CB7_vHbjrD0hgGcm4kvWB6KRYuwHOzdIRQlpPFA-TFA8IFSpofzkXyZFELy82y9OxG2ZGb4pxFiQ79BQ","mac":"OLpx98uQGOCIenhqxNLzW1QxBOurVTWIPD2fubtDAV0"}"#;
const ANSWER_BYTES: &str = r#"{"console":"30303030-3030-3030-3030-303030303030","key":"gTl3Dqh9F19Wo1Rmw0x-zMuNipG07jeiXfYPW4_Js5Q","mac":"XNPR6a2CbuK5LLl9KpbLPTcSRbzPalVnPTh9BcHMc8w"}"#;
const CODE: &str = "TA1.EBAQEBAQEBAQEBAQEBAQEEBAQEBAQEBAQEBAQEBAQEBQUFBQUFBQUFBQUFBQUFBQ";

#[test]
fn the_bytes_are_those_of_the_protocol_page() {
    assert_eq!(code().reveal(), CODE);
    let request = request("Delft");
    assert_eq!(serde_json::to_string(&request).expect("plain"), REQUEST_BYTES);
    assert_eq!(AttachRequest::decode(REQUEST_BYTES.as_bytes()), Ok(request.clone()));
    assert_eq!(request.verify(tenant(), &code().key()), Ok(()));
    let answer = answer(&request);
    assert_eq!(serde_json::to_string(&answer).expect("plain"), ANSWER_BYTES);
    assert_eq!(AttachAnswer::decode(ANSWER_BYTES.as_bytes()), Ok(answer));
    assert_eq!(answer.verify(&request, &code()), Ok(()));
}

#[test]
fn the_root_key_is_told_by_a_holder_of_the_code_and_by_nobody_in_between() {
    let root = Hash::of(b"root");
    let request = request("Delft").with_root(root, &code());
    assert_eq!(request.verify(tenant(), &code().key()), Ok(()));
    let read = AttachRequest::decode(&serde_json::to_vec(&request).expect("plain")).expect("read");
    assert_eq!(read.root.map(|root| root.sha256), Some(root));
    let other = Hash::of(b"another");
    let swapped =
        AttachRequest { root: read.root.map(|root| SiteRoot { sha256: other, ..root }), ..read.clone() };
    assert_eq!(swapped.verify(tenant(), &code().key()), Err(AttachRefusal::CodeNotValid));
    // It belongs to this request: another one cannot carry it.
    let moved = AttachRequest { root: read.root, ..self::request("Leiden") };
    assert_eq!(moved.verify(tenant(), &code().key()), Err(AttachRefusal::CodeNotValid));
    assert_eq!(answer(&read).verify(&read, &code()), Ok(()));
}

#[test]
fn a_lost_answer_can_be_asked_for_again() {
    assert_eq!(answer(&request("Delft")), answer(&request("Delft")));
}

#[test]
fn each_refusal_has_its_name() {
    let swapped = LinkKey::from_seed(&[8; 32]);
    check("a later version", |request| request.version = 2, AttachRefusal::VersionUnknown);
    check("another tenant", |request| request.tenant = TenantId(Uuid::nil()), AttachRefusal::CodeNotValid);
    check("another code", |request| request.code = CodeId(Uuid::nil()), AttachRefusal::CodeNotValid);
    check("another site", |request| request.site = SiteId(Uuid::nil()), AttachRefusal::CodeNotValid);
    check("another name", |request| request.site_name.push('x'), AttachRefusal::CodeNotValid);
    check("a swapped key", |request| request.key = swapped.public(), AttachRefusal::CodeNotValid);
    check(
        "a swapped signature",
        |request| request.signature = Signature([1; 64]),
        AttachRefusal::CodeNotValid,
    );
    check("no MAC", |request| request.mac = Tag([0; 32]), AttachRefusal::CodeNotValid);

    let remade = |change: fn(&mut AttachRequest)| {
        move |request: &mut AttachRequest| {
            change(request);
            request.mac = mac(&code().key(), REQUEST, request.signed_transcript().bytes());
        }
    };
    let stolen = remade(|request| request.key = LinkKey::from_seed(&[8; 32]).public());
    check("a key that the site does not hold", stolen, AttachRefusal::SignatureInvalid);

    for name in ["", "a\nb", &"x".repeat(LONGEST_SITE_NAME + 1)] {
        let refused = request(name).verify(tenant(), &code().key());
        assert_eq!(refused, Err(AttachRefusal::NameNotValid), "{name:?}");
    }
    assert_eq!(request(&"é".repeat(LONGEST_SITE_NAME)).verify(tenant(), &code().key()), Ok(()));
    assert_eq!(AttachRequest::decode(b"{}"), Err(AttachRefusal::Malformed));
    assert_eq!(AttachRequest::decode(&[b' '; LARGEST_HANDSHAKE + 1]), Err(AttachRefusal::Malformed));
}

#[test]
fn a_changed_answer_is_not_believed() {
    let request = request("Delft");
    let answer = answer(&request);
    let swapped = LinkKey::from_seed(&[8; 32]).public();
    for changed in [
        AttachAnswer { key: swapped, ..answer },
        AttachAnswer { console: ConsoleId(Uuid::nil()), ..answer },
        AttachAnswer { mac: request.mac, ..answer },
    ] {
        assert_eq!(changed.verify(&request, &code()), Err(AttachRefusal::AnswerNotGenuine), "{changed:?}");
    }
    // A proxy may attach a site of its own to a console of its own; it does not have the code.
    let other = AttachCode::new(tenant(), CodeId(Uuid::from_bytes([0x40; 16])), [0x51; 16]);
    let forged = AttachAnswer::new(&request, &other.key(), answer.console, swapped);
    assert_eq!(forged.verify(&request, &code()), Err(AttachRefusal::AnswerNotGenuine));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_changed_request_is_refused_or_says_the_same(place in any::<usize>(), bit in 0u8..8) {
        let mut bytes = REQUEST_BYTES.as_bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        if let Ok(changed) = AttachRequest::decode(&bytes)
            && changed.verify(tenant(), &code().key()).is_ok()
        {
            prop_assert_eq!(changed, request("Delft"));
        }
    }

    #[test]
    fn no_body_breaks_the_decoders(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(AttachRequest::decode(&bytes).is_err());
        prop_assert!(AttachAnswer::decode(&bytes).is_err());
    }
}

#[track_caller]
fn check(what: &str, change: impl FnOnce(&mut AttachRequest), expected: AttachRefusal) {
    let mut request = request("Delft");
    change(&mut request);
    assert_eq!(request.verify(tenant(), &code().key()), Err(expected), "{what}");
}

fn request(name: &str) -> AttachRequest {
    AttachRequest::new(&code(), SiteId(Uuid::from_bytes([0x20; 16])), name, &LinkKey::from_seed(&[1; 32]))
}

fn answer(request: &AttachRequest) -> AttachAnswer {
    let key = LinkKey::from_seed(&[2; 32]).public();
    AttachAnswer::new(request, &code().key(), ConsoleId(Uuid::from_bytes([0x30; 16])), key)
}

fn code() -> AttachCode {
    AttachCode::new(tenant(), CodeId(Uuid::from_bytes([0x40; 16])), [0x50; 16])
}

fn tenant() -> TenantId {
    TenantId(Uuid::from_bytes([0x10; 16]))
}
