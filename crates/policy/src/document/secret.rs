//! Finds what looks like a secret in plain text. A document goes to every device that has the policy, and stays in the
//! site's history.

use super::{Problem, shown};
use crate::node::{Node, Value};

/// Words in the names of members that hold secrets, in lower case.
const WORDS: [&str; 7] = ["password", "passwd", "passphrase", "secret", "token", "apikey", "api_key"];
/// What stands in the text of a private key.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";
/// Warnings of one document; who has so many has understood.
const MOST_WARNINGS: usize = 20;

/// Returns where secrets may stand.
pub(super) fn found(root: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(root, "", &mut problems);
    problems
}

fn walk(node: &Node, name: &str, problems: &mut Vec<Problem>) {
    if problems.len() >= MOST_WARNINGS {
        return;
    }
    match &node.value {
        Value::Text(text) => {
            let lower = name.to_lowercase();
            let is_expression = text.starts_with('[') && !text.starts_with("[[");
            let named = WORDS.iter().any(|word| lower.contains(word));
            if text.contains(PRIVATE_KEY) {
                problems.push(warning(node.at, "a private key stands in plain text"));
            } else if named && !text.is_empty() && !is_expression {
                problems.push(warning(
                    node.at,
                    &format!("the value of `{}` looks like a secret in plain text", shown(name)),
                ));
            }
        }
        Value::List(nodes) => nodes.iter().for_each(|node| walk(node, name, problems)),
        Value::Map(members) => {
            let is_secure = members.iter().any(|member| {
                member.name == "type"
                    && matches!(&member.node.value, Value::Text(kind) if kind == "secureString" || kind == "secureObject")
            });
            for member in members {
                if is_secure && member.name == "defaultValue" {
                    problems.push(warning(member.at, "a secure parameter has its value in plain text"));
                } else {
                    // The default of a parameter is named by the parameter.
                    let name = if member.name == "defaultValue" { name } else { &member.name };
                    walk(&member.node, name, problems);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn warning(at: usize, what: &str) -> Problem {
    let fix = "Every device with this policy and everybody who may read policies sees it; keep it in a file on the \
               devices that only root reads, and have a script read it there.";
    Problem::new(at, what, fix)
}
