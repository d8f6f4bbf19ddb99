//! The report as one HTML file without scripts, to attach to a ticket.

use std::fmt::Write as _;

use crate::report::{Action, Report};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;\
background:#fff}h1{font-size:1.5rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;\
border-bottom:1px solid #ddd;vertical-align:top}code{font-size:.9em}.done{color:#0b6a0b}.failed,.lost,.refused{color:#a4262c}\
.waiting,.unknown,.cancelled{color:#6b5300}section{margin:1.5rem 0}.fix{border-left:3px solid #0f6cbd;padding-left:.7rem}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1b}td,th{border-color:#444}.done{color:#6ccb5f}\
.failed,.lost,.refused{color:#ff99a4}.waiting,.unknown,.cancelled{color:#fce100}}";

/// Renders a report.
pub fn page(report: &Report) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>What became of the actions</title><style>{STYLE}</style>\
         <h1>What became of the actions</h1><p>"
    );
    let summary: Vec<String> =
        report.summary.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    out.push_str(&escape(&if summary.is_empty() {
        "No action was found.".into()
    } else {
        summary.join(", ")
    }));
    out.push_str("</p>");
    for action in &report.actions {
        one(&mut out, action);
    }
    rest(&mut out, report);
    out.push_str("</html>\n");
    out
}

fn one(out: &mut String, action: &Action) {
    let id = action.task_guid.as_deref().unwrap_or("without an id");
    let between = action.between.join(" → ").replace('_', " ");
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<section><h2>{} <code>{}</code></h2><p><strong class=\"{v}\">{v}</strong> {} {}</p>",
        escape(&action.what),
        escape(id),
        escape(&between),
        escape(&action.why),
        v = action.verdict,
    );
    if let Some(at) = &action.as_of {
        let _ = write!(out, "<p>As of {}.</p>", escape(at));
    }
    if !action.fix.is_empty() {
        let _ = write!(out, "<p class=\"fix\">{}</p>", escape(&action.fix));
    }
    out.push_str("<table><tr><th>When<th>Hop<th>What<th>Where</tr>");
    for line in &action.events {
        let proof = action.evidence.iter().any(|proof| (&proof.file, proof.line) == (&line.file, line.line));
        let _ = write!(
            out,
            "<tr><td>{}<td>{}<td>{}{}<td><code>{}:{}</code></tr>",
            escape(line.at.as_deref().unwrap_or("")),
            escape(&line.hop.replace('_', " ")),
            escape(&line.says),
            if proof { " <strong>(proves it)</strong>" } else { "" },
            escape(&line.file),
            line.line
        );
    }
    out.push_str("</table></section>");
}

fn rest(out: &mut String, report: &Report) {
    if !report.failures.is_empty() {
        out.push_str("<section><h2>Known failures in these logs</h2>");
        for failure in &report.failures {
            let _ = write!(
                out,
                "<p><strong>{}</strong> ({}×) {}</p><p class=\"fix\">{}</p>",
                escape(failure.name),
                failure.count,
                escape(failure.meaning),
                escape(failure.fix)
            );
        }
        out.push_str("</section>");
    }
    if !report.notes.is_empty() {
        out.push_str("<section><h2>Not read</h2><ul>");
        for note in &report.notes {
            let _ = write!(out, "<li><code>{}</code> {}", escape(&note.file), escape(&note.note));
        }
        out.push_str("</ul></section>");
    }
}

/// Makes text harmless in HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
