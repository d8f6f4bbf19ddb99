//! What of the logs belongs to one action, without secrets: for a ticket, or for somebody who helps.

use std::{
    io::{self, BufRead as _, BufReader, Read},
    path::PathBuf,
};

use action::TaskGuid;

use crate::{redact, source};

/// The most lines of one action that are kept, over all files: an action on 10,000 devices has some.
const MOST_LINES: usize = 50_000;
/// The longest line that is kept, in bytes.
const LONGEST_LINE: u64 = 64 << 10;

/// The lines of one file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileLines {
    /// The file's path, and the name in its archive.
    pub name: String,
    /// The lines that name the action, without secrets.
    pub lines: Vec<String>,
}

/// The lines of all files.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lines {
    /// The files that name the action.
    pub files: Vec<FileLines>,
    /// What could not be read or was left out, as (path, why).
    pub notes: Vec<(String, String)>,
}

/// Reads the lines that name an action, in either case, out of log files, folders and archives.
pub fn lines(task_guid: TaskGuid, paths: &[PathBuf]) -> Lines {
    let found = source::find(paths);
    let mut lines = Lines { files: Vec::new(), notes: found.notes };
    let mut room = MOST_LINES;
    let wanted = task_guid.to_string();
    for path in found.files {
        let notes = source::open(&path, &mut |name, input| {
            let kept = keep(input, wanted.as_bytes(), &mut room)?;
            if !kept.is_empty() {
                lines.files.push(FileLines { name: name.to_owned(), lines: kept });
            }
            Ok(())
        });
        lines.notes.extend(notes);
    }
    if room == 0 {
        lines.notes.push((String::new(), format!("lines beyond the first {MOST_LINES} are left out")));
    }
    lines
}

fn keep(input: &mut dyn Read, wanted: &[u8], room: &mut usize) -> io::Result<Vec<String>> {
    let mut kept = Vec::new();
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(kept);
        }
        // What is longer goes on as a line of its own: it is no line of a log.
        if *room > 0 && line.windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted)) {
            *room -= 1;
            kept.push(redact::line(String::from_utf8_lossy(&line).trim_end()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_lines_of_one_action_are_kept_without_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        let guid = "3d46a2fa-5a2b-4d2c-9f07-6f5cf3cdd3b0";
        write(
            "CMGatewayNotificationWorker.log",
            &format!("other\nForwarded BGB remote task. TaskGuid: {guid} tna_abc\nother\n"),
        );
        write("BgbServer.log", &format!("TaskGUID: {} sent\n{}", guid.to_uppercase(), "x".repeat(200_000)));
        write("SmsProv.log", "nothing of it\n");

        let task_guid = guid.parse().expect("an id");
        let lines = lines(task_guid, &[folder.path().to_owned(), folder.path().join("gone")]);
        let texts: Vec<_> = lines.files.iter().flat_map(|file| file.lines.clone()).collect();
        assert_eq!(texts.len(), 2, "{lines:?}");
        assert!(texts.iter().any(|line| line.ends_with("tna_[removed]")), "{texts:?}");
        assert!(texts.iter().any(|line| line.starts_with("TaskGUID: 3D46A2FA")), "{texts:?}");
        assert_eq!(lines.notes.len(), 1, "{lines:?}");
    }
}
