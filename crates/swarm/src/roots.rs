//! The signed roots of pushes that were verified: all devices of a process get the same ones.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use proof::{SignatureNotValid, SignedPush, VerifyingKey};

/// Roots that are remembered: pushes that are on their way at the same time.
const REMEMBERED: usize = 64;

/// Verified roots.
#[derive(Debug, Default)]
pub(crate) struct Roots(Mutex<VecDeque<SignedPush>>);

impl Roots {
    /// Verifies a root the first time that it is shown; the same root with the same signature is known from then on.
    pub(crate) fn verify(&self, push: &SignedPush, key: &VerifyingKey) -> Result<(), SignatureNotValid> {
        // Held while a new one is verified: thousands of devices get it at the same time, and one of them looks.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(push) {
            return Ok(());
        }
        push.verify(key)?;
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back(*push);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use action::{SiteId, Timestamp};
    use proof::{Hash, PushHead, SigningKey};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_root_is_known_with_its_own_signature_only() {
        let key = SigningKey::from_seed([1; 32]);
        let push = push(1, &key);
        let roots = Roots::default();
        assert!(roots.verify(&push, &key.verifying()).is_ok());
        assert_eq!(roots.0.lock().expect("not poisoned").len(), 1);
        assert!(roots.verify(&push, &key.verifying()).is_ok());
        let mut spoilt = push;
        spoilt.signature.0[3] ^= 1;
        assert!(roots.verify(&spoilt, &key.verifying()).is_err());
        let mut other = push;
        other.head.root = Hash::of(b"another tree");
        assert!(roots.verify(&other, &key.verifying()).is_err());
        assert_eq!(roots.0.lock().expect("not poisoned").len(), 1);
    }

    #[test]
    fn only_the_last_roots_are_remembered() {
        let key = SigningKey::from_seed([1; 32]);
        let roots = Roots::default();
        for number in 0..200 {
            assert!(roots.verify(&push(number, &key), &key.verifying()).is_ok());
        }
        assert_eq!(roots.0.lock().expect("not poisoned").len(), REMEMBERED);
    }

    fn push(number: u64, key: &SigningKey) -> SignedPush {
        let head = PushHead {
            site: SiteId(Uuid::nil()),
            epoch: 1,
            key_id: key.id(),
            tree_size: number + 1,
            root: Hash::of(b"a tree"),
            issued_at: Timestamp(7),
        };
        head.sign(key)
    }
}
