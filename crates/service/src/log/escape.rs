//! Makes a text harmless: nothing from outside may end a line, forge a frame or turn the reading direction.

use std::fmt::Write as _;

/// The longest text of a line, in bytes. A device list of 100 ids and a task parameter of 4 KiB fit; a flood does not.
const LONGEST: usize = 16 << 10;

/// What begins or ends a frame, in the two framings. Tools compare without regard to case.
const MARKS: [&str; 3] = ["]LOG]!>", "$$<", "<![LOG["];

/// Returns the text with control, line and bidirectional characters and frame marks escaped, and cut to its bound.
pub(super) fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if escaped.len() >= LONGEST {
            let _ = write!(escaped, "… ({} bytes more)", rest.len());
            break;
        }
        if let Some(mark) = MARKS.iter().find(|mark| starts_with(rest, mark)) {
            // Without its last character a mark is no mark.
            let (kept, last) = rest.split_at(mark.len() - 1);
            escaped.push_str(kept);
            escape(&mut escaped, last.chars().next().unwrap_or_default());
            rest = &rest[mark.len()..];
            continue;
        }
        match next {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            next if is_harmful(next) => escape(&mut escaped, next),
            next => escaped.push(next),
        }
        rest = &rest[next.len_utf8()..];
    }
    escaped
}

fn escape(escaped: &mut String, character: char) {
    escaped.extend(character.escape_unicode());
}

fn starts_with(text: &str, mark: &str) -> bool {
    text.as_bytes().get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
}

fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200e}' | '\u{200f}'        // marks of the reading direction
            | '\u{2028}' | '\u{2029}'                  // ends of lines and paragraphs
            | '\u{202a}'..='\u{202e}'                  // embeddings and overrides
            | '\u{2066}'..='\u{2069}'                  // isolates
            | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_harmless_stays_to_the_letter() {
        for harmless in [
            "Starting to send push task (PushID: 7 TaskID: 8 TaskGUID: A43D TaskType: 1 TaskParam: ) to 1 clients",
            "Send Task response message <BgbResponseMessage TimeStamp=\"2020\"><PushID>8</PushID> successfully.",
            "über, 日本, $ < > ] [ \\ $$ LOG]",
        ] {
            assert_eq!(text(harmless), harmless);
        }
    }

    #[test]
    fn what_could_forge_a_line_is_escaped() {
        for (raw, escaped) in [
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\0\x1b[31m\x7f\u{85}", "\\u{0}\\u{1b}[31m\\u{7f}\\u{85}"),
            ("\u{202e}evil\u{2066}\u{2028}\u{200f}", "\\u{202e}evil\\u{2066}\\u{2028}\\u{200f}"),
            ("x]LOG]!><time=", "x]LOG]!\\u{3e}<time="),
            ("x]log]!>", "x]log]!\\u{3e}"),
            ("<![LOG[y", "<![LOG\\u{5b}y"),
            ("end~~  $$<SMS_MP><01", "end~~  $$\\u{3c}SMS_MP><01"),
            ("$$$$<", "$$$$\\u{3c}"),
        ] {
            assert_eq!(text(raw), escaped, "{raw:?}");
        }
    }

    #[test]
    fn a_flood_is_cut() {
        let cut = text(&"ä".repeat(LONGEST));
        assert!(cut.len() < LONGEST + 64, "{}", cut.len());
        assert!(cut.ends_with(&format!("… ({LONGEST} bytes more)")), "{}", &cut[LONGEST - 8..]);
    }

    proptest! {
        #[test]
        fn no_text_leaves_a_mark_or_a_line_end(raw in "(\\PC|[\\x00-\\x20]|\\]LOG\\]!>|\\$\\$<|<!\\[LOG\\[|\\u{202e}|\\u{2028}){0,40}") {
            let escaped = text(&raw);
            prop_assert!(!escaped.contains(is_harmful));
            for mark in MARKS {
                prop_assert!(!escaped.to_ascii_uppercase().contains(mark), "{escaped:?}");
            }
        }
    }
}
