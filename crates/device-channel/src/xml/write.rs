//! Writes a message.

use std::fmt::{Display, Write as _};

use super::is_allowed;

/// Writes one message: its root, then its children.
#[derive(Debug)]
pub(crate) struct Writer {
    name: &'static str,
    text: String,
    has_children: bool,
}

impl Writer {
    /// Begins a message without attributes.
    pub(crate) fn new(name: &'static str) -> Self {
        // A response is some 200 bytes; a request is more and grows once or twice.
        let mut text = String::with_capacity(256);
        text.push('<');
        text.push_str(name);
        Self { name, text, has_children: false }
    }

    /// Adds an attribute; all come before the first child.
    pub(crate) fn attribute(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.text, " {name}=\"");
        escape(&mut self.text, value);
        self.text.push('"');
        self
    }

    /// Adds a child that holds a text. It is escaped; what XML cannot hold becomes U+FFFD.
    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.open(name);
        escape(&mut self.text, value);
        let _ = write!(self.text, "</{name}>");
        self
    }

    /// Adds a child that holds a value whose text needs no escaping: a number, an id, base64.
    pub(crate) fn value(mut self, name: &str, value: impl Display) -> Self {
        self.open(name);
        let _ = write!(self.text, "{value}</{name}>");
        self
    }

    /// Adds a child that says something by being there.
    pub(crate) fn flag(mut self, name: &str) -> Self {
        self.open(name);
        self.text.pop();
        self.text.push_str("/>");
        self
    }

    /// Returns the message.
    pub(crate) fn finish(mut self) -> String {
        if self.has_children {
            let _ = write!(self.text, "</{}>", self.name);
        } else {
            self.text.push_str("/>");
        }
        self.text
    }

    fn open(&mut self, name: &str) {
        if !self.has_children {
            self.text.push('>');
            self.has_children = true;
        }
        let _ = write!(self.text, "<{name}>");
    }
}

fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '"' => text.push_str("&quot;"),
            // Readers turn these into a line feed or a space where they stand unescaped.
            '\r' => text.push_str("&#13;"),
            '\n' => text.push_str("&#10;"),
            '\t' => text.push_str("&#9;"),
            other if is_allowed(other) => text.push(other),
            _ => text.push('\u{fffd}'),
        }
    }
}
