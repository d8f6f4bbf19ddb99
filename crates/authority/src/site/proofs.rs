//! What the site knows of people's proofs: keys, levels, grants, and the nonces that it made last.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use action::{ActionKind, Timestamp, UserId};
use proof::{Level, Thumbprint};
use uuid::Uuid;

use crate::store::{StoredGrant, StoredKey};

/// How many nonces may have been made after the one that a request carries: as many minutes of link may lie between.
pub(crate) const NEWER_NONCES: u32 = 10;

/// The nonces that are remembered: those that requests may carry.
const NONCES_KEPT: usize = NEWER_NONCES as usize + 1;

/// How often the site makes a nonce.
const NONCE_EVERY: Duration = Duration::from_secs(60);

/// The kinds that a web key may sign unless the owner says otherwise: the three that only have a device look for what it
/// should have anyway.
const WEB: [ActionKind; 3] = [ActionKind::MACHINE_POLICY, ActionKind::USER_POLICY, ActionKind::APPLICATIONS];

/// What the site knows of people's proofs.
#[derive(Debug, Default)]
pub(crate) struct Proofs {
    keys: BTreeMap<Thumbprint, StoredKey>,
    levels: BTreeMap<ActionKind, Level>,
    grants: BTreeMap<String, StoredGrant>,
    /// The times of the last nonces, the oldest first.
    nonces: VecDeque<Timestamp>,
    /// When the console vouched by each grant within the last hour. Forgotten at a restart, which only the site's owner
    /// can cause.
    vouched: BTreeMap<String, VecDeque<Timestamp>>,
}

impl Proofs {
    pub(crate) fn new(
        keys: Vec<StoredKey>,
        levels: Vec<(ActionKind, Level)>,
        grants: Vec<StoredGrant>,
        nonces: Vec<Timestamp>,
    ) -> Self {
        let mut proofs =
            Self { levels: levels.into_iter().collect(), nonces: nonces.into(), ..Self::default() };
        keys.into_iter().for_each(|key| proofs.put_key(key));
        grants.into_iter().for_each(|grant| proofs.put_grant(grant));
        proofs
    }

    /// Returns a key, ended or not.
    pub(crate) fn key(&self, key: Thumbprint) -> Option<&StoredKey> {
        self.keys.get(&key)
    }

    /// Returns all keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &StoredKey> {
        self.keys.values()
    }

    /// Takes a key in.
    pub(crate) fn put_key(&mut self, key: StoredKey) {
        self.keys.insert(key.key.thumbprint(), key);
    }

    /// Ends a key.
    pub(crate) fn end_key(&mut self, key: Thumbprint, now: Timestamp) {
        if let Some(key) = self.keys.get_mut(&key) {
            key.ended_at = key.ended_at.or(Some(now));
        }
    }

    /// Returns the level that a kind needs.
    pub(crate) fn level(&self, kind: ActionKind) -> Level {
        let usual = if WEB.contains(&kind) { Level::Web } else { Level::Native };
        self.levels.get(&kind).copied().unwrap_or(usual)
    }

    /// Returns the kinds whose level was set.
    pub(crate) fn kinds_with_levels(&self) -> impl Iterator<Item = ActionKind> {
        self.levels.keys().copied()
    }

    /// Sets the level that a kind needs.
    pub(crate) fn put_level(&mut self, kind: ActionKind, level: Level) {
        self.levels.insert(kind, level);
    }

    /// Returns the grants that hold at a time.
    pub(crate) fn grants(&self, now: Timestamp) -> impl Iterator<Item = &StoredGrant> {
        self.grants.values().filter(move |grant| now < grant.expires)
    }

    /// Returns the grants for a person's sessions, or for their API token.
    pub(crate) fn grants_for(
        &self,
        person: UserId,
        token: Option<Uuid>,
        now: Timestamp,
    ) -> impl Iterator<Item = &StoredGrant> {
        self.grants(now).filter(move |grant| grant.person == person && grant.token == token)
    }

    /// Takes a grant in.
    pub(crate) fn put_grant(&mut self, grant: StoredGrant) {
        self.grants.insert(grant.id.clone(), grant);
    }

    /// Ends a grant.
    pub(crate) fn end_grant(&mut self, id: &str) {
        self.grants.remove(id);
        self.vouched.remove(id);
    }

    /// Returns whether a grant has room for one more request now.
    pub(crate) fn has_room(&self, grant: &StoredGrant, now: Timestamp) -> bool {
        let hour_ago = now.minus(Duration::from_hours(1));
        let within = |times: &VecDeque<Timestamp>| times.iter().filter(|time| **time > hour_ago).count();
        let used = self.vouched.get(&grant.id).map_or(0, within);
        used < usize::try_from(grant.per_hour).unwrap_or(usize::MAX)
    }

    /// Counts a request by a grant.
    pub(crate) fn vouched(&mut self, grant: &str, now: Timestamp) {
        let Some(known) = self.grants.get(grant) else { return };
        let times = self.vouched.entry(grant.to_owned()).or_default();
        times.push_back(now);
        while times.len() > usize::try_from(known.per_hour).unwrap_or(usize::MAX) {
            times.pop_front();
        }
    }

    /// Returns the time of the newest nonce where none is due yet.
    pub(crate) fn newest_nonce(&self, now: Timestamp) -> Option<Timestamp> {
        self.nonces.back().copied().filter(|newest| now.since(*newest) < NONCE_EVERY)
    }

    /// Notes that a nonce was made; returns from when on nonces are remembered.
    pub(crate) fn made_nonce(&mut self, at: Timestamp) -> Timestamp {
        self.nonces.push_back(at);
        while self.nonces.len() > NONCES_KEPT {
            self.nonces.pop_front();
        }
        self.nonces.front().copied().unwrap_or(at)
    }

    /// Returns whether a nonce is young enough, by the minutes of link after it.
    pub(crate) fn is_young(&self, nonce: Timestamp) -> bool {
        self.nonces.contains(&nonce)
    }

    /// Forgets keys and grants that ended before `from`.
    pub(crate) fn forget(&mut self, from: Timestamp) {
        self.keys.retain(|_, key| key.expires >= from);
        self.grants.retain(|_, grant| grant.expires >= from);
    }
}
