//! A filter as it is held once it is parsed.

use std::collections::BTreeSet;

use crate::Field;

/// A filter whose fields, operators and values fit each other. Made by [`Filter::parse`], written by `Display`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Filter {
    pub(crate) expression: Expression,
}

/// What a filter asks. `All` and `Any` hold two parts or more and never one of their own kind, so that one meaning of
/// parentheses has one form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Comparison),
}

/// One comparison of a field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) field: Field,
    pub(crate) test: Test,
}

/// What a field is compared with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Test {
    Is(Operator, Literal),
    In(Vec<Literal>),
}

/// A value as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(i64),
    Boolean(bool),
}

/// An operator between a field and one value.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`: exactly what `=` does not match, so also where there is no value.
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `contains`
    Contains,
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
}

impl Operator {
    pub(crate) const ALL: [Operator; 9] = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::AtMost,
        Operator::Greater,
        Operator::AtLeast,
        Operator::Contains,
        Operator::StartsWith,
        Operator::EndsWith,
    ];

    /// Returns the operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
            Operator::Contains => "contains",
            Operator::StartsWith => "startsWith",
            Operator::EndsWith => "endsWith",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.symbol().eq_ignore_ascii_case(word))
    }
}

impl Filter {
    /// Returns the names of the fields that the filter asks about.
    pub fn fields(&self) -> BTreeSet<&'static str> {
        let mut names = BTreeSet::new();
        self.expression.collect_fields(&mut names);

        names
    }
}

impl Expression {
    /// Joins parts by `and`.
    pub(crate) fn all(parts: Vec<Expression>) -> Self {
        Self::join(parts, Expression::All, |part| match part {
            Expression::All(inner) => Ok(inner),
            Expression::Any(_) | Expression::Not(_) | Expression::Compare(_) => Err(part),
        })
    }

    /// Joins parts by `or`.
    pub(crate) fn any(parts: Vec<Expression>) -> Self {
        Self::join(parts, Expression::Any, |part| match part {
            Expression::Any(inner) => Ok(inner),
            Expression::All(_) | Expression::Not(_) | Expression::Compare(_) => Err(part),
        })
    }

    fn join(
        parts: Vec<Expression>,
        whole: fn(Vec<Expression>) -> Expression,
        unfold: fn(Expression) -> Result<Vec<Expression>, Expression>,
    ) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match unfold(part) {
                Ok(inner) => flat.extend(inner),
                Err(part) => flat.push(part),
            }
        }

        match flat.len() {
            1 => flat.swap_remove(0),
            _ => whole(flat),
        }
    }

    fn collect_fields(&self, names: &mut BTreeSet<&'static str>) {
        match self {
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.collect_fields(names));
            }
            Expression::Not(part) => part.collect_fields(names),
            Expression::Compare(comparison) => {
                names.insert(comparison.field.name);
            }
        }
    }
}
