//! The results as a plot: four groups of bars, at the largest number of devices that most servers were measured with.

use std::fmt::Write as _;

use super::results::{Metric, Results, Server};

const WIDTH: u32 = 860;
const ROW: u32 = 22;
const LABELS: u32 = 190;
const BARS: u32 = 520;

const GROUPS: [(Metric, &str); 4] = [
    (Metric::Memory, "memory of one idle connection, bytes (less is better)"),
    (Metric::Connect, "server CPU of one full mutual TLS connect, µs (less is better)"),
    (Metric::PushRate, "tasks pushed and answered a second (more is better)"),
    (Metric::Task, "server CPU of one task, µs (less is better)"),
];

/// Returns the plot.
pub(super) fn svg(results: &Results) -> String {
    let servers_at = |size: usize| {
        let is_there = |server: &Server| results.get((size, *server), Metric::Push).is_some();
        Server::ALL.into_iter().filter(is_there).collect::<Vec<_>>()
    };
    let sizes = results.sizes();
    let size = sizes.iter().copied().max_by_key(|size| (servers_at(*size).len(), *size)).unwrap_or_default();
    let servers = servers_at(size);
    let rows = u32::try_from(servers.len()).unwrap_or_default();
    let height = 40 + 4 * (rows * ROW + 44);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\">\n<title>The notification server beside its peers, {size} devices</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n<text x=\"10\" y=\"22\" font-size=\"15\" \
         fill=\"#1c1c1c\">{size} devices, mutual TLS; medians of {} rounds</text>\n",
        results.rounds
    );
    let mut y = 44;
    for (metric, title) in GROUPS {
        let _ = writeln!(
            svg,
            "<text x=\"10\" y=\"{}\" font-weight=\"bold\" fill=\"#1c1c1c\">{title}</text>",
            y + 14
        );
        y += 22;
        let values: Vec<_> =
            servers.iter().map(|server| (*server, results.get((size, *server), metric))).collect();
        let most =
            values.iter().filter_map(|(_, spread)| spread.map(|spread| spread.most)).fold(1e-9, f64::max);
        for (server, spread) in values {
            let Some(spread) = spread else { continue };
            let scale = |value: f64| value / most * f64::from(BARS);
            let colour = if server <= Server::Postgres { "#1f6f50" } else { "#8a9aa8" };
            let middle = y + ROW / 2;
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#1c1c1c\">{}</text>\n<rect x=\"{LABELS}\" y=\"{}\" \
                 width=\"{:.1}\" height=\"{}\" fill=\"{colour}\"/>\n<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle}\" \
                 y2=\"{middle}\" stroke=\"#1c1c1c\"/>\n<text x=\"{:.1}\" y=\"{}\" fill=\"#1c1c1c\">{:.0}</text>\n",
                LABELS - 8,
                middle + 4,
                server.name(),
                y + 3,
                scale(spread.median),
                ROW - 6,
                f64::from(LABELS) + scale(spread.least),
                f64::from(LABELS) + scale(spread.most),
                f64::from(LABELS) + scale(spread.most) + 8.0,
                middle + 4,
                spread.median,
            );
            y += ROW;
        }
        y += 22;
    }
    svg.push_str("</svg>\n");
    svg
}
