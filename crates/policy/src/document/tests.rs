use proptest::prelude::*;

use super::*;
use crate::Ensure;

const GOOD: &str = r#"
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
metadata:
  author: the web team
resources:
  - name: page
    type: Tenon.Linux/File
    dependsOn:
      - "[resourceId('Tenon.Linux/File','folder note')]"
    properties:
      path: /srv/www/index.html
      content: |
        <h1>Hello</h1>
      mode: "0640"
      owner: www-data
      group: "33"
  - name: folder note
    type: Tenon.Linux/File
    properties: { path: /srv/www/README, content: "[[managed]" }
  - name: old
    type: Tenon.Linux/File
    properties: { path: /srv/www/old.html, ensure: absent }
"#;

#[test]
fn a_good_document_is_read_in_the_order_in_which_it_runs() {
    let document = Document::parse(GOOD).expect("valid");
    let names: Vec<_> = document.resources().iter().map(|resource| resource.name.as_str()).collect();
    assert_eq!(names, ["folder note", "page", "old"]);
    let needs: Vec<_> = document.resources().iter().map(|resource| resource.depends_on.clone()).collect();
    assert_eq!(needs, [vec![], vec![0], vec![]]);

    let Properties::File(note) = &document.resources()[0].properties;
    assert_eq!((note.content.as_str(), note.mode, note.ensure), ("[managed]", None, Ensure::Present));
    let Properties::File(page) = &document.resources()[1].properties;
    assert_eq!((page.content.as_str(), page.mode), ("<h1>Hello</h1>\n", Some(0o640)));
    assert_eq!((page.owner.as_deref(), page.group.as_deref()), (Some("www-data"), Some("33")));
}

#[test]
fn json_is_read_as_well() {
    let text = r#"{"$schema": "https://raw.githubusercontent.com/PowerShell/DSC/main/schemas/2024/04/config/document.json",
        "contentVersion": "1.0.0", "resources": []}"#;
    assert_eq!(Document::parse(text).expect("valid").resources(), []);
}

#[test]
fn each_mistake_of_the_document_is_named_with_line_and_fix() {
    check("[]", "line 1", "it is a list, not a map", "Begin with `$schema`");
    check("", "not valid", "nothing", "");
    check("resources: []", "line 1", "`$schema` is missing", "Add `$schema: https://aka.ms/dsc/");
    check(
        "$schema: https://example.com/x\nresources: []",
        "line 1",
        "schema `https://example.com/x`",
        "Write `$schema:",
    );
    check(
        &with("parameters: {a: 1}"),
        "line 2",
        "`parameters` is not supported by this version",
        "remove it",
    );
    check(&with("variables: {}"), "line 2", "`variables` is not supported", "remove it");
    check(&with("colour: red"), "line 2", "the member `colour` is unknown", "Remove it");
    check(
        &with("metadata: {Microsoft.DSC: {}}"),
        "line 2",
        "`metadata.Microsoft.DSC` is not supported",
        "Remove it",
    );
    check(&with("contentVersion: 1"), "line 2", "`contentVersion` is a number", "Write a text");
    check(
        "$schema: https://aka.ms/dsc/schemas/v3/config/document.json\nresources: 1",
        "line 2",
        "is a number",
        "a list",
    );
    check("{\"$schema\":\n1 2}", "line 2", "expected", "Write one JSON or YAML document");
    check(&"#".repeat(LARGEST + 1), "not valid", "more than 1048576", "Split it");
}

#[test]
fn each_mistake_of_a_resource_is_named_with_line_and_fix() {
    resource("type: Tenon.Linux/File", "line 3", "has no `name`", "Give it a name");
    resource("name: a", "line 3", "resource `a`: `type` is missing", "Add `type: Tenon.Linux/File`");
    resource(
        "name: a\n  type: DSC.PackageManagement/Apt",
        "line 4",
        "resource `a`: the type `DSC.PackageManagement/Apt` is not supported by this version",
        "Use `Tenon.Linux/File`",
    );
    resource("name: a\n  type: Tenon.Linux/File", "line 3", "`properties` is missing", "Add `properties`");
    resource("name: a\n  condition: x", "line 4", "`condition` of a resource is not supported", "Remove it");
    resource("name: ''", "line 3", "the name of a resource is empty", "1 to 255");
    resource("name: \"[concat('a')]\"", "line 3", "the function `concat` in `name`", "begins with `[[`");
    resource("name: a\n  dependsOn: b", "line 4", "`dependsOn` is a text", "a list");
    resource(
        "name: a\n  dependsOn: [b]",
        "line 4",
        "holds `b`, which names no resource",
        "[resourceId('Type','name')]",
    );
    resource(
        "name: a\n  dependsOn: [\"[reference('b')]\"]",
        "line 4",
        "the function `reference`",
        "resourceId",
    );
    resource("name: a\n  dependsOn: [\"[resourceId('b')]\"]", "line 4", "names no resource", "resourceId");
}

#[test]
fn each_mistake_of_a_file_is_named_with_line_and_fix() {
    file("content: x", "line 6", "`path` is missing", "absolute path");
    file("path: etc/motd\n    content: x", "line 6", "the path `etc/motd` is not absolute", "/etc/motd");
    file("path: /etc/../shadow\n    content: x", "line 6", "`..`", "/etc/motd");
    file("path: /a", "line 6", "`content` is missing", "may be empty");
    file("path: /a\n    content: 1", "line 7", "`content` is a number", "a text");
    file(
        "path: /a\n    content: \"[parameters('x')]\"",
        "line 7",
        "the function `parameters` in `content`",
        "[[",
    );
    file("path: /a\n    content: x\n    mode: 420", "line 8", "`mode` is a number", "\"0644\"");
    file("path: /a\n    content: x\n    mode: u+x", "line 8", "`mode` is `u+x`", "octal");
    file("path: /a\n    content: x\n    mode: '0999'", "line 8", "`mode` is `0999`", "octal");
    file("path: /a\n    content: x\n    mode: '+644'", "line 8", "`mode` is `+644`", "octal");
    file("path: /a\n    ensure: gone", "line 7", "`ensure` is `gone`", "`present` or `absent`");
    file("path: /a\n    ensure: absent\n    content: x", "line 6", "absent has a content", "Remove these");
    file("path: /a\n    content: x\n    owner: a:b", "line 8", "`a:b` is no name", "/etc/passwd");
    file(
        "path: /a\n    content: x\n    sha256: x",
        "line 8",
        "`Tenon.Linux/File` has no property `sha256`",
        "Remove it",
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    let resource = |name: &str, path: &str, needs: &str| {
        format!(
            "- name: {name}\n  type: Tenon.Linux/File\n  properties: {{path: {path}, ensure: absent}}\n  dependsOn: [{needs}]\n"
        )
    };
    let id = |name: &str| format!("\"[resourceId('Tenon.Linux/File','{name}')]\"");
    let text = |resources: &[String]| {
        format!(
            "$schema: https://aka.ms/dsc/schemas/v3/config/document.json\nresources:\n{}",
            resources.concat()
        )
    };

    let twice = text(&[resource("a", "/a", ""), resource("a", "/b", "")]);
    check(&twice, "line 7", "two resources of one type have this name", "Give each a name");
    let same = text(&[resource("a", "/a", ""), resource("b", "/a", "")]);
    check(&same, "line 7", "`/a` is the path of resource `a` as well", "once");
    let missing = text(&[resource("a", "/a", &id("b"))]);
    check(
        &missing,
        "line 6",
        "depends on `Tenon.Linux/File` `b`, which the document does not hold",
        "Add that resource",
    );
    let cycle = text(&[resource("a", "/a", &id("b")), resource("b", "/b", &id("a"))]);
    check(&cycle, "line 3", "`a` → `b` → `a`", "Remove one");
    let many: Vec<_> =
        (0..=MOST_RESOURCES).map(|n| resource(&format!("r{n}"), &format!("/{n}"), "")).collect();
    check(&text(&many), "line 1", "1001 resources, more than 1000", "Split it");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_text_makes_it_panic(text in "(\\$schema|resources|name|type|[-:{}\\[\\]\"' \n&*!|>a-z0-9])*") {
        let _ = Document::parse(&text);
    }

    #[test]
    fn every_content_arrives_to_the_letter(content in "\\PC*") {
        let escaped = if content.starts_with('[') && content.ends_with(']') && content.len() > 1 {
            format!("[{content}")
        } else {
            content.clone()
        };
        let text = serde_json::json!({
            "$schema": SCHEMA,
            "resources": [{"name": "a", "type": "Tenon.Linux/File", "properties": {"path": "/a", "content": escaped}}],
        });
        let document = Document::parse(&text.to_string()).expect("valid");
        let Properties::File(file) = &document.resources()[0].properties;
        prop_assert_eq!(&file.content, &content);
    }
}

/// Checks a resource, which begins at line 3.
#[track_caller]
fn resource(members: &str, line: &str, what: &str, fix: &str) {
    let text =
        format!("$schema: https://aka.ms/dsc/schemas/v3/config/document.json\nresources:\n- {members}\n");
    check(&text, line, what, fix);
}

/// Checks a file's properties, of which the first stands at line 6.
#[track_caller]
fn file(properties: &str, line: &str, what: &str, fix: &str) {
    resource(&format!("name: a\n  type: Tenon.Linux/File\n  properties:\n    {properties}"), line, what, fix);
}

fn with(member: &str) -> String {
    format!("$schema: https://aka.ms/dsc/schemas/v3/config/document.json\n{member}\nresources: []\n")
}

#[track_caller]
fn check(text: &str, line: &str, what: &str, fix: &str) {
    let shown = Document::parse(text).expect_err("refused").to_string();
    for part in [line, what, fix] {
        assert!(shown.contains(part), "`{part}` is missing from `{shown}`");
    }
}
