//! Splits the text of a filter into words, values and signs.

use crate::{FilterError, Problem, error::quote};

/// A piece of a filter, and where it begins, in characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Token {
    pub(crate) at: usize,
    pub(crate) kind: TokenKind,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum TokenKind {
    /// A field, an operator, `and`, `or`, `not`, `in`, `true` or `false`.
    Word(String),
    /// A text in quotes, without them.
    Text(String),
    /// A whole number, as it was written.
    Number(String),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`.
    Sign(&'static str),
    Open,
    Close,
    Comma,
}

impl Token {
    /// Returns the piece as an error shows it.
    pub(crate) fn shown(&self) -> String {
        match &self.kind {
            TokenKind::Word(text) | TokenKind::Number(text) => quote(text),
            TokenKind::Text(text) => format!("\"{}\"", quote(text)),
            TokenKind::Sign(sign) => (*sign).to_owned(),
            TokenKind::Open => "(".to_owned(),
            TokenKind::Close => ")".to_owned(),
            TokenKind::Comma => ",".to_owned(),
        }
    }
}

/// Two-character signs before their first characters.
const SIGNS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];

/// What people write who come from other languages, and what it is called here.
const FOREIGN: [(&str, &str); 9] = [
    ("==", "Write `=` for equality."),
    ("<>", "Write `!=` for what is not equal."),
    ("=~", "Write `contains`, `startsWith` or `endsWith`."),
    ("&&", "Write `and`."),
    ("||", "Write `or`."),
    ("!", "Write `not`, or `!=` between a field and a value."),
    ("'", "Write a text in double quotes, such as \"shop-\"."),
    ("*", "Write `contains`, `startsWith` or `endsWith` instead of a pattern."),
    ("%", "Write `contains`, `startsWith` or `endsWith` instead of a pattern."),
];

/// Splits `text`, whose length the caller has checked.
pub(crate) fn split(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut reader = Reader { rest: text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = reader.next()? {
        tokens.push(token);
    }

    Ok(tokens)
}

struct Reader<'a> {
    rest: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Option<Token>, FilterError> {
        self.take_while(char::is_whitespace);
        let at = self.at;
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };

        let kind = match first {
            '(' => self.take(1, TokenKind::Open),
            ')' => self.take(1, TokenKind::Close),
            ',' => self.take(1, TokenKind::Comma),
            '"' => TokenKind::Text(self.text()?),
            '-' | '0'..='9' => {
                self.skip(1);
                let digits = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
                TokenKind::Number(format!("{first}{digits}"))
            }
            _ if first.is_ascii_alphabetic() => {
                TokenKind::Word(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_'))
            }
            _ => self.sign()?,
        };

        Ok(Some(Token { at, kind }))
    }

    fn sign(&mut self) -> Result<TokenKind, FilterError> {
        let rest = self.rest;
        let foreign = FOREIGN.into_iter().find(|(sign, _)| rest.starts_with(sign));
        let known = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
        match (foreign, known) {
            // `!` begins `!=`, and `==` begins with `=`: the longer one is what was meant.
            (Some((sign, fix)), known) if known.is_none_or(|known| known.len() < sign.len()) => {
                Err(FilterError::new(self.at, Problem::Unexpected(sign.to_owned()), fix))
            }
            (_, Some(sign)) => Ok(self.take(sign.len(), TokenKind::Sign(sign))),
            (_, None) => {
                let character: String = rest.chars().take(1).collect();
                let fix = "Write a field, an operator and a value, such as name startsWith \"shop-\".";
                Err(FilterError::new(self.at, Problem::Unexpected(quote(&character)), fix))
            }
        }
    }

    /// Takes a text in double quotes, in which `\"` and `\\` stand for `"` and `\`.
    fn text(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let mut text = String::new();
        let mut escaped = false;
        self.skip(1);
        while let Some(c) = self.rest.chars().next() {
            match c {
                _ if c.is_control() => {
                    let fix = "Leave the line break, tab or other control character out.";
                    return Err(FilterError::new(self.at, Problem::ControlCharacter, fix));
                }
                '"' | '\\' if escaped => {
                    text.push(c);
                    escaped = false;
                }
                _ if escaped => {
                    let fix = "Write \\\" for a quote and \\\\ for a backslash.";
                    return Err(FilterError::new(self.at - 1, Problem::Escape(c), fix));
                }
                '\\' => escaped = true,
                '"' => {
                    self.skip(1);
                    return Ok(text);
                }
                _ => text.push(c),
            }
            self.skip(1);
        }

        Err(FilterError::new(start, Problem::OpenText, "Close the text with a double quote."))
    }

    fn take(&mut self, characters: usize, kind: TokenKind) -> TokenKind {
        self.skip(characters);
        kind
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let taken: String = self.rest.chars().take_while(|c| wanted(*c)).collect();
        self.rest = self.rest.get(taken.len()..).unwrap_or_default();
        self.at += taken.chars().count();

        taken
    }

    fn skip(&mut self, characters: usize) {
        let mut rest = self.rest.chars();
        self.at += rest.by_ref().take(characters).count();
        self.rest = rest.as_str();
    }
}
