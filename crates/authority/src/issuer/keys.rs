//! The keys of one issuer: those that it has, and those that it had. When they are fetched is decided here.

use std::time::Duration;

use action::Timestamp;
use serde::{Deserialize, Serialize};

use super::{algorithm::Algorithm, jwk::IssuerKey};

/// How often the keys are fetched at most: a token may name any key, and a stranger may send many tokens.
const FETCHED_EVERY: Duration = Duration::from_secs(60);

/// How long keys are believed without a look at whether the issuer still has them.
const FRESH: Duration = Duration::from_hours(1);

/// How long keys are believed where the issuer does not answer, and how long one that it has no more verifies tokens that
/// were issued before.
const BELIEVED: Duration = Duration::from_hours(24);

/// The most keys that are remembered of those that an issuer had.
const MOST_RETIRED: usize = 64;

/// The keys of an issuer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KeyRing {
    current: Vec<IssuerKey>,
    retired: Vec<(IssuerKey, Timestamp)>,
    /// When the current keys were fetched; none where the owner gave them.
    fetched: Option<Timestamp>,
    /// When they were last asked for.
    asked: Option<Timestamp>,
}

/// What a look for a key comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Look {
    /// The keys must be fetched first; it is noted that they are.
    Fetch,
    /// With the keys that are there.
    Verify,
}

/// How a ring is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    current: Vec<serde_json::Value>,
    retired: Vec<(serde_json::Value, Timestamp)>,
    fetched: Option<Timestamp>,
}

impl KeyRing {
    /// Makes the ring of keys that the owner gave.
    pub(crate) fn given(keys: Vec<IssuerKey>) -> Self {
        Self { current: keys, ..Self::default() }
    }

    /// Reads a ring as it is kept.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let kept: Kept = serde_json::from_str(text).ok()?;
        let key = |value| IssuerKey::of_value(value);
        Some(Self {
            current: kept.current.into_iter().filter_map(key).collect(),
            retired: kept.retired.into_iter().filter_map(|(value, at)| Some((key(value)?, at))).collect(),
            fetched: kept.fetched,
            asked: None,
        })
    }

    /// Returns how the ring is kept.
    pub(crate) fn text(&self) -> String {
        let kept = Kept {
            current: self.current.iter().map(IssuerKey::to_value).collect(),
            retired: self.retired.iter().map(|(key, at)| (key.to_value(), *at)).collect(),
            fetched: self.fetched,
        };
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// Returns how many keys the issuer has, and how many it had that still count.
    pub(crate) fn counts(&self, now: Timestamp) -> (usize, usize) {
        (self.current.len(), self.retired.iter().filter(|(_, at)| counts(*at, now)).count())
    }

    /// Returns whether the keys must be fetched before a token with that key is judged, and notes that they are.
    pub(crate) fn look(&mut self, kid: Option<&str>, algorithm: Algorithm, now: Timestamp) -> Look {
        let known = self.candidates(kid, algorithm, now).next().is_some();
        let fresh = self.fetched.is_some_and(|fetched| now.since(fetched) < FRESH);
        let asked = self.asked.is_some_and(|asked| now.since(asked) < FETCHED_EVERY);
        if (known && fresh) || asked {
            return Look::Verify;
        }
        self.asked = Some(now);
        Look::Fetch
    }

    /// Takes the keys that the issuer has now; those that it has no more are retired.
    pub(crate) fn fetched(&mut self, keys: Vec<IssuerKey>, now: Timestamp) {
        let gone = self.current.drain(..).filter(|key| !keys.contains(key)).map(|key| (key, now));
        self.retired.extend(gone.collect::<Vec<_>>());
        self.retired.retain(|(key, at)| counts(*at, now) && !keys.contains(key));
        let surplus = self.retired.len().saturating_sub(MOST_RETIRED);
        self.retired.drain(..surplus);
        self.current = keys;
        self.fetched = Some(now);
        self.asked = Some(now);
    }

    /// Returns the keys that may have signed a token that was issued at `issued`.
    pub(crate) fn verifying(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        issued: Timestamp,
        now: Timestamp,
    ) -> impl Iterator<Item = &IssuerKey> {
        let named = move |key: &&IssuerKey| fits(key, kid, algorithm);
        let believed = self.fetched.is_none_or(|fetched| now.since(fetched) < BELIEVED);
        let current = self.current.iter().filter(move |_| believed);
        let retired = self.retired.iter().filter(move |(_, at)| counts(*at, now) && issued <= *at);
        current.chain(retired.map(|(key, _)| key)).filter(named)
    }

    /// Returns whether a key that the token may mean is known at all.
    pub(crate) fn knows(&self, kid: Option<&str>, algorithm: Algorithm, now: Timestamp) -> bool {
        self.candidates(kid, algorithm, now).next().is_some()
    }

    fn candidates(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> impl Iterator<Item = &IssuerKey> {
        let retired = self.retired.iter().filter(move |(_, at)| counts(*at, now)).map(|(key, _)| key);
        self.current.iter().chain(retired).filter(move |key| fits(key, kid, algorithm))
    }
}

fn counts(retired: Timestamp, now: Timestamp) -> bool {
    now.since(retired) < BELIEVED
}

/// A token that names its key means that one; one that names none may mean any of its kind.
fn fits(key: &IssuerKey, kid: Option<&str>, algorithm: Algorithm) -> bool {
    kid.is_none_or(|kid| key.kid() == Some(kid)) && key.is_for(algorithm)
}

#[cfg(test)]
mod tests;
