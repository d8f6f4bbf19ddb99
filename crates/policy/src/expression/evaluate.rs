//! Evaluates the expressions of a document.

use std::{cell::Cell, collections::BTreeMap};

use super::{
    ENVIRONMENT, Environment, FUNCTIONS,
    syntax::{self, Taken, Term, Text},
};
use crate::{
    document::{LARGEST, Problem, shown},
    node::{Member, Node, Value},
};

/// What expressions may refer to.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    environment: &'a Environment,
    parameters: BTreeMap<String, Value>,
    variables: BTreeMap<String, Value>,
    /// Bytes that expressions may still make: a variable that is built of others can double with each step.
    room: Cell<usize>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Self {
        let (parameters, variables) = (BTreeMap::new(), BTreeMap::new());
        Self { environment, parameters, variables, room: Cell::new(LARGEST) }
    }

    pub(crate) fn add_parameter(&mut self, name: String, value: Value) {
        self.parameters.insert(name, value);
    }

    pub(crate) fn add_variable(&mut self, name: String, value: Value) {
        self.variables.insert(name, value);
    }

    fn spend(&self, bytes: usize) -> Result<(), String> {
        let left = self.room.get().checked_sub(bytes);
        self.room.set(left.ok_or_else(|| format!("expressions make more than {LARGEST} bytes"))?);
        Ok(())
    }
}

/// Evaluates every text in a tree. What an expression makes has the place of the expression.
pub(crate) fn evaluated(node: Node, scope: &Scope) -> Result<Node, Problem> {
    let Node { at, value } = node;
    let value = match value {
        Value::Text(raw) => match syntax::text(&raw) {
            Text::Literal(text) => Value::Text(text),
            Text::Expression(inner) => syntax::parse(inner)
                .and_then(|term| value_of(&term, at, scope))
                .map_err(|what| not_evaluated(at, &raw, &what))?,
        },
        Value::List(nodes) => {
            Value::List(nodes.into_iter().map(|node| evaluated(node, scope)).collect::<Result<_, _>>()?)
        }
        Value::Map(members) => Value::Map(
            members
                .into_iter()
                .map(|Member { at, name, node }| Ok(Member { at, name, node: evaluated(node, scope)? }))
                .collect::<Result<_, Problem>>()?,
        ),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    };
    Ok(Node { at, value })
}

fn not_evaluated(at: usize, raw: &str, what: &str) -> Problem {
    Problem::new(
        at,
        format!("the expression `{}` cannot be evaluated: {what}", shown(raw)),
        format!(
            "Use the functions {}; a text that is meant to stand in brackets begins with `[[`.",
            FUNCTIONS.map(|name| format!("`{name}`")).join(", ")
        ),
    )
}

fn value_of(term: &Term, at: usize, scope: &Scope) -> Result<Value, String> {
    match term {
        Term::Text(text) => Ok(Value::Text(text.clone())),
        Term::Number(number) => Ok(Value::Number((*number).into())),
        Term::Bool(flag) => Ok(Value::Bool(*flag)),
        Term::Call { function, arguments, taken } => {
            if !FUNCTIONS.contains(&function.as_str()) {
                return Err(format!("the function `{}` is not supported", shown(function)));
            }
            let arguments =
                arguments.iter().map(|term| value_of(term, at, scope)).collect::<Result<Vec<_>, _>>()?;
            let result = call(function, arguments, at, scope)?;
            let result = taken.iter().try_fold(result, take)?;
            scope.spend(weight(&result))?;
            Ok(result)
        }
    }
}

fn call(function: &str, arguments: Vec<Value>, at: usize, scope: &Scope) -> Result<Value, String> {
    match function {
        "concat" => concat(arguments),
        "createArray" => Ok(Value::List(arguments.into_iter().map(|value| Node { at, value }).collect())),
        "resourceId" => match arguments.as_slice() {
            [Value::Text(kind), Value::Text(name)] if !kind.contains(':') => {
                Ok(Value::Text(format!("{kind}:{name}")))
            }
            _ => Err("`resourceId` takes a type and a name".to_owned()),
        },
        "parameters" => named(arguments, function, &scope.parameters),
        "variables" => named(arguments, function, &scope.variables),
        _ => match arguments.as_slice() {
            [Value::Text(name)] => {
                scope.environment.variable(name).map(|value| Value::Text(value.to_owned())).ok_or_else(|| {
                    format!("`envvar` reads {}, and not `{}`", ENVIRONMENT.join(", "), shown(name))
                })
            }
            _ => Err("`envvar` takes a name".to_owned()),
        },
    }
}

fn named(arguments: Vec<Value>, function: &str, of: &BTreeMap<String, Value>) -> Result<Value, String> {
    match arguments.as_slice() {
        [Value::Text(name)] => of
            .get(name)
            .cloned()
            .ok_or_else(|| format!("the document has no `{}` among its {function}", shown(name))),
        _ => Err(format!("`{function}` takes a name")),
    }
}

fn concat(arguments: Vec<Value>) -> Result<Value, String> {
    const NEEDS: &str = "`concat` takes two or more texts, or two or more lists";

    if arguments.len() < 2 {
        return Err(NEEDS.to_owned());
    }
    if arguments.iter().all(|argument| matches!(argument, Value::List(_))) {
        let lists = arguments.into_iter().flat_map(|argument| match argument {
            Value::List(nodes) => nodes,
            _ => Vec::new(),
        });
        return Ok(Value::List(lists.collect()));
    }
    let mut text = String::new();
    for argument in arguments {
        match argument {
            Value::Text(part) => text.push_str(&part),
            other => return Err(format!("{NEEDS}, and not {}", other.kind())),
        }
    }
    Ok(Value::Text(text))
}

fn take(value: Value, taken: &Taken) -> Result<Value, String> {
    match (value, taken) {
        (Value::Map(members), Taken::Member(name)) => members
            .into_iter()
            .find(|member| member.name == *name)
            .map(|member| member.node.value)
            .ok_or_else(|| format!("there is no member `{name}`")),
        (Value::List(nodes), Taken::Element(place)) => {
            nodes.into_iter().nth(*place).map(|node| node.value).ok_or(format!("there is no element {place}"))
        }
        (other, Taken::Member(name)) => Err(format!("{} has no member `{name}`", other.kind())),
        (other, Taken::Element(place)) => Err(format!("{} has no element {place}", other.kind())),
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::Text(text) => text.len(),
        Value::List(nodes) => nodes.iter().map(|node| weight(&node.value)).sum::<usize>() + 8,
        Value::Map(members) => {
            members.iter().map(|member| member.name.len() + weight(&member.node.value)).sum::<usize>() + 8
        }
    }
}

/// Fills a template: `{{ name }}` becomes the parameter or variable of that name.
pub(crate) fn template(text: &str, at: usize, scope: &Scope) -> Result<String, Problem> {
    const FIX: &str = "Write `{{ name }}` with the name of a parameter or variable of the document.";

    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .ok_or_else(|| Problem::new(at, "the template has `{{` without `}}`", FIX))?;
        let name = name.trim();
        filled.push_str(before);
        match scope.parameters.get(name).or_else(|| scope.variables.get(name)) {
            Some(Value::Text(value)) => filled.push_str(value),
            Some(Value::Number(value)) => filled.push_str(&value.to_string()),
            Some(Value::Bool(value)) => filled.push_str(&value.to_string()),
            Some(other) => {
                let what = format!("the template names `{}`, which is {}", shown(name), other.kind());
                return Err(Problem::new(at, what, "Name a text, a number or a boolean."));
            }
            None => {
                let what = format!("the template names `{}`, which the document does not have", shown(name));
                return Err(Problem::new(at, what, FIX));
            }
        }
        scope.spend(filled.len().min(LARGEST)).map_err(|what| Problem::new(at, what, "Shorten it."))?;
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
