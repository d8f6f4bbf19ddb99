//! The report: what `tenon diagnose` shows, and its stable JSON. Fields are only ever added; `schema` grows when one
//! changes its meaning.

use std::collections::BTreeMap;

use action::{ActionKind, Hop, Timestamp};
use serde::Serialize;

use crate::{
    fact::Fact,
    join::{At, Joined, Story, hop, join},
    read::{Place, Reading},
    signature::KNOWN,
    verdict::{Judged, Verdict, judge},
};

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;
/// Orphaned answers that are listed; all are counted.
const MOST_ORPHANS: usize = 20;

/// The whole report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The version of this form.
    pub schema: u32,
    /// How many actions ended in which way.
    pub summary: BTreeMap<&'static str, u64>,
    /// The actions, oldest first.
    pub actions: Vec<Action>,
    /// Known failures that the logs show.
    pub failures: Vec<Failure>,
    /// How the clocks of the machines differ, where a join tells.
    pub clocks: Vec<Clock>,
    /// Answers of clients to pushes whose receipt was not read: they prove nothing about another push.
    pub answers_without_receipt: u64,
    /// The first of them.
    pub orphans: Vec<Line>,
    /// The files that were read.
    pub files: Vec<File>,
    /// What could not be read, and why.
    pub notes: Vec<Note>,
}

/// One action.
#[derive(Clone, Debug, Serialize)]
pub struct Action {
    /// Its id; absent where no line names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_guid: Option<String>,
    /// What was asked.
    pub what: String,
    /// Who asked, as the connector's log names people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// `done`, `failed`, `refused`, `cancelled`, `lost`, `waiting` or `unknown`.
    pub verdict: &'static str,
    /// The two hops between which it was lost, or the one that it waits at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<&'static str>,
    /// Why, in words.
    pub why: String,
    /// What to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fix: String,
    /// The verdict stands as of then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// The lines that prove it.
    pub evidence: Vec<Line>,
    /// All lines about it, in the order of the path.
    pub events: Vec<Line>,
    /// How many more lines there are.
    pub more_events: u64,
}

/// A line of a log.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// When, in UTC, by the clock of the machine that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The hop.
    pub hop: &'static str,
    /// What it says.
    pub says: String,
}

/// A known failure.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// Its name.
    pub name: &'static str,
    /// The hop that it breaks.
    pub hop: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// How many lines show it.
    pub count: u64,
    /// The first of them, as file and line.
    pub places: Vec<(String, u64)>,
}

/// How one clock differs from another.
#[derive(Clone, Debug, Serialize)]
pub struct Clock {
    /// The machine.
    pub machine: String,
    /// The machine that it is compared with.
    pub against: String,
    /// It is ahead by at least so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead_at_least_ms: Option<i64>,
    /// It is ahead by at most so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead_at_most_ms: Option<i64>,
    /// The joins that this rests on.
    pub joins: u64,
    /// Whether the clocks differ for certain.
    pub differ: bool,
}

/// A file that was read.
#[derive(Clone, Debug, Serialize)]
pub struct File {
    /// Its path, and the name in its archive.
    pub name: String,
    /// The machine that it is taken to come from.
    pub machine: String,
    /// The hop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop: Option<&'static str>,
    /// Its lines.
    pub lines: u64,
    /// Its bytes, unpacked.
    pub bytes: u64,
    /// The time of its first record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The time of its last record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Something that could not be read.
#[derive(Clone, Debug, Serialize)]
pub struct Note {
    /// The file.
    pub file: String,
    /// Why.
    pub note: String,
}

/// Joins and judges a reading.
pub fn report(reading: &Reading) -> Report {
    let joined = join(reading);
    let judged = judge(reading, &joined);
    let mut actions: Vec<(Option<i64>, Action)> = joined
        .stories
        .iter()
        .zip(judged)
        .map(|(story, judged)| {
            let first = story.events.iter().filter_map(|at| reading.facts[*at].at).min();
            (first, action(reading, story, judged))
        })
        .collect();
    actions.sort_by_key(|(first, _)| *first);
    let actions: Vec<Action> = actions.into_iter().map(|(_, action)| action).collect();
    Report {
        schema: SCHEMA,
        summary: summary(&actions),
        actions,
        failures: failures(reading),
        clocks: clocks(reading, &joined),
        answers_without_receipt: joined.orphans.len() as u64,
        orphans: joined.orphans.iter().take(MOST_ORPHANS).map(|at| line(reading, *at)).collect(),
        files: files(reading),
        notes: reading
            .notes
            .iter()
            .map(|(file, note)| Note { file: file.clone(), note: note.clone() })
            .collect(),
    }
}

impl Report {
    /// Leaves out every action but one.
    pub fn keep_only(&mut self, task_guid: &str) {
        self.actions.retain(|action| action.task_guid.as_deref() == Some(task_guid));
        self.summary = summary(&self.actions);
    }
}

fn summary(actions: &[Action]) -> BTreeMap<&'static str, u64> {
    let mut summary = BTreeMap::new();
    for action in actions {
        *summary.entry(action.verdict).or_default() += 1;
    }
    summary
}

impl Verdict {
    /// Returns its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Done => "done",
            Verdict::Failed => "failed",
            Verdict::Refused => "refused",
            Verdict::Cancelled => "cancelled",
            Verdict::Lost { .. } => "lost",
            Verdict::Waiting { .. } => "waiting",
            Verdict::Unknown => "unknown",
        }
    }

    fn between(self) -> Vec<&'static str> {
        match self {
            Verdict::Lost { after, before } => vec![after.name(), before.name()],
            Verdict::Waiting { at } => vec![at.name()],
            Verdict::Done | Verdict::Failed | Verdict::Refused | Verdict::Cancelled | Verdict::Unknown => {
                Vec::new()
            }
        }
    }
}

fn action(reading: &Reading, story: &Story, judged: Judged) -> Action {
    let known =
        |kind: ActionKind| ActionKind::known().find(|known| *known == kind).map(|known| known.template());
    let what = story.template.clone().or_else(|| {
        let kind = ActionKind(story.kind?);
        Some(known(kind).unwrap_or_else(|| format!("type {}", kind.0)))
    });
    Action {
        task_guid: story.guid.map(|guid| guid.to_string()),
        what: what.unwrap_or_else(|| "an action".into()),
        user: story.user.clone(),
        tenant: story.tenant.clone(),
        verdict: judged.verdict.name(),
        between: judged.verdict.between(),
        why: judged.why,
        fix: judged.fix,
        as_of: judged.as_of.map(moment),
        evidence: judged.proof.iter().map(|at| line(reading, *at)).collect(),
        events: story.events.iter().map(|at| line(reading, *at)).collect(),
        more_events: story.more_events,
    }
}

fn line(reading: &Reading, at: At) -> Line {
    let seen = &reading.facts[at];
    let file = &reading.files[seen.place.file];
    Line {
        file: file.name.clone(),
        line: seen.place.line,
        at: seen.at.map(moment),
        hop: file.hop.unwrap_or_else(|| hop(&seen.fact)).name(),
        says: says(&seen.fact),
    }
}

/// What a line says, in few words.
fn says(fact: &Fact) -> String {
    match fact {
        Fact::Stored { template, .. } => format!("{template} was asked for and stored"),
        Fact::ConsoleState { state, .. } => format!("the admin center heard: {state}"),
        Fact::Notified => "the connector received a notification".into(),
        Fact::Authorized { .. } => "authorised by the site's rules".into(),
        Fact::Unauthorized { .. } => "not authorised by the site's rules".into(),
        Fact::Forwarded { count, .. } => format!("forwarded to the notification server, for {count} devices"),
        Fact::Because { why, .. } => format!("refused: {why}"),
        Fact::NotValid { why, .. } => format!("not valid: {why}"),
        Fact::Dropped { id } => format!("the connector dropped notification {id}"),
        Fact::Cancelled { .. } => "withdrawn".into(),
        Fact::Starting { push, task, clients, .. } => {
            format!("push {push} of task {task} began, to {clients} clients")
        }
        Fact::Finished { push, task } => {
            format!("push {push} of task {task} was written to sockets (no proof of receipt)")
        }
        Fact::Reported { push, reported, failed } => {
            format!("report on push {push}: {reported} clients answered, {failed} of them failed")
        }
        Fact::NotReleased { why, .. } => format!("the push was not released: {why}"),
        Fact::Received { push, task, .. } => format!("the client received push {push} of task {task}"),
        Fact::Answered { push, task, code, .. } => {
            format!("the client answered push {push} of task {task} with ReturnCode {code}")
        }
        Fact::NotRun { why, .. } => format!("the agent's check refused it: {why}"),
        Fact::ScriptResult { .. } => "the client sent the script's result".into(),
        Fact::Symptom(signature) => signature.meaning.into(),
    }
}

fn failures(reading: &Reading) -> Vec<Failure> {
    let place = |place: &Place| (reading.files[place.file].name.clone(), place.line);
    let mut by_name: BTreeMap<&str, Failure> = BTreeMap::new();
    for (index, shown) in &reading.symptoms {
        let known = &KNOWN[*index];
        let failure = by_name.entry(known.name).or_insert_with(|| Failure {
            name: known.name,
            hop: known.hop.name(),
            meaning: known.meaning,
            fix: known.fix,
            count: 0,
            places: Vec::new(),
        });
        failure.count += shown.count;
        failure.places.extend(shown.places.iter().map(place));
    }
    by_name.into_values().collect()
}

fn clocks(reading: &Reading, joined: &Joined) -> Vec<Clock> {
    joined
        .clocks
        .pairs()
        .map(|((one, other), offset)| Clock {
            machine: reading.machines[other].clone(),
            against: reading.machines[one].clone(),
            ahead_at_least_ms: offset.at_least,
            ahead_at_most_ms: offset.at_most,
            joins: offset.joins,
            differ: offset.at_least.is_some_and(|least| least > 0)
                || offset.at_most.is_some_and(|most| most < 0),
        })
        .collect()
}

fn files(reading: &Reading) -> Vec<File> {
    let files = reading.files.iter().map(|file| File {
        name: file.name.clone(),
        machine: reading.machines[file.machine].clone(),
        hop: file.hop.map(Hop::name),
        lines: file.lines,
        bytes: file.bytes,
        from: file.first.map(moment),
        to: file.last.map(moment),
    });
    files.collect()
}

fn moment(millis: i64) -> String {
    Timestamp(millis).to_string()
}
