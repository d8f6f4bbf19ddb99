//! DSC v3 configuration documents: parsed and checked whole, each mistake named with its line and its fix.

mod resource;
mod link;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::{
    File,
    expression::{self, Text},
    node::{self, Member, Node, Value},
};

/// The largest text of a document, in bytes: what the management point keeps and the agent takes.
pub const LARGEST: usize = 1 << 20;

/// The most resources of one document. Each is tested one after the other, within the time of one action.
pub const MOST_RESOURCES: usize = 1000;

const SCHEMA: &str = "https://aka.ms/dsc/schemas/v3/bundled/config/document.json";
const SCHEMA_HOMES: [&str; 2] =
    ["https://aka.ms/dsc/schemas/", "https://raw.githubusercontent.com/PowerShell/DSC/main/schemas/"];

/// A configuration document, checked. Holds only what this version can apply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    resources: Vec<Resource>,
}

/// One resource of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resource {
    /// Its name, unique among the resources of its type.
    pub name: String,
    /// What it is, and how it must be.
    pub properties: Properties,
    /// What it depends on, as indices of [`Document::resources`], each below its own.
    pub depends_on: Vec<usize>,
}

/// The desired state of a resource, by its type.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Properties {
    /// `Tenon.Linux/File`
    File(File),
}

/// Why a document is refused, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct DocumentError {
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the policy document is not valid")?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}. {}", self.what, self.fix)
    }
}

impl Document {
    /// Parses and checks a document, JSON or YAML.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        if text.len() > LARGEST {
            return Err(DocumentError {
                line: None,
                what: format!("it has {} bytes, more than {LARGEST}", text.len()),
                fix: "Split it into several policies.".to_owned(),
            });
        }
        let root = node::read(text).map_err(|unreadable| DocumentError {
            line: unreadable.line,
            what: unreadable.what,
            fix: "Write one JSON or YAML document with `$schema` and `resources`.".to_owned(),
        })?;

        checked(root).map_err(|problem| DocumentError {
            line: node::line(text, problem.at),
            what: problem.what,
            fix: problem.fix,
        })
    }

    /// Returns the resources in the order in which they run.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }
}

impl Properties {
    /// Returns the name of the resource's type.
    pub fn kind(&self) -> &'static str {
        match self {
            Properties::File(_) => File::TYPE,
        }
    }
}

/// A mistake at a place of the tree.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) at: usize,
    pub(crate) what: String,
    pub(crate) fix: String,
}

impl Problem {
    pub(crate) fn new(at: usize, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { at, what: what.into(), fix: fix.into() }
    }

    fn of(self, name: &str) -> Self {
        Self { what: format!("resource `{name}`: {}", self.what), ..self }
    }
}

fn checked(root: Node) -> Result<Document, Problem> {
    let at = root.at;
    let members = match root.value {
        Value::Map(members) => members,
        other => {
            let what = format!("it is {}, not a map", other.kind());
            return Err(Problem::new(at, what, "Begin with `$schema` and `resources`."));
        }
    };
    let mut schema = None;
    let mut resources = None;
    for Member { at, name, node } in members {
        match name.as_str() {
            "$schema" => schema = Some(known_schema(node)?),
            "resources" => resources = Some(list(node, "resources")?),
            "contentVersion" => {
                literal(node, "contentVersion")?;
            }
            "metadata" => metadata(node)?,
            "parameters" | "variables" | "functions" | "outputs" | "directives" => {
                return Err(Problem::new(
                    at,
                    format!("`{name}` is not supported by this version"),
                    "Write the values into the resources themselves and remove it.",
                ));
            }
            _ => {
                return Err(Problem::new(
                    at,
                    format!("the member `{name}` is unknown"),
                    "Remove it; a document has `$schema`, `contentVersion`, `metadata` and `resources`.",
                ));
            }
        }
    }
    if schema.is_none() {
        return Err(Problem::new(at, "`$schema` is missing", format!("Add `$schema: {SCHEMA}`.")));
    }
    let resources =
        resources.ok_or_else(|| Problem::new(at, "`resources` is missing", "Add a list of resources."))?;
    if resources.len() > MOST_RESOURCES {
        return Err(Problem::new(
            at,
            format!("it has {} resources, more than {MOST_RESOURCES}", resources.len()),
            "Split it into several policies.",
        ));
    }

    link::in_order(resources.into_iter().map(resource::checked).collect::<Result<_, _>>()?)
}

fn known_schema(node: Node) -> Result<(), Problem> {
    let at = node.at;
    let uri = literal(node, "$schema")?;
    let known = SCHEMA_HOMES.iter().any(|home| uri.starts_with(home))
        && uri.contains("/config/document.")
        && uri.ends_with("json");
    if known {
        return Ok(());
    }
    Err(Problem::new(
        at,
        format!("the schema `{}` is not that of a DSC v3 configuration document", shown(&uri)),
        format!("Write `$schema: {SCHEMA}`."),
    ))
}

/// Metadata is for people, except what Microsoft's engine reads there.
fn metadata(node: Node) -> Result<(), Problem> {
    match node.value {
        Value::Map(members) => match members.iter().find(|member| member.name.starts_with("Microsoft.DSC")) {
            Some(member) => Err(Problem::new(
                member.at,
                format!("`metadata.{}` is not supported by this version", member.name),
                "Remove it.",
            )),
            None => Ok(()),
        },
        other => Err(wrong_kind(node.at, "metadata", "a map", &other)),
    }
}

/// Returns a text that is no expression.
pub(crate) fn literal(node: Node, member: &str) -> Result<String, Problem> {
    let Value::Text(raw) = node.value else {
        return Err(wrong_kind(node.at, &format!("`{member}`"), "a text", &node.value));
    };
    match expression::text(&raw) {
        Text::Literal(text) => Ok(text),
        Text::Expression { function } => Err(Problem::new(
            node.at,
            format!("the function `{function}` in `{member}` is not supported by this version"),
            "Write the value itself; a text in brackets begins with `[[`.",
        )),
    }
}

fn list(node: Node, member: &str) -> Result<Vec<Node>, Problem> {
    match node.value {
        Value::List(nodes) => Ok(nodes),
        other => Err(wrong_kind(node.at, &format!("`{member}`"), "a list", &other)),
    }
}

pub(crate) fn wrong_kind(at: usize, thing: &str, needed: &str, found: &Value) -> Problem {
    Problem::new(at, format!("{thing} is {}", found.kind()), format!("Write {needed}."))
}

/// Cuts what is repeated in a message.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(128).collect()
}
