//! Parameters and variables of a document.

use super::{Problem, literal, shown, wrong_kind};
use crate::{
    expression::{Scope, evaluated},
    node::{Member, Node, Value},
};

/// Checks the parameters and adds their defaults to the scope: a policy is complete as it is put, and nobody is there to
/// give other values.
pub(super) fn parameters(node: Node, scope: &mut Scope) -> Result<(), Problem> {
    for Member { at, name, node } in members(node, "parameters")? {
        let value = parameter(node, scope).map_err(|problem| Problem {
            at: if problem.at == 0 { at } else { problem.at },
            what: format!("parameter `{}`: {}", shown(&name), problem.what),
            fix: problem.fix,
        })?;
        scope.add_parameter(name, value);
    }
    Ok(())
}

/// Adds the variables to the scope. One may use those before it.
pub(super) fn variables(node: Node, scope: &mut Scope) -> Result<(), Problem> {
    for Member { name, node, .. } in members(node, "variables")? {
        let value = evaluated(node, scope)?.value;
        scope.add_variable(name, value);
    }
    Ok(())
}

fn members(node: Node, what: &str) -> Result<Vec<Member>, Problem> {
    match node.value {
        Value::Map(members) => Ok(members),
        other => Err(wrong_kind(node.at, &format!("`{what}`"), "a map", &other)),
    }
}

fn parameter(node: Node, scope: &Scope) -> Result<Value, Problem> {
    let at = node.at;
    let (mut kind, mut default, mut allowed) = (None, None, None);
    let mut bounds = Vec::new();
    for Member { at, name, node } in members(node, "a parameter")? {
        match name.as_str() {
            "type" => kind = Some((node.at, literal(node, "type")?)),
            "defaultValue" => default = Some(evaluated(node, scope)?),
            "allowedValues" => allowed = Some(super::list(node, "allowedValues")?),
            "minLength" | "maxLength" | "minValue" | "maxValue" => match node.value {
                Value::Number(number) => bounds.push((name, number)),
                other => return Err(wrong_kind(node.at, &format!("`{name}`"), "a number", &other)),
            },
            "description" | "metadata" => {}
            other => {
                return Err(Problem::new(
                    at,
                    format!("the member `{}` is unknown", shown(other)),
                    "Remove it; a parameter has `type`, `defaultValue`, `allowedValues`, `minLength`, \
                     `maxLength`, `minValue`, `maxValue`, `description` and `metadata`.",
                ));
            }
        }
    }
    let (kind_at, kind) =
        kind.ok_or_else(|| Problem::new(at, "`type` is missing", "Add it, such as `type: string`."))?;
    let Some(default) = default else {
        return Err(Problem::new(
            at,
            "`defaultValue` is missing, and nobody gives a policy its parameters",
            "Add `defaultValue`.",
        ));
    };
    if !is_of(&default.value, &kind) {
        let known = ["string", "secureString", "int", "bool", "object", "secureObject", "array"];
        if !known.contains(&kind.as_str()) {
            let what = format!("the type `{}` is unknown", shown(&kind));
            return Err(Problem::new(kind_at, what, format!("Write one of {}.", known.join(", "))));
        }
        let what = format!("`defaultValue` is {}, not of the type `{kind}`", default.value.kind());
        return Err(Problem::new(default.at, what, "Change the type or the value."));
    }
    if let Some(allowed) = allowed
        && !allowed.iter().any(|node| node.to_json() == default.to_json())
    {
        return Err(Problem::new(
            default.at,
            "`defaultValue` is none of the `allowedValues`",
            "Write one of them.",
        ));
    }
    for (name, bound) in bounds {
        within(&default, &name, &bound)?;
    }
    Ok(default.value)
}

fn is_of(value: &Value, kind: &str) -> bool {
    match (value, kind) {
        (Value::Text(_), "string" | "secureString") => true,
        (Value::Number(number), "int") => number.is_i64() || number.is_u64(),
        (Value::Bool(_), "bool") => true,
        (Value::Map(_), "object" | "secureObject") => true,
        (Value::List(_), "array") => true,
        _ => false,
    }
}

fn within(default: &Node, name: &str, bound: &serde_json::Number) -> Result<(), Problem> {
    let measure = match &default.value {
        Value::Text(text) if name.ends_with("Length") => i64::try_from(text.chars().count()).ok(),
        Value::List(nodes) if name.ends_with("Length") => i64::try_from(nodes.len()).ok(),
        Value::Number(number) if name.ends_with("Value") => number.as_i64(),
        _ => None,
    };
    let fits = match (measure, bound.as_i64()) {
        (Some(measure), Some(bound)) if name.starts_with("min") => measure >= bound,
        (Some(measure), Some(bound)) => measure <= bound,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let what = format!("`defaultValue` does not fit `{name}`, which is {bound}");
    Err(Problem::new(default.at, what, "Change one of the two."))
}
