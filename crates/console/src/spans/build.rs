//! Makes the spans of an action out of its history: one trace, a span for the whole and one for each hop of each target.
//!
//! The context needs no field of its own on any wire or in any row: the TaskGUID, which is in all of them, is the trace's id,
//! and the id of a span follows from what it is of. So programs that know nothing of each other's spans agree on them.

use std::collections::BTreeMap;

use action::{DeviceId, Hop, State, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use console_api::{Action, HistoryEntry};

use super::otlp::{KeyValue, Span, Status};

/// Targets of one action whose hops get spans: a trace of 100,000 devices is of no use to anybody.
pub(crate) const MOST_TARGETS: usize = 50;

/// OTLP's number for a span within a program.
const INTERNAL: i32 = 1;
/// OTLP's numbers of a status.
const OK: i32 = 1;
const ERROR: i32 = 2;

/// Returns the spans of an action that has ended.
pub(crate) fn spans(action: &Action, history: &[HistoryEntry]) -> Vec<Span> {
    let trace_id = action.task_guid.0.as_bytes().to_vec();
    let root = span_id(&trace_id, "action", None);
    let end = history.iter().map(|entry| entry.at).max().unwrap_or(action.asked_at).max(action.asked_at);
    let mut spans = vec![Span {
        trace_id: trace_id.clone(),
        span_id: root.clone(),
        parent_span_id: Vec::new(),
        name: format!("device action {}", action.kind),
        kind: INTERNAL,
        start_time_unix_nano: nanoseconds(action.asked_at),
        end_time_unix_nano: nanoseconds(end),
        attributes: vec![
            KeyValue::text("tenon.task_guid", action.task_guid.to_string()),
            KeyValue::text("tenon.site", action.site.to_string()),
            KeyValue::text("tenon.kind", action.kind.to_string()),
            KeyValue::text("tenon.targets", action.total.to_string()),
            KeyValue::text("tenon.state", action.state.name()),
        ],
        status: Some(status(action.state, action.why.as_ref().map(|why| why.text.as_str()))),
    }];
    let mut targets: BTreeMap<Option<DeviceId>, Vec<&HistoryEntry>> = BTreeMap::new();
    for entry in history.iter().filter(|entry| !entry.late) {
        targets.entry(entry.device).or_default().push(entry);
    }
    // What concerns all targets came before what concerns one.
    let shared = targets.remove(&None).unwrap_or_default();
    let mut before = action.asked_at;
    for entry in &shared {
        spans.push(hop(&trace_id, &root, before, entry));
        before = before.max(entry.at);
    }
    for entries in targets.values_mut().take(MOST_TARGETS) {
        entries.sort_by_key(|entry| entry.number);
        let mut before = before;
        for entry in entries {
            spans.push(hop(&trace_id, &root, before, entry));
            before = before.max(entry.at);
        }
    }
    spans
}

/// A hop's part: from the event before to its own. Clocks of two machines may differ; no span ends before it begins.
fn hop(trace_id: &[u8], root: &[u8], before: Timestamp, entry: &HistoryEntry) -> Span {
    let mut attributes = vec![
        KeyValue::text("tenon.hop", entry.hop.name()),
        KeyValue::text("tenon.state", entry.event.name()),
    ];
    if let Some(device) = entry.device {
        attributes.push(KeyValue::text("tenon.device", device.to_string()));
    }
    if let Some(rule) = &entry.rule {
        attributes.push(KeyValue::text("tenon.rule", rule.clone()));
    }
    Span {
        trace_id: trace_id.to_vec(),
        span_id: span_id(trace_id, entry.event.name(), Some((entry.hop, entry.device))),
        parent_span_id: root.to_vec(),
        name: format!("{}: {}", entry.hop.name(), entry.event.name()),
        kind: INTERNAL,
        start_time_unix_nano: nanoseconds(before.min(entry.at)),
        end_time_unix_nano: nanoseconds(entry.at),
        attributes,
        status: Some(status(entry.event, entry.why.as_ref().map(|why| why.text.as_str()))),
    }
}

fn status(state: State, why: Option<&str>) -> Status {
    let failed = state.is_concluded() && state != State::Done;
    let message = if failed { why.unwrap_or_default().to_owned() } else { String::new() };
    Status { message, code: if failed { ERROR } else { OK } }
}

fn span_id(trace_id: &[u8], what: &str, of: Option<(Hop, Option<DeviceId>)>) -> Vec<u8> {
    let mut bytes = trace_id.to_vec();
    bytes.extend_from_slice(what.as_bytes());
    if let Some((hop, device)) = of {
        bytes.extend_from_slice(hop.name().as_bytes());
        bytes.extend_from_slice(device.map(|device| device.to_string()).unwrap_or_default().as_bytes());
    }
    digest(&SHA256, &bytes).as_ref().iter().take(8).copied().collect()
}

fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or(0).saturating_mul(1_000_000)
}
