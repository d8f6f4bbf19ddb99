//! The grammar of expressions: a call, whose arguments are calls, texts in single quotes, whole numbers and booleans,
//! and what is taken of its result by `.name` and `[number]`.

/// How deep calls may be nested.
const DEEPEST: usize = 32;

/// A text of a document.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Text<'a> {
    /// A text as it is meant; a doubled opening bracket has become one.
    Literal(String),
    /// What stands between the brackets.
    Expression(&'a str),
}

/// An expression, or a part of one.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Term {
    Text(String),
    Number(i64),
    Bool(bool),
    Call { function: String, arguments: Vec<Term>, taken: Vec<Taken> },
}

/// What is taken of a call's result.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Taken {
    Member(String),
    Element(usize),
}

/// Tells a literal text from an expression. A text is an expression where it begins with `[` and ends with `]`; `[[`
/// at its beginning makes it a literal with one bracket.
pub(super) fn text(raw: &str) -> Text<'_> {
    let Some(inner) = raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Text::Literal(raw.to_owned());
    };
    match inner.strip_prefix('[') {
        Some(rest) => Text::Literal(format!("[{rest}]")),
        None => Text::Expression(inner),
    }
}

/// Parses what stands between the brackets.
pub(super) fn parse(inner: &str) -> Result<Term, String> {
    let mut reader = Reader { rest: inner };
    reader.blank();
    let term = reader.call(0)?;
    if reader.rest.is_empty() { Ok(term) } else { Err(format!("`{}` is left over", reader.begin())) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, sign: char) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                self.blank();
                true
            }
            None => false,
        }
    }

    fn begin(&self) -> String {
        self.rest.chars().take(24).collect()
    }

    fn word(&mut self) -> String {
        let end =
            self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.blank();
        word.to_owned()
    }

    fn call(&mut self, depth: usize) -> Result<Term, String> {
        if depth > DEEPEST {
            return Err(format!("calls are nested deeper than {DEEPEST}"));
        }
        let function = self.word();
        if function.is_empty() {
            return Err("it is no call of a function".to_owned());
        }
        if !self.eat('(') {
            return Err(format!("`(` is missing after `{function}`"));
        }
        let mut arguments = Vec::new();
        if !self.eat(')') {
            loop {
                arguments.push(self.argument(depth)?);
                if self.eat(')') {
                    break;
                }
                if !self.eat(',') {
                    return Err(format!("`,` or `)` is missing in the arguments of `{function}`"));
                }
            }
        }
        Ok(Term::Call { function, arguments, taken: self.taken()? })
    }

    fn argument(&mut self, depth: usize) -> Result<Term, String> {
        if self.rest.starts_with('\'') {
            let (value, rest) = quoted(self.rest).ok_or("a closing quote is missing")?;
            self.rest = rest;
            self.blank();
            return Ok(Term::Text(value));
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            let negative = self.eat('-');
            let word = self.word();
            let number: i64 = word.parse().map_err(|_| format!("`{word}` is no whole number"))?;
            return Ok(Term::Number(if negative { -number } else { number }));
        }
        for (word, value) in [("true", true), ("false", false)] {
            if let Some(rest) = self.rest.strip_prefix(word)
                && rest.trim_start().starts_with([',', ')'])
            {
                self.rest = rest;
                self.blank();
                return Ok(Term::Bool(value));
            }
        }
        self.call(depth + 1)
    }

    fn taken(&mut self) -> Result<Vec<Taken>, String> {
        let mut taken = Vec::new();
        loop {
            if self.eat('.') {
                let name = self.word();
                if name.is_empty() {
                    return Err("a name is missing after `.`".to_owned());
                }
                taken.push(Taken::Member(name));
            } else if self.eat('[') {
                let word = self.word();
                let number = word.parse().map_err(|_| format!("`[{word}]` is no place in a list"))?;
                taken.push(Taken::Element(number));
                if !self.eat(']') {
                    return Err("`]` is missing".to_owned());
                }
            } else {
                return Ok(taken);
            }
        }
    }
}

/// Reads a text in single quotes, in which a quote is doubled, and returns what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let (before, after) = rest.split_once('\'')?;
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Some((value, after)),
        }
    }
}
