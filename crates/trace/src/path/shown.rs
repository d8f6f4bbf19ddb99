//! A path in the terminal.

use std::fmt::Write as _;

use super::Path;

impl Path {
    /// Renders the path as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let device = if self.device.is_empty() { String::new() } else { format!("  on {}", self.device) };
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}{device}  {}", self.title, self.task_guid);
        for step in &self.steps {
            let hop = step.hop.name().replace('_', " ");
            let late = if step.late { " (late)" } else { "" };
            let detail = step.detail.as_deref().map(|detail| format!("  {detail}")).unwrap_or_default();
            let line = format!(
                "  {:>10}  {hop:<19}  {:<17}  {}{late}{detail}",
                took(step.took_ms),
                step.state,
                step.at
            );
            let _ = writeln!(out, "{}", line.trim_end());
        }
        let stopped = &self.stopped;
        let hop = stopped.hop.name().replace('_', " ");
        let _ = match stopped.how {
            "done" => writeln!(out, "DONE: {}", stopped.text),
            "ended" => writeln!(
                out,
                "{} at the {hop}: {}",
                self.state.replace('_', " ").to_uppercase(),
                stopped.text
            ),
            _ => writeln!(out, "NOW at the {hop}: {}", stopped.text),
        };
        if !stopped.fix.is_empty() {
            let _ = writeln!(out, "  fix: {}", stopped.fix);
        }
        for answers in &self.answers {
            let word = if answers.yes { "answers" } else { "does not answer" };
            let since = answers.since.map(|at| format!(" since {at}")).unwrap_or_default();
            let _ = writeln!(out, "  {} {word}{since}", answers.name);
        }
        out
    }
}

fn took(millis: i64) -> String {
    match millis {
        0 => String::new(),
        1.. => format!("+{}", span(millis)),
        _ => format!("-{}", span(-millis)),
    }
}

/// Returns a span of time in its two largest units.
pub(super) fn span(millis: i64) -> String {
    let seconds = millis / 1000;
    match seconds {
        ..0 => "no time".into(),
        0 => format!("{millis} ms"),
        1..60 => format!("{seconds}.{:03} s", millis % 1000),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
