//! Puts a line into the form of its file: the field's two framings, or JSON.

use action::Timestamp;
use jiff::{ZonedDateTime, tz::TimeZone};
use serde::{Serialize, ser::SerializeMap as _};

use super::{Format, Framing, Line, Zone};

/// Turns moments into local times.
#[derive(Debug)]
pub(super) struct Clock(TimeZone);

impl Clock {
    pub(super) fn new(zone: Zone) -> Self {
        Self(match zone {
            Zone::System => TimeZone::system(),
            Zone::FixedMinutes(minutes) => jiff::tz::Offset::from_seconds(i32::from(minutes) * 60)
                .map_or(TimeZone::UTC, jiff::tz::Offset::to_time_zone),
        })
    }

    /// Returns a moment as texts of the field name it, such as `02/28/2020 16:35:31`.
    pub(super) fn read(&self, at: Timestamp) -> String {
        self.at(at).strftime("%m/%d/%Y %H:%M:%S").to_string()
    }

    fn local(&self, line: &Line) -> ZonedDateTime {
        self.at(line.at)
    }

    fn at(&self, at: Timestamp) -> ZonedDateTime {
        let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        moment.to_zoned_datetime(self.0.clone())
    }
}

/// Returns the line as it stands in its file, with its end.
pub(super) fn frame(line: &Line, format: Format, clock: &Clock) -> String {
    match (format, line.component.framing) {
        (Format::Json, _) => json(line),
        (Format::Text, Framing::Server) => server(line, clock),
        (Format::Text, Framing::Client) => client(line, clock),
    }
}

fn server(line: &Line, clock: &Clock) -> String {
    let local = clock.local(line);
    let (time, bias, date) = (local.strftime("%H:%M:%S%.3f"), bias(&local), local.strftime("%m-%d-%Y"));
    let Line { text, component, thread, .. } = line;
    format!("{text}~~  $$<{}><{date} {time}{bias:+04}><thread={thread} (0x{thread:X})>\n", component.name)
}

fn client(line: &Line, clock: &Clock) -> String {
    let local = clock.local(line);
    let (time, bias, date) = (local.strftime("%H:%M:%S%.3f"), bias(&local), local.strftime("%m-%d-%Y"));
    let Line { text, component, thread, .. } = line;
    format!(
        "<![LOG[{text}]LOG]!><time=\"{time}{bias:+04}\" date=\"{date}\" component=\"{}\" context=\"\" type=\"{}\" \
         thread=\"{thread}\" file=\"{}\">\n",
        component.name,
        line.severity.number(),
        line.source(),
    )
}

/// Returns the minutes that local time is behind UTC: the opposite of the usual sign.
fn bias(local: &ZonedDateTime) -> i32 {
    -local.offset().seconds() / 60
}

fn json(line: &Line) -> String {
    let object = Json {
        time: line.at.to_string(),
        component: line.component.name,
        severity: line.severity.word(),
        thread: line.thread,
        text: &line.text,
        task_guid: line.task_guid.map(|id| id.to_string()),
        fields: Fields(&line.fields),
    };
    let mut text = serde_json::to_string(&object).expect("texts and numbers are JSON");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Json<'a> {
    time: String,
    component: &'a str,
    severity: &'a str,
    thread: i32,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_guid: Option<String>,
    #[serde(skip_serializing_if = "Fields::is_empty")]
    fields: Fields<'a>,
}

struct Fields<'a>(&'a [(&'static str, String)]);

impl Fields<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use action::Timestamp;

    use super::*;
    use crate::log::{Component, Severity};

    const TEXT: &str = "Get one push message from database.";
    /// 2026-09-25T23:35:04.905Z, the moment of the field's own sample.
    const AT: Timestamp = Timestamp(1_790_379_304_905);

    #[test]
    fn a_moment_in_a_text_is_local_time() {
        let clock = Clock::new(Zone::FixedMinutes(60));
        assert_eq!(clock.read(Timestamp(1_582_904_131_000)), "02/28/2020 16:35:31");
    }

    #[test]
    fn a_server_line_is_the_fields_to_the_letter() {
        let clock = Clock::new(Zone::FixedMinutes(-240));
        assert_eq!(
            frame(&line(Component::BGB_SERVER), Format::Text, &clock),
            "Get one push message from database.~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:04.905+240>\
             <thread=7896 (0x1ED8)>\n"
        );
    }

    #[test]
    fn a_client_line_is_the_fields_to_the_letter() {
        let clock = Clock::new(Zone::FixedMinutes(-240));
        let line = line(Component::NOTIFICATION_AGENT);
        assert_eq!(
            frame(&line, Format::Text, &clock),
            format!(
                "<![LOG[{TEXT}]LOG]!><time=\"19:35:04.905+240\" date=\"09-25-2026\" component=\"BgbAgent\" context=\"\" \
                 type=\"1\" thread=\"7896\" file=\"framing.rs:{}\">\n",
                line.place.line()
            )
        );
    }

    #[test]
    fn the_bias_is_the_minutes_behind_utc() {
        for (minutes, expected) in [(0, "+000"), (60, "-060"), (-240, "+240"), (345, "-345"), (-720, "+720")]
        {
            let framed =
                frame(&line(Component::BGB_SERVER), Format::Text, &Clock::new(Zone::FixedMinutes(minutes)));
            assert!(framed.contains(&format!(".905{expected}>")), "{minutes}: {framed}");
        }
    }

    #[test]
    fn json_carries_the_same_and_the_action() {
        let mut line = line(Component::BGB_SERVER);
        line.task_guid = Some("A43DD1B3-A006-4604-B012-5529380B3B6F".parse().expect("an id"));
        line.fields = vec![("device", "web \"1\"".to_owned())];
        assert_eq!(
            frame(&line, Format::Json, &Clock::new(Zone::System)),
            "{\"time\":\"2026-09-25T23:35:04.905Z\",\"component\":\"SMS_NOTIFICATION_SERVER\",\"severity\":\"info\",\
             \"thread\":7896,\"text\":\"Get one push message from database.\",\
             \"task_guid\":\"a43dd1b3-a006-4604-b012-5529380b3b6f\",\"fields\":{\"device\":\"web \\\"1\\\"\"}}\n"
        );
    }

    #[track_caller]
    fn line(component: Component) -> Line {
        Line {
            at: AT,
            component,
            severity: Severity::Info,
            thread: 7896,
            text: TEXT.to_owned(),
            task_guid: None,
            fields: Vec::new(),
            place: Location::caller(),
        }
    }
}
