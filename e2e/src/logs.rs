//! The log files of the programs, for comparison with the seed's lines.

use std::path::{Path, PathBuf};

/// A log file, read line by line without its framing.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
}

impl Lines {
    /// Returns the log file `name` in `folder`.
    pub fn of(folder: &Path, name: &str) -> Self {
        Self { path: folder.join(name) }
    }

    /// Returns the texts of the lines, framing removed, ids and times replaced and runs of spaces and dots folded.
    pub fn folded(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        text.lines().map(|line| fold(unframed(line))).collect()
    }

    /// Returns the texts of the lines as they stand there, framing removed.
    pub fn raw(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        text.lines().map(|line| unframed(line).to_owned()).collect()
    }

    /// Returns whether `expected` (seed's lines) stand in the log in this order, other lines between them allowed; else the
    /// first that is missing.
    ///
    /// # Errors
    ///
    /// The first line that is missing, with the log.
    pub fn holds(&self, expected: &[&str]) -> Result<(), String> {
        let lines = self.folded();
        let mut rest = lines.iter();
        for line in expected {
            let line = fold(line);
            if !rest.any(|candidate| *candidate == line) {
                return Err(format!("`{line}` is missing in {}:\n{}", self.path.display(), lines.join("\n")));
            }
        }
        Ok(())
    }
}

/// Removes the framing of either kind.
fn unframed(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix("<![LOG[") {
        return rest.split("]LOG]!>").next().unwrap_or(rest);
    }
    line.split("~~  $$<").next().unwrap_or(line)
}

/// Replaces UUIDs by `<guid>`, RFC 3339 times by `<time>`, and the numbers that a site counts by `<n>`, and folds runs of
/// spaces and of dots: what is left is what the seed's lines and ours must share.
pub fn fold(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        words.push(word.to_owned());
    }
    let text = words.join(" ");
    let text = replace_uuids(&text);
    let text = replace_after(&text, "TimeStamp=\"", '"', "<time>");
    let mut text = text;
    for (start, end) in [
        ("PushID: ", ' '),
        ("TaskID: ", ' '),
        ("pushid=", ','),
        ("taskid=", ','),
        ("<PushID>", '<'),
        ("<TaskID>", '<'),
        ("TargetDeviceIDs: ", ' '),
    ] {
        text = replace_number_after(&text, start, end);
    }
    let mut folded = String::new();
    for c in text.chars() {
        if c == '.' && folded.ends_with('.') {
            continue;
        }
        folded.push(c);
    }
    folded
}

fn replace_uuids(text: &str) -> String {
    const LENGTH: usize = 36;
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.get(..LENGTH).is_some_and(|start| uuid::Uuid::try_parse(start).is_ok()) {
            out.push_str("<guid>");
            rest = &rest[LENGTH..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn replace_after(text: &str, start: &str, end: char, by: &str) -> String {
    match text.split_once(start).and_then(|(head, tail)| Some((head, tail.split_once(end)?))) {
        Some((head, (_, tail))) => format!("{head}{start}{by}{end}{tail}"),
        None => text.to_owned(),
    }
}

fn replace_number_after(text: &str, start: &str, end: char) -> String {
    let Some((head, tail)) = text.split_once(start) else {
        return text.to_owned();
    };
    let digits = tail.chars().take_while(char::is_ascii_digit).count();
    let rest = &tail[digits..];
    if digits == 0 || !(rest.is_empty() || rest.starts_with(end) || rest.starts_with(')')) {
        return text.to_owned();
    }
    format!("{head}{start}<n>{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_line_and_ours_fold_to_the_same() {
        assert_eq!(
            fold(
                "Starting to send push task (PushID: 7 TaskID: 8 TaskGUID: A43DD1B3-A006-4604-B012-5529380B3B6F TaskType: 1 \
                 TaskParam: ) to 1 clients  with throttling (strategy: 1 param: 42)"
            ),
            "Starting to send push task (PushID: <n> TaskID: <n> TaskGUID: <guid> TaskType: 1 TaskParam: ) to 1 clients with \
             throttling (strategy: 1 param: 42)"
        );
        assert_eq!(
            fold("Validating basic notification details.."),
            fold("Validating  basic notification details...")
        );
    }

    #[test]
    fn another_number_of_clients_stays_another_line() {
        assert_ne!(fold("to 1 clients"), fold("to 2 clients"));
    }

    #[test]
    fn framings_are_removed() {
        assert_eq!(unframed("a b~~  $$<SMS_X><11-24-2026 10:00:00.000+0><thread=1 (0x1)>"), "a b");
        assert_eq!(unframed("<![LOG[a b]LOG]!><time=\"10:00:00.000+0\" date=\"11-24-2026\">"), "a b");
    }
}
