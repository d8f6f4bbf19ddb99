//! Reports upward what the site's hops have written, in order and at least once.

use std::time::Duration;

use action::Entry;
use service::{
    log::ComponentLog,
    wake::{Topic, Wakes},
};
use site_link::{BATCH, LARGEST_FRAME, ToConsole};
use site_store::SiteStore;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

/// How long a pass waits for a signal. A signal may be lost; then events are this late.
const PASS_EVERY: Duration = Duration::from_secs(5);

/// How long to wait after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How often what the console has stored is written down. Rarely: what a site that stops has not written down is
/// reported twice, which the console takes as once.
const NOTE_EVERY: Duration = Duration::from_secs(10);

/// Bytes of entries in one batch at most, as they are written: half a frame, as an estimate is no promise.
const BATCH_BYTES: usize = LARGEST_FRAME / 2;

/// Reports over one link until it is dropped. `stored` is what the console says it has committed.
pub(crate) async fn report(
    store: &SiteStore,
    wakes: &Wakes,
    log: &ComponentLog,
    say: mpsc::Sender<ToConsole>,
    mut stored: watch::Receiver<u64>,
) {
    let mut written = wakes.listen(Topic::Events);
    let mut cursor = None;
    let mut noted = Instant::now();
    loop {
        match pass(store, &mut cursor, &mut noted, &say, &mut stored).await {
            Ok(true) => {}
            Ok(false) => {
                written.wait(PASS_EVERY).await;
            }
            Err(Stopped::Link) => return,
            Err(Stopped::Store(error)) => {
                log.error(format_args!("Failed to report events: {}", service::error::Chain(&error)));
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

enum Stopped {
    Link,
    Store(database::DbError),
}

/// Reports one batch and waits until it is stored; returns whether there was one.
async fn pass(
    store: &SiteStore,
    cursor: &mut Option<Cursor>,
    noted: &mut Instant,
    say: &mpsc::Sender<ToConsole>,
    stored: &mut watch::Receiver<u64>,
) -> Result<bool, Stopped> {
    let cursor = match cursor {
        Some(cursor) => cursor,
        None => {
            let upto = store.reported().await.map_err(Stopped::Store)?;
            cursor.insert(Cursor { sent: upto, noted: upto })
        }
    };
    let limit = u32::try_from(BATCH).unwrap_or(u32::MAX);
    let events = store.events_after(cursor.sent, limit).await.map_err(Stopped::Store)?;
    let Some((upto, entries)) = batch(events) else {
        if cursor.noted < cursor.sent && noted.elapsed() >= NOTE_EVERY {
            note(store, cursor, noted).await?;
        }
        return Ok(false);
    };
    say.send(ToConsole::Events { upto, entries }).await.map_err(|_| Stopped::Link)?;
    stored.wait_for(|stored| *stored >= upto).await.map_err(|_| Stopped::Link)?;
    cursor.sent = upto;
    if noted.elapsed() >= NOTE_EVERY {
        note(store, cursor, noted).await?;
    }
    Ok(true)
}

async fn note(store: &SiteStore, cursor: &mut Cursor, noted: &mut Instant) -> Result<(), Stopped> {
    store.events_reported(cursor.sent).await.map_err(Stopped::Store)?;
    cursor.noted = cursor.sent;
    *noted = Instant::now();
    Ok(())
}

/// How far the console is, and how far that is written down.
struct Cursor {
    sent: u64,
    noted: u64,
}

/// Cuts what fits one message.
fn batch(events: Vec<(u64, Entry)>) -> Option<(u64, Vec<Entry>)> {
    let mut bytes = 0;
    let mut upto = None;
    let mut entries = Vec::with_capacity(events.len());
    for (number, entry) in events {
        bytes += serde_json::to_vec(&entry).map_or(0, |text| text.len());
        if bytes > BATCH_BYTES && !entries.is_empty() {
            break;
        }
        upto = Some(number);
        entries.push(entry);
    }
    upto.map(|upto| (upto, entries))
}

#[cfg(test)]
mod tests {
    use action::{Conclusion, Event, Hop, TaskGuid, Timestamp};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_batch_ends_where_a_frame_would_be_full() {
        assert!(batch(Vec::new()).is_none());
        let small: Vec<_> = (1..=BATCH as u64).map(|number| (number, entry(0))).collect();
        assert_eq!(batch(small).map(|(upto, entries)| (upto, entries.len())), Some((BATCH as u64, BATCH)));

        let large: Vec<_> = (1..=100).map(|number| (number, entry(64 << 10))).collect();
        let (upto, entries) = batch(large).expect("some");
        assert_eq!(upto, entries.len() as u64);
        assert!((16..=32).contains(&upto), "{upto}");
        let text = serde_json::to_vec(&ToConsole::Events { upto, entries }).expect("plain");
        assert!(text.len() <= LARGEST_FRAME / 2 + (1 << 10));

        let huge = vec![(7, entry(3 << 20)), (8, entry(0))];
        assert_eq!(
            batch(huge).map(|(upto, entries)| (upto, entries.len())),
            Some((7, 1)),
            "one is always tried"
        );
    }

    fn entry(detail: usize) -> Entry {
        let detail = "x".repeat(detail);
        let event = Event::Concluded(Conclusion::Done { detail });
        Entry { task_guid: TaskGuid(Uuid::nil()), device: None, hop: Hop::Agent, at: Timestamp(0), event }
    }
}
