//! What metadata says to an engine; the rest of it is for people.

use super::{Problem, list, literal, shown, wrong_kind};
use crate::{
    node::{Node, Value},
    resource::is_type_name,
};

/// What applies a document.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Engine {
    /// The agent itself.
    #[default]
    Agent,
    /// Microsoft's `dsc`, where the device's owner has named it: `metadata.Tenon.engine` is `dsc`.
    Dsc,
}

#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) engine: Engine,
    /// The types that manifests on the devices bring along.
    pub(super) commands: Vec<String>,
}

pub(super) fn checked(node: Node) -> Result<Metadata, Problem> {
    let members = match node.value {
        Value::Map(members) => members,
        other => return Err(wrong_kind(node.at, "metadata", "a map", &other)),
    };
    let mut metadata = Metadata::default();
    for member in members {
        match member.name.as_str() {
            "Tenon" => metadata = tenon(member.node)?,
            "Microsoft.DSC" => microsoft(member.node)?,
            other if other.starts_with("Microsoft.DSC") => {
                return Err(Problem::new(
                    member.at,
                    format!("`metadata.{}` is not supported by this version", shown(other)),
                    "Remove it.",
                ));
            }
            _ => {}
        }
    }
    Ok(metadata)
}

fn tenon(node: Node) -> Result<Metadata, Problem> {
    let members = match node.value {
        Value::Map(members) => members,
        other => return Err(wrong_kind(node.at, "`metadata.Tenon`", "a map", &other)),
    };
    let mut metadata = Metadata::default();
    for member in members {
        let at = member.node.at;
        match member.name.as_str() {
            "engine" => {
                metadata.engine = match literal(member.node, "engine")?.as_str() {
                    "agent" => Engine::Agent,
                    "dsc" => Engine::Dsc,
                    other => {
                        let what = format!("the engine `{}` is unknown", shown(other));
                        return Err(Problem::new(at, what, "Write `agent` or `dsc`."));
                    }
                }
            }
            "commandResources" => {
                for node in list(member.node, "commandResources")? {
                    let at = node.at;
                    let kind = literal(node, "commandResources")?;
                    if !is_type_name(&kind) {
                        let what = format!("`{}` is no name of a type", shown(&kind));
                        return Err(Problem::new(at, what, "Write it as `Owner.Area/Name`."));
                    }
                    metadata.commands.push(kind);
                }
            }
            other => {
                return Err(Problem::new(
                    member.at,
                    format!("`metadata.Tenon` has no member `{}`", shown(other)),
                    "Remove it; it has `engine` and `commandResources`.",
                ));
            }
        }
    }
    Ok(metadata)
}

/// Documents for `dsc` say which rights they need. The agent applies machine policy as root and user policy as the
/// user, whatever they say, so that only a need that it cannot meet is refused.
fn microsoft(node: Node) -> Result<(), Problem> {
    let members = match node.value {
        Value::Map(members) => members,
        other => return Err(wrong_kind(node.at, "`metadata.Microsoft.DSC`", "a map", &other)),
    };
    for member in members {
        let at = member.node.at;
        if member.name != "securityContext" {
            return Err(Problem::new(
                member.at,
                format!("`metadata.Microsoft.DSC.{}` is not supported by this version", shown(&member.name)),
                "Remove it.",
            ));
        }
        let context = literal(member.node, "securityContext")?;
        if context != "elevated" && context != "current" {
            return Err(Problem::new(
                at,
                format!("the security context `{}` cannot be had", shown(&context)),
                "Write `elevated` or `current`; assign it as user policy to have it applied without rights.",
            ));
        }
    }
    Ok(())
}
