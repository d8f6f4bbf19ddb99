//! The properties of a resource, taken one by one.

use super::{Problem, list, shown, wrong_kind};
use crate::{
    expression::{Scope, template},
    node::{Member, Node, Value},
};

/// Properties that are not taken yet.
pub(crate) struct Fields {
    kind: &'static str,
    pub(crate) at: usize,
    members: Vec<Member>,
}

impl Fields {
    /// Takes a map whose members are all `known` to the type.
    pub(crate) fn of(kind: &'static str, node: Node, known: &[&str]) -> Result<Self, Problem> {
        let members = match node.value {
            Value::Map(members) => members,
            other => return Err(wrong_kind(node.at, "`properties`", "a map", &other)),
        };
        match members.iter().find(|member| !known.contains(&member.name.as_str())) {
            Some(other) => Err(Problem::new(
                other.at,
                format!("`{kind}` has no property `{}`", shown(&other.name)),
                format!("Remove it; the type has {}.", known.join(", ")),
            )),
            None => Ok(Self { kind, at: node.at, members }),
        }
    }

    fn take(&mut self, name: &str) -> Option<Node> {
        let index = self.members.iter().position(|member| member.name == name)?;
        Some(self.members.swap_remove(index).node)
    }

    /// Takes a text.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<(usize, String)>, Problem> {
        let Some(node) = self.take(name) else { return Ok(None) };
        match node.value {
            Value::Text(text) => Ok(Some((node.at, text))),
            other => Err(wrong_kind(node.at, &format!("`{name}`"), "a text", &other)),
        }
    }

    /// Takes a text that must be there.
    pub(crate) fn needed(&mut self, name: &str, fix: &str) -> Result<(usize, String), Problem> {
        self.text(name)?.ok_or_else(|| Problem::new(self.at, format!("`{name}` is missing"), fix))
    }

    /// Takes the text of a script or file, or fills the template in its place.
    pub(crate) fn template(&mut self, name: &str, scope: &Scope) -> Result<Option<String>, Problem> {
        self.text(name)?.map(|(at, text)| template(&text, at, scope)).transpose()
    }

    /// Takes a boolean.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        let Some(node) = self.take(name) else { return Ok(None) };
        match node.value {
            Value::Bool(flag) => Ok(Some(flag)),
            other => Err(wrong_kind(node.at, &format!("`{name}`"), "`true` or `false`", &other)),
        }
    }

    /// Takes a whole number between two bounds.
    pub(crate) fn whole(&mut self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Problem> {
        let Some(node) = self.take(name) else { return Ok(None) };
        let fix = format!("Write a whole number from {least} to {most}.");
        match &node.value {
            Value::Number(number) => match number.as_u64() {
                Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
                _ => Err(Problem::new(node.at, format!("`{name}` is {number}"), fix)),
            },
            other => Err(Problem::new(node.at, format!("`{name}` is {}", other.kind()), fix)),
        }
    }

    /// Takes a list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<(usize, String)>, Problem> {
        let Some(node) = self.take(name) else { return Ok(Vec::new()) };
        list(node, name)?
            .into_iter()
            .map(|node| match node.value {
                Value::Text(text) => Ok((node.at, text)),
                other => Err(wrong_kind(node.at, &format!("an element of `{name}`"), "a text", &other)),
            })
            .collect()
    }

    /// Takes any value.
    pub(crate) fn any(&mut self, name: &str) -> Option<Node> {
        self.take(name)
    }

    /// Takes whether the thing is to exist: `_exist` as DSC writes it, or `ensure` in words.
    pub(crate) fn exists(&mut self) -> Result<bool, Problem> {
        let exist = self.flag("_exist")?;
        let ensure = self.text("ensure")?;
        match (exist, ensure) {
            (Some(_), Some((at, _))) => Err(Problem::new(
                at,
                format!("a `{}` has both `_exist` and `ensure`", self.kind),
                "Remove one of the two.",
            )),
            (Some(exist), None) => Ok(exist),
            (None, None) => Ok(true),
            (None, Some((at, word))) => match word.as_str() {
                "present" => Ok(true),
                "absent" => Ok(false),
                other => Err(Problem::new(
                    at,
                    format!("`ensure` is `{}`", shown(other)),
                    "Write `present` or `absent`.",
                )),
            },
        }
    }
}
