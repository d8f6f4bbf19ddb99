//! Makes a filter of its words: `or` binds loosest, then `and`, then `not`, then a comparison.

use std::slice;

use crate::{
    DEEPEST_NESTING, Field, Filter, FilterError, Kind, LONGEST_FILTER, MOST_COMPARISONS, MOST_VALUES,
    Operator, Problem,
    error::quote,
    expression::{Comparison, Expression, Literal, Test},
    token::{self, Token, TokenKind},
};

#[cfg(test)]
mod tests;

impl Filter {
    /// Reads a filter that may name `fields`.
    ///
    /// Keywords, operators and fields are found without regard to case.
    ///
    /// # Errors
    ///
    /// Says where the text is wrong, and what to write instead.
    pub fn parse(text: &str, fields: &[Field]) -> Result<Self, FilterError> {
        let too_long = || {
            FilterError::new(0, Problem::TooLong, "Make it shorter, or make a collection of a part of it.")
        };
        if text.len() > LONGEST_FILTER {
            return Err(too_long());
        }
        let tokens = token::split(text)?;
        if tokens.is_empty() {
            let fix = format!("Write a field, an operator and a value. {}", known(fields));
            return Err(FilterError::new(0, Problem::Empty, fix));
        }

        let end = text.chars().count();
        let mut parser = Parser { tokens: tokens.iter(), end, fields, depth: 0, comparisons: 0, values: 0 };
        let expression = parser.any()?;
        if let Some(token) = parser.tokens.next() {
            return Err(unexpected(token, "Join comparisons with `and` or `or`."));
        }
        let filter = Filter { expression };
        // What is stored and shown is the written form, and it has to be a filter as well.
        if filter.to_string().len() > LONGEST_FILTER {
            return Err(too_long());
        }

        Ok(filter)
    }
}

struct Parser<'a> {
    tokens: slice::Iter<'a, Token>,
    end: usize,
    fields: &'a [Field],
    depth: usize,
    comparisons: usize,
    values: usize,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Expression, FilterError> {
        let mut parts = vec![self.all()?];
        while self.took_word("or") {
            parts.push(self.all()?);
        }

        Ok(Expression::any(parts))
    }

    fn all(&mut self) -> Result<Expression, FilterError> {
        let mut parts = vec![self.not()?];
        while self.took_word("and") {
            parts.push(self.not()?);
        }

        Ok(Expression::all(parts))
    }

    fn not(&mut self) -> Result<Expression, FilterError> {
        let token = self.next("Write a comparison, such as name startsWith \"shop-\".")?;
        match &token.kind {
            TokenKind::Word(word) if word.eq_ignore_ascii_case("not") => {
                self.deeper(token)?;
                let part = self.not()?;
                self.depth -= 1;
                Ok(Expression::Not(Box::new(part)))
            }
            TokenKind::Open => {
                self.deeper(token)?;
                let inner = self.any()?;
                self.close("Join comparisons with `and` or `or`, or close the parenthesis.")?;
                self.depth -= 1;
                Ok(inner)
            }
            TokenKind::Word(word) => self.compare(token, word),
            TokenKind::Text(_)
            | TokenKind::Number(_)
            | TokenKind::Sign(_)
            | TokenKind::Close
            | TokenKind::Comma => {
                Err(unexpected(token, &format!("Begin with a field. {}", known(self.fields))))
            }
        }
    }

    fn compare(&mut self, token: &Token, word: &str) -> Result<Expression, FilterError> {
        let Some(&field) = self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(word)) else {
            return Err(FilterError::new(token.at, Problem::UnknownField(quote(word)), known(self.fields)));
        };
        self.comparisons += 1;
        if self.comparisons > MOST_COMPARISONS {
            let fix = "Use `in (…)` for several values of one field, or make a collection of a part of it.";
            return Err(FilterError::new(token.at, Problem::TooManyComparisons, fix));
        }

        let test = self.test(field)?;
        Ok(Expression::Compare(Comparison { field, test }))
    }

    fn test(&mut self, field: Field) -> Result<Test, FilterError> {
        let token =
            self.next(&format!("Write an operator after `{}`: {}.", field.name, operators(field.kind)))?;
        let word = match &token.kind {
            TokenKind::Word(word) => word.as_str(),
            TokenKind::Sign(sign) => sign,
            TokenKind::Text(_)
            | TokenKind::Number(_)
            | TokenKind::Open
            | TokenKind::Close
            | TokenKind::Comma => {
                let fix = format!("Write an operator after `{}`: {}.", field.name, operators(field.kind));
                return Err(unexpected(token, &fix));
            }
        };
        let fix = || format!("Use {}.", operators(field.kind));
        let misfit =
            |operator| FilterError::new(token.at, Problem::Operator { field: field.name, operator }, fix());
        if word.eq_ignore_ascii_case("in") {
            return if field.kind == Kind::Boolean {
                Err(misfit("in"))
            } else {
                Ok(Test::In(self.values(field)?))
            };
        }
        let Some(operator) = Operator::named(word) else {
            return Err(FilterError::new(token.at, Problem::UnknownOperator(quote(word)), fix()));
        };
        if !fits(operator, field.kind) {
            return Err(misfit(operator.symbol()));
        }

        Ok(Test::Is(operator, self.value(field)?))
    }

    fn values(&mut self, field: Field) -> Result<Vec<Literal>, FilterError> {
        let fix = "Write the values in parentheses: in (1, 2).";
        let open = self.next(fix)?;
        if open.kind != TokenKind::Open {
            return Err(unexpected(open, fix));
        }
        let mut values = vec![self.value(field)?];
        while self.tokens.as_slice().first().is_some_and(|token| token.kind == TokenKind::Comma) {
            self.tokens.next();
            values.push(self.value(field)?);
        }
        self.close("Write a comma between two values, and a closing parenthesis after the last.")?;

        Ok(values)
    }

    fn value(&mut self, field: Field) -> Result<Literal, FilterError> {
        let fix = format!("Write {}.", field.kind.example());
        let token = self.next(&fix)?;
        self.values += 1;
        if self.values > MOST_VALUES {
            let fix = "Make a collection of a part of the filter.";
            return Err(FilterError::new(token.at, Problem::TooManyValues, fix));
        }

        match (&token.kind, field.kind) {
            (TokenKind::Text(text), Kind::Text) => Ok(Literal::Text(text.clone())),
            (TokenKind::Number(digits), Kind::Number) => match digits.parse() {
                Ok(number) => Ok(Literal::Number(number)),
                Err(_) => Err(FilterError::new(token.at, Problem::Number(quote(digits)), fix)),
            },
            (TokenKind::Word(word), Kind::Boolean) if word.eq_ignore_ascii_case("true") => {
                Ok(Literal::Boolean(true))
            }
            (TokenKind::Word(word), Kind::Boolean) if word.eq_ignore_ascii_case("false") => {
                Ok(Literal::Boolean(false))
            }
            (TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Sign(_), _) => {
                Err(unexpected(token, &fix))
            }
            (TokenKind::Word(_) | TokenKind::Text(_) | TokenKind::Number(_), _) => {
                let problem = Problem::Value { field: field.name, value: token.shown() };
                Err(FilterError::new(token.at, problem, fix))
            }
        }
    }

    fn next(&mut self, fix: &str) -> Result<&'a Token, FilterError> {
        self.tokens.next().ok_or_else(|| FilterError::new(self.end, Problem::Ends, fix))
    }

    fn close(&mut self, fix: &str) -> Result<(), FilterError> {
        let token = self.next("Close the parenthesis.")?;
        if token.kind == TokenKind::Close { Ok(()) } else { Err(unexpected(token, fix)) }
    }

    fn took_word(&mut self, word: &str) -> bool {
        let found = self.tokens.as_slice().first().is_some_and(
            |token| matches!(&token.kind, TokenKind::Word(found) if found.eq_ignore_ascii_case(word)),
        );
        if found {
            self.tokens.next();
        }

        found
    }

    fn deeper(&mut self, token: &Token) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth > DEEPEST_NESTING {
            return Err(FilterError::new(
                token.at,
                Problem::TooDeep,
                "Leave out parentheses that change nothing.",
            ));
        }

        Ok(())
    }
}

fn fits(operator: Operator, kind: Kind) -> bool {
    match operator {
        Operator::Equal | Operator::NotEqual => true,
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => kind != Kind::Boolean,
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => kind == Kind::Text,
    }
}

fn operators(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "=, !=, <, <=, >, >=, contains, startsWith, endsWith or in",
        Kind::Number => "=, !=, <, <=, >, >= or in",
        Kind::Boolean => "= or !=",
    }
}

fn known(fields: &[Field]) -> String {
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    format!("The fields are {}.", names.join(", "))
}

fn unexpected(token: &Token, fix: &str) -> FilterError {
    FilterError::new(token.at, Problem::Unexpected(token.shown()), fix)
}
