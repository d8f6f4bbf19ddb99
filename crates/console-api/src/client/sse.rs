//! Server-sent events, as they are read (WHATWG HTML, "Interpreting an event stream").

/// The longest event that is kept: a change is at most some kilobytes.
const LONGEST_EVENT: usize = 256 << 10;

/// One event.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Event {
    pub(super) id: Option<String>,
    pub(super) data: String,
}

/// The stream sent an event that is longer than anything a console sends.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct TooLong;

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
pub(super) struct Reader {
    bytes: Vec<u8>,
    event: Event,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        self.bytes.extend_from_slice(bytes);
        let pending = self.bytes.len() + self.event.data.len();
        if pending > LONGEST_EVENT && !self.bytes.contains(&b'\n') { Err(TooLong) } else { Ok(()) }
    }

    /// Returns the next whole event.
    pub(super) fn next(&mut self) -> Option<Event> {
        while let Some(end) = self.bytes.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if !line.is_empty() {
                self.line(line);
                continue;
            }
            let event = std::mem::take(&mut self.event);
            if !event.data.is_empty() {
                return Some(event);
            }
        }
        None
    }

    fn line(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            "id" => self.event.id = Some(value.to_owned()),
            // Comments keep the connection alive; event names and retry times are not used.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str =
        ": hello\n\nid: 7\ndata: {\"a\":1}\n\nid: 8\r\ndata: one\r\ndata:two\r\n\r\nevent: x\n\ndata: end";

    #[test]
    fn events_are_cut_at_empty_lines_and_comments_are_skipped() {
        let mut reader = Reader::default();
        reader.push(STREAM.as_bytes()).expect("short");
        assert_eq!(reader.next(), Some(Event { id: Some("7".into()), data: "{\"a\":1}".into() }));
        assert_eq!(reader.next(), Some(Event { id: Some("8".into()), data: "one\ntwo".into() }));
        assert_eq!(reader.next(), None);
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut reader = Reader::default();
        assert_eq!(reader.push(&vec![b'x'; LONGEST_EVENT + 1]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn where_the_network_cuts_changes_nothing(cut in 0..STREAM.len()) {
            let mut reader = Reader::default();
            let mut events = Vec::new();
            for part in [&STREAM.as_bytes()[..cut], &STREAM.as_bytes()[cut..]] {
                reader.push(part).expect("short");
                events.extend(std::iter::from_fn(|| reader.next()));
            }
            prop_assert_eq!(events.len(), 2);
            prop_assert_eq!(&events[1].data, "one\ntwo");
        }
    }
}
