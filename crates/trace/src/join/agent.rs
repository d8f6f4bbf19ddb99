//! The client's lines.

use std::collections::BTreeMap;

use action::TaskGuid;

use super::{ANSWERS_WITHIN, At, Book, Receipt, same_line};
use crate::{fact::Fact, read::Reading};

/// The latest receipt with these numbers.
struct Latest {
    guid: TaskGuid,
    index: usize,
    at: Option<i64>,
    /// Another action with these numbers may still be unanswered: an answer could be either's.
    doubtful: bool,
}

pub(super) fn join(reading: &Reading, source: &[At], book: &mut Book) {
    let mut receipts: BTreeMap<(u64, u64), Latest> = BTreeMap::new();
    for at in source.iter().copied() {
        let seen = &reading.facts[at];
        match &seen.fact {
            Fact::Received { guid, push, task, kind } => {
                let story = book.story(*guid, at);
                story.kind.get_or_insert(*kind);
                let copy = story.receipts.iter().position(|known| {
                    (known.push, known.task) == (*push, *task)
                        && same_line(&reading.facts[known.received], seen)
                });
                let index = copy.unwrap_or_else(|| {
                    let machine = reading.files[seen.place.file].machine;
                    story.receipts.push(Receipt {
                        received: at,
                        machine,
                        push: *push,
                        task: *task,
                        answer: None,
                    });
                    story.receipts.len() - 1
                });
                let doubtful = receipts.get(&(*push, *task)).is_some_and(|before| {
                    let open = book.stories.get(&before.guid).is_some_and(|story| {
                        story.receipts.get(before.index).is_some_and(|receipt| receipt.answer.is_none())
                    });
                    before.guid != *guid && open && within(before.at, seen.at)
                });
                receipts.insert((*push, *task), Latest { guid: *guid, index, at: seen.at, doubtful });
            }
            Fact::Answered { push, task, code, detail } => match receipts.get(&(*push, *task)) {
                Some(latest) if !latest.doubtful && within(latest.at, seen.at) => {
                    let story = book.story(latest.guid, at);
                    // Answers are repeated until they are confirmed: the first stands.
                    story.receipts[latest.index].answer.get_or_insert((at, *code, detail.clone()));
                }
                Some(_) | None => book.orphans.push(at),
            },
            Fact::NotRun { guid, why } => book.story(*guid, at).not_run = Some((at, why.clone())),
            Fact::ScriptResult { guid } => book.story(*guid, at).script = Some(at),
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
            | Fact::Starting { .. }
            | Fact::Finished { .. }
            | Fact::Reported { .. }
            | Fact::NotReleased { .. }
            | Fact::Symptom(_) => {}
        }
    }
}

fn within(received: Option<i64>, answered: Option<i64>) -> bool {
    match (received, answered) {
        (Some(received), Some(answered)) => (0..=ANSWERS_WITHIN).contains(&(answered - received)),
        // Copies have no times: their order has to do.
        (None, _) | (_, None) => true,
    }
}
