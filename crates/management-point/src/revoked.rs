//! Which enrolments are revoked, as of a moment ago. Asked on every request.

use std::{
    collections::HashSet,
    sync::{PoisonError, RwLock},
};

use action::EnrolmentId;
use service::error::Chain;
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
    /// Held by the one request that refreshes; the others use what is there, or wait for it.
    refreshing: Mutex<()>,
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
    pub(crate) fn new(authority: Authority) -> Self {
        Self { authority, list: RwLock::default(), refreshing: Mutex::default() }
    }

    /// Returns whether `enrolment` is revoked.
    pub(crate) async fn holds(&self, enrolment: EnrolmentId) -> Result<bool, TooOld> {
        if !self.is_younger(FRESH_FOR)
            && let Ok(Err(error)) = timeout(ASK_WITHIN, self.refresh()).await
        {
            tracing::warn!(error = %Chain(&error), "failed to ask the authority for revoked devices");
        }
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        if !list.is_younger(USABLE_FOR, Instant::now()) {
            return Err(TooOld);
        }

        Ok(list.revoked.contains(&enrolment))
    }

    async fn refresh(&self) -> Result<(), AuthorityError> {
        let _one = self.refreshing.lock().await;
        // A counter that went back needs a second question, from the start.
        for _ in 0..2 {
            if self.is_younger(FRESH_FOR) {
                break;
            }
            let asked_at = Instant::now();
            let since = self.list.read().unwrap_or_else(PoisonError::into_inner).generation;
            let (generation, revoked, restored) = self.authority.revocations(since).await?;
            let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
            list.apply(generation, revoked, &restored, asked_at);
        }

        Ok(())
    }

    fn is_younger(&self, than: Duration) -> bool {
        self.list.read().unwrap_or_else(PoisonError::into_inner).is_younger(than, Instant::now())
    }
}

#[cfg(test)]
mod tests {
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
}
