//! The text of a document as a tree, JSON and YAML alike. Each place in the tree has a number, and the line of a place
//! is found by reading the text again and stopping there: neither parser hands out lines otherwise.

use std::{cell::Cell, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// The most values of one document. YAML aliases can make a short text into a huge tree; 1 MiB of plain text holds
/// fewer values than this.
const MOST_VALUES: usize = 100_000;

/// A value and the number of its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Member>),
}

/// A member of a map; `at` is the place of its name.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) at: usize,
    pub(crate) name: String,
    pub(crate) node: Node,
}

/// A text that is neither JSON nor YAML, or a tree that is refused.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) line: Option<usize>,
    pub(crate) what: String,
}

impl Value {
    /// Names the kind of value in messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

impl Node {
    /// Returns the value as JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => serde_json::Value::Bool(*flag),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::Text(text) => serde_json::Value::String(text.clone()),
            Value::List(nodes) => serde_json::Value::Array(nodes.iter().map(Node::to_json).collect()),
            Value::Map(members) => serde_json::Value::Object(
                members.iter().map(|member| (member.name.clone(), member.node.to_json())).collect(),
            ),
        }
    }
}

/// Reads a text: JSON where it begins with a brace, YAML otherwise.
pub(crate) fn read(text: &str) -> Result<Node, Unreadable> {
    read_until(text, None)
}

/// Returns the line of a place, from 1.
pub(crate) fn line(text: &str, at: usize) -> Option<usize> {
    read_until(text, Some(at)).err().and_then(|stopped| stopped.line)
}

fn read_until(text: &str, stop: Option<usize>) -> Result<Node, Unreadable> {
    let count = Cell::new(0);
    let reader = Reader { count: &count, stop };

    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
        let node = reader.deserialize(&mut json).and_then(|node| json.end().map(|()| node));
        node.map_err(|error| Unreadable {
            line: Some(error.line()).filter(|line| *line > 0),
            what: without_place(&error.to_string()),
        })
    } else {
        let node = reader.deserialize(yaml_serde::Deserializer::from_str(text));
        node.map_err(|error| Unreadable {
            line: error.location().map(|location| location.line()),
            what: without_place(&error.to_string()),
        })
    }
}

/// Both parsers end their messages with the place, which is said apart.
fn without_place(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    count: &'a Cell<usize>,
    stop: Option<usize>,
}

impl Reader<'_> {
    /// Takes the number of the next place.
    fn arrive<E: de::Error>(self) -> Result<usize, E> {
        let at = self.count.get();
        if at >= MOST_VALUES {
            return Err(E::custom(format_args!("the document holds more than {MOST_VALUES} values")));
        }
        self.count.set(at + 1);
        Ok(at)
    }

    fn leave<E: de::Error>(self, at: usize) -> Result<(), E> {
        if self.stop == Some(at) { Err(E::custom("the place that was looked for")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let at = self.arrive()?;
        let value = deserializer.deserialize_any(Tree { reader: self, at })?;
        Ok(Node { at, value })
    }
}

/// Reads the name of a member.
struct Name<'a>(Reader<'a>);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = (usize, String);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let at = self.0.arrive()?;
        match deserializer.deserialize_any(Tree { reader: self.0, at })? {
            Value::Text(name) => Ok((at, name)),
            other => {
                Err(de::Error::custom(format_args!("a member's name must be a text, not {}", other.kind())))
            }
        }
    }
}

struct Tree<'a> {
    reader: Reader<'a>,
    at: usize,
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        self.reader.leave(self.at).map(|()| Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
        self.reader.leave(self.at).map(|()| Value::Bool(flag))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        self.reader.leave(self.at).map(|()| Value::Number(number.into()))
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Value, E> {
        Err(E::custom(format_args!("the number {number} is too large")))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        self.reader.leave(self.at).map(|()| Value::Number(number.into()))
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Value, E> {
        Err(E::custom(format_args!("the number {number} is too large")))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        self.reader.leave(self.at)?;
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        self.reader.leave(self.at).map(|()| Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.reader.leave(self.at)?;
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self.reader)? {
            nodes.push(node);
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.reader.leave(self.at)?;
        let mut members: Vec<Member> = Vec::new();
        while let Some((at, name)) = map.next_key_seed(Name(self.reader))? {
            if members.iter().any(|member| member.name == name) {
                return Err(de::Error::custom(format_args!("the member `{name}` stands twice")));
            }
            let node = map.next_value_seed(self.reader)?;
            members.push(Member { at, name, node });
        }
        Ok(Value::Map(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_by_its_line_in_both_languages() {
        for text in ["{\n\"a\":\n1,\n\"b\": [\n\"x\"]}", "a:\n  1\nb:\n  - x\n"] {
            let Value::Map(members) = read(text).expect("valid").value else { panic!("a map") };
            let lines: Vec<_> = members.iter().map(|member| line(text, member.at)).collect();
            let expected = if text.starts_with('{') { [Some(2), Some(4)] } else { [Some(1), Some(3)] };
            assert_eq!(lines, expected, "{text}");
        }
    }

    #[test]
    fn what_is_ambiguous_or_huge_is_refused() {
        check("{\"a\": 1,\n\"a\": 2}", "`a` stands twice", Some(2));
        check("a: 1\nb: 2\na: 3\n", "`a` stands twice", None);
        check("{\"a\": }", "expected value", Some(1));
        check("a: [1, 2\n", "", None);
        check("1: 2\n", "a member's name must be a text, not a number", None);
        check("a: !secret x\n", "enum", None);
        check("a: 1\n---\na: 2\n", "more than one document", None);

        let list = format!("[{}]", "1,".repeat(1_000));
        let bomb = format!("a: &a {list}\nb: [{}]\n", "*a,".repeat(1_000));
        check(&bomb, "more than 100000 values", None);
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
        check(&deep, "recursion limit", Some(1));
    }

    #[track_caller]
    fn check(text: &str, what: &str, line: Option<usize>) {
        let refused = read(text).expect_err("refused");
        assert!(refused.what.contains(what), "`{what}` is missing from `{}`", refused.what);
        if line.is_some() {
            assert_eq!(refused.line, line);
        }
    }
}
