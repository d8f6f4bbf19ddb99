//! Which enrolments are revoked, as of a moment ago. Asked on every request.

use std::{
    collections::HashSet,
    sync::{PoisonError, RwLock},
};

use action::EnrolmentId;
use service::{error::Chain, log::ComponentLog};
use tokio::{
    sync::Mutex,
    time::{Duration, Instant, timeout},
};

use crate::authority::{Authority, AuthorityError};

/// How old the list may be when a request comes: a device that was revoked is refused after at most this, and the
/// authority is asked at most this often.
pub(crate) const FRESH_FOR: Duration = Duration::from_secs(1);

/// How old the list may be when the authority cannot be asked. Past it nobody is let in: an authority that stays away
/// must not be a way to keep a revoked device in.
pub(crate) const USABLE_FOR: Duration = Duration::from_secs(300);

/// How long a request waits for a fresh list before it uses the one that is there.
const ASK_WITHIN: Duration = Duration::from_secs(2);

/// The list is too old, and the authority cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("the list of revoked devices is older than {} s, and the authority does not answer", USABLE_FOR.as_secs())]
pub(crate) struct TooOld;

/// The revoked enrolments.
#[derive(Debug)]
pub(crate) struct Revoked {
    authority: Authority,
    list: RwLock<List>,
    log: ComponentLog,
    /// Held by the one request that asks; the others wait for what it learns.
    asking: Mutex<Asking>,
}

/// How asking has gone.
#[derive(Debug, Default)]
struct Asking {
    last: Option<Instant>,
    fails: bool,
}

/// What the authority has said of revocations, and when.
#[derive(Debug, Default)]
struct List {
    generation: u64,
    revoked: HashSet<EnrolmentId>,
    as_of: Option<Instant>,
}

impl List {
    fn apply(
        &mut self,
        generation: u64,
        revoked: Vec<EnrolmentId>,
        restored: &[EnrolmentId],
        asked_at: Instant,
    ) {
        // An authority that was restored counts anew; what was known before is dropped with its generation.
        if generation < self.generation {
            *self = Self::default();
        } else {
            self.revoked.extend(revoked);
            for enrolment in restored {
                self.revoked.remove(enrolment);
            }
            self.generation = generation;
            self.as_of = Some(asked_at);
        }
    }

    fn is_younger(&self, than: Duration, now: Instant) -> bool {
        self.as_of.is_some_and(|as_of| now.duration_since(as_of) < than)
    }
}

impl Revoked {
    pub(crate) fn new(authority: Authority, log: ComponentLog) -> Self {
        Self { authority, list: RwLock::default(), log, asking: Mutex::default() }
    }

    /// Returns whether `enrolment` is revoked.
    pub(crate) async fn holds(&self, enrolment: EnrolmentId) -> Result<bool, TooOld> {
        if !self.is_younger(FRESH_FOR) {
            // Where the answer takes longer, what is there decides.
            let _ = timeout(ASK_WITHIN, self.refresh()).await;
        }
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        if !list.is_younger(USABLE_FOR, Instant::now()) {
            return Err(TooOld);
        }

        Ok(list.revoked.contains(&enrolment))
    }

    /// Asks for what has changed, unless another request has just done so.
    async fn refresh(&self) {
        let mut asking = self.asking.lock().await;
        if asking.last.is_some_and(|last| last.elapsed() < FRESH_FOR) {
            return;
        }
        let outcome = self.ask().await;
        asking.last = Some(Instant::now());
        // Said once, not at each request.
        match (&outcome, asking.fails) {
            (Err(error), false) => {
                self.log.warn(format_args!("Failed to ask for revoked clients: {}", Chain(error)));
            }
            (Ok(()), true) => self.log.info("Asking for revoked clients works again."),
            (Err(_), true) | (Ok(()), false) => {}
        }
        asking.fails = outcome.is_err();
    }

    async fn ask(&self) -> Result<(), AuthorityError> {
        // A counter that went back needs a second question, from the start.
        for _ in 0..2 {
            let asked_at = Instant::now();
            let since = self.list.read().unwrap_or_else(PoisonError::into_inner).generation;
            let (generation, revoked, restored) = self.authority.revocations(since).await?;
            let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
            list.apply(generation, revoked, &restored, asked_at);
            if list.as_of == Some(asked_at) {
                break;
            }
        }

        Ok(())
    }

    fn is_younger(&self, than: Duration) -> bool {
        self.list.read().unwrap_or_else(PoisonError::into_inner).is_younger(than, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use service::{call::Endpoint, log::Component};

    use super::*;

    fn enrolment(number: u128) -> EnrolmentId {
        EnrolmentId(uuid::Uuid::from_u128(number))
    }

    #[tokio::test(start_paused = true)]
    async fn changes_add_up_and_a_restored_authority_starts_anew() {
        let now = Instant::now();
        let mut list = List::default();
        assert!(!list.is_younger(USABLE_FOR, now));

        list.apply(3, vec![enrolment(1), enrolment(2)], &[], now);
        list.apply(4, vec![enrolment(3)], &[enrolment(1)], now);
        assert_eq!(list.revoked, HashSet::from([enrolment(2), enrolment(3)]));
        assert!(list.is_younger(FRESH_FOR, now));
        assert!(!list.is_younger(FRESH_FOR, now + FRESH_FOR));

        list.apply(2, vec![enrolment(9)], &[], now);
        assert_eq!(list.generation, 0);
        assert!(!list.is_younger(USABLE_FOR, now), "what was known is of no use");
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_authority_is_away_the_list_serves_for_a_while_and_then_nobody_is_let_in() {
        let (log, lines) = ComponentLog::memory(Component::MANAGEMENT_POINT);
        let nowhere = Endpoint::Unix("/nonexistent/authority.sock".into());
        let revoked = Revoked::new(Authority::at(nowhere), log);
        revoked.holds(enrolment(1)).await.expect_err("nothing is known yet");

        let now = Instant::now();
        revoked.list.write().expect("not poisoned").apply(1, vec![enrolment(1)], &[], now);
        tokio::time::advance(USABLE_FOR / 2).await;
        assert!(revoked.holds(enrolment(1)).await.expect("known"));
        assert!(!revoked.holds(enrolment(2)).await.expect("known"));
        tokio::time::advance(USABLE_FOR / 2).await;
        revoked.holds(enrolment(2)).await.expect_err("too old");
        assert_eq!(lines.texts().len(), 1, "it is said once: {:?}", lines.texts());
    }
}
