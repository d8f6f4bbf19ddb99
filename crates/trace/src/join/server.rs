//! The notification server's lines.

use std::collections::BTreeMap;

use action::TaskGuid;

use super::{At, Book, Push, same_line};
use crate::{fact::Fact, read::Reading};

pub(super) fn join(reading: &Reading, source: &[At], book: &mut Book) {
    // The latest push with these numbers: counters may start again.
    let mut by_pair: BTreeMap<(u64, u64), (TaskGuid, usize)> = BTreeMap::new();
    let mut by_push: BTreeMap<u64, (TaskGuid, usize)> = BTreeMap::new();
    for at in source.iter().copied() {
        let seen = &reading.facts[at];
        match &seen.fact {
            Fact::Starting { guid, push, task, kind, clients } => {
                let story = book.story(*guid, at);
                story.kind.get_or_insert(*kind);
                let copy = story.pushes.iter().position(|known| {
                    (known.push, known.task) == (*push, *task)
                        && same_line(&reading.facts[known.started], seen)
                });
                let index = copy.unwrap_or_else(|| {
                    story.pushes.push(Push {
                        started: at,
                        machine: reading.files[seen.place.file].machine,
                        push: *push,
                        task: *task,
                        clients: *clients,
                        finished: None,
                        reports: Vec::new(),
                    });
                    story.pushes.len() - 1
                });
                by_pair.insert((*push, *task), (*guid, index));
                by_push.insert(*push, (*guid, index));
            }
            Fact::Finished { push, task } => {
                if let Some((guid, index)) = by_pair.get(&(*push, *task)) {
                    book.story(*guid, at).pushes[*index].finished.get_or_insert(at);
                }
            }
            Fact::Reported { push, reported, failed } => {
                if let Some((guid, index)) = by_push.get(push) {
                    let story = book.story(*guid, at);
                    let copied = |(known, _, _): &(At, u64, u64)| same_line(&reading.facts[*known], seen);
                    if !story.pushes[*index].reports.iter().any(copied) {
                        story.pushes[*index].reports.push((at, *reported, *failed));
                    }
                }
            }
            Fact::NotReleased { guid, why } => book.story(*guid, at).not_released = Some((at, why.clone())),
            Fact::Stored { .. }
            | Fact::ConsoleState { .. }
            | Fact::Notified
            | Fact::Authorized { .. }
            | Fact::Unauthorized { .. }
            | Fact::Forwarded { .. }
            | Fact::Because { .. }
            | Fact::NotValid { .. }
            | Fact::Dropped { .. }
            | Fact::Cancelled { .. }
            | Fact::Received { .. }
            | Fact::Answered { .. }
            | Fact::NotRun { .. }
            | Fact::ScriptResult { .. }
            | Fact::Symptom(_) => {}
        }
    }
}
