//! Texts in square brackets: DSC's expressions. One is understood, `[resourceId('Type','name')]` in `dependsOn`.

/// A text of a document.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Text {
    /// A text as it is meant; a doubled opening bracket has become one.
    Literal(String),
    /// An expression; `function` is what stands before its parenthesis.
    Expression { function: String },
}

/// Tells a literal text from an expression. A text is an expression where it begins with `[` and ends with `]`; `[[`
/// at its beginning makes it a literal with one bracket.
pub(crate) fn text(raw: &str) -> Text {
    let Some(inner) = raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Text::Literal(raw.to_owned());
    };
    match inner.strip_prefix('[') {
        Some(rest) => Text::Literal(format!("[{rest}]")),
        None => {
            let function = inner.split('(').next().unwrap_or(inner).trim();
            Text::Expression { function: function.chars().take(64).collect() }
        }
    }
}

/// Reads `[resourceId('Type','name')]` into type and name.
pub(crate) fn resource_id(raw: &str) -> Option<(String, String)> {
    let inner = raw.strip_prefix('[')?.strip_suffix(']')?.trim();
    let arguments = inner.strip_prefix("resourceId")?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    let (kind, rest) = quoted(arguments)?;
    let (name, rest) = quoted(rest.trim_start().strip_prefix(',')?)?;
    rest.trim().is_empty().then_some((kind, name))
}

/// Reads a text in single quotes, in which a quote is doubled, and returns what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.trim_start().strip_prefix('\'')?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_in_brackets_is_an_expression() {
        for (raw, literal) in [
            ("", ""),
            ("plain", "plain"),
            ("[section]\nkey=1\n", "[section]\nkey=1\n"),
            ("[[literal]", "[literal]"),
            ("[[[two]]", "[[two]]"),
            ("[", "["),
            ("]", "]"),
        ] {
            assert_eq!(text(raw), Text::Literal(literal.to_owned()), "{raw}");
        }
        for (raw, function) in
            [("[parameters('x')]", "parameters"), ("[ concat ( 'a' )]", "concat"), ("[]", "")]
        {
            assert_eq!(text(raw), Text::Expression { function: function.to_owned() }, "{raw}");
        }
    }

    #[test]
    fn a_resource_id_is_read_to_the_letter() {
        for (raw, expected) in [
            ("[resourceId('Tenon.Linux/File','motd')]", Some(("Tenon.Linux/File", "motd"))),
            ("[ resourceId ( 'A/B' , 'it''s' ) ]", Some(("A/B", "it's"))),
            ("[resourceId('A/B')]", None),
            ("[resourceId('A/B','x','y')]", None),
            ("[resourceId('A/B','x]", None),
            ("[resourceID('A/B','x')]", None),
            ("resourceId('A/B','x')", None),
        ] {
            let expected = expected.map(|(kind, name)| (kind.to_owned(), name.to_owned()));
            assert_eq!(resource_id(raw), expected, "{raw}");
        }
    }
}
