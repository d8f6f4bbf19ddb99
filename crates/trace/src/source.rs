//! Finds and opens logs: folders, rotated files, gzip and zip, UTF-16, files with holes.

mod find;
mod name;
mod unpack;
mod utf16;
mod holes;

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
};

pub use find::{Found, find};
pub use name::{Name, name};

use self::{holes::Holes, utf16::Utf16};

/// Bytes looked at to tell what a file is.
const HEAD: usize = 4096;

/// A log that is open: its name as shown, and what is in it as UTF-8 or a code page of one byte.
pub type Each<'a> = dyn FnMut(&str, &mut dyn Read) -> io::Result<()> + 'a;

/// Opens a file and gives each log in it to `each`; returns what could not be read, as (name, why).
pub fn open(path: &Path, each: &mut Each<'_>) -> Vec<(String, String)> {
    let shown = path.display().to_string();
    let mut notes = Vec::new();
    if let Err(error) = open_file(path, &shown, each, &mut notes) {
        notes.push((shown, format!("was not read to its end: {error}")));
    }
    notes
}

fn open_file(
    path: &Path,
    shown: &str,
    each: &mut Each<'_>,
    notes: &mut Vec<(String, String)>,
) -> io::Result<()> {
    let mut file = File::open(path)?;
    // What grows while it is read is read as far as it was.
    let length = file.metadata()?.len();
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(HEAD as u64).read_to_end(&mut head)?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return unpack::zip(&mut file, length, shown, each, notes);
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        let packed = Cursor::new(head).chain(file);
        return unpack::gzip(packed, length, |plain| text(plain, shown, each));
    }
    text(&mut Holes::new(file, length)?, shown, each)
}

/// Gives `input` to `each` as bytes of at most one encoding unit a character.
fn text(input: &mut dyn Read, shown: &str, each: &mut Each<'_>) -> io::Result<()> {
    let mut head = Vec::new();
    let mut rest = input;
    (&mut rest).take(HEAD as u64).read_to_end(&mut head)?;
    let order = utf16::order(&head);
    let mut whole = Cursor::new(head).chain(rest);
    match order {
        Some(order) => each(shown, &mut Utf16::new(whole, order)),
        None => each(shown, &mut whole),
    }
}

#[cfg(test)]
mod tests;
