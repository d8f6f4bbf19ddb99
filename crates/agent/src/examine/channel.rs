//! Whether the agent keeps its channel, as its own log tells.

use service::check::{Check, failed, good, warning};

/// Lines of the log that are looked at, the newest: hours of an agent in trouble, weeks of one that is well.
const LINES: usize = 500;
/// Losses among them that are one too many.
const TOO_MANY: usize = 5;

const SIGNED_IN: &str = "Signed in at the notification server";
const LOST: &str = "The connection to the notification server ended";
/// What a log says while there is no channel.
const DOWN: [&str; 3] = [LOST, "Failed to connect (", "The notification server refused the sign-in"];

/// Reads `CcmNotificationAgent.log`.
pub(super) fn keeps(log: &str) -> Check {
    const NAME: &str = "channel";
    let mut lines: Vec<&str> = log.lines().rev().take(LINES).collect();
    lines.reverse();
    let losses = lines.iter().filter(|line| line.contains(LOST)).count();
    let is_word = |line: &&&str| line.contains(SIGNED_IN) || DOWN.iter().any(|down| line.contains(down));
    let Some(last) = lines.iter().rev().find(is_word) else {
        let fix = "start the agent: `systemctl start tenon-agent`; read the log as root";
        return warning(NAME, "the agent's log says nothing of a connection", fix);
    };
    if !last.contains(SIGNED_IN) {
        let fix = "the reason stands in the line; see the checks of the notification server, the clock and the certificate";
        return failed(NAME, format!("there is none: {}", text(last)), fix);
    }
    if losses >= TOO_MANY {
        let fix = "something between this device and the site ends idle connections: shorten `notifier.keep-alive-seconds` \
                   at the site; if the same identity runs on two machines, enrol one of them again";
        return warning(NAME, format!("it is there, and was lost {losses} times lately"), fix);
    }
    good(NAME, format!("it is there, and was lost {losses} times lately"))
}

/// Returns the text of a framed line.
fn text(line: &str) -> &str {
    let text = line.split_once("<![LOG[").map_or(line, |(_, text)| text);
    text.split_once("]LOG]!>").map_or(text, |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use service::check::Outcome;

    use super::*;

    fn line(text: &str) -> String {
        format!(
            "<![LOG[{text}]LOG]!><time=\"10:00:00.000+000\" date=\"11-30-2026\" component=\"BgbAgent\">\n"
        )
    }

    #[test]
    fn an_agent_that_cannot_keep_its_channel_is_told() {
        let (up, lost) = (line(SIGNED_IN), line(&format!("{LOST}: silence")));
        let refused =
            line("The notification server refused the sign-in: certificate_revoked; trying again after 9 s");
        for (log, expected) in [
            (String::new(), Outcome::Warning),
            (up.clone(), Outcome::Good),
            (format!("{up}{lost}{up}"), Outcome::Good),
            (format!("{up}{lost}"), Outcome::Failed),
            (format!("{up}{lost}{refused}"), Outcome::Failed),
            (format!("{lost}{up}").repeat(5), Outcome::Warning),
            (line("Failed to connect (TCP): failed to connect to a:1"), Outcome::Failed),
        ] {
            assert_eq!(keeps(&log).outcome, expected, "{log}");
        }
        assert!(keeps(&format!("{up}{refused}")).found.contains("certificate_revoked"));
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let (up, lost) = (line(SIGNED_IN), line(LOST));
        let quiet = line("Receive task from server").repeat(LINES);
        let log = format!("{}{quiet}{up}", format!("{lost}{up}").repeat(9));
        assert_eq!(keeps(&log).outcome, Outcome::Good);
    }
}
