//! Checks one resource of a document.

use super::{Problem, list, literal, shown, wrong_kind};
use crate::{
    Properties,
    expression::{Scope, evaluated},
    node::{Node, Value},
    resource::{BUILT_IN, is_type_name},
};

/// The longest name of a resource, in bytes. It is repeated in reports and logs.
const LONGEST_NAME: usize = 255;

/// A resource whose dependencies are not looked up yet.
pub(super) struct Raw {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) properties: Properties,
    pub(super) depends_on: Vec<(usize, String, String)>,
}

/// The members of a resource, whatever its type.
struct Parts {
    at: usize,
    name: String,
    kind_at: usize,
    kind: String,
    properties: Option<Node>,
    depends_on: Vec<Node>,
}

/// Checks a resource that the agent applies.
pub(super) fn checked(node: Node, scope: &Scope, commands: &[String]) -> Result<Raw, Problem> {
    let Parts { at, name, kind_at, kind, properties, depends_on } = parts(evaluated(node, scope)?)?;
    if !BUILT_IN.contains(&kind.as_str()) && !commands.contains(&kind) {
        return Err(unknown(kind_at, &kind).of(&name));
    }
    let properties = properties.unwrap_or(Node { at, value: Value::Map(Vec::new()) });
    let properties = Properties::checked(&kind, properties, scope).map_err(|problem| problem.of(&name))?;
    let depends_on = depends_on.into_iter().map(dependency).collect::<Result<_, _>>()?;
    Ok(Raw { at, name, properties, depends_on })
}

/// Checks no more than the shape of a resource that `dsc` applies: types, functions and properties are its own.
pub(super) fn left_to_dsc(node: Node) -> Result<Raw, Problem> {
    let Parts { at, name, kind, .. } = parts(node)?;
    Ok(Raw { at, name, properties: Properties::LeftToDsc { kind }, depends_on: Vec::new() })
}

fn parts(node: Node) -> Result<Parts, Problem> {
    let at = node.at;
    let members = match node.value {
        Value::Map(members) => members,
        other => return Err(wrong_kind(at, "a resource", "a map", &other)),
    };
    let (mut name, mut kind, mut properties, mut depends_on) = (None, None, None, Vec::new());
    for member in members {
        match member.name.as_str() {
            "name" => name = Some(resource_name(member.node)?),
            "type" => kind = Some((member.node.at, literal(member.node, "type")?)),
            "properties" => properties = Some(member.node),
            "dependsOn" => depends_on = list(member.node, "dependsOn")?,
            other => {
                return Err(Problem::new(
                    member.at,
                    format!("the member `{}` of a resource is not supported by this version", shown(other)),
                    "Remove it; a resource has `name`, `type`, `properties` and `dependsOn`.",
                ));
            }
        }
    }
    let name = name.ok_or_else(|| Problem::new(at, "a resource has no `name`", "Give it a name."))?;
    let (kind_at, kind) = kind.ok_or_else(|| {
        Problem::new(at, "`type` is missing", "Add it, such as `type: Tenon.Linux/File`.").of(&name)
    })?;
    if !is_type_name(&kind) {
        let what = format!("`{}` is no name of a type", shown(&kind));
        return Err(Problem::new(kind_at, what, "Write it as `Owner.Area/Name`.").of(&name));
    }
    Ok(Parts { at, name, kind_at, kind, properties, depends_on })
}

fn unknown(at: usize, kind: &str) -> Problem {
    let what = match kind {
        "Microsoft.DSC/PowerShell" | "Microsoft.Windows/WindowsPowerShell" | "Microsoft.Windows/WMI" => {
            format!("the type `{kind}` is an adapter, and adapters are not supported")
        }
        "Microsoft.DSC/Group" | "Microsoft.DSC/Assertion" | "Microsoft.DSC/Include" => {
            format!("the type `{kind}` holds other resources, which is not supported")
        }
        _ => format!("the type `{}` is not supported by this version", shown(kind)),
    };
    let fix = format!(
        "Use one of {}; name a type that a manifest on the devices brings along in \
         `metadata.Tenon.commandResources`; or have `dsc` apply the document: `metadata.Tenon.engine: dsc`.",
        BUILT_IN.join(", ")
    );
    Problem::new(at, what, fix)
}

fn resource_name(node: Node) -> Result<String, Problem> {
    let at = node.at;
    let name = literal(node, "name")?;
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Problem::new(
            at,
            "the name of a resource is empty, too long or not printable",
            format!("Give it a name of 1 to {LONGEST_NAME} bytes."),
        ));
    }
    Ok(name)
}

/// Takes what `resourceId` made: a type and a name with a colon between.
fn dependency(node: Node) -> Result<(usize, String, String), Problem> {
    let at = node.at;
    let Value::Text(raw) = node.value else {
        return Err(wrong_kind(at, "a member of `dependsOn`", "a text", &node.value));
    };
    match raw.split_once(':') {
        Some((kind, name)) if kind.contains('/') => Ok((at, kind.to_owned(), name.to_owned())),
        _ => {
            let what = format!("`dependsOn` holds `{}`, which names no resource", shown(&raw));
            Err(Problem::new(at, what, "Write `[resourceId('Type','name')]`."))
        }
    }
}
