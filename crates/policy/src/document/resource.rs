//! Checks one resource of a document.

use super::{Problem, Properties, list, literal, shown, wrong_kind};
use crate::{
    File,
    expression::{self, Text},
    node::{Node, Value},
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

pub(super) fn checked(node: Node) -> Result<Raw, Problem> {
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
            "dependsOn" => {
                depends_on =
                    list(member.node, "dependsOn")?.into_iter().map(dependency).collect::<Result<_, _>>()?;
            }
            other => {
                return Err(Problem::new(
                    member.at,
                    format!("the member `{other}` of a resource is not supported by this version"),
                    "Remove it; a resource has `name`, `type`, `properties` and `dependsOn`.",
                ));
            }
        }
    }

    let name = name.ok_or_else(|| Problem::new(at, "a resource has no `name`", "Give it a name."))?;
    let (kind_at, kind) = kind.ok_or_else(|| {
        Problem::new(at, "`type` is missing", format!("Add `type: {}`.", File::TYPE)).of(&name)
    })?;
    if kind != File::TYPE {
        return Err(Problem::new(
            kind_at,
            format!("the type `{}` is not supported by this version", shown(&kind)),
            format!("Use `{}`, or remove the resource.", File::TYPE),
        )
        .of(&name));
    }
    let properties = properties
        .ok_or_else(|| Problem::new(at, "`properties` is missing", "Add `properties` with a `path`."))
        .and_then(File::checked)
        .map_err(|problem| problem.of(&name))?;

    Ok(Raw { at, name, properties: Properties::File(properties), depends_on })
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

fn dependency(node: Node) -> Result<(usize, String, String), Problem> {
    const FIX: &str = "Write `[resourceId('Type','name')]`.";

    let at = node.at;
    let Value::Text(raw) = node.value else {
        return Err(wrong_kind(at, "a member of `dependsOn`", "a text", &node.value));
    };
    if let Some((kind, name)) = expression::resource_id(&raw) {
        return Ok((at, kind, name));
    }
    Err(match expression::text(&raw) {
        Text::Expression { function } if function != "resourceId" => Problem::new(
            at,
            format!("the function `{function}` in `dependsOn` is not supported by this version"),
            FIX,
        ),
        Text::Expression { .. } | Text::Literal(_) => {
            Problem::new(at, format!("`dependsOn` holds `{}`, which names no resource", shown(&raw)), FIX)
        }
    })
}
