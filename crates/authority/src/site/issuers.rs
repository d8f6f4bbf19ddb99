//! Identity providers, as the authority knows them.

use std::collections::BTreeMap;

use authority_link::{IssuerEntry, IssuerPin};

use crate::{
    issuer::{KeyRing, PinnedIssuer},
    store::StoredIssuer,
};

/// An issuer that the owner pinned.
#[derive(Clone, Debug)]
pub(crate) struct SiteIssuer {
    /// As it was pinned.
    pub(crate) pin: IssuerPin,
    /// What is pinned, checked.
    pub(crate) pinned: PinnedIssuer,
    /// Its keys.
    pub(crate) keys: KeyRing,
}

/// Takes the issuers of the store. One that cannot be read proves nothing, and is pinned anew by its owner.
pub(super) fn load(stored: Vec<StoredIssuer>) -> BTreeMap<String, SiteIssuer> {
    let read = stored.into_iter().filter_map(|StoredIssuer { pin, keys }| {
        let issuer =
            SiteIssuer { pinned: PinnedIssuer::checked(&pin).ok()?, keys: KeyRing::read(&keys)?, pin };
        Some((issuer.pin.issuer.clone(), issuer))
    });
    read.collect()
}

impl SiteIssuer {
    /// Returns what the owner is told.
    pub(crate) fn entry(&self, now: action::Timestamp) -> IssuerEntry {
        let (keys, retired) = self.keys.counts(now);
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        IssuerEntry { pin: self.pin.clone(), keys: count(keys), retired: count(retired) }
    }
}
