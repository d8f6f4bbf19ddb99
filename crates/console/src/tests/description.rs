//! The description of the API is checked in, and is what the handlers are.

use std::{fs, path::Path};

use serde_json::Value;

#[test]
fn the_checked_in_description_is_that_of_the_handlers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = crate::openapi();
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept.trim_end() == made,
        "docs/openapi.json is not what the console answers: write it anew with `cargo xtask openapi`, or \
         `tenon openapi > docs/openapi.json`"
    );
}

#[test]
fn each_endpoint_is_described_whole() {
    let document: Value = serde_json::from_str(&crate::openapi()).expect("json");
    assert_eq!(document["openapi"], "3.1.0");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{name} has no summary");
            assert!(operation["operationId"].is_string(), "{name} has no id");
            assert!(operation["responses"]["default"].is_object(), "{name} says nothing of problems");
        }
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(document["components"]["schemas"].get(name).is_some(), "`{name}` is not described");
    }
}
