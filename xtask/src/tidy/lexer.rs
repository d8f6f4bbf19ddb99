//! The words of a Rust source: identifiers and punctuation with their lines, without comments and literals.

/// A word of a source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Word<'a> {
    pub(super) line: usize,
    pub(super) text: &'a str,
}

/// Returns the words of a source. What is no valid Rust gives words too, only perhaps the wrong ones.
pub(super) fn words(source: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest),
            '"' => quoted(rest, 0),
            'b' | 'c' if rest[1..].starts_with('"') => quoted(rest, 1),
            'r' | 'b' | 'c' if raw(rest).is_some() => raw(rest).unwrap_or(1),
            '\'' => character(rest),
            next if next == '_' || next.is_alphabetic() => {
                let length =
                    rest.find(|next: char| next != '_' && !next.is_alphanumeric()).unwrap_or(rest.len());
                words.push(Word { line, text: &rest[..length] });
                length
            }
            next if next.is_ascii_digit() => {
                rest.find(|next: char| !next.is_alphanumeric()).unwrap_or(rest.len())
            }
            next => {
                if !next.is_whitespace() {
                    words.push(Word { line, text: &rest[..next.len_utf8()] });
                }
                next.len_utf8()
            }
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    words
}

/// Returns the length of a block comment, which may hold others.
fn comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Returns the length of a string that begins after `prefix` bytes.
fn quoted(rest: &str, prefix: usize) -> usize {
    let mut escaped = false;
    for (at, next) in rest.char_indices().skip(prefix + 1) {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Returns the length of a raw string, where one begins here.
fn raw(rest: &str) -> Option<usize> {
    let after =
        rest.strip_prefix("br").or_else(|| rest.strip_prefix("cr")).or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.chars().take_while(|next| *next == '#').count();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len();
    Some(body.find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

/// Returns the length of a character, or of a lifetime.
fn character(rest: &str) -> usize {
    let inner = &rest[1..];
    if inner.starts_with('\\') {
        return inner[2..].find('\'').map_or(rest.len(), |at| at + 4);
    }
    let first = inner.chars().next().map_or(0, char::len_utf8);
    if inner[first..].starts_with('\'') { first + 2 } else { 1 + first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_words() {
        let source = "fn a<'x>() { // hub\n /* job /* job */ */ let b = \"hub \\\" hub\"; \
                      r#\"job \" job\"#; b\"hub\"; '\\''; 'j'; c::d(0xff) }";
        let texts: Vec<&str> = words(source).into_iter().map(|word| word.text).collect();
        assert_eq!(texts.join(" "), "fn a < > ( ) { let b = ; ; ; ; ; c : : d ( ) }");
    }

    #[test]
    fn words_know_their_line() {
        let found = words("a\n\"x\ny\" b\n/*\n*/ c");
        assert_eq!(
            found.iter().map(|word| (word.text, word.line)).collect::<Vec<_>>(),
            [("a", 1), ("b", 3), ("c", 5)]
        );
    }
}
