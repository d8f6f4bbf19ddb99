//! Reads a message, and refuses what XML allows and no message needs.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesDecl, BytesRef, BytesStart, Event},
};

use super::is_allowed;
use crate::Malformed;

/// The most attributes of an element, and children of the root: four times what any message has.
const MOST_PARTS: usize = 64;

/// How deep elements that are not known may be nested.
const DEEPEST: usize = 8;

/// A message's root, with what it holds.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Child>,
}

#[derive(Debug)]
struct Child {
    name: String,
    text: String,
    /// Whether it holds elements, as only one that this version does not know may.
    nested: bool,
}

impl Element {
    /// Returns an attribute of the root.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the text of a child.
    pub(crate) fn child(&self, name: &'static str) -> Result<Option<&str>, Malformed> {
        match self.children.iter().find(|child| child.name == name) {
            Some(child) if child.nested => Err(Malformed::Value { element: name }),
            Some(child) => Ok(Some(&child.text)),
            None => Ok(None),
        }
    }
}

/// Reads the one element that a message is.
pub(crate) fn read(bytes: &[u8]) -> Result<Element, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed::NotUtf8)?;
    // A byte order mark announces an encoding, and there is only one.
    if text.starts_with('\u{feff}') {
        return Err(Malformed::NotUtf8);
    }
    if !text.chars().all(is_allowed) {
        return Err(Malformed::Character);
    }
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_comments = true;
    let mut state = State { root: None, depth: 0, at_start: true };
    loop {
        match reader.read_event().map_err(|_| Malformed::Syntax)? {
            Event::Eof => break,
            Event::Decl(declaration) => state.declaration(&declaration)?,
            Event::Start(start) => state.start(&start)?,
            Event::End(_) => state.depth = state.depth.checked_sub(1).ok_or(Malformed::Syntax)?,
            Event::Text(text) => state.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => state.text(character(&reference)?.encode_utf8(&mut [0; 4]))?,
            Event::Empty(_) => return Err(Malformed::Syntax),
            Event::DocType(_) => return Err(Malformed::Forbidden { what: "a DOCTYPE" }),
            Event::CData(_) => return Err(Malformed::Forbidden { what: "a CDATA section" }),
            Event::PI(_) => return Err(Malformed::Forbidden { what: "a processing instruction" }),
            Event::Comment(_) => return Err(Malformed::Forbidden { what: "a comment" }),
        }
        state.at_start = false;
    }
    if state.depth > 0 {
        return Err(Malformed::Syntax);
    }
    state.root.ok_or(Malformed::Syntax)
}

struct State {
    root: Option<Element>,
    /// How many elements are open.
    depth: usize,
    at_start: bool,
}

impl State {
    fn declaration(&mut self, declaration: &BytesDecl<'_>) -> Result<(), Malformed> {
        let version = declaration.version().map_err(|_| Malformed::Syntax)?;
        if !self.at_start || version != "1.0" {
            return Err(Malformed::Syntax);
        }
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
            Some(_) => Err(Malformed::NotUtf8),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Malformed> {
        let attributes = attributes(start)?;
        let name = start.name().0.to_owned();
        match (self.depth, &mut self.root) {
            (0, None) => self.root = Some(Element { name, attributes, children: Vec::new() }),
            (0, Some(_)) | (_, None) => return Err(Malformed::Syntax),
            (1, Some(root)) => {
                if root.children.iter().any(|child| child.name == name) {
                    return Err(Malformed::Twice);
                }
                if root.children.len() == MOST_PARTS {
                    return Err(Malformed::TooMuch);
                }
                root.children.push(Child { name, text: String::new(), nested: false });
            }
            (_, Some(root)) => {
                if self.depth == DEEPEST {
                    return Err(Malformed::TooMuch);
                }
                if let Some(child) = root.children.last_mut() {
                    child.nested = true;
                }
            }
        }
        self.depth += 1;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Malformed> {
        match (self.depth, &mut self.root) {
            (2, Some(root)) => {
                if let Some(child) = root.children.last_mut() {
                    child.text.push_str(text);
                }
                Ok(())
            }
            (3.., _) => Ok(()),
            _ if text.chars().all(|character| matches!(character, ' ' | '\t' | '\r' | '\n')) => Ok(()),
            _ => Err(Malformed::Syntax),
        }
    }
}

fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>, Malformed> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    // The reader's own check of duplicates would report them as any other mistake.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Malformed::Syntax)?;
        let name = attribute.key.0;
        if attributes.iter().any(|(known, _)| known == name) {
            return Err(Malformed::Twice);
        }
        if attributes.len() == MOST_PARTS {
            return Err(Malformed::TooMuch);
        }
        if attribute.value.contains('<') {
            return Err(Malformed::Syntax);
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| Malformed::Entity)?;
        if !value.chars().all(is_allowed) {
            return Err(Malformed::Character);
        }
        attributes.push((name.to_owned(), value.into_owned()));
    }
    Ok(attributes)
}

/// Returns the character that a reference stands for: one of the five that XML has, or a number.
fn character(reference: &BytesRef<'_>) -> Result<char, Malformed> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| Malformed::Entity)? {
        return if is_allowed(character) { Ok(character) } else { Err(Malformed::Character) };
    }
    let name = reference.borrow().into_inner();
    quick_xml::escape::resolve_predefined_entity(&name)
        .and_then(|text| text.chars().next())
        .ok_or(Malformed::Entity)
}
