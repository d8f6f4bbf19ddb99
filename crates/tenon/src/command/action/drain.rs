//! How the push of an action drains, in a terminal.

use console_api::{ActionDrain, ServerDrain};

use crate::print;

/// Prints how far the notification servers are.
pub(super) fn show(drain: &ActionDrain) -> anyhow::Result<()> {
    if drain.servers.is_empty() {
        return Ok(print::line(
            "no notification server has told of this push: it is to a few devices, or has not begun (`tenon action show`)",
        )?);
    }
    print::line(&summary(drain))?;
    print::line("")?;
    let rows: Vec<_> = drain.servers.iter().map(row).collect();
    let head = ["SERVER", "THROTTLE", "SENT", "ONLINE", "AHEAD", "PREDICTED", "SO FAR", "TOLD AT"];
    Ok(print::table(&head, &rows)?)
}

fn summary(drain: &ActionDrain) -> String {
    let (sent, clients) = (drain.sent, drain.clients);
    let (predicted, elapsed) = (time(drain.predicted_seconds), time(drain.elapsed_seconds));
    if drain.through {
        format!("sent to all {clients} clients that were online, in {elapsed} (predicted: {predicted})")
    } else {
        format!("sent to {sent} of {clients} clients that are online, after {elapsed} of about {predicted}")
    }
}

fn row(server: &ServerDrain) -> Vec<String> {
    vec![
        print::clean(&server.server),
        throttle(server.strategy, server.param),
        server.sent.to_string(),
        server.clients.to_string(),
        server.ahead.to_string(),
        time(server.predicted_seconds),
        time(server.elapsed_seconds),
        server.at.to_string(),
    ]
}

fn throttle(strategy: u32, param: u32) -> String {
    match strategy {
        0 => "none".to_owned(),
        1 => format!("{param} a second"),
        2 => format!("{param} unanswered"),
        3 => format!("over {param} s"),
        other => format!("strategy {other}, {param}"),
    }
}

fn time(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let minutes = (seconds / 60.0).floor();
    format!("{minutes:.0} min {:.0} s", (seconds - minutes * 60.0).floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_push_is_is_said_in_a_line() {
        let running = ActionDrain {
            clients: 10_000,
            sent: 1_200,
            predicted_seconds: 238.0,
            elapsed_seconds: 28.57,
            through: false,
            servers: Vec::new(),
        };
        assert_eq!(
            summary(&running),
            "sent to 1200 of 10000 clients that are online, after 28.6 s of about 3 min 58 s"
        );
        let through = ActionDrain { sent: 10_000, elapsed_seconds: 240.2, through: true, ..running };
        assert_eq!(
            summary(&through),
            "sent to all 10000 clients that were online, in 4 min 0 s (predicted: 3 min 58 s)"
        );
    }
}
