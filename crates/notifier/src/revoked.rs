//! Which enrolments are revoked: asked at each sign-in, and again and again for those who are online.

use std::{
    collections::BTreeSet,
    sync::{PoisonError, RwLock},
};

use action::EnrolmentId;
use tokio::{
    sync::Mutex,
    time::{Duration, Instant, timeout},
};

use crate::authority::{Authority, AuthorityError, Revocations};

/// How old the list may be at a sign-in: the authority is asked at most so often, however many devices come.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// How old the list may be where the authority cannot be asked. Past it nobody is let in: to keep the authority away must
/// not be a way to keep a revoked device in.
const USABLE_FOR: Duration = Duration::from_secs(300);

/// How long a sign-in waits for a fresh list before it uses the one that is there.
const ASK_WITHIN: Duration = Duration::from_secs(2);

/// How often the list is asked for while devices are online: a revoked device stays so long at most.
pub(crate) const WATCH_EVERY: Duration = Duration::from_secs(5);

/// What is known of an enrolment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    Valid,
    Revoked,
    /// The list is too old, and the authority cannot be asked.
    Unknown,
}

/// The revoked enrolments.
#[derive(Debug)]
pub(crate) struct Revoked {
    authority: Authority,
    list: RwLock<List>,
    /// Held by the one who asks; the others wait for what it learns.
    asking: Mutex<()>,
}

#[derive(Debug, Default)]
struct List {
    generation: u64,
    revoked: BTreeSet<EnrolmentId>,
    as_of: Option<Instant>,
}

impl List {
    fn apply(&mut self, changes: Revocations, asked_at: Instant) {
        // An authority that was restored counts anew; what was known before is dropped with its generation.
        if changes.generation < self.generation {
            *self = Self::default();
            return;
        }
        self.revoked.extend(changes.revoked);
        for enrolment in &changes.restored {
            self.revoked.remove(enrolment);
        }
        self.generation = changes.generation;
        self.as_of = Some(asked_at);
    }

    fn is_younger(&self, than: Duration, now: Instant) -> bool {
        self.as_of.is_some_and(|as_of| now.duration_since(as_of) < than)
    }
}

impl Revoked {
    pub(crate) fn new(authority: Authority) -> Self {
        Self { authority, list: RwLock::default(), asking: Mutex::default() }
    }

    /// Returns what is known of an enrolment, asking where the list is older than a second.
    pub(crate) async fn standing(&self, enrolment: EnrolmentId) -> Standing {
        if !self.is_younger(FRESH_FOR) {
            // Where it fails or takes too long the list that is there is used, if it is not too old.
            let _ = timeout(ASK_WITHIN, self.refresh()).await;
        }
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        if !list.is_younger(USABLE_FOR, Instant::now()) {
            Standing::Unknown
        } else if list.revoked.contains(&enrolment) {
            Standing::Revoked
        } else {
            Standing::Valid
        }
    }

    /// Returns all that are revoked, where the list has changed since `generation`, and the list's own generation.
    pub(crate) async fn since(
        &self,
        generation: u64,
    ) -> Result<Option<(u64, BTreeSet<EnrolmentId>)>, AuthorityError> {
        self.refresh().await?;
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        Ok((list.generation != generation).then(|| (list.generation, list.revoked.clone())))
    }

    async fn refresh(&self) -> Result<(), AuthorityError> {
        let _one = self.asking.lock().await;
        // A counter that went back needs a second question, from the start.
        for _ in 0..2 {
            if self.is_younger(FRESH_FOR) {
                break;
            }
            let asked_at = Instant::now();
            let since = self.list.read().unwrap_or_else(PoisonError::into_inner).generation;
            let changes = self.authority.revocations(since).await?;
            self.list.write().unwrap_or_else(PoisonError::into_inner).apply(changes, asked_at);
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

    #[tokio::test(start_paused = true)]
    async fn changes_add_up_and_a_restored_authority_starts_anew() {
        let enrolment = |number| EnrolmentId(uuid::Uuid::from_u128(number));
        let now = Instant::now();
        let mut list = List::default();
        let mut apply = |generation, revoked: &[u128], restored: &[u128]| {
            let revoked = revoked.iter().copied().map(enrolment).collect();
            let restored = restored.iter().copied().map(enrolment).collect();
            list.apply(Revocations { generation, revoked, restored }, now);
            (list.generation, list.revoked.clone(), list.is_younger(FRESH_FOR, now))
        };
        apply(3, &[1, 2], &[]);
        let (generation, revoked, fresh) = apply(4, &[3], &[1]);
        assert_eq!((generation, revoked, fresh), (4, BTreeSet::from([enrolment(2), enrolment(3)]), true));
        let (generation, revoked, fresh) = apply(2, &[9], &[]);
        assert_eq!((generation, revoked.len(), fresh), (0, 0, false), "what was known is of no use");
    }
}
