//! Joins what the hops say into one story for each action.
//!
//! The connector's lines about authorisation name no action: they belong to the `Forwarded` line that follows on the
//! same thread. The client's answer names a push and a task: it belongs to the receipt of that very pair on the same
//! machine, never to another push. Counters may start again, so a pair means the latest push that has it.

mod connector;
mod server;
mod agent;
mod clocks;

use std::collections::{BTreeMap, BTreeSet};

use action::{Hop, TaskGuid};

pub use clocks::{Clocks, Offset};

use crate::{
    fact::Fact,
    read::{Reading, Seen},
};

/// Milliseconds in which an answer belongs to a receipt: what is later may be another push with the same numbers.
pub(crate) const ANSWERS_WITHIN: i64 = 3_600_000;
/// Events shown of one action; a push to a whole fleet has more, and they are counted.
const MOST_EVENTS: usize = 256;

/// An index of [`Reading::facts`].
pub type At = usize;

/// One push of an action.
#[derive(Clone, Debug)]
pub struct Push {
    /// The line that starts it.
    pub started: At,
    /// The notification server.
    pub machine: usize,
    /// Its number.
    pub push: u64,
    /// The task's number.
    pub task: u64,
    /// How many clients.
    pub clients: u64,
    /// The line that says that all was written to sockets.
    pub finished: Option<At>,
    /// The lines that report what clients answered, with how many and how many failed.
    pub reports: Vec<(At, u64, u64)>,
}

/// One receipt at a client.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The line.
    pub received: At,
    /// The client.
    pub machine: usize,
    /// The push's number.
    pub push: u64,
    /// The task's number.
    pub task: u64,
    /// The answer's line, code and detail.
    pub answer: Option<(At, i64, String)>,
}

/// What was handed to the notification server.
#[derive(Clone, Debug)]
pub struct Forwarded {
    /// The line.
    pub line: At,
    /// The devices that it lists.
    pub devices: Vec<u64>,
    /// How many there are.
    pub count: u64,
}

/// All that is known of one action.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// Its id; none where it was refused or lost before a line named one.
    pub guid: Option<TaskGuid>,
    /// What was asked, as a number.
    pub kind: Option<u32>,
    /// What was asked, as a word.
    pub template: Option<String>,
    /// Who asked.
    pub user: Option<String>,
    /// In which tenant.
    pub tenant: Option<String>,
    /// The console stored it.
    pub stored: Option<At>,
    /// Where it stood, as the console heard last.
    pub console: Option<(At, String)>,
    /// The site allowed it.
    pub authorized: Option<At>,
    /// Allowed, and the connector's next notification came before it was forwarded.
    pub not_forwarded: Option<At>,
    /// The site refused it, and why where a line says so.
    pub refused: Option<(At, String)>,
    /// The connector dropped the notification.
    pub dropped: Option<At>,
    /// It was handed on.
    pub forwarded: Option<Forwarded>,
    /// Somebody withdrew it.
    pub cancelled: Option<At>,
    /// The last time that a push was not released, and why.
    pub not_released: Option<(At, String)>,
    /// Its pushes.
    pub pushes: Vec<Push>,
    /// Its receipts.
    pub receipts: Vec<Receipt>,
    /// The agent's check refused it.
    pub not_run: Option<(At, String)>,
    /// The client sent a script's result.
    pub script: Option<At>,
    /// The lines about it, in the order of the path.
    pub events: Vec<At>,
    /// How many more there are.
    pub more_events: u64,
}

/// The stories, and what the joining taught.
#[derive(Debug)]
pub struct Joined {
    /// The actions, those with an id first.
    pub stories: Vec<Story>,
    /// Lines of clients that belong to no receipt that was read.
    pub orphans: Vec<At>,
    /// How the clocks of the machines differ.
    pub clocks: Clocks,
    /// The client of a resource, where a join proves it.
    pub clients: BTreeMap<u64, usize>,
}

/// Joins a reading.
pub fn join(reading: &Reading) -> Joined {
    let mut book = Book::default();
    for source in sources(reading) {
        connector::join(reading, &source, &mut book);
        server::join(reading, &source, &mut book);
        agent::join(reading, &source, &mut book);
    }
    let Book { stories, unnamed, orphans } = book;
    let mut stories: Vec<Story> = stories.into_values().chain(unnamed).collect();
    for story in &mut stories {
        let order = |at: &At| (hop(&reading.facts[*at].fact), reading.facts[*at].at, *at);
        story.events.sort_by_key(order);
    }
    let clocks = Clocks::learn(reading, &stories);
    let clients = clients(&stories);
    Joined { stories, orphans, clocks, clients }
}

/// Facts of one component on one machine, older parts of its log first.
fn sources(reading: &Reading) -> Vec<Vec<At>> {
    let mut sources: BTreeMap<(usize, &str), Vec<At>> = BTreeMap::new();
    for (at, seen) in reading.facts.iter().enumerate() {
        let file = &reading.files[seen.place.file];
        sources.entry((file.machine, file.component)).or_default().push(at);
    }
    sources.into_values().collect()
}

/// A single-device action that was received by one client shows which client the resource is.
fn clients(stories: &[Story]) -> BTreeMap<u64, usize> {
    let mut clients: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
    for story in stories {
        let Some(Forwarded { devices, count: 1, .. }) = &story.forwarded else { continue };
        if let [device] = devices.as_slice() {
            clients.entry(*device).or_default().extend(story.receipts.iter().map(|receipt| receipt.machine));
        }
    }
    // A resource that two clients answered for is known as neither.
    clients
        .into_iter()
        .filter(|(_, machines)| machines.len() == 1)
        .filter_map(|(resource, machines)| machines.first().map(|machine| (resource, *machine)))
        .collect()
}

/// The stories while they are joined.
#[derive(Default)]
pub(crate) struct Book {
    stories: BTreeMap<TaskGuid, Story>,
    unnamed: Vec<Story>,
    orphans: Vec<At>,
}

impl Book {
    pub(crate) fn story(&mut self, guid: TaskGuid, at: At) -> &mut Story {
        let story =
            self.stories.entry(guid).or_insert_with(|| Story { guid: Some(guid), ..Story::default() });
        story.event(at);
        story
    }
}

impl Story {
    pub(crate) fn event(&mut self, at: At) {
        if self.events.len() < MOST_EVENTS {
            self.events.push(at);
        } else {
            self.more_events += 1;
        }
    }
}

/// The hop that says so.
pub fn hop(fact: &Fact) -> Hop {
    match fact {
        Fact::Stored { .. } => Hop::AdminCenter,
        Fact::Starting { .. } | Fact::Finished { .. } | Fact::NotReleased { .. } => Hop::NotificationServer,
        // The report comes after the answer: it closes the path.
        Fact::Received { .. }
        | Fact::Answered { .. }
        | Fact::NotRun { .. }
        | Fact::ScriptResult { .. }
        | Fact::Reported { .. }
        | Fact::ConsoleState { .. } => Hop::Agent,
        Fact::Notified
        | Fact::Authorized { .. }
        | Fact::Unauthorized { .. }
        | Fact::Forwarded { .. }
        | Fact::Because { .. }
        | Fact::NotValid { .. }
        | Fact::Dropped { .. }
        | Fact::Cancelled { .. }
        | Fact::Symptom(_) => Hop::ServiceConnector,
    }
}

pub(crate) fn same_line(one: &Seen, other: &Seen) -> bool {
    one.place.file != other.place.file && one.at.is_some() && one.at == other.at && one.thread == other.thread
}
