//! Real executables by real manifests.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tempfile::TempDir;

use crate::{Access, Document, Host, Mode, Rules, Status, run};

const FLAG: &str = r#"#!/bin/sh
state="$(dirname "$0")/state"
case "$1" in
  get) if [ -f "$state" ]; then printf '{"value":"%s"}\n' "$(cat "$state")"; else echo '{"_exist":false}'; fi ;;
  set) [ "$2" = --input ] || exit 9; printf %s "$3" | sed 's/.*"value":"\([a-z]*\)".*/\1/' | tr -d '\n' > "$state" ;;
  set-stdin) sed 's/.*"value":"\([a-z]*\)".*/\1/' | tr -d '\n' > "$state" ;;
  set-env) printf %s "$value" > "$state" ;;
  delete) rm -f "$state" ;;
  test) if [ "$(cat "$state" 2>/dev/null)" = right ]; then d='[]'; else d='["value"]'; fi; echo '{"value":"?"}'; echo "$d" ;;
  broken) echo 'no such luck' >&2; exit 3 ;;
esac
"#;

#[test]
fn a_synthetic_test_compares_what_is_desired() {
    for set in [
        r#"{"executable": "flag", "args": ["set", {"jsonInputArg": "--input", "mandatory": true}]}"#,
        r#"{"executable": "flag", "args": ["set-stdin"], "input": "stdin"}"#,
        r#"{"executable": "flag", "args": ["set-env"], "input": "env"}"#,
    ] {
        let device = Device::new(&format!(r#""set": {set}"#));
        device.check("value: right", Status::Changed, "`value` differs");
        device.check("value: right", Status::Compliant, "");
        device.check("value: left", Status::Changed, "`value` differs");
        assert_eq!(fs::read_to_string(device.0.path().join("state")).expect("there"), "left", "{set}");
    }
}

#[test]
fn its_own_test_is_asked_where_it_has_one() {
    let device = Device::new(
        r#""test": {"executable": "flag", "args": ["test"], "return": "stateAndDiff"},
           "set": {"executable": "flag", "args": ["set-stdin"], "input": "stdin"}"#,
    );
    device.check("value: right", Status::Changed, "`value` differs");
    device.check("value: right", Status::Compliant, "");
    device.check("value: wrong", Status::Compliant, "");
}

#[test]
fn what_is_not_to_exist_is_deleted() {
    let device = Device::new(
        r#""set": {"executable": "flag", "args": ["set-stdin"], "input": "stdin"},
           "delete": {"executable": "flag", "args": ["delete"]}"#,
    );
    device.check("value: right", Status::Changed, "");
    device.check("_exist: false", Status::Changed, "`_exist` differs");
    device.check("_exist: false", Status::Compliant, "");
}

#[test]
fn what_fails_is_named_by_its_exit_code() {
    let device = Device::new(
        r#""set": {"executable": "flag", "args": ["broken"]}, "exitCodes": {"0": "Success", "3": "Out of luck"}"#,
    );
    device.check("value: right", Status::Failed, "exit code 3 (Out of luck): no such luck");
    let device = Device::new(r#""exitCodes": {}"#);
    device.check("value: right", Status::Failed, "tested only: it has no `set`");
    let device = Device::new(r#""set": {"executable": "gone"}"#);
    device.check("value: right", Status::Failed, "failed to start");
}

#[test]
fn a_manifest_that_others_may_write_is_not_trusted() {
    let device = Device::new(r#""set": {"executable": "flag"}"#);
    let path = device.0.path().join("flag.dsc.resource.json");
    fs::set_permissions(path, fs::Permissions::from_mode(0o666)).expect("set");
    device.check("value: right", Status::Failed, "can be written by others than root");
}

#[test]
fn without_a_manifest_it_is_not_applicable() {
    let device = Device::new("");
    device.check("value: right", Status::Failed, "cannot be understood");
    fs::remove_file(device.0.path().join("flag.dsc.resource.json")).expect("removed");
    device.check(
        "value: right",
        Status::NotApplicable,
        "no manifest on this device brings the type `Test/Flag`",
    );
}

struct Device(TempDir);

impl Device {
    fn new(methods: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        write(&folder.path().join("flag"), FLAG, 0o755);
        let manifest = format!(
            r#"{{"$schema": "https://aka.ms/dsc/schemas/v3/bundled/resource/manifest.json", "type": "Test/Flag",
                "version": "1.0.0", "get": {{"executable": "flag", "args": ["get"]}}, {methods}}}"#
        );
        write(&folder.path().join("flag.dsc.resource.json"), &manifest, 0o644);
        Self(folder)
    }

    #[track_caller]
    fn check(&self, properties: &str, status: Status, detail: &str) {
        let text = format!(
            "$schema: https://aka.ms/dsc/schemas/v3/config/document.json\nmetadata: {{Tenon: {{commandResources: \
             [Test/Flag]}}}}\nresources:\n- name: it\n  type: Test/Flag\n  properties: {{{properties}}}\n"
        );
        let access = Access { resource_path: vec![self.0.path().to_owned()], ..Access::all() };
        let document = Document::parse(&text).expect("valid");
        let outcomes = run(&document, &mut Host::new(&access), &Rules::new(&access, Mode::Enforce));
        assert_eq!(outcomes[0].status, status, "{}", outcomes[0].detail);
        assert!(outcomes[0].detail.contains(detail), "`{detail}` is missing from `{}`", outcomes[0].detail);
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}
