//! The agent's own logs, in parts that fit a state message.

use action::{TaskGuid, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    LARGEST_BODY, LONGEST_NAME,
    fit::{NotValid, Text, check},
};

/// The most parts that one task has: some 8 MiB of text, twice what may be asked for, as parts are not always full.
pub const MOST_LOG_PARTS: u32 = 256;

/// Bytes of a message that are not its text, generously.
const AROUND: usize = 1 << 10;

/// The longest line as it is written, in bytes: half a part.
const LONGEST_LINE: usize = 32 << 10;

/// A part of the agent's logs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LogsPart {
    /// The action that asked for them.
    pub task_guid: TaskGuid,
    /// Which part it is, from 0.
    pub number: u32,
    /// How many there are.
    pub parts: u32,
    /// The file's name, such as `PolicyAgent.log`. Parts of one file follow each other.
    pub file: String,
    /// Whole lines of the file, the oldest first, without what looks like a secret.
    pub text: String,
    /// When they were read, by the device's clock.
    pub at: Timestamp,
}

impl LogsPart {
    pub(crate) fn check(&self) -> Result<(), NotValid> {
        if self.parts == 0 || self.parts > MOST_LOG_PARTS {
            return Err(NotValid::OutOfBounds { member: "parts", from: 1, to: MOST_LOG_PARTS });
        }
        if self.number >= self.parts {
            return Err(NotValid::OutOfBounds { member: "number", from: 0, to: self.parts - 1 });
        }
        check("file", &self.file, LONGEST_NAME, Text::Line)?;
        if self.file.is_empty() || self.file.contains('/') {
            return Err(NotValid::ControlCharacter { member: "file" });
        }
        check("text", &self.text, LARGEST_BODY, Text::Lines)
    }
}

/// Divides files, each with its name and lines, into parts that fit a message; beyond [`MOST_LOG_PARTS`] parts the first
/// are left out.
pub fn parts(task_guid: TaskGuid, at: Timestamp, files: &[(String, Vec<String>)]) -> Vec<LogsPart> {
    let mut texts: Vec<(&str, String)> = Vec::new();
    for (file, lines) in files {
        let mut text = String::new();
        let mut written = 0;
        for line in lines {
            let line = fitting(line);
            let length = written_length(&line) + 2;
            if written + length > LARGEST_BODY - AROUND {
                texts.push((file, std::mem::take(&mut text)));
                written = 0;
            }
            text.push_str(&line);
            text.push('\n');
            written += length;
        }
        if !text.is_empty() {
            texts.push((file, text));
        }
    }
    let most = usize::try_from(MOST_LOG_PARTS).unwrap_or(usize::MAX);
    let first = texts.len().saturating_sub(most);
    let parts = u32::try_from(texts.len() - first).unwrap_or(MOST_LOG_PARTS);
    let kept = texts.into_iter().skip(first).zip(0..);
    kept.map(|((file, text), number)| LogsPart { task_guid, number, parts, file: file.to_owned(), text, at })
        .collect()
}

/// Returns a line that fits the wire: without control characters, and cut where it alone is too long.
fn fitting(line: &str) -> String {
    let mut written = 0;
    let letters = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let kept = letters.take_while(|letter| {
        written += if matches!(letter, '"' | '\\') { 2 } else { letter.len_utf8() };
        written <= LONGEST_LINE
    });
    kept.collect()
}

/// Returns how many bytes a text has as JSON.
fn written_length(text: &str) -> usize {
    text.bytes().map(|byte| if matches!(byte, b'"' | b'\\') { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Call, StateMessage, client};

    #[test]
    fn lines_are_divided_into_parts_that_name_their_file() {
        let line = "x".repeat(20_000);
        let files = [
            ("A.log".to_owned(), vec![line.clone(), line.clone(), line, "end".into()]),
            ("B.log".to_owned(), vec!["b".into()]),
        ];
        let parts = parts(task(), Timestamp(5), &files);
        let shown: Vec<_> = parts.iter().map(|part| (part.number, part.parts, part.file.as_str())).collect();
        assert_eq!(shown, [(0, 2, "A.log"), (1, 2, "B.log")]);
        assert!(parts[0].text.ends_with("x\nend\n"));
        assert_eq!(super::parts(task(), Timestamp(5), &[]), []);
    }

    #[test]
    fn beyond_the_most_parts_the_oldest_are_left_out() {
        let lines: Vec<_> = (0..700).map(|number| format!("{number} {}", "x".repeat(30_000))).collect();
        let parts = parts(task(), Timestamp(5), &[("A.log".to_owned(), lines)]);
        assert_eq!(parts.len(), 256);
        assert!(parts.last().expect("a part").text.contains("699 x"));
        assert!(parts.iter().all(|part| part.check().is_ok()));
    }

    #[test]
    fn a_part_out_of_bounds_is_refused() {
        let good = LogsPart {
            task_guid: task(),
            number: 0,
            parts: 1,
            file: "A.log".into(),
            text: "x\n".into(),
            at: Timestamp(1),
        };
        assert_eq!(good.check(), Ok(()));
        for bad in [
            LogsPart { parts: 0, ..good.clone() },
            LogsPart { parts: 257, ..good.clone() },
            LogsPart { number: 1, ..good.clone() },
            LogsPart { file: String::new(), ..good.clone() },
            LogsPart { file: "../A.log".into(), ..good.clone() },
            LogsPart { text: "\u{0}".into(), ..good },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_lines_hold_each_part_fits(lines in prop::collection::vec(any::<String>(), 0..40), quotes in 0usize..70_000) {
            let mut lines = lines;
            lines.push("\"".repeat(quotes));
            for part in parts(task(), Timestamp(1), &[("A.log".to_owned(), lines)]) {
                prop_assert_eq!(part.check(), Ok(()));
                let request = client::request(&Call::State(StateMessage::Logs(part)));
                prop_assert!(request.body().len() <= LARGEST_BODY);
            }
        }
    }

    fn task() -> TaskGuid {
        "00000000-0000-0000-0000-000000000007".parse().expect("an id")
    }
}
