//! The part of XML that messages are made of: one root with attributes, and children that hold text.

mod read;
mod write;

pub(crate) use read::{Element, read};
pub(crate) use write::Writer;

/// Returns whether a character may stand in XML 1.0.
pub(crate) fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Returns the text with U+FFFD in place of what XML cannot hold.
pub(crate) fn allowed(text: &str) -> String {
    text.chars().map(|character| if is_allowed(character) { character } else { '\u{fffd}' }).collect()
}
