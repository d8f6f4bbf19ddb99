//! What the command line prints: tables, JSON, and never a raw control character from outside.

use std::io::{self, Write as _};

use serde::Serialize;

/// The widest column of a table; what is longer is cut, `--json` has it whole.
const WIDEST_COLUMN: usize = 60;

/// Returns `text` with control and bidirectional characters made visible, so that a device's name cannot move the
/// cursor, colour the terminal or reverse a line.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || is_format(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Bidirectional marks, embeddings, overrides and isolates, zero-width characters, and line and paragraph separators.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}')
}

/// Prints a line on standard output.
///
/// # Errors
///
/// When standard output is closed.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
}

/// Prints `value` as JSON, for scripts.
///
/// # Errors
///
/// When standard output is closed.
pub(crate) fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Prints rows under headings, columns as wide as their widest cell.
///
/// # Errors
///
/// When standard output is closed.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(render(headings, rows).as_bytes())
}

fn render(headings: &[&str], rows: &[Vec<String>]) -> String {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| cut(&clean(cell))).collect()).collect();
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    for row in std::iter::once(&headings).chain(&cells) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cut(cell: &str) -> String {
    if cell.chars().count() <= WIDEST_COLUMN {
        return cell.to_owned();
    }
    cell.chars().take(WIDEST_COLUMN - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_cannot_drive_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mred\u{202e}gnp"), "a\\u{1b}[31mred\\u{202e}gnp");
        assert_eq!(clean("one\ntwo\tthree"), "one two three");
        assert_eq!(clean("kassa-12 Ünïcode 🦀"), "kassa-12 Ünïcode 🦀");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["kassa-1".into(), "online".into()], vec!["x".into(), "offline".into()]];
        assert_eq!(
            render(&["NAME", "STATUS"], &rows),
            "NAME     STATUS\nkassa-1  online\nx        offline\n"
        );
    }

    #[test]
    fn a_long_cell_is_cut() {
        let rows = [vec!["y".repeat(200)]];
        assert_eq!(
            render(&["N"], &rows).lines().nth(1).map(|line| line.chars().count()),
            Some(WIDEST_COLUMN)
        );
    }
}
