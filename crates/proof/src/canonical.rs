//! JSON in the one form of RFC 8785. Numbers have no place in it: integers are carried as decimal strings.

use std::cmp::Ordering;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A text that is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum NotCanonical {
    /// It is larger than any that is valid.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// It is no JSON with exactly the members that are expected.
    #[error("it is not JSON with the members that are expected")]
    Json(#[source] serde_json::Error),
    /// It is written in another way than RFC 8785 says.
    #[error("it is not written in the form of RFC 8785")]
    Form,
}

/// Writes a value.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("texts, lists and members can be written");
    let mut text = String::new();
    write(&value, &mut text);
    text.into_bytes()
}

/// Reads a value, and refuses any text but the one that [`encode`] writes for it: unknown and repeated members, other
/// orders and other spellings all differ from it.
pub(crate) fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, NotCanonical> {
    if bytes.len() > limit {
        return Err(NotCanonical::TooLarge { limit });
    }
    let value: T = serde_json::from_slice(bytes).map_err(NotCanonical::Json)?;
    if encode(&value) == bytes { Ok(value) } else { Err(NotCanonical::Form) }
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        // Only integers that every reader reads alike could get here, and no type of this crate has any.
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, text);
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| by_utf16(a, b));
            text.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                separate(index, text);
                write_string(name, text);
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
    }
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}

/// serde_json escapes as RFC 8785 asks: the short escapes, else `\u00` with small digits below U+0020, and nothing else.
fn write_string(string: &str, text: &mut String) {
    text.push_str(&Value::from(string).to_string());
}

fn by_utf16(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_orders_are_those_of_the_standard() {
        let value = serde_json::json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O"
        });
        let text = String::from_utf8(encode(&value)).expect("text");
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
        let places: Vec<_> = order.iter().map(|word| text.find(word).expect("a member")).collect();
        assert!(places.is_sorted(), "{text}");
        let odd = encode(&"\u{20ac}$\u{f}\nA'B\"\\\"/\u{7f}");
        assert_eq!(odd, "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\"/\u{7f}\"".as_bytes());
    }

    #[test]
    fn another_spelling_is_refused() {
        type Members = std::collections::BTreeMap<String, String>;
        let read = |text: &str| decode::<Members>(text.as_bytes(), 64);
        assert!(read(r#"{"a":"b"}"#).is_ok());
        for text in [r#"{"a": "b"}"#, r#"{"a":"\u0062"}"#, r#"{"b":"","a":""}"#, r#"{"a":"b","a":"b"}"#] {
            assert!(matches!(read(text), Err(NotCanonical::Form)), "{text}");
        }
        assert!(matches!(read("[]"), Err(NotCanonical::Json(_))));
        assert!(matches!(read(&"x".repeat(65)), Err(NotCanonical::TooLarge { limit: 64 })));
    }
}
