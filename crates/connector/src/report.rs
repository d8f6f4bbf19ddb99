//! Reports upward what the site's hops have written, in order and at least once.

use std::time::Duration;

use action::{Entry, Event, Timestamp};
use database::DbError;
use serde::{Deserialize, Serialize};
use service::{
    error::Chain,
    log::ComponentLog,
    wake::{Listener, Topic, Wakes},
};
use site_link::{BATCH, LARGEST_FRAME, ToConsole};
use site_store::SiteStore;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

/// How long a pass waits for a signal. A signal may be lost; then events are this late.
const PASS_EVERY: Duration = Duration::from_secs(5);

/// How long events that only say how far an action is wait for what comes next: mostly its end, which then is the same commit at
/// the console. An end waits for nothing.
const GATHER: Duration = Duration::from_millis(100);

/// How long to wait after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How often what the console has stored is written down. Rarely: it only tells what may be swept, and where to go on
/// with another console.
const NOTE_EVERY: Duration = Duration::from_secs(10);

/// The setting that holds the numbering.
const SETTING: &str = "event_numbering";

/// Bytes of entries in one batch at most, as they are written: half a frame, as an estimate is no promise.
const BATCH_BYTES: usize = LARGEST_FRAME / 2;

/// Reports over one link until it is dropped. `stored` is what the console says it has committed.
pub(crate) async fn report(
    store: SiteStore,
    wakes: Wakes,
    log: ComponentLog,
    attached_at: Timestamp,
    say: mpsc::Sender<ToConsole>,
    stored: watch::Receiver<Option<u64>>,
) {
    let mut written = wakes.listen(Topic::Events);
    let mut reporting = Reporting { store, say, stored, place: None, noted: 0, noted_at: Instant::now() };
    loop {
        match reporting.pass(attached_at, &mut written).await {
            Ok(true) => {}
            Ok(false) => {
                written.wait(PASS_EVERY).await;
            }
            Err(Stopped::Link) => return,
            Err(Stopped::Store(error)) => {
                log.error(format_args!("Failed to report events: {}", Chain(&error)));
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

struct Reporting {
    store: SiteStore,
    say: mpsc::Sender<ToConsole>,
    stored: watch::Receiver<Option<u64>>,
    place: Option<Place>,
    noted: u64,
    noted_at: Instant,
}

enum Stopped {
    Link,
    Store(DbError),
}

impl From<DbError> for Stopped {
    fn from(error: DbError) -> Self {
        Stopped::Store(error)
    }
}

impl Reporting {
    /// Reports one batch and waits until it is stored; returns whether there was one.
    async fn pass(&mut self, attached_at: Timestamp, written: &mut Listener) -> Result<bool, Stopped> {
        let mut place = match self.place {
            Some(place) => place,
            None => self.begin(attached_at).await?,
        };
        self.place = Some(place);
        let batch = self.gather(place.sent, written).await?;
        let any = batch.is_some();
        if let Some((last, entries)) = batch {
            let upto = place.at_console(last);
            self.say.send(ToConsole::Events { upto, entries }).await.map_err(|_| Stopped::Link)?;
            let is_stored = |stored: &Option<u64>| stored.is_some_and(|stored| stored >= upto);
            self.stored.wait_for(is_stored).await.map_err(|_| Stopped::Link)?;
            place.sent = last;
            self.place = Some(place);
        }
        if self.noted < place.sent && self.noted_at.elapsed() >= NOTE_EVERY {
            self.store.events_reported(place.sent).await?;
            (self.noted, self.noted_at) = (place.sent, Instant::now());
        }
        Ok(any)
    }

    /// Reads the next batch; one without any end is given a moment to get one.
    async fn gather(&self, sent: u64, written: &mut Listener) -> Result<Option<(u64, Vec<Entry>)>, DbError> {
        let limit = u32::try_from(BATCH).unwrap_or(u32::MAX);
        let until = Instant::now() + GATHER;
        loop {
            let batch = batch(self.store.events_after(sent, limit).await?);
            let Some((_, entries)) = &batch else { return Ok(None) };
            let ends = |entry: &Entry| matches!(entry.event, Event::Concluded(_));
            if entries.iter().any(ends) || entries.len() >= BATCH / 2 || Instant::now() >= until {
                return Ok(batch);
            }
            written.wait_until(until).await;
        }
    }

    /// Waits until the console has said where it is, and finds that place in the site's own numbers.
    async fn begin(&mut self, attached_at: Timestamp) -> Result<Place, Stopped> {
        let stored =
            self.stored.wait_for(Option::is_some).await.map_err(|_| Stopped::Link)?.unwrap_or_default();
        let reported = self.store.reported().await?;
        self.noted = reported;
        let known: Option<Numbering> = self.store.setting(SETTING).await?;
        let known = known.filter(|numbering| numbering.attached_at == attached_at);
        if let Some(place) = known.and_then(|numbering| Place::of(numbering, stored)) {
            let there = self.store.events_after(place.sent.saturating_sub(1), 1).await?;
            if !there.is_empty() || place.sent <= reported {
                return Ok(place);
            }
        }
        // Another console; or this store was put back to an older state, and its numbers come a second time.
        let numbering = Numbering::joining(attached_at, reported, stored);
        self.store.put_setting(SETTING, &numbering).await?;
        Ok(Place { sent: reported, numbering })
    }
}

/// How the site's numbers of events become the console's, who takes each number once.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Numbering {
    /// The attachment that it is for.
    attached_at: Timestamp,
    /// What is added to a number.
    add: i64,
}

/// How far the console is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Place {
    /// In the site's own numbers.
    sent: u64,
    numbering: Numbering,
}

impl Numbering {
    /// Makes the event after `reported` the one after the console's `stored`.
    fn joining(attached_at: Timestamp, reported: u64, stored: u64) -> Self {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self { attached_at, add: signed(stored).saturating_sub(signed(reported)) }
    }
}

impl Place {
    /// Returns where `stored` is; none where it is before all events.
    fn of(numbering: Numbering, stored: u64) -> Option<Self> {
        stored.checked_add_signed(-numbering.add).map(|sent| Self { sent, numbering })
    }

    fn at_console(self, number: u64) -> u64 {
        number.saturating_add_signed(self.numbering.add)
    }
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

    #[test]
    fn numbers_are_joined_where_the_console_is() {
        check(0, 0, 0, 1, 1);
        // Another console that has nothing yet.
        check(500, 0, 500, 501, 1);
        // A store that was put back: its event 801 is the console's 1001.
        check(800, 1000, 800, 801, 1001);
    }

    #[track_caller]
    fn check(reported: u64, stored: u64, sent: u64, next: u64, at_console: u64) {
        let numbering = Numbering::joining(Timestamp(7), reported, stored);
        let place = Place::of(numbering, stored).expect("a place");
        assert_eq!((place.sent, place.at_console(next)), (sent, at_console));
    }

    #[test]
    fn a_console_that_was_put_back_gets_again_what_it_lost() {
        let numbering = Numbering { attached_at: Timestamp(7), add: 200 };
        assert_eq!(Place::of(numbering, 700).map(|place| place.sent), Some(500));
        assert_eq!(Place::of(numbering, 100), None);
    }

    fn entry(detail: usize) -> Entry {
        let detail = "x".repeat(detail);
        let event = Event::Concluded(Conclusion::Done { detail });
        Entry { task_guid: TaskGuid(Uuid::nil()), device: None, hop: Hop::Agent, at: Timestamp(0), event }
    }
}
