//! What is wrong with a filter, where, and how it can be put right.

use crate::{DEEPEST_NESTING, LONGEST_FILTER, MOST_COMPARISONS, MOST_VALUES};

/// A text that is no filter.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the filter is not valid at character {}: {problem}. {fix}", .at + 1)]
pub struct FilterError {
    /// The place in the text, in characters, counted from 0.
    pub at: usize,
    /// What is wrong.
    pub problem: Problem,
    /// What to write instead, a sentence.
    pub fix: String,
}

/// What is wrong with a filter.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each problem is its documentation")]
pub enum Problem {
    #[error("the filter is empty")]
    Empty,
    #[error("the filter is longer than {LONGEST_FILTER} bytes")]
    TooLong,
    #[error("`not` and parentheses nest deeper than {DEEPEST_NESTING}")]
    TooDeep,
    #[error("there are more than {MOST_COMPARISONS} comparisons")]
    TooManyComparisons,
    #[error("there are more than {MOST_VALUES} values")]
    TooManyValues,
    #[error("`{0}` does not belong here")]
    Unexpected(String),
    #[error("the filter ends too early")]
    Ends,
    #[error("the text that begins here does not end")]
    OpenText,
    #[error("a text may not hold control characters")]
    ControlCharacter,
    #[error("`\\{0}` means nothing in a text")]
    Escape(char),
    #[error("there is no field `{0}`")]
    UnknownField(String),
    #[error("`{0}` is no operator")]
    UnknownOperator(String),
    #[error("`{field}` cannot be compared with `{operator}`")]
    Operator { field: &'static str, operator: &'static str },
    #[error("`{field}` cannot be compared with `{value}`")]
    Value { field: &'static str, value: String },
    #[error("`{0}` is no number that fits 64 bits")]
    Number(String),
}

/// The longest piece of the text that an error repeats, in characters.
const LONGEST_QUOTE: usize = 40;

impl FilterError {
    pub(crate) fn new(at: usize, problem: Problem, fix: impl Into<String>) -> Self {
        Self { at, problem, fix: fix.into() }
    }
}

/// Returns `text` short enough, and harmless enough, to stand in an error.
pub(crate) fn quote(text: &str) -> String {
    // Letters and ASCII signs only: control and bidi characters would change how the error is shown.
    let harmless = |c: char| c.is_alphanumeric() || c == ' ' || c.is_ascii_graphic();
    let shown = |c: char| if harmless(c) { c } else { '\u{fffd}' };
    let mut quoted: String = text.chars().take(LONGEST_QUOTE).map(shown).collect();
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        quoted.push('…');
    }

    quoted
}
