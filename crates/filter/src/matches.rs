//! Asks a filter about one device.

use std::cmp::Ordering;

use crate::{
    Filter, Operator,
    expression::{Comparison, Expression, Literal, Test},
};

/// The value of a field, as its owner holds it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Value<'a> {
    /// Of a text field.
    Text(&'a str),
    /// Of a number field.
    Number(i64),
    /// Of a boolean field.
    Boolean(bool),
}

impl Filter {
    /// Returns whether the thing whose fields `value` looks up is one that the filter asks for.
    ///
    /// `None` says that the thing has no value for the field.
    pub fn matches<'a>(&self, value: &dyn Fn(&str) -> Option<Value<'a>>) -> bool {
        self.expression.matches(value)
    }
}

impl Expression {
    fn matches<'a>(&self, value: &dyn Fn(&str) -> Option<Value<'a>>) -> bool {
        match self {
            Expression::All(parts) => parts.iter().all(|part| part.matches(value)),
            Expression::Any(parts) => parts.iter().any(|part| part.matches(value)),
            Expression::Not(part) => !part.matches(value),
            Expression::Compare(comparison) => comparison.matches(value(comparison.field.name)),
        }
    }
}

impl Comparison {
    fn matches(&self, value: Option<Value<'_>>) -> bool {
        match &self.test {
            Test::Is(Operator::NotEqual, literal) => {
                !value.is_some_and(|value| is(Operator::Equal, value, literal))
            }
            Test::Is(operator, literal) => value.is_some_and(|value| is(*operator, value, literal)),
            Test::In(literals) => {
                value.is_some_and(|value| literals.iter().any(|literal| is(Operator::Equal, value, literal)))
            }
        }
    }
}

/// Compares a value with a literal. A value of another kind than its field's satisfies nothing.
fn is(operator: Operator, value: Value<'_>, literal: &Literal) -> bool {
    let order = match (value, literal) {
        (Value::Text(value), Literal::Text(literal)) => match operator {
            Operator::Contains => return contains(value.as_bytes(), literal.as_bytes()),
            Operator::StartsWith => return begins(value.as_bytes(), literal.as_bytes()),
            Operator::EndsWith => return ends(value.as_bytes(), literal.as_bytes()),
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::AtMost
            | Operator::Greater
            | Operator::AtLeast => compare(value, literal),
        },
        (Value::Number(value), Literal::Number(literal)) => value.cmp(literal),
        (Value::Boolean(value), Literal::Boolean(literal)) => value.cmp(literal),
        (Value::Text(_) | Value::Number(_) | Value::Boolean(_), _) => return false,
    };

    match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::AtMost => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::AtLeast => order != Ordering::Less,
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}

/// Orders two texts by their bytes, ASCII letters in lower case.
fn compare(a: &str, b: &str) -> Ordering {
    let a = a.bytes().map(|byte| byte.to_ascii_lowercase());
    a.cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

fn contains(value: &[u8], part: &[u8]) -> bool {
    part.is_empty() || value.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

fn begins(value: &[u8], part: &[u8]) -> bool {
    value.get(..part.len()).is_some_and(|head| head.eq_ignore_ascii_case(part))
}

fn ends(value: &[u8], part: &[u8]) -> bool {
    value.len().checked_sub(part.len()).is_some_and(|from| value[from..].eq_ignore_ascii_case(part))
}
