//! DSC v3 configuration documents: parsed, evaluated and checked whole, each mistake named with its line and its fix.

mod parameters;
mod metadata;
mod fields;
mod resource;
mod link;
mod secret;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod golden;

use std::fmt;

pub(crate) use fields::Fields;
pub use metadata::Engine;

use crate::{
    Properties,
    expression::{Environment, Scope},
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
    warnings: Vec<Warning>,
    engine: Engine,
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

/// What an administrator should know about a document that is valid all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Warning {
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// What stands there. Never a value.
    pub what: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}. {}", self.what, self.fix)
    }
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
    /// Parses and checks a document, JSON or YAML, as an account that stands for any other.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        Self::parse_for(text, &Environment::stand_in())
    }

    /// Parses and checks a document as it is for one account.
    pub fn parse_for(text: &str, environment: &Environment) -> Result<Self, DocumentError> {
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
        let secrets = secret::found(&root);

        let mut document = checked(root, environment).map_err(|problem| DocumentError {
            line: node::line(text, problem.at),
            what: problem.what,
            fix: problem.fix,
        })?;
        document.warnings = secrets
            .into_iter()
            .map(|Problem { at, what, fix }| Warning { line: node::line(text, at), what, fix })
            .collect();
        Ok(document)
    }

    /// Returns the resources in the order in which they run.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns what an administrator should know about the document.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Returns what applies the document.
    pub fn engine(&self) -> Engine {
        self.engine
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

fn checked(root: Node, environment: &Environment) -> Result<Document, Problem> {
    let at = root.at;
    let members = match root.value {
        Value::Map(members) => members,
        other => {
            let what = format!("it is {}, not a map", other.kind());
            return Err(Problem::new(at, what, "Begin with `$schema` and `resources`."));
        }
    };
    let (mut schema, mut resources, mut parameters, mut variables) = (None, None, None, None);
    let mut metadata = metadata::Metadata::default();
    for Member { at, name, node } in members {
        match name.as_str() {
            "$schema" => schema = Some(known_schema(node)?),
            "resources" => resources = Some(list(node, "resources")?),
            "parameters" => parameters = Some(node),
            "variables" => variables = Some(node),
            "contentVersion" => {
                literal(node, "contentVersion")?;
            }
            "metadata" => metadata = metadata::checked(node)?,
            "functions" | "outputs" | "directives" => {
                return Err(Problem::new(
                    at,
                    format!("`{name}` is not supported by this version"),
                    "Write the values into the resources themselves and remove it.",
                ));
            }
            _ => {
                return Err(Problem::new(
                    at,
                    format!("the member `{}` is unknown", shown(&name)),
                    "Remove it; a document has `$schema`, `contentVersion`, `metadata`, `parameters`, \
                     `variables` and `resources`.",
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
    if metadata.engine == Engine::Dsc {
        let resources = resources.into_iter().map(resource::left_to_dsc).collect::<Result<_, _>>()?;
        return Ok(Document { engine: Engine::Dsc, ..link::in_order(resources)? });
    }

    let mut scope = Scope::new(environment);
    if let Some(node) = parameters {
        parameters::parameters(node, &mut scope)?;
    }
    if let Some(node) = variables {
        parameters::variables(node, &mut scope)?;
    }
    let resources = resources.into_iter().map(|node| resource::checked(node, &scope, &metadata.commands));
    link::in_order(resources.collect::<Result<_, _>>()?)
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

/// Returns a text; its expressions have been evaluated before.
pub(crate) fn literal(node: Node, member: &str) -> Result<String, Problem> {
    match node.value {
        Value::Text(text) => Ok(text),
        other => Err(wrong_kind(node.at, &format!("`{member}`"), "a text", &other)),
    }
}

pub(crate) fn list(node: Node, member: &str) -> Result<Vec<Node>, Problem> {
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
