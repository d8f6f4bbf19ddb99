//! The engine `dsc`, played by a script that speaks its command line.

use std::{fs, os::unix::fs::PermissionsExt};

use policy::{Access, Host, Mode, Status, apply_by_dsc};
use tempfile::TempDir;

#[test]
fn what_dsc_prints_becomes_compliance() {
    let set = r#"{"metadata":{},"results":[
        {"name":"a","type":"X/Y","result":{"beforeState":{},"afterState":{},"changedProperties":null}},
        {"name":"b","type":"X/Y","result":{"beforeState":{},"afterState":{},"changedProperties":["value"]}}],
        "messages":[],"hadErrors":false}"#;
    check("set", set, 0, Mode::Enforce, "a:Compliant: b:Changed:`value` differs");
    let test = r#"{"results":[{"name":"a","type":"X/Y","result":{"inDesiredState":false,"differingProperties":["value"]}},
        {"name":"b","type":"X/Y","result":{"inDesiredState":true,"differingProperties":[]}}],"hadErrors":false}"#;
    check("test", test, 0, Mode::WhatIf, "a:Differs:`value` differs b:Compliant:");
}

#[test]
fn what_goes_wrong_in_dsc_is_said() {
    let errors = r#"{"results":[],"messages":[{"name":"a","type":"X/Y","message":"no such luck","level":"error"}],"hadErrors":true}"#;
    check("set", errors, 2, Mode::Enforce, "a:Failed:no such luck");
    check(
        "set",
        r#"{"results":[],"hadErrors":true}"#,
        2,
        Mode::Enforce,
        ":Failed:`dsc config set` had errors",
    );
    check(
        "set",
        "nonsense",
        4,
        Mode::Enforce,
        ":Failed:`dsc config set` ended with exit code 4 and printed no result: bad",
    );
}

#[test]
fn without_the_owners_word_it_is_not_started() {
    let access = Access { dsc: None, ..Access::all() };
    let outcomes = apply_by_dsc("{}", &mut Host::new(&access), &access, Mode::Enforce);
    assert!(outcomes[0].detail.contains("configuration names none"), "{outcomes:?}");
    let access = Access { dsc: Some("/bin/true".into()), types: Some(Vec::new()), ..Access::all() };
    let outcomes = apply_by_dsc("{}", &mut Host::new(&access), &access, Mode::Enforce);
    assert!(outcomes[0].detail.contains("`resource-allow`"), "{outcomes:?}");
}

#[track_caller]
fn check(verb: &str, prints: &str, code: i32, mode: Mode, expected: &str) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("dsc");
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = \"config {verb} --output-format json --file -\" ] || {{ echo \"$*\" >&2; exit 64; }}\n\
         [ \"$(cat)\" = \"the document\" ] || exit 65\ncat <<'END'\n{prints}\nEND\necho bad >&2\nexit {code}\n"
    );
    fs::write(&path, script).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    let access = Access { dsc: Some(path), ..Access::all() };
    let outcomes = apply_by_dsc("the document", &mut Host::new(&access), &access, mode);
    let shown: Vec<_> = outcomes.iter().map(|o| format!("{}:{:?}:{}", o.name, o.status, o.detail)).collect();
    assert!(shown.join(" ").starts_with(expected), "{shown:?}");
    assert!(matches!(outcomes[0].status, Status::Failed) == expected.contains("Failed"));
}
