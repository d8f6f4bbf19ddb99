//! Pairs keys: a person's program shows that it has a code of the site's owner, and the key of a new proof.

use std::time::Duration;

use action::{Reason, Timestamp};
use authority_link::{Answer, ServiceKey};
use proof::{
    Hash,
    pairing::{PairingAnswer, PairingError, PairingKeys, PairingRequest, UnverifiedPairing},
};

use super::{Desk, DeskError};
use crate::store::{AuditEntry, Store, StoredKey, StoredPairing};

/// How long a paired key holds: a quarter of a year.
const KEY_HOLDS: Duration = Duration::from_hours(90 * 24);

/// Messages that were not made with the code; then it ends.
const MOST_FAILURES: u32 = 3;

/// What clocks differ by without anybody noticing.
const CLOCKS_DIFFER_BY: Duration = Duration::from_mins(5);

/// The most keys of a site: each person has a few.
const MOST_KEYS: usize = 50_000;

impl Desk {
    /// Takes the message T and answers it with T2; the code is used up in the commit that stores the key.
    pub(super) async fn pair(&mut self, message: &str, now: Timestamp) -> Result<Answer, DeskError> {
        let refused = |what: String| Ok(Answer::NotPaired { reason: Reason::PairingRefused { what } });
        let Ok(message) = UnverifiedPairing::parse(message) else {
            return refused(PairingError::Shape.to_string());
        };
        let stored = self.store.pairing(message.id()).await?;
        let Some(stored) = stored.filter(|stored| now < stored.expires && stored.failures < MOST_FAILURES)
        else {
            return refused("the code was used, has ended, or never was".to_owned());
        };
        let keys = PairingKeys::of(&stored.id, &stored.secret);
        let request = match message.verify(&keys) {
            Ok(request) => request,
            Err(error) => {
                self.pairing_failed(&stored, &error, now).await?;
                return refused(error.to_string());
            }
        };
        if let Some(what) = self.other_than_asked(&request, &stored, now) {
            return refused(what);
        }
        let answer = self.paired(&request, &stored, now).await?;
        Ok(Answer::Paired { message: answer.text(&keys) })
    }

    fn other_than_asked(
        &self,
        request: &PairingRequest,
        stored: &StoredPairing,
        now: Timestamp,
    ) -> Option<String> {
        let what = if request.site != self.keys.site {
            "it is for another site"
        } else if request.user != stored.person {
            "the code is for another person"
        } else if request.level != stored.level {
            return Some(format!("the code is for the level `{}`", stored.level));
        } else if now.since(request.iat).max(request.iat.since(now)) > CLOCKS_DIFFER_BY {
            "it was made at another time; is the clock right?"
        } else if self.site.proofs.key(request.jwk.thumbprint()).is_some() {
            "the site knows the key already"
        } else if self.site.proofs.keys().count() >= MOST_KEYS {
            "the site knows as many keys as it can"
        } else {
            return None;
        };
        Some(what.to_owned())
    }

    async fn paired(
        &mut self,
        request: &PairingRequest,
        stored: &StoredPairing,
        now: Timestamp,
    ) -> Result<PairingAnswer, DeskError> {
        let key = StoredKey {
            key: request.jwk,
            person: stored.person,
            person_name: stored.person_name.clone(),
            level: stored.level,
            tenant: request.tenant,
            console: request.console,
            issuer: None,
            idh: String::new(),
            service: stored.service.clone(),
            how: how(stored.service.as_ref()),
            made_at: now,
            expires: now.plus(
                stored
                    .service
                    .as_ref()
                    .map_or(KEY_HOLDS, |service| Duration::from_secs(service.valid_seconds)),
            ),
            ended_at: None,
        };
        let jkt = request.jwk.thumbprint();
        let mut change = self.store.begin().await?;
        if !Store::end_pairing(&mut change, &stored.id).await? {
            return Err(DeskError::NotPossible("the code was used meanwhile".to_owned()));
        }
        Store::put_key(&mut change, &key).await?;
        let entry = audited(stored, now, &format!("{} key {jkt}", stored.level), "done");
        let number = Store::audit(&mut change, &entry).await?;
        change.commit().await?;
        self.log.info(format_args!(
            "Paired the {} key {jkt} of {} ({}).",
            key.level, key.person_name, key.person
        ));
        let expires = key.expires;
        self.site.proofs.put_key(key);
        self.mark(number);
        Ok(PairingAnswer {
            v: PairingAnswer::VERSION,
            request: request.hash(),
            root: self.keys.root.verifying(),
            jkt,
            rs: Hash(service::dice::bytes()),
            expires,
        })
    }

    /// Counts a message that was not made with the code; the last one ends it.
    async fn pairing_failed(
        &mut self,
        stored: &StoredPairing,
        error: &PairingError,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let mut change = self.store.begin().await?;
        if *error == PairingError::Mac {
            Store::fail_pairing(&mut change, &stored.id).await?;
        }
        let entry = audited(stored, now, &format!("code {}", stored.id), &format!("refused: {error}"));
        let number = Store::audit(&mut change, &entry).await?;
        change.commit().await?;
        self.log.warn(format_args!("Refused to pair a key of {}: {error}.", stored.person_name));
        self.mark(number);
        Ok(())
    }
}

/// Returns how a key came to be known, and what limits it.
fn how(service: Option<&ServiceKey>) -> String {
    match service {
        None => "paired at the site".to_owned(),
        Some(ServiceKey { kinds, collection, .. }) => {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.template()).collect();
            format!("paired at the site for a service: {} on {collection}", kinds.join(", "))
        }
    }
}

fn audited(stored: &StoredPairing, now: Timestamp, subject: &str, result: &str) -> AuditEntry {
    AuditEntry {
        at: now,
        who: format!("{} ({})", stored.person_name, stored.person),
        what: "key paired".to_owned(),
        subject: subject.to_owned(),
        rule: format!("the code {} of the site's owner", stored.id),
        result: result.to_owned(),
    }
}
