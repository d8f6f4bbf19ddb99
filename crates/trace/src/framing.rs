//! Frees a record of its framing: the field's two, JSON, and lines copied from a web page, which have none.

use action::TaskGuid;
use memchr::memmem;

/// How the records of a file are framed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// `<![LOG[text]LOG]!><time="…" date="…" …>`, as clients write.
    Client,
    /// `text~~  $$<COMPONENT><date time+bias><thread=…>`, as servers write.
    Server,
    /// One JSON object a line, as Tenon writes where it is told to.
    Json,
    /// None: a copy from a page or a ticket, without times.
    Plain,
}

/// What stands around the text of a record.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record {
    /// The text, without its framing.
    pub text: String,
    /// Milliseconds since 1970 in UTC, by the clock of the machine that wrote it.
    pub at: Option<i64>,
    /// The thread that wrote it.
    pub thread: Option<u32>,
    /// The action that it is about, where the framing says so (JSON).
    pub about: Option<TaskGuid>,
}

/// What begins a record of a client.
pub const CLIENT_HEAD: &[u8] = b"<![LOG[";
/// What ends its text.
pub const CLIENT_TAIL: &[u8] = b"]LOG]!>";
/// What ends the text of a server's record.
pub const SERVER_TAIL: &[u8] = b"  $$<";

/// Tells the framing of a file from its beginning.
pub fn sniff(head: &[u8]) -> Framing {
    let client = memmem::find(head, CLIENT_HEAD);
    let server = memmem::find(head, SERVER_TAIL);
    match (client, server) {
        (Some(client), Some(server)) if server < client => Framing::Server,
        (Some(_), _) => Framing::Client,
        (None, Some(_)) => Framing::Server,
        (None, None) if head.trim_ascii_start().starts_with(b"{\"time\":") => Framing::Json,
        (None, None) => Framing::Plain,
    }
}

/// Takes a record apart. What is damaged is read as far as it goes.
pub fn record(bytes: &[u8]) -> Record {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_end();
    if let Some(start) = memmem::find(bytes, CLIENT_HEAD) {
        return client(&bytes[start + CLIENT_HEAD.len()..]);
    }
    if bytes.starts_with(b"{\"time\":")
        && let Some(record) = json(bytes)
    {
        return record;
    }
    if let Some(end) = memmem::rfind(bytes, CLIENT_TAIL) {
        return tail_of_client(&bytes[..end], &bytes[end + CLIENT_TAIL.len()..]);
    }
    if let Some(end) = memmem::rfind(bytes, SERVER_TAIL) {
        return server(&bytes[..end], &bytes[end + SERVER_TAIL.len()..]);
    }
    // What CMTrace and pages copy has the other columns behind tabs.
    let text = bytes.split(|byte| *byte == b'\t').find(|column| !column.trim_ascii().is_empty());
    Record { text: decode(text.unwrap_or_default()), ..Record::default() }
}

fn client(rest: &[u8]) -> Record {
    match memmem::find(rest, CLIENT_TAIL) {
        Some(end) => tail_of_client(&rest[..end], &rest[end + CLIENT_TAIL.len()..]),
        None => Record { text: decode(rest), ..Record::default() },
    }
}

fn tail_of_client(text: &[u8], tail: &[u8]) -> Record {
    let tail = decode(&tail[..tail.len().min(LONGEST_TAIL)]);
    let time = attribute(&tail, "time").unwrap_or_default();
    let date = attribute(&tail, "date").unwrap_or_default();
    Record {
        text: decode(text),
        at: moment(date, time),
        thread: attribute(&tail, "thread").and_then(|thread| thread.parse().ok()),
        about: None,
    }
}

/// The attributes behind a text are short: what is longer is not one of ours.
const LONGEST_TAIL: usize = 1024;

fn attribute<'a>(tail: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tail.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn server(text: &[u8], tail: &[u8]) -> Record {
    let text = text.trim_ascii_end();
    let text = decode(text).trim_end_matches('~').to_owned();
    let tail = decode(&tail[..tail.len().min(LONGEST_TAIL)]);
    let mut parts = tail.split('<').skip(1);
    let at = parts.next().and_then(|part| {
        let (date, time) = part.trim_end_matches('>').split_once(' ')?;
        moment(date, time)
    });
    let thread = parts.next().and_then(|part| {
        let digits = part.strip_prefix("thread=")?;
        digits.split([' ', '>']).next()?.parse().ok()
    });
    Record { text, at, thread, about: None }
}

fn json(bytes: &[u8]) -> Option<Record> {
    #[derive(serde::Deserialize)]
    struct Line {
        time: String,
        #[serde(default)]
        thread: Option<u32>,
        text: String,
        #[serde(default)]
        task_guid: Option<String>,
    }
    let line: Line = serde_json::from_slice(bytes).ok()?;
    Some(Record {
        at: line.time.parse::<action::Timestamp>().ok().map(|at| at.0),
        thread: line.thread,
        about: line.task_guid.and_then(|guid| guid.parse().ok()).map(TaskGuid),
        text: line.text,
    })
}

/// Reads `MM-DD-YYYY` and `HH:MM:SS.mmm+BIAS`, where the bias is the minutes that local time is behind UTC.
pub fn moment(date: &str, time: &str) -> Option<i64> {
    let mut date = date.split(['-', '/']);
    let month: i64 = date.next()?.parse().ok()?;
    let day: i64 = date.next()?.parse().ok()?;
    let year: i64 = date.next()?.parse().ok()?;
    let sign = time.find(['+', '-']).unwrap_or(time.len());
    let (clock, bias) = time.split_at(sign);
    let bias: i64 = if bias.is_empty() { 0 } else { bias.parse().ok()? };
    let mut clock = clock.split(':');
    let hour: i64 = clock.next()?.parse().ok()?;
    let minute: i64 = clock.next()?.parse().ok()?;
    let (second, fraction) = clock.next().map(|rest| rest.split_once('.').unwrap_or((rest, "0")))?;
    let second: i64 = second.parse().ok()?;
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let millis: i64 = digits.parse().ok()?;
    let sound = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (1970..=9999).contains(&year)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second)
        && (0..1000).contains(&millis)
        && (-24 * 60..=24 * 60).contains(&bias);
    // Not before it is known to be sound: the numbers of a spoiled line are of any size.
    sound.then(|| {
        let seconds = (days(year, month, day) * 24 + hour) * 3600 + (minute + bias) * 60 + second;
        seconds * 1000 + millis
    })
}

/// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Reads text as UTF-8, or, where it is not, as Windows code page 1252, which every byte is valid in.
pub fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
    }
}

fn windows_1252(byte: u8) -> char {
    const UPPER: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match byte {
        0x80..=0x9f => UPPER.chars().nth(usize::from(byte - 0x80)).unwrap_or('\u{fffd}'),
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bias_is_minutes_behind_utc() {
        let utc = moment("09-25-2026", "23:35:04.905+000");
        assert!(utc.is_some());
        assert_eq!(moment("09-25-2026", "19:35:04.905+240"), utc);
        assert_eq!(moment("09-26-2026", "00:35:04.905-60"), utc);
        assert_eq!(moment("01-01-1970", "00:00:00.5"), Some(500));
        assert_eq!(moment("02-29-2020", "12:00:00.000+0"), Some(1_582_977_600_000));
        for (date, time) in [("13-01-2020", "00:00:00.0"), ("x", "y"), ("01-01-2020", "25:00:00.0"), ("", "")]
        {
            assert_eq!(moment(date, time), None, "{date} {time}");
        }
    }

    #[test]
    fn each_framing_is_taken_off() {
        let text = "Get one push message from database.";
        let server = format!(
            "{text}~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:04.905+240><thread=7896 (0x1ED8)>\r\n"
        );
        let client = format!(
            "<![LOG[{text}]LOG]!><time=\"19:35:04.905+240\" date=\"09-25-2026\" component=\"BgbAgent\" context=\"\" \
             type=\"1\" thread=\"7896\" file=\"x.cpp:386\">"
        );
        let json = format!("{{\"time\":\"2026-09-25T23:35:04.905Z\",\"thread\":7896,\"text\":\"{text}\"}}");
        for framed in [&server, &client, &json] {
            let record = record(framed.as_bytes());
            assert_eq!(record.text, text);
            assert_eq!(
                (record.at, record.thread),
                (moment("09-25-2026", "23:35:04.905"), Some(7896)),
                "{framed}"
            );
        }
        let copied = record(
            format!("{text}\tSMS_NOTIFICATION_SERVER\t9/25/2026 7:35:04 PM\t7896 (0x1ED8)").as_bytes(),
        );
        assert_eq!((copied.text.as_str(), copied.at), (text, None));
    }

    #[test]
    fn a_text_that_is_no_utf_8_is_read_as_windows_1252() {
        assert_eq!(decode(b"M\xfcller \x80 5 \x96 6"), "Müller € 5 – 6");
        assert_eq!(decode("Müller".as_bytes()), "Müller");
    }
}
