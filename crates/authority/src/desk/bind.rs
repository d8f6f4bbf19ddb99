//! Binds a person's key by the token of their sign-in, and ends what was bound.

use action::{Reason, Timestamp};
use authority_link::{Answer, KeyBound};
use proof::key_binding::{For, KeyBinding, NotABinding, Retirement};

use super::{Desk, DeskError, owner::people::MOST_PEOPLE};
use crate::{
    issuer::{Fetched, Look, NotProven, Proven, Shown, Token, Wanted, issuer_of, verify},
    store::{AuditEntry, Store, StoredKey, StoredPerson},
};

/// The most keys of a site, those included that ended of late, and the most of a person that sign: a page and a command line on
/// each of their machines, and what they did not sign out of.
const MOST_KEYS: usize = 50_000;
const MOST_OF_PERSON: usize = 100;

impl Desk {
    /// Returns the keys that must be fetched before a binding is judged.
    pub(super) fn wanted_for(&mut self, binding: &str, now: Timestamp) -> Option<Wanted> {
        let binding = KeyBinding::verify(For::Sites, binding).ok()?;
        let newest = binding.refreshed.as_ref().unwrap_or(&binding.id_token);
        let token = Token::read(newest).ok()?;
        let issuer = self.site.issuers.get_mut(&issuer_of(&token).ok()?)?;
        let look = issuer.keys.look(token.kid.as_deref(), token.algorithm, now);
        // A pin whose keys the owner gave wants none.
        if look == Look::Fetch { Wanted::of(&issuer.pin) } else { None }
    }

    /// Judges a binding, and believes the key from then on.
    pub(super) async fn bind_key(
        &mut self,
        text: &str,
        fetched: Option<Fetched>,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let away = self.take_keys(fetched, now).await?;
        let binding = match KeyBinding::verify(For::Sites, text) {
            Ok(binding) => binding,
            Err(error) => return self.not_bound("somebody", not_valid(&error), now).await,
        };
        let jkt = binding.key.thumbprint();
        let proven = match self.proven(&binding, now) {
            Ok(proven) => proven,
            Err(error) => {
                let what = match (&error, away) {
                    (NotProven::UnknownKey, Some(why)) => {
                        format!("{error}; now they cannot be fetched: {why}")
                    }
                    _ => error.to_string(),
                };
                let reason = match error {
                    NotProven::Expired(_) => Reason::ProofExpired,
                    _ => Reason::SignatureNotValid { what },
                };
                return self.not_bound(&format!("the key {jkt}"), reason, now).await;
            }
        };
        let who = format!("{} ({})", proven.name, proven.person);
        match self.believable(&binding, &proven, now) {
            Ok(person) => self.believe(&binding, proven, person, now).await,
            Err(reason) => self.not_bound(&who, reason, now).await,
        }
    }

    /// Returns the person where the site knows them, or discovers them by this sign-in. Whom it discovered once it knows by
    /// each sign-in that still says so.
    fn person_of(&self, proven: &Proven) -> Option<StoredPerson> {
        let people = &self.site.people;
        let known = people.name(proven.person);
        let discovered = people.discovered(proven.person);
        match known {
            Some(name) if discovered.is_none() || proven.permitted => Some(StoredPerson {
                person: proven.person,
                name: name.to_owned(),
                discovered: discovered.map(str::to_owned),
            }),
            None if proven.permitted && people.known().count() < MOST_PEOPLE => Some(StoredPerson {
                person: proven.person,
                name: proven.name.clone(),
                discovered: Some(proven.issuer.clone()),
            }),
            Some(_) | None => None,
        }
    }

    /// Returns the person where the key can be theirs.
    fn believable(
        &self,
        binding: &KeyBinding,
        proven: &Proven,
        now: Timestamp,
    ) -> Result<StoredPerson, Reason> {
        let not_valid = |what: &str| Err(Reason::SignatureNotValid { what: what.to_owned() });
        let Some(person) = self.person_of(proven) else { return Err(self.unknown_person()) };
        let known = self.site.proofs.key(binding.key.thumbprint());
        if known.is_some_and(|known| known.person != proven.person) {
            return not_valid("the key belongs to another person");
        }
        if known.is_some_and(|known| known.ended_at.is_some()) {
            return not_valid("the key was ended");
        }
        if known.is_some_and(|known| {
            known.level != binding.level || known.issuer.as_ref() != Some(&proven.issuer)
        }) {
            return not_valid("the key is known by another proof");
        }
        let signs = |key: &&StoredKey| key.ended_at.is_none() && key.expires > now;
        let of_person = self.site.proofs.keys().filter(|key| key.person == proven.person).filter(signs);
        let full = self.site.proofs.keys().count() >= MOST_KEYS || of_person.count() >= MOST_OF_PERSON;
        if known.is_none() && full {
            return not_valid("the site knows as many keys as it can; sign out where you do not work");
        }
        Ok(person)
    }

    async fn believe(
        &mut self,
        binding: &KeyBinding,
        proven: Proven,
        person: StoredPerson,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let jkt = binding.key.thumbprint();
        let made_at = self.site.proofs.key(jkt).map_or(proven.from, |known| known.made_at);
        let key = StoredKey {
            key: binding.key,
            person: proven.person,
            person_name: person.name.clone(),
            level: binding.level,
            tenant: binding.tenant,
            console: binding.console,
            issuer: Some(proven.issuer),
            idh: proven.idh.hex(),
            service: None,
            how: "bound by the provider's token".to_owned(),
            made_at,
            expires: proven.until,
            ended_at: None,
        };
        let entry = AuditEntry {
            at: now,
            who: format!("{} ({})", key.person_name, key.person),
            what: "key bound".to_owned(),
            subject: format!("{} key {jkt}", key.level),
            rule: format!("a token of {}, until {}", key.issuer.as_deref().unwrap_or_default(), key.expires),
            result: "done".to_owned(),
        };
        let is_new = !self.site.people.knows(key.person);
        let mut change = self.store.begin().await?;
        if is_new {
            Store::put_person(&mut change, &person).await?;
            let discovery = AuditEntry {
                what: "person discovered".to_owned(),
                subject: key.person.to_string(),
                rule: format!("a sign-in at {}", key.issuer.as_deref().unwrap_or_default()),
                ..entry.clone()
            };
            Store::audit(&mut change, &discovery).await?;
        }
        Store::put_key(&mut change, &key).await?;
        let number = Store::audit(&mut change, &entry).await?;
        change.commit().await?;
        self.mark(number);
        if is_new {
            self.log.info(format_args!("Discovered {} ({}) by their sign-in.", person.name, key.person));
            self.site.people.know(person);
        }
        self.log.info(format_args!(
            "Bound the {} key {jkt} of {} ({}) until {}.",
            key.level, key.person_name, key.person, key.expires
        ));
        let bound = KeyBound {
            user: key.person,
            user_name: key.person_name.clone(),
            jkt: jkt.to_string(),
            level: key.level.to_string(),
            until: key.expires,
        };
        self.site.proofs.put_key(key);
        Ok(Answer::KeyBound(Box::new(bound)))
    }

    /// Ends a key that its person has no more use for.
    pub(super) async fn retire_key(&mut self, text: &str, now: Timestamp) -> Result<Answer, DeskError> {
        let refused = |error: &NotABinding| Ok(Answer::KeyNotBound { reason: not_valid(error) });
        let jkt = match Retirement::key_of(text) {
            Ok(jkt) => jkt,
            Err(error) => return refused(&error),
        };
        let Some(known) = self.site.proofs.key(jkt) else {
            return Ok(Answer::KeyNotBound { reason: Reason::KeyUnknown { key: jkt.to_string() } });
        };
        let who = format!("{} ({})", known.person_name, known.person);
        if let Err(error) = Retirement::verify(text, &known.key) {
            return self.not_bound(&who, not_valid(&error), now).await;
        }
        if known.ended_at.is_some() {
            return Ok(Answer::Done);
        }
        let entry = AuditEntry {
            at: now,
            who,
            what: "key retired".to_owned(),
            subject: format!("{} key {jkt}", known.level),
            rule: "signed by the key itself".to_owned(),
            result: "done".to_owned(),
        };
        let mut change = self.store.begin().await?;
        Store::end_key(&mut change, jkt, now).await?;
        let number = Store::audit(&mut change, &entry).await?;
        change.commit().await?;
        self.mark(number);
        self.log.info(format_args!("Retired the key {jkt}."));
        self.site.proofs.end_key(jkt, now);
        Ok(Answer::Done)
    }

    fn proven(&self, binding: &KeyBinding, now: Timestamp) -> Result<Proven, NotProven> {
        let token = Token::read(&binding.id_token)?;
        let issuer = issuer_of(&token)?;
        let Some(issuer) = self.site.issuers.get(&issuer) else {
            return Err(NotProven::Issuer { said: issuer.chars().take(80).collect() });
        };
        let shown = Shown {
            id_token: &binding.id_token,
            refreshed: binding.refreshed.as_deref(),
            commitment: binding.commitment(),
        };
        verify(&issuer.pinned, &issuer.keys, &shown, now)
    }

    /// Takes keys that were fetched; returns why there are none.
    async fn take_keys(
        &mut self,
        fetched: Option<Fetched>,
        now: Timestamp,
    ) -> Result<Option<String>, DeskError> {
        let Some(Fetched { issuer, keys }) = fetched else { return Ok(None) };
        let Some(known) = self.site.issuers.get(&issuer) else { return Ok(None) };
        let keys = match keys {
            Ok(keys) => keys,
            Err(why) => {
                self.log.warn(format_args!("Failed to fetch the keys of {issuer}: {why}."));
                return Ok(Some(why));
            }
        };
        let mut ring = known.keys.clone();
        ring.fetched(keys, now);
        let mut change = self.store.begin().await?;
        Store::put_issuer_keys(&mut change, &issuer, &ring.text()).await?;
        change.commit().await?;
        if let Some(known) = self.site.issuers.get_mut(&issuer) {
            known.keys = ring;
        }
        Ok(None)
    }

    async fn not_bound(&mut self, who: &str, reason: Reason, now: Timestamp) -> Result<Answer, DeskError> {
        let entry = AuditEntry {
            at: now,
            who: who.to_owned(),
            what: "key bound".to_owned(),
            subject: String::new(),
            rule: reason.to_string(),
            result: "refused".to_owned(),
        };
        self.audit_unproven(entry).await?;
        Ok(Answer::KeyNotBound { reason })
    }
}

fn not_valid(error: &NotABinding) -> Reason {
    Reason::SignatureNotValid { what: service::error::Chain(error).to_string() }
}
