//! Turns a filter into a condition of a `WHERE` clause.
//!
//! A condition has three outcomes in SQL and two here. Every `not` is therefore moved down to the comparisons, and a
//! comparison under a `not` says itself what happens where there is no value; above them only `AND` and `OR` are left,
//! for which "unknown" and "no" come to the same in the end.

use std::fmt::Write;

use crate::{
    Filter, Operator,
    expression::{Comparison, Expression, Literal, Test},
};

#[cfg(test)]
mod tests;

/// The database that a condition is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A value to bind to a placeholder of a condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SqlValue {
    /// Text.
    Text(String),
    /// A whole number, 64 bits; booleans are 0 and 1.
    Number(i64),
}

/// A condition and the values of its placeholders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition {
    /// The text, in parentheses, with placeholders `$n`.
    pub text: String,
    /// The values, in the order of the placeholders.
    pub values: Vec<SqlValue>,
}

impl Filter {
    /// Returns the filter as a condition whose placeholders begin at `$first`.
    ///
    /// `column` gives the SQL expression of a field, such as `device.name`: text for text fields, an integer for number
    /// fields, 0 or 1 for boolean ones. It must be written by the program, never taken from input. Text is compared as
    /// `lower(column)` (on PostgreSQL in the collation `C`); an index on that expression serves `=`, `in`, `startsWith`
    /// and comparisons of order.
    pub fn to_sql(&self, dialect: Dialect, first: usize, column: &dyn Fn(&str) -> &'static str) -> Condition {
        let condition = Condition { text: String::new(), values: Vec::new() };
        let mut writer = Writer { dialect, first, column, condition };
        writer.expression(&self.expression, Sense::AsWritten);

        writer.condition
    }
}

/// Whether an odd number of `not` stands above.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sense {
    AsWritten,
    Negated,
}

impl Sense {
    fn other(self) -> Self {
        match self {
            Sense::AsWritten => Sense::Negated,
            Sense::Negated => Sense::AsWritten,
        }
    }
}

struct Writer<'a> {
    dialect: Dialect,
    first: usize,
    column: &'a dyn Fn(&str) -> &'static str,
    condition: Condition,
}

impl Writer<'_> {
    fn expression(&mut self, expression: &Expression, sense: Sense) {
        match (expression, sense) {
            (Expression::All(parts), Sense::AsWritten) | (Expression::Any(parts), Sense::Negated) => {
                self.join(parts, " AND ", sense);
            }
            (Expression::Any(parts), Sense::AsWritten) | (Expression::All(parts), Sense::Negated) => {
                self.join(parts, " OR ", sense);
            }
            (Expression::Not(part), _) => self.expression(part, sense.other()),
            (Expression::Compare(comparison), _) => self.comparison(comparison, sense),
        }
    }

    fn join(&mut self, parts: &[Expression], by: &str, sense: Sense) {
        self.write("(");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.write(by);
            }
            self.expression(part, sense);
        }
        self.write(")");
    }

    fn comparison(&mut self, comparison: &Comparison, sense: Sense) {
        let column = (self.column)(comparison.field.name);
        let (test, sense) = match &comparison.test {
            Test::Is(Operator::NotEqual, value) => (&Test::Is(Operator::Equal, value.clone()), sense.other()),
            test => (test, sense),
        };
        match sense {
            Sense::AsWritten => {
                self.write("(");
                self.test(column, test);
                self.write(")");
            }
            Sense::Negated => {
                self.write(&format!("({column} IS NULL OR NOT ("));
                self.test(column, test);
                self.write("))");
            }
        }
    }

    fn test(&mut self, column: &str, test: &Test) {
        match test {
            Test::Is(operator, Literal::Text(text)) => {
                self.text(column, *operator, &text.to_ascii_lowercase())
            }
            Test::Is(operator, Literal::Number(number)) => {
                self.order(column, *operator, SqlValue::Number(*number))
            }
            Test::Is(operator, Literal::Boolean(boolean)) => {
                self.order(column, *operator, SqlValue::Number((*boolean).into()));
            }
            Test::In(literals) => {
                let column = match literals.first() {
                    Some(Literal::Text(_)) => self.folded(column),
                    Some(Literal::Number(_) | Literal::Boolean(_)) | None => column.to_owned(),
                };
                self.write(&format!("{column} IN ("));
                for (index, literal) in literals.iter().enumerate() {
                    if index > 0 {
                        self.write(", ");
                    }
                    self.bind(match literal {
                        Literal::Text(text) => SqlValue::Text(text.to_ascii_lowercase()),
                        Literal::Number(number) => SqlValue::Number(*number),
                        Literal::Boolean(boolean) => SqlValue::Number((*boolean).into()),
                    });
                }
                self.write(")");
            }
        }
    }

    fn text(&mut self, column: &str, operator: Operator, text: &str) {
        let column = self.folded(column);
        match operator {
            Operator::StartsWith => {
                // A range instead of a pattern, so that an index serves it.
                self.write(&format!("{column} >= "));
                self.bind(SqlValue::Text(text.to_owned()));
                if let Some(end) = after_all_beginning_with(text) {
                    self.write(&format!(" AND {column} < "));
                    self.bind(SqlValue::Text(end));
                }
            }
            Operator::Contains => self.pattern(&column, format!("%{}%", escaped(text))),
            Operator::EndsWith => self.pattern(&column, format!("%{}", escaped(text))),
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::AtMost
            | Operator::Greater
            | Operator::AtLeast => self.order(&column, operator, SqlValue::Text(text.to_owned())),
        }
    }

    fn pattern(&mut self, column: &str, pattern: String) {
        self.write(&format!("{column} LIKE "));
        self.bind(SqlValue::Text(pattern));
        self.write(&format!(" ESCAPE '{ESCAPE}'"));
    }

    fn order(&mut self, column: &str, operator: Operator, value: SqlValue) {
        self.write(&format!("{column} {} ", operator.symbol()));
        self.bind(value);
    }

    /// Returns the column with its ASCII letters in lower case, ordered by bytes, which are the same rules on both.
    fn folded(&self, column: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("lower({column})"),
            Dialect::Postgres => format!("lower({column} COLLATE \"C\")"),
        }
    }

    fn bind(&mut self, value: SqlValue) {
        let number = self.first + self.condition.values.len();
        self.condition.values.push(value);
        write!(self.condition.text, "${number}").expect("a string takes every write");
    }

    fn write(&mut self, text: &str) {
        self.condition.text.push_str(text);
    }
}

/// Escapes what `LIKE` gives a meaning to. Not a backslash: its own meaning in a literal differs between databases.
const ESCAPE: char = '!';

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | ESCAPE) {
            escaped.push(ESCAPE);
        }
        escaped.push(c);
    }

    escaped
}

/// Returns the least text that is greater than every text beginning with `start`; `None` where there is none.
fn after_all_beginning_with(start: &str) -> Option<String> {
    let mut characters: Vec<char> = start.chars().collect();
    while let Some(last) = characters.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }

    None
}
