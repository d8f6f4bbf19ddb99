//! The test vectors of docs/protocol/vectors: each is taken, or refused for the reason that it names. They were made by
//! another implementation.

use std::path::Path;

use proof::{
    Approval, NotAJws, NotASignedRequest, NotAnApproval, PersonKey, SignedRequest, SiteNonce, VerifyingKey,
    pairing::{PairingAnswer, PairingCode, PairingError, UnverifiedPairing},
    site_nonce::NonceKey,
};
use serde_json::Value;

fn load(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/vectors");
    let text = std::fs::read(folder.join(name).with_extension("json")).expect("a file of vectors");
    serde_json::from_slice(&text).expect("JSON")
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no `{member}` in {value}"))
}

/// Checks each vector of a list; a list without vectors would check nothing.
#[track_caller]
fn check(vectors: &Value, outcome: impl Fn(&Value) -> String) {
    let vectors = vectors.as_array().expect("a list");
    assert!(vectors.len() > 4, "too few vectors");
    for vector in vectors {
        assert_eq!(outcome(vector), text(vector, "result"), "{}", text(vector, "name"));
    }
}

#[test]
fn keys_are_those_of_the_vectors() {
    check(&load("person-key")["vectors"], |vector| match text(vector, "jwk").parse::<PersonKey>() {
        Ok(key) => {
            assert_eq!(key.thumbprint().to_string(), text(vector, "thumbprint"));
            assert_eq!(key.text(), text(vector, "jwk"));
            "valid".to_owned()
        }
        Err(_) => "not a key".to_owned(),
    });
}

#[test]
fn signed_requests_are_those_of_the_vectors() {
    let file = load("signed-request");
    let key: PersonKey = text(&file, "key").parse().expect("a key");
    check(&file["vectors"], |vector| {
        let bytes = text(vector, "request").as_bytes();
        let verified = SignedRequest::parse(bytes).and_then(|signed| {
            assert_eq!(signed.encode(), bytes);
            signed.verify(&key)
        });
        let why = match verified {
            Ok(request) => {
                assert_eq!(request.jkt, key.thumbprint().to_string());
                "valid"
            }
            Err(NotASignedRequest::TooLarge) => "size",
            Err(NotASignedRequest::Jws(NotAJws::Shape)) => "shape",
            Err(NotASignedRequest::Jws(NotAJws::Header)) => "header",
            Err(NotASignedRequest::Jws(NotAJws::Algorithm)) => "algorithm",
            Err(NotASignedRequest::Jws(NotAJws::Type(_))) => "type",
            Err(NotASignedRequest::Tokens) => "tokens",
            Err(NotASignedRequest::Jws(NotAJws::Signature(_))) => "signature",
            Err(NotASignedRequest::OtherKey) => "other key",
            Err(NotASignedRequest::Payload(_)) => "payload",
        };
        why.to_owned()
    });
}

#[test]
fn approvals_are_those_of_the_vectors() {
    let file = load("approval");
    let key: PersonKey = text(&file, "key").parse().expect("a key");
    check(&file["vectors"], |vector| {
        let why = match Approval::verify(text(vector, "text"), &key) {
            Ok(approval) => {
                assert_eq!(approval.jkt, key.thumbprint());
                "valid"
            }
            Err(NotAnApproval::TooLarge) => "size",
            Err(NotAnApproval::Jws(NotAJws::Shape)) => "shape",
            Err(NotAnApproval::Jws(NotAJws::Header)) => "header",
            Err(NotAnApproval::Jws(NotAJws::Algorithm)) => "algorithm",
            Err(NotAnApproval::Jws(NotAJws::Type(_))) => "type",
            Err(NotAnApproval::Jws(NotAJws::Signature(_))) => "signature",
            Err(NotAnApproval::Payload) => "payload",
            Err(NotAnApproval::OtherKey) => "other key",
        };
        why.to_owned()
    });
}

#[test]
fn nonces_are_those_of_the_vectors() {
    let file = load("site-nonce");
    let key = hex::decode(text(&file, "key")).expect("hexadecimal");
    let key = NonceKey(key.try_into().expect("32 bytes"));
    let site = action::SiteId(text(&file, "site").parse().expect("an id"));
    check(&file["vectors"], |vector| {
        let Ok(nonce) = text(vector, "nonce").parse::<SiteNonce>() else { return "form".to_owned() };
        if !key.verifies(site, &nonce) {
            return "mac".to_owned();
        }
        assert_eq!(nonce.time.to_string(), text(vector, "time"));
        assert_eq!(key.nonce(site, nonce.time).to_string(), text(vector, "nonce"));
        "valid".to_owned()
    });
}

#[test]
fn pairings_are_those_of_the_vectors() {
    let file = load("pairing");
    check(&file["codes"], |vector| match text(vector, "code").parse::<PairingCode>() {
        Ok(code) => {
            assert_eq!(code.text(), text(vector, "code"));
            "valid".to_owned()
        }
        Err(_) => "form".to_owned(),
    });
    let code: PairingCode = text(&file, "code").parse().expect("a code");
    let root: VerifyingKey = text(&file, "root").parse().expect("a key");
    assert_eq!(PairingCode::fingerprint_of(&root), code.fingerprint);
    let why = |error| match error {
        PairingError::Shape => "shape",
        PairingError::Mac => "mac",
        PairingError::Content => "content",
        PairingError::Signature => "signature",
        PairingError::OtherRequest => "other request",
        PairingError::OtherSite => "other site",
    };
    check(&file["requests"], |vector| {
        let verified = UnverifiedPairing::parse(text(vector, "text")).and_then(|it| it.verify(&code.keys()));
        verified.err().map_or("valid", why).to_owned()
    });
    let request = UnverifiedPairing::parse(text(&file, "request")).expect("a request");
    let request = request.verify(&code.keys()).expect("with the code");
    check(&file["answers"], |vector| match PairingAnswer::verify(text(vector, "text"), &code, &request) {
        Ok(answer) => {
            assert_eq!(answer.root, root);
            "valid".to_owned()
        }
        Err(error) => why(error).to_owned(),
    });
}
