//! What people say of their keys while a site is away: carried to it when it is there again. A key that was signed out must end
//! there too, and one that was bound is of use there.
//!
//! Kept in memory: a binding holds a token of the provider, which is nobody's on a disk. After a restart of the console a
//! person signs in once more, and a key ends with its token at the latest.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use action::{SiteId, Timestamp};
use proof::Thumbprint;
use service::shutdown::Shutdown;
use site_link::{Answer, Question};

use crate::state::Console;

/// How long something waits for a site: as long as a key that a token binds may sign.
const HOLDS: Duration = Duration::from_hours(8);

/// The most that wait: a few for each of some thousand people, at 70 KiB each at most.
const MOST: usize = 2_000;

/// How often it is looked whether a site is there again.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What waits for sites. A clone is the same.
#[derive(Clone, Default)]
pub(crate) struct LateKeys(Arc<Mutex<BTreeMap<(SiteId, Thumbprint), Late>>>);

#[derive(Clone, Debug)]
struct Late {
    question: Question,
    until: Timestamp,
}

impl LateKeys {
    /// Keeps what is to be said of a key to a site; the last word on a key is the one that counts. Returns whether there was
    /// room for it.
    pub(crate) fn keep(&self, site: SiteId, key: Thumbprint, question: Question, now: Timestamp) -> bool {
        let mut late = self.late();
        late.retain(|_, late| now < late.until);
        if late.len() >= MOST && !late.contains_key(&(site, key)) {
            return false;
        }
        late.insert((site, key), Late { question, until: now.plus(HOLDS) });
        true
    }

    /// Returns what is to be said to a site now.
    fn of(&self, site: SiteId, now: Timestamp) -> Vec<(Thumbprint, Question)> {
        let late = self.late();
        let of_site = late.iter().filter(|((at, _), late)| *at == site && now < late.until);
        of_site.map(|((_, key), late)| (*key, late.question.clone())).collect()
    }

    /// It was said; what was kept of the key meanwhile stays.
    fn said(&self, site: SiteId, key: Thumbprint, question: &Question) {
        let mut late = self.late();
        if late.get(&(site, key)).is_some_and(|late| late.question == *question) {
            late.remove(&(site, key));
        }
    }

    fn late(&self) -> std::sync::MutexGuard<'_, BTreeMap<(SiteId, Thumbprint), Late>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What waits holds tokens.
        f.debug_struct("LateKeys").field("waiting", &self.late().len()).finish()
    }
}

/// Says to sites that are there again what was kept for them, until the shutdown begins.
pub(crate) async fn run(console: Console, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = shutdown.begun() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        for site in console.questions().linked() {
            for (key, question) in console.late_keys().of(site, console.now()) {
                // It went away again: what is left waits for the next time.
                let Ok(answer) = console.questions().ask(site, question.clone()).await else { break };
                console.late_keys().said(site, key, &question);
                let log = console.log().field("site", site);
                match answer {
                    Answer::KeyBound(bound) => {
                        log.info(format_args!("Site {site} knows the key {key} of {} now.", bound.user));
                    }
                    Answer::Done => {
                        log.info(format_args!("Site {site} knows now that the key {key} has ended."))
                    }
                    Answer::Refused { reason } => {
                        log.warn(format_args!(
                            "Site {site} does not take what was said of the key {key}: {reason}."
                        ));
                    }
                    _ => log.warn(format_args!("Site {site} could not take what was said of the key {key}.")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp(1_579_621_423_000);

    #[test]
    fn the_last_word_on_a_key_is_kept_for_its_site_as_long_as_the_key_could_live() {
        let late = LateKeys::default();
        let (here, there) = (SiteId(Uuid::from_u128(1)), SiteId(Uuid::from_u128(2)));
        let key = Thumbprint([7; 32]);
        let bind = Question::BindKey { binding: "b".into() };
        let retire = Question::RetireKey { retirement: "r".into() };
        assert!(late.keep(here, key, bind.clone(), NOW));
        assert_eq!(late.of(there, NOW), []);
        assert!(late.keep(here, key, retire.clone(), NOW));
        late.said(here, key, &bind);
        assert_eq!(late.of(here, NOW), [(key, retire.clone())], "the word that came meanwhile stays");
        assert_eq!(late.of(here, NOW.plus(HOLDS)), []);
        late.said(here, key, &retire);
        assert_eq!(late.of(here, NOW), []);
    }

    #[test]
    fn there_is_a_bound() {
        let (late, site) = (LateKeys::default(), SiteId(Uuid::from_u128(1)));
        let bind = || Question::BindKey { binding: String::new() };
        let key = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            Thumbprint(bytes)
        };
        assert!((0..MOST).all(|number| late.keep(site, key(number), bind(), NOW)));
        assert!(!late.keep(site, key(MOST), bind(), NOW));
        assert!(late.keep(site, key(0), bind(), NOW), "one that is there is only renewed");
        assert!(late.keep(site, key(MOST), bind(), NOW.plus(HOLDS)), "what has ended makes room");
    }
}
