//! Documents in the forms that Microsoft documents, each with what it must mean here. The facts are those of the
//! reference of DSC v3: <https://learn.microsoft.com/powershell/dsc/reference/schemas/config/document>, of its functions
//! <https://learn.microsoft.com/powershell/dsc/reference/schemas/config/functions/overview>, and of the resources
//! <https://github.com/PowerShell/DSC/tree/main/docs/reference/resources>. The texts are our own.

use super::*;

/// Parameters are named in `properties` and take their `defaultValue`; `Microsoft/OSInfo` is tested.
const PARAMETERS: (&str, &str) = (
    r#"
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
parameters:
  system:
    type: string
    defaultValue: Linux
    allowedValues: [Linux, Windows, macOS]
resources:
- name: the system
  type: Microsoft/OSInfo
  properties:
    family: "[parameters('system')]"
"#,
    r#"the system: OsInfo(OsInfo { family: Some("Linux"), version: None, codename: None, bitness: None, architecture: None })"#,
);

/// `dependsOn` takes what `resourceId` makes, and decides the order; `Microsoft.DSC.Debug/Echo` takes any `output`.
const ORDER: (&str, &str) = (
    r#"{
  "$schema": "https://raw.githubusercontent.com/PowerShell/DSC/main/schemas/2023/10/config/document.json",
  "resources": [
    {"name": "second", "type": "Microsoft.DSC.Debug/Echo", "properties": {"output": {"any": ["value", 1]}},
     "dependsOn": ["[resourceId('Microsoft.DSC.Debug/Echo','first')]"]},
    {"name": "first", "type": "Microsoft.DSC.Debug/Echo", "properties": {"output": "[concat('a','b')]"}}
  ]
}"#,
    "first: Echo / second after first: Echo",
);

/// A package by `packageName`; `_exist` says whether, and `version` which.
const PACKAGES: (&str, &str) = (
    r#"
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
metadata:
  Microsoft.DSC: {securityContext: elevated}
resources:
- name: web server
  type: DSC.PackageManagement/Apt
  properties: {packageName: nginx, version: 1.24.0-2ubuntu7}
- name: old shell
  type: DSC.PackageManagement/Apt
  properties: {packageName: telnet, _exist: false}
"#,
    r#"web server: Apt(Apt { name: "nginx", exists: true, version: Exact("1.24.0-2ubuntu7") }) / old shell: Apt(Apt { name: "telnet", exists: false, version: Any })"#,
);

/// Variables hold any value and are taken apart by `.` and `[]`; a text that begins with `[[` is no expression.
const VARIABLES: (&str, &str) = (
    r#"
$schema: https://aka.ms/dsc/schemas/v3.0.0/bundled/config/document.json
variables:
  service: {name: ssh, states: [true, false]}
resources:
- name: "[[literal]"
  type: Tenon.Linux/Service
  properties:
    name: "[variables('service').name]"
    enabled: "[variables('service').states[0]]"
"#,
    r#"[literal]: Service(Service { name: "ssh", enabled: Some(true), running: None })"#,
);

#[test]
fn documents_in_microsofts_form_mean_what_they_mean_to_dsc() {
    for (text, expected) in [PARAMETERS, ORDER, PACKAGES, VARIABLES] {
        let document = Document::parse(text).expect("valid");
        let resources = document.resources();
        let meant: Vec<_> = resources
            .iter()
            .map(|resource| {
                let after: Vec<_> = resource.depends_on.iter().map(|need| &*resources[*need].name).collect();
                let after =
                    if after.is_empty() { String::new() } else { format!(" after {}", after.join(", ")) };
                format!("{}{after}: {:?}", resource.name, resource.properties)
            })
            .collect();
        assert_eq!(meant.join(" / "), expected, "{text}");
    }
}

#[test]
fn what_only_dsc_understands_is_left_to_it() {
    let text = "$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json\nmetadata:\n  Tenon: {engine: dsc}\n\
                resources:\n- name: a\n  type: Microsoft.DSC/PowerShell\n  properties:\n    resources: []\n    \
                other: \"[reference('x')]\"\n";
    let document = Document::parse(text).expect("valid");
    assert_eq!(document.engine(), Engine::Dsc);
    assert_eq!(document.resources()[0].properties.kind(), "Microsoft.DSC/PowerShell");
}
