//! The vectors of key bindings, made by another program: docs/protocol/vectors/key-binding.json.

use proof::{
    Commitment, PersonKey,
    key_binding::{For, KeyBinding, NotABinding, Retirement},
};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../docs/protocol/vectors/key-binding.json");

fn vectors() -> Value {
    serde_json::from_str(VECTORS).expect("JSON")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("a text")
}

#[test]
fn each_binding_is_taken_or_refused_as_the_vectors_say() {
    for vector in vectors()["vectors"].as_array().expect("a list") {
        let told = match KeyBinding::verify(For::Sites, text(vector, "binding")) {
            Ok(_) => "valid",
            Err(NotABinding::Tokens) => "tokens",
            Err(NotABinding::Payload) => "payload",
            Err(error) => word(&error.to_string()),
        };
        assert_eq!(told, text(vector, "result"), "{}", text(vector, "name"));
    }
}

#[test]
fn the_commitment_and_the_retirement_are_those_of_the_vectors() {
    let vectors = vectors();
    let binding = KeyBinding::verify(For::Sites, text(&vectors, "binding")).expect("a binding");
    let commitment: Commitment = binding.commitment();
    assert_eq!(commitment.nonce(), text(&vectors, "nonce"));
    assert_eq!(commitment.jkt.to_string(), text(&vectors["commitment"], "jkt"));
    let key: PersonKey = text(&vectors, "key").parse().expect("a key");
    let retirement = Retirement::verify(text(&vectors, "retirement"), &key).expect("a retirement");
    assert_eq!(retirement.jkt, commitment.jkt);
}

/// Returns the vectors' word for what is wrong with a JWS.
fn word(error: &str) -> &'static str {
    for (part, word) in [
        ("has not signed it", "signature"),
        ("its type is not", "type"),
        ("its algorithm is not", "algorithm"),
        ("its header is not", "header"),
    ] {
        if error.contains(part) {
            return word;
        }
    }
    "another"
}
