use super::*;
use crate::{Act, Machine, Verdict};

const WHOLE: &str = r#"
description: A tool
publisher: Example
softwareVersion: "1.2"
dependsOn: [base]
supersedes:
  - application: old tool
    uninstall: true
deploymentTypes:
  - name: Debian package
    requirements:
      - os: [debian, ubuntu]
        osVersion: ">= 12"
      - architecture: [amd64]
      - memoryMib: 512
      - diskFreeMib: 100
        diskPath: /usr
      - script:
          body: exit 0
    detection:
      package: tool
      version: ">= 1.2"
    content:
      - name: tool_1.2_all.deb
        sha256: "0000000000000000000000000000000000000000000000000000000000000001"
        size: 1000
    install:
      package: tool_1.2_all.deb
    uninstall:
      removePackage: tool
    returnCodes:
      success: [0]
      restart: [194]
"#;

#[test]
fn a_whole_document_is_read() {
    let application = Application::parse(WHOLE).expect("valid");
    let one = &application.deployment_types[0];
    assert_eq!(one.install.act, Act::InstallPackage { file: "tool_1.2_all.deb".into() });
    assert_eq!(one.requirements.len(), 5);
    let machine = Machine {
        os: "debian".into(),
        os_like: Vec::new(),
        os_version: "12".into(),
        architecture: "x86_64".into(),
        memory: 1024,
    };
    let verdicts: Vec<_> = one.requirements.iter().map(|one| one.verdict(&machine)).collect();
    assert_eq!(verdicts[..3], [Verdict::Met, Verdict::Met, Verdict::Met]);
    assert_eq!(verdicts[3], Verdict::AskDisk("/usr", 100));
    assert!(matches!(verdicts[4], Verdict::AskScript(_)));
    let old =
        Machine { os_version: "11".into(), architecture: "aarch64".into(), memory: 256, ..machine.clone() };
    let unmet = one.requirements.iter().filter(|one| matches!(one.verdict(&old), Verdict::Unmet(_)));
    assert_eq!(unmet.count(), 3);
    let like = Machine { os: "mint".into(), os_like: vec!["ubuntu".into()], ..machine };
    assert_eq!(one.requirements[0].verdict(&like), Verdict::Met);
}

#[test]
fn each_mistake_is_named() {
    check("deploymentTypes: []", "between 1 and 32");
    check("colour: red", "unknown field `colour`");
    check("dependsOn: [a, a]", "twice");
    check("type.detection: {package: 'a;rm -rf'}", "no name of a Debian package");
    check("type.detection: {package: '-o'}", "no name of a Debian package");
    check("type.detection: {file: ../etc}", "whole path");
    check("type.detection: {file: /etc/../root}", "whole path");
    check("type.detection: {}", "a detection is one of");
    check("type.detection: {package: tool, script: {body: 'exit 0'}}", "a detection is one of");
    check("type.detection: {script: {body: 'exit 0', timeoutSeconds: 0}}", "timeoutSeconds");
    check("type.detection: {package: tool, version: 'new'}", "a version rule is one of");
    check("type.install: {package: tool.deb}", "needs `tool.deb`, which is not in `content`");
    check("type.install: {run: ['./setup']}", "needs `setup`");
    check("type.install: {run: []}", "the program and its arguments");
    check("type.install: {}", "a step is one of");
    check("type.requirements: [{memoryMib: 1, architecture: [amd64]}]", "a requirement is one of");
    check("type.requirements: [{diskFreeMib: 1, diskPath: srv}]", "diskPath");
    check("type.content: [{name: ../x, sha256: '00', size: 1}]", "");
    check(
        &format!("type.content: [{{name: '../x', sha256: '{}', size: 1}}]", "0".repeat(64)),
        "no name of a content file",
    );
    check("type.returnCodes: {success: [0], retry: [0]}", "names a code twice");
    check("type.returnCodes: {success: [300]}", "");
    check("type: [", "");
}

#[test]
fn a_mistake_in_the_shape_has_its_line() {
    let error = Application::parse("description: x\npublisher: y\ncolour: z\ndeploymentTypes: []\n")
        .expect_err("a mistake");
    assert_eq!(error.line, Some(3), "{error}");
    let error = Application::parse("{\"description\": 1}").expect_err("a mistake");
    assert_eq!(error.line, Some(1), "{error}");
    let huge = format!("description: {}", "x".repeat(LARGEST));
    assert!(Application::parse(&huge).expect_err("too large").what.contains("bytes"));
}

/// Replaces a member of a small valid document (of its deployment type after `type.`), and expects an error.
#[track_caller]
fn check(change: &str, expected: &str) {
    let mut document: serde_json::Value = serde_json::json!({
        "deploymentTypes": [{
            "name": "t",
            "detection": {"package": "tool"},
            "install": {"run": ["/bin/true"]},
        }],
    });
    Application::parse(&document.to_string()).expect("valid without the change");
    let (member, value) = change.split_once(": ").expect("a member and a value");
    let value: Result<serde_json::Value, _> = yaml_serde::from_str(value);
    let value = value.unwrap_or(serde_json::Value::Null);
    match member.strip_prefix("type.") {
        Some(member) => document["deploymentTypes"][0][member] = value,
        None => document[member] = value,
    }
    let error = Application::parse(&document.to_string()).expect_err(change);
    assert!(error.to_string().contains(expected), "`{expected}` is missing from `{error}` ({change})");
}
