//! `$filter` of OData, as far as scripts use it for devices, in the filter language.

use filter::Filter;

use crate::problem::{Refusal, short};

/// Translates `deviceName eq 'x'`, `startswith(deviceName,'x')` and the like, joined by `and`.
pub(super) fn translate(text: &str) -> Result<Filter, Refusal> {
    let not_valid = || {
        let fix = "Use `deviceName eq 'x'`, `startswith(deviceName,'x')` or `contains(deviceName,'x')`, joined by `and`.";
        Refusal::not_valid("$filter", format!("`{}` is more than this console reads.", short(text)), fix)
    };
    let parts = split(text).ok_or_else(not_valid)?;
    let comparisons: Option<Vec<String>> = parts.iter().map(|part| comparison(part.trim())).collect();
    let written = comparisons.ok_or_else(not_valid)?.join(" and ");
    Filter::parse(&written, filter::device::SEARCH).map_err(|_| not_valid())
}

/// Writes a text as a part of an address.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Splits at ` and ` outside of texts; `None` where a text does not end.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if c == '\'' {
            quoted = !quoted;
        } else if !quoted && c == ' ' && text[at..].starts_with(" and ") {
            parts.push(&text[start..at]);
            start = at + " and ".len();
        }
    }
    parts.push(text.get(start..)?);
    (!quoted).then_some(parts)
}

fn comparison(text: &str) -> Option<String> {
    for (function, operator) in
        [("startswith", "startsWith"), ("contains", "contains"), ("endswith", "endsWith")]
    {
        if let Some(rest) = text.strip_prefix(function) {
            let (name, value) = rest.trim().strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
            return Some(format!("{} {operator} {}", field(name.trim())?, literal(value.trim())?));
        }
    }
    let (name, rest) = text.split_once(' ')?;
    let (operator, value) = rest.trim_start().split_once(' ')?;
    let operator = match operator {
        "eq" => "=",
        "ne" => "!=",
        _ => return None,
    };
    Some(format!("{} {operator} {}", field(name)?, literal(value.trim())?))
}

fn field(name: &str) -> Option<&'static str> {
    match name {
        "deviceName" => Some("name"),
        "operatingSystem" => Some("os"),
        "osVersion" => Some("os_version"),
        "id" => Some("id"),
        _ => None,
    }
}

/// Translates a text in single quotes, in which a quote is written twice.
fn literal(value: &str) -> Option<String> {
    let inner = value.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "\u{0}");
    if plain.contains('\'') {
        return None;
    }
    let plain = plain.replace('\u{0}', "'").replace('\\', "\\\\").replace('"', "\\\"");
    Some(format!("\"{plain}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scripts_write_is_read() {
        check("deviceName eq 'shop-1'", Some("name = \"shop-1\""));
        check("startswith(deviceName,'shop-')", Some("name startsWith \"shop-\""));
        check(
            "contains(deviceName, 'a and b') and operatingSystem ne 'Debian'",
            Some("name contains \"a and b\" and os != \"Debian\""),
        );
        check("deviceName eq 'O''Brien \"x\"'", Some("name = \"O'Brien \\\"x\\\"\""));
        for text in
            ["", "deviceName", "deviceName gt 'a'", "serialNumber eq 'x'", "deviceName eq 'x", "a or b"]
        {
            check(text, None);
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let translated = translate(text).ok().map(|filter| filter.to_string());
        let expected =
            expected.map(|text| Filter::parse(text, filter::device::SEARCH).expect("a filter").to_string());
        assert_eq!(translated, expected, "{text}");
    }
}
