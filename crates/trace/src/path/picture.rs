//! A path as one HTML file with a picture, to attach to a ticket.

use std::fmt::Write as _;

use action::Hop;

use super::Path;
use crate::html::escape;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}\
h1{font-size:1.4rem}svg{width:100%;height:auto}table{border-collapse:collapse;width:100%}td,th{text-align:left;\
padding:.25rem .6rem;border-bottom:1px solid #ddd}.fix{border-left:3px solid #0f6cbd;padding-left:.7rem}";
/// Pixels from hop to hop, and from the edge to the first.
const STRIDE: usize = 180;
const EDGE: usize = 90;

impl Path {
    /// Renders the path as an HTML page.
    pub fn html(&self) -> String {
        let mut out = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{id}</title><style>{STYLE}</style>\
             <h1>{} <code>{id}</code></h1><p>Asked by {} for {}.</p>{}",
            escape(&self.title),
            escape(&self.user),
            escape(&self.device),
            self.picture(),
            id = escape(&self.task_guid),
        );
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "<p><strong>{}</strong>: {}</p>",
            escape(&self.state.replace('_', " ")),
            escape(&self.stopped.text)
        );
        if !self.stopped.fix.is_empty() {
            let _ = write!(out, "<p class=\"fix\">{}</p>", escape(&self.stopped.fix));
        }
        out.push_str("<table><tr><th>When<th>After<th>Hop<th>What<th>Detail</tr>");
        for step in &self.steps {
            let _ = write!(
                out,
                "<tr><td>{}<td>{} ms<td>{}<td>{}<td>{}</tr>",
                escape(&step.at),
                step.took_ms,
                step.hop.name().replace('_', " "),
                escape(&step.state),
                escape(step.detail.as_deref().unwrap_or(""))
            );
        }
        out.push_str("</table></html>\n");
        out
    }

    fn picture(&self) -> String {
        let width = EDGE * 2 + STRIDE * (Hop::ALL.len() - 1);
        let mut svg =
            format!("<svg viewBox=\"0 0 {width} 110\" role=\"img\" aria-label=\"the path of the action\">");
        for (index, hop) in Hop::ALL.into_iter().enumerate() {
            let x = EDGE + index * STRIDE;
            let passed = self.steps.iter().any(|step| step.hop == hop);
            let here = self.stopped.hop == hop && self.stopped.how != "done";
            let (fill, mark) = match (here, passed) {
                (true, _) if self.stopped.how == "ended" => ("#a4262c", "×"),
                (true, _) => ("#8a6d00", "…"),
                (false, true) => ("#0b6a0b", "✓"),
                (false, false) => ("#8a8886", ""),
            };
            let took: i64 = self.steps.iter().filter(|step| step.hop == hop).map(|step| step.took_ms).sum();
            if index > 0 {
                let _ = write!(
                    svg,
                    "<line x1=\"{}\" y1=\"40\" x2=\"{}\" y2=\"40\" stroke=\"#8a8886\" stroke-width=\"2\"/>",
                    x - STRIDE + 20,
                    x - 20
                );
            }
            let _ = write!(
                svg,
                "<circle cx=\"{x}\" cy=\"40\" r=\"18\" fill=\"{fill}\"/><text x=\"{x}\" y=\"46\" text-anchor=\"middle\" \
                 fill=\"#fff\">{mark}</text><text x=\"{x}\" y=\"78\" text-anchor=\"middle\" font-size=\"13\">{}</text>",
                hop.name().replace('_', " ")
            );
            if passed {
                let _ = write!(
                    svg,
                    "<text x=\"{x}\" y=\"98\" text-anchor=\"middle\" font-size=\"12\">{took} ms</text>"
                );
            }
        }
        svg.push_str("</svg>");
        svg
    }
}
