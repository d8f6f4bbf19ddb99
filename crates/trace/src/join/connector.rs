//! The connector's and the console's lines.

use std::collections::BTreeMap;

use action::ActionKind;

use super::{At, Book, Forwarded, Story};
use crate::{fact::Fact, read::Reading};

/// What a thread of the connector is about to do.
#[derive(Default)]
struct Thread {
    /// Authorisations that no `Forwarded` line has claimed.
    allowed: Vec<At>,
    /// A refusal whose reason may follow.
    refused: Option<At>,
}

pub(super) fn join(reading: &Reading, source: &[At], book: &mut Book) {
    let mut threads: BTreeMap<Option<u32>, Thread> = BTreeMap::new();
    for at in source.iter().copied() {
        let seen = &reading.facts[at];
        let thread = threads.entry(seen.thread).or_default();
        match &seen.fact {
            Fact::Notified => {
                let before = std::mem::take(thread);
                flush(reading, book, before, seen.thread.is_some().then_some(at));
            }
            Fact::Authorized { .. } => match seen.about {
                Some(guid) => {
                    let story = book.story(guid, at);
                    story.authorized = Some(at);
                    asked(story, &seen.fact);
                }
                None => thread.allowed.push(at),
            },
            Fact::Unauthorized { .. } => match seen.about {
                Some(guid) => {
                    let story = book.story(guid, at);
                    story.refused.get_or_insert((at, String::new()));
                    asked(story, &seen.fact);
                }
                None => {
                    flush_refusal(reading, book, thread.refused.replace(at));
                }
            },
            Fact::Because { guid, why } => {
                let refusal = thread.refused.take();
                let story = book.story(*guid, at);
                if let Some(refusal) = refusal {
                    story.event(refusal);
                    asked(story, &reading.facts[refusal].fact);
                }
                // Behind a `Forwarded` line it speaks of some of the targets only.
                if story.forwarded.is_none() {
                    story.refused = Some((at, why.clone()));
                }
            }
            Fact::NotValid { guid, why } => book.story(*guid, at).refused = Some((at, why.clone())),
            Fact::Dropped { .. } => {
                let mut story = Story { dropped: Some(at), ..Story::default() };
                story.event(at);
                book.unnamed.push(story);
            }
            Fact::Forwarded { guid, template, devices, count } => {
                let allowed = claim(reading, thread, *template);
                let story = book.story(*guid, at);
                story.kind.get_or_insert(*template);
                story.forwarded.get_or_insert(Forwarded {
                    line: at,
                    devices: devices.clone(),
                    count: *count,
                });
                if let Some(allowed) = allowed {
                    story.event(allowed);
                    story.authorized = Some(allowed);
                    asked(story, &reading.facts[allowed].fact);
                }
            }
            Fact::Cancelled { guid } => book.story(*guid, at).cancelled = Some(at),
            Fact::Stored { guid, .. } => {
                let story = book.story(*guid, at);
                story.stored = Some(at);
                asked(story, &seen.fact);
            }
            Fact::ConsoleState { guid, state } => book.story(*guid, at).console = Some((at, state.clone())),
            Fact::Starting { .. }
            | Fact::Finished { .. }
            | Fact::Reported { .. }
            | Fact::NotReleased { .. }
            | Fact::Received { .. }
            | Fact::Answered { .. }
            | Fact::NotRun { .. }
            | Fact::ScriptResult { .. }
            | Fact::Symptom(_) => {}
        }
    }
    for (_, thread) in threads {
        flush(reading, book, thread, None);
    }
}

/// The one authorisation that a `Forwarded` line can belong to. Of several, none: nothing is guessed.
fn claim(reading: &Reading, thread: &mut Thread, template: u32) -> Option<At> {
    let [allowed] = std::mem::take(&mut thread.allowed)[..] else { return None };
    let Fact::Authorized { template: name, .. } = &reading.facts[allowed].fact else { return None };
    let known = ActionKind::known().find(|kind| kind.template() == *name);
    known.is_none_or(|kind| kind.0 == template).then_some(allowed)
}

/// Ends what a thread was about; `next` is the notification that it took up instead.
fn flush(reading: &Reading, book: &mut Book, thread: Thread, next: Option<At>) {
    for allowed in thread.allowed {
        let mut story = Story { authorized: Some(allowed), not_forwarded: next, ..Story::default() };
        story.event(allowed);
        asked(&mut story, &reading.facts[allowed].fact);
        book.unnamed.push(story);
    }
    flush_refusal(reading, book, thread.refused);
}

fn flush_refusal(reading: &Reading, book: &mut Book, refused: Option<At>) {
    let Some(refused) = refused else { return };
    let mut story = Story { refused: Some((refused, String::new())), ..Story::default() };
    story.event(refused);
    asked(&mut story, &reading.facts[refused].fact);
    book.unnamed.push(story);
}

fn asked(story: &mut Story, fact: &Fact) {
    if let Fact::Authorized { template, tenant, user }
    | Fact::Unauthorized { template, tenant, user }
    | Fact::Stored { template, tenant, user, .. } = fact
    {
        story.template.get_or_insert_with(|| template.clone());
        story.tenant.get_or_insert_with(|| tenant.clone());
        story.user.get_or_insert_with(|| user.clone());
    }
}
