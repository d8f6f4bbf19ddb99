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

    let note = file_of(&document, 0);
    assert_eq!((note.content.as_str(), note.mode, note.ensure), ("[managed]", None, Ensure::Present));
    let page = file_of(&document, 1);
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
    check(&with("functions: []"), "line 2", "`functions` is not supported by this version", "remove it");
    check(&with("parameters: {a: 1}"), "line 2", "parameter `a`: `a parameter` is a number", "a map");
    check(&with("variables: 1"), "line 2", "`variables` is a number", "a map");
    check(&with("colour: red"), "line 2", "the member `colour` is unknown", "Remove it");
    check(
        &with("metadata: {Microsoft.DSC: {duration: PT1S}}"),
        "line 2",
        "`metadata.Microsoft.DSC.duration` is not supported",
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
    resource("name: a", "line 3", "resource `a`: `type` is missing", "such as `type: Tenon.Linux/File`");
    resource(
        "name: a\n  type: Contoso/Apt",
        "line 4",
        "resource `a`: the type `Contoso/Apt` is not supported by this version",
        "Use one of Tenon.Linux/File,",
    );
    resource(
        "name: a\n  type: Tenon.Linux/File",
        "line 3",
        "resource `a`: `path` is missing",
        "Add the file's",
    );
    resource("name: a\n  type: nothing", "line 4", "`nothing` is no name of a type", "Owner.Area/Name");
    for adapter in
        ["Microsoft.DSC/PowerShell", "Microsoft.Windows/WindowsPowerShell", "Microsoft.Windows/WMI"]
    {
        resource(&format!("name: a\n  type: {adapter}"), "line 4", "is an adapter", "engine: dsc");
    }
    resource("name: a\n  type: Microsoft.DSC/Group", "line 4", "holds other resources", "engine: dsc");
    resource("name: a\n  condition: x", "line 4", "`condition` of a resource is not supported", "Remove it");
    resource("name: ''", "line 3", "the name of a resource is empty", "1 to 255");
    resource(
        "name: \"[base64('a')]\"",
        "line 3",
        "the function `base64` is not supported",
        "begins with `[[`",
    );
    resource(
        "name: a\n  type: Tenon.Linux/File\n  properties: {path: /a, content: x}\n  dependsOn: b",
        "line 6",
        "`dependsOn` is a text",
        "a list",
    );
    resource(
        "name: a\n  type: Tenon.Linux/File\n  properties: {path: /a, content: x}\n  dependsOn: [b]",
        "line 6",
        "holds `b`, which names no resource",
        "[resourceId('Type','name')]",
    );
    resource(
        "name: a\n  type: Tenon.Linux/File\n  properties: {path: /a, content: x}\n  dependsOn: [\"[reference('b')]\"]",
        "line 6",
        "the function `reference` is not supported",
        "`resourceId`",
    );
    resource(
        "name: a\n  type: Tenon.Linux/File\n  properties: {path: /a, content: x}\n  dependsOn: [\"[resourceId('b')]\"]",
        "line 6",
        "`resourceId` takes a type and a name",
        "resourceId",
    );
}

#[test]
fn each_mistake_of_a_file_is_named_with_line_and_fix() {
    file("content: x", "line 6", "`path` is missing", "absolute path");
    file("path: etc/motd\n    content: x", "line 6", "the path `etc/motd` is not absolute", "/etc/motd");
    file("path: /etc/../shadow\n    content: x", "line 6", "`..`", "/etc/motd");
    file("path: /a", "line 6", "`content` is missing", "may be empty");
    file("path: /a\n    content: 1", "line 7", "`content` is a number", "a text");
    file("path: /a\n    content: \"[parameters('x')]\"", "line 7", "has no `x` among its parameters", "[[");
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
    check(&same, "line 7", "the file `/a` is described by resource `a` as well", "once");
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
        let file = file_of(&document, 0);
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

fn file_of(document: &Document, place: usize) -> &crate::File {
    match &document.resources()[place].properties {
        Properties::File(file) => file,
        other => panic!("{} is no file", other.kind()),
    }
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

#[test]
fn parameters_variables_and_templates_reach_the_resources() {
    let text = r#"
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
parameters:
  owner: {type: string, defaultValue: www-data, allowedValues: [www-data, root]}
  port: {type: int, defaultValue: 8080, minValue: 1, maxValue: 65535}
variables:
  folder: /srv/www
  page: "[concat(variables('folder'), '/index.html')]"
resources:
  - name: page
    type: Tenon.Linux/File
    properties:
      path: "[variables('page')]"
      template: "port={{ port }} of {{owner}}\n"
      owner: "[parameters('owner')]"
"#;
    let document = Document::parse(text).expect("valid");
    let page = file_of(&document, 0);
    assert_eq!(
        (page.path.to_string().as_str(), page.content.as_str()),
        ("/srv/www/index.html", "port=8080 of www-data\n")
    );
    assert_eq!(page.owner.as_deref(), Some("www-data"));
}

#[test]
fn each_mistake_of_a_parameter_is_named_with_line_and_fix() {
    let parameter = |members: &str, line: &str, what: &str, fix: &str| {
        check(&with(&format!("parameters:\n  p:\n    {members}")), line, what, fix);
    };
    parameter("defaultValue: 1", "line 4", "parameter `p`: `type` is missing", "type: string");
    parameter("type: string", "line 4", "`defaultValue` is missing", "Add `defaultValue`");
    parameter(
        "type: text\n    defaultValue: a",
        "line 4",
        "the type `text` is unknown",
        "Write one of string",
    );
    parameter("type: int\n    defaultValue: a", "line 5", "is a text, not of the type `int`", "Change");
    parameter(
        "type: int\n    defaultValue: 1\n    allowedValues: [2]",
        "line 5",
        "none of the",
        "one of them",
    );
    parameter(
        "type: int\n    defaultValue: 1\n    minValue: 2",
        "line 5",
        "does not fit `minValue`",
        "Change",
    );
    parameter(
        "type: string\n    defaultValue: abc\n    maxLength: 2",
        "line 5",
        "does not fit `maxLength`",
        "Change",
    );
    parameter("type: string\n    colour: red", "line 5", "`colour` is unknown", "Remove it");
}

#[test]
fn a_secret_in_plain_text_is_warned_of_without_repeating_it() {
    for (text, line, what) in [
        (with("parameters: {dbPassword: {type: string, defaultValue: hunter2}}"), 2, "`dbPassword`"),
        (with("parameters: {p: {type: secureString, defaultValue: hunter2}}"), 2, "a secure parameter"),
        (with("variables:\n  apiToken: hunter2"), 3, "`apiToken`"),
        (with("variables:\n  key: '-----BEGIN RSA PRIVATE KEY----- hunter2'"), 3, "a private key"),
    ] {
        let document = Document::parse(&text).expect("valid");
        let [warning] = document.warnings() else { panic!("{:?}", document.warnings()) };
        let shown = warning.to_string();
        assert_eq!(warning.line, Some(line), "{shown}");
        assert!(shown.contains(what) && shown.contains("a file on the devices"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let expression = with("variables: {other: x, password: \"[variables('other')]\"}");
    assert_eq!(Document::parse(&expression).expect("valid").warnings(), []);
}

#[test]
fn each_mistake_of_the_other_types_is_named_with_line_and_fix() {
    let of = |kind: &str, properties: &str, what: &str, fix: &str| {
        let properties = properties.replace("; ", "\n    ");
        resource(&format!("name: a\n  type: {kind}\n  properties:\n    {properties}"), "line ", what, fix);
    };
    of("Tenon.Linux/Service", "name: ssh", "neither `enabled` nor `running`", "Add one");
    of("Tenon.Linux/Service", "name: '--now'; running: true", "`--now` is no name", "systemctl");
    of("Tenon.Linux/Service", "name: a b; running: true", "`a b` is no name", "systemctl");
    of("Tenon.Linux/Service", "name: ssh; running: 'yes'", "`running` is a text", "`true` or `false`");
    for name in ["nginx; rm -rf /", "$(id)", "-o", "a|b", "curl-", "Nginx", "a", "a b", "../a", "a:"] {
        of(
            "DSC.PackageManagement/Apt",
            &format!("packageName: '{}'", name.replace("; ", ";")),
            "no name of a Debian package",
            "lower-case",
        );
    }
    of("DSC.PackageManagement/Apt", "packageName: nginx; version: '1 2'", "no version", "latest");
    of("DSC.PackageManagement/Apt", "packageName: nginx; version: --x", "no version", "latest");
    of(
        "DSC.PackageManagement/Apt",
        "packageName: nginx; _exist: false; version: '1'",
        "absent has a version",
        "Remove",
    );
    of(
        "DSC.PackageManagement/Apt",
        "packageName: nginx; _exist: false; ensure: absent",
        "has both",
        "Remove one",
    );
    of("Tenon.Linux/Sysctl", "key: net/../x; value: 1", "no key of a kernel setting", "sysctl -a");
    of("Tenon.Linux/Sysctl", "key: net.x; value: [1]", "`value` is a list", "Write a number");
    of("Tenon.Linux/Sysctl", "key: net.x; value: \"a\\nb\"", "more than one line", "one line");
    of(
        "Tenon.Linux/User",
        "name: root",
        "`root` is no name of an account that policy may change",
        "lower-case",
    );
    of("Tenon.Linux/User", "name: anna; groups: ['a,b']", "no name of a group", "Write a name");
    of("Tenon.Linux/User", "name: anna; home: /a:b", "no plain absolute path", "/home/anna");
    of("Tenon.Linux/User", "name: anna; comment: 'a:b'", "has a colon", "Remove these");
    of("Tenon.Linux/User", "name: anna; uid: 0", "`uid` is 0", "whole number from 1");
    of("Tenon/Script", "test: 'true'", "`set` is missing", "Add a script");
    of(
        "Tenon/Script",
        "test: 'true'; set: 'true'; timeoutSeconds: 0",
        "`timeoutSeconds` is 0",
        "from 1 to 3600",
    );
    of("Tenon/Script", "test: 'true'; set: 'true'; runAs: 'a;b'", "`a;b` is no name", "/etc/passwd");
    of(
        "Tenon/Script",
        "test: 'true'; set: 'true'; interpreter: python",
        "no absolute path",
        "/usr/bin/python3",
    );
    of("Microsoft/OSInfo", "colour: red", "no property `colour`", "Remove it");
    of("Microsoft.DSC.Debug/Echo", "{}", "`output` is missing", "Add `output`");
}
