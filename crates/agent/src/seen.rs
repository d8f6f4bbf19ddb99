//! What the device has seen of its site and never goes behind: time, epoch, generation. Kept in the journal's notes.

use std::time::Duration;

use action::{PushId, Timestamp};
use management_link::StateMessage;

use crate::{
    journal::{Journal, JournalError},
    trusted_time::TrustedTime,
};

const TIME: &str = "time";
const EPOCH: &str = "epoch";
const GENERATION: &str = "generation";
const UNSENT: &str = "unsent";

/// How far the time may run ahead of what is on disk: it is written as seldom as this.
const WRITE_TIME: Duration = Duration::from_hours(1);

/// What the device has seen of its site.
#[derive(Debug)]
pub(crate) struct Seen {
    time: TrustedTime,
    written: Timestamp,
    pub(crate) epoch: u64,
    /// `None`: the device has never had a manifest.
    pub(crate) generation: Option<u64>,
    pub(crate) highest_push: PushId,
    /// A state message that the site did not get.
    pub(crate) unsent: Option<StateMessage>,
}

impl Seen {
    /// Reads what the journal holds. `signed` is a moment that the site has signed, such as that of the trust document.
    pub(crate) fn load(
        journal: &Journal,
        signed: Timestamp,
        epoch: u64,
        boot: Duration,
        boot_id: &str,
    ) -> Result<Self, JournalError> {
        let number = |name| journal.note(name).map(|text| text.and_then(|text| text.parse::<u64>().ok()));
        let stored = journal.note(TIME)?.and_then(|text| TrustedTime::load(&text, boot_id));
        let mut time = stored.unwrap_or_else(|| TrustedTime::new(signed, boot, boot_id));
        time.learn(signed, boot);
        Ok(Self {
            written: time.now(boot),
            time,
            epoch: number(EPOCH)?.unwrap_or(0).max(epoch),
            generation: number(GENERATION)?,
            highest_push: PushId(journal.highest_push()?),
            unsent: journal.note(UNSENT)?.and_then(|text| serde_json::from_str(&text).ok()),
        })
    }

    /// Returns the trusted time.
    pub(crate) fn now(&self, boot: Duration) -> Timestamp {
        self.time.now(boot)
    }

    /// Takes a moment that the site has signed into account.
    pub(crate) fn learn_time(
        &mut self,
        journal: &mut Journal,
        signed: Timestamp,
        boot: Duration,
    ) -> Result<(), JournalError> {
        self.time.learn(signed, boot);
        let now = self.time.now(boot);
        if now.since(self.written) < WRITE_TIME {
            return Ok(());
        }
        self.written = now;
        journal.put_note(TIME, &self.time.store())
    }

    /// Takes an epoch into account that the site has signed.
    pub(crate) fn learn_epoch(&mut self, journal: &mut Journal, epoch: u64) -> Result<(), JournalError> {
        if epoch <= self.epoch {
            return Ok(());
        }
        self.epoch = epoch;
        journal.put_note(EPOCH, &epoch.to_string())
    }

    /// Takes the generation of a manifest into account.
    pub(crate) fn learn_generation(
        &mut self,
        journal: &mut Journal,
        generation: u64,
    ) -> Result<(), JournalError> {
        if self.generation.is_some_and(|seen| seen >= generation) {
            return Ok(());
        }
        self.generation = Some(generation);
        journal.put_note(GENERATION, &generation.to_string())
    }

    /// Keeps a state message that the site did not get, in place of an older one.
    pub(crate) fn keep_unsent(
        &mut self,
        journal: &mut Journal,
        message: StateMessage,
    ) -> Result<(), JournalError> {
        let text = json(&message);
        self.unsent = Some(message);
        journal.put_note(UNSENT, &text)
    }

    /// The site has the state message, or a newer one.
    pub(crate) fn forget_unsent(&mut self, journal: &mut Journal) -> Result<(), JournalError> {
        if self.unsent.take().is_none() {
            return Ok(());
        }
        journal.remove_note(UNSENT)
    }
}

fn json(message: &StateMessage) -> String {
    serde_json::to_string(message).expect("texts and numbers can be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_still_known_after_a_restart() {
        let mut journal = Journal::memory().expect("opened");
        let boot = Duration::from_secs(100);
        let mut seen = Seen::load(&journal, Timestamp(1_000_000), 1, boot, "a").expect("read");
        assert_eq!((seen.epoch, seen.generation, seen.now(boot)), (1, None, Timestamp(1_000_000)));

        seen.learn_epoch(&mut journal, 3).expect("written");
        seen.learn_epoch(&mut journal, 2).expect("an older one changes nothing");
        seen.learn_generation(&mut journal, 7).expect("written");
        seen.learn_generation(&mut journal, 6).expect("an older one changes nothing");
        seen.learn_time(&mut journal, Timestamp(90_000_000), boot).expect("written");

        let again = Seen::load(&journal, Timestamp(1_000_000), 1, boot, "a").expect("read");
        assert_eq!((again.epoch, again.generation, again.now(boot)), (3, Some(7), Timestamp(90_000_000)));
        let rebooted =
            Seen::load(&journal, Timestamp(1_000_000), 4, Duration::from_secs(5), "b").expect("read");
        assert_eq!((rebooted.epoch, rebooted.now(Duration::from_secs(5))), (4, Timestamp(90_005_000)));
    }

    #[test]
    fn a_message_that_was_not_sent_is_kept_until_it_is() {
        let mut journal = Journal::memory().expect("opened");
        let boot = Duration::ZERO;
        let mut seen = Seen::load(&journal, Timestamp(0), 1, boot, "a").expect("read");
        let message = StateMessage::Discovery(Default::default());
        seen.keep_unsent(&mut journal, message.clone()).expect("written");
        let mut again = Seen::load(&journal, Timestamp(0), 1, boot, "a").expect("read");
        assert_eq!(again.unsent, Some(message));
        again.forget_unsent(&mut journal).expect("removed");
        assert_eq!(Seen::load(&journal, Timestamp(0), 1, boot, "a").expect("read").unsent, None);
    }
}
