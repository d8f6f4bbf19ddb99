//! The report for a terminal: the summary first, then each action that is not done, then what else is worth knowing.

use std::fmt::Write as _;

use crate::report::{Action, Report};

/// Renders a report. `all` also shows the lines of actions that are done.
pub fn page(report: &Report, all: bool) -> String {
    let mut out = String::new();
    let summary: Vec<String> =
        report.summary.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    let bytes: u64 = report.files.iter().map(|file| file.bytes).sum();
    let read = format!("{} files, {} lines, {} MB", report.files.len(), lines(report), bytes / 1_000_000);
    // Writing to a string does not fail.
    let _ = match summary.is_empty() {
        true => writeln!(out, "no action was found in {read}"),
        false => writeln!(out, "{} actions: {} (in {read})", report.actions.len(), summary.join(", ")),
    };
    for action in &report.actions {
        if all || action.verdict != "done" {
            one(&mut out, action);
        } else {
            let id = action.task_guid.as_deref().unwrap_or("without an id");
            let _ = writeln!(out, "\n{id}  {}  DONE", action.what);
        }
    }
    rest(&mut out, report);
    clean(&out)
}

fn lines(report: &Report) -> u64 {
    report.files.iter().map(|file| file.lines).sum()
}

fn one(out: &mut String, action: &Action) {
    let id = action.task_guid.as_deref().unwrap_or("without an id");
    let hops: Vec<String> = action.between.iter().map(|hop| hop.replace('_', " ")).collect();
    let place = match hops.as_slice() {
        [at] => format!(" at the {at}"),
        [after, before] => format!(" between the {after} and the {before}"),
        _ => String::new(),
    };
    let _ = writeln!(out, "\n{id}  {}  {}{place}", action.what, action.verdict.to_uppercase());
    if let Some(user) = &action.user {
        let _ = writeln!(out, "  asked by {user}");
    }
    let _ = writeln!(out, "  why: {}", action.why);
    if let Some(at) = &action.as_of {
        let _ = writeln!(out, "  as of {at}, by the clock of the log that shows it");
    }
    if !action.fix.is_empty() {
        let _ = writeln!(out, "  fix: {}", action.fix);
    }
    for line in &action.events {
        let proof = action.evidence.iter().any(|proof| (&proof.file, proof.line) == (&line.file, line.line));
        let mark = if proof { "*" } else { " " };
        let at = line.at.as_deref().unwrap_or("-");
        let hop = line.hop.replace('_', " ");
        let _ = writeln!(out, "  {mark} {at:<24}  {hop:<19}  {}  ({}:{})", line.says, line.file, line.line);
    }
    if action.more_events > 0 {
        let _ = writeln!(out, "    and {} lines more", action.more_events);
    }
}

fn rest(out: &mut String, report: &Report) {
    if !report.failures.is_empty() {
        out.push_str("\nknown failures in these logs:\n");
    }
    for failure in &report.failures {
        let _ = writeln!(
            out,
            "  {} ({} lines, at the {})",
            failure.name,
            failure.count,
            failure.hop.replace('_', " ")
        );
        let _ = writeln!(out, "    {}\n    fix: {}", failure.meaning, failure.fix);
        for (file, line) in &failure.places {
            let _ = writeln!(out, "    {file}:{line}");
        }
    }
    for clock in report.clocks.iter().filter(|clock| clock.differ) {
        // Both bounds say the same where they differ for certain: the nearer one is the least that it can be.
        let (by, way) = match (clock.ahead_at_least_ms, clock.ahead_at_most_ms) {
            (Some(least), _) if least > 0 => (least, "ahead of"),
            (_, most) => (-most.unwrap_or_default(), "behind"),
        };
        let _ = writeln!(
            out,
            "\nclocks: {} is at least {}.{:03} s {way} {} ({} joins)",
            clock.machine,
            by / 1000,
            by % 1000,
            clock.against,
            clock.joins
        );
    }
    if report.answers_without_receipt > 0 {
        let _ = writeln!(
            out,
            "\n{} answers of clients belong to pushes whose receipt was not read; they prove nothing about another push",
            report.answers_without_receipt
        );
        for line in &report.orphans {
            let _ = writeln!(out, "  {}  ({}:{})", line.says, line.file, line.line);
        }
    }
    if !report.notes.is_empty() {
        out.push_str("\nnot read:\n");
    }
    for note in &report.notes {
        let _ = writeln!(out, "  {} {}", note.file, note.note);
    }
}

/// Makes control and bidirectional characters visible: what a log holds must not drive the terminal.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}');
        if c != '\n' && (c.is_control() || hidden) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
