//! People's keys, the level that each kind of action needs, and for whom the console may vouch.

use std::{collections::BTreeSet, time::Duration};

use action::{ActionKind, Timestamp, UserId};
use authority_link::{GrantEntry, KeyEntry, OwnerAnswer, ProofAnswer, ProofCall, ServiceKey};
use proof::{Level, Thumbprint, join_token::Secret, pairing::PairingCode};

use super::{Desk, DeskError, name_problem, not_valid, record};
use crate::store::{Store, StoredGrant, StoredPairing};

/// How long a pairing code is good.
const CODE_HOLDS: Duration = Duration::from_mins(10);

/// The longest that a grant holds: a year.
const LONGEST_GRANT: Duration = Duration::from_hours(8760);

/// The most requests of a grant within an hour: each is remembered for that hour.
const MOST_PER_HOUR: u32 = 10_000;

/// The most grants of a site: they are exceptions.
const MOST_GRANTS: usize = 1_000;

impl Desk {
    pub(super) async fn proofs(&mut self, call: ProofCall, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        let said = match call {
            ProofCall::CreatePairing { user, name, level, service } => {
                self.create_pairing(user, name, level, service, now).await?
            }
            ProofCall::ListKeys => Ok(self.list_keys()),
            ProofCall::EndKey { key } => self.end_key(&key, now).await?,
            ProofCall::SignOut { user } => Ok(self.sign_out(user, now).await?),
            ProofCall::PutLevel { kind, level } => Ok(self.put_level(kind, level, now).await?),
            ProofCall::ListLevels => Ok(self.list_levels()),
            ProofCall::PutGrant { user, name, token, collection, per_hour, valid_seconds } => {
                let grant = StoredGrant {
                    id: String::new(),
                    person: user,
                    person_name: name,
                    token,
                    collection,
                    per_hour,
                    expires: now.plus(Duration::from_secs(valid_seconds).min(LONGEST_GRANT)),
                };
                self.put_vouch_grant(grant, now).await?
            }
            ProofCall::ListGrants => Ok(self.list_grants(now)),
            ProofCall::EndGrant { id } => self.end_grant(&id, now).await?,
            ProofCall::Approvals { call } => self.approvals(call, now).await?,
        };
        Ok(match said {
            Ok(said) => OwnerAnswer::Proofs { said: Box::new(said) },
            Err(problem) => problem,
        })
    }

    async fn create_pairing(
        &mut self,
        user: UserId,
        name: String,
        level: Level,
        mut service: Option<ServiceKey>,
        now: Timestamp,
    ) -> Result<Result<ProofAnswer, OwnerAnswer>, DeskError> {
        if let Some(service) = &mut service {
            let Some(collection) = self.site.collection_id(&service.collection) else {
                let what = format!("the site has no collection `{}`", service.collection);
                return Ok(Err(not_valid(what, "look it up: `tenon collection list`")));
            };
            service.collection = collection;
            let longest = LONGEST_GRANT.as_secs();
            if service.kinds.is_empty() || !(1..=longest).contains(&service.valid_seconds) {
                let what = "a service key is for at least one kind of action, and for at most a year";
                return Ok(Err(not_valid(what, "name the kinds, and a shorter time")));
            }
        }
        let name = self.name_of(user, name);
        if let Some(problem) = name_problem(&name) {
            return Ok(Err(problem));
        }
        let secret = Secret(service::dice::bytes());
        let mut change = self.store.begin().await?;
        let id = format!("p{}", Store::next_number(&mut change, "pairing").await?);
        let expires = now.plus(CODE_HOLDS);
        let stored = StoredPairing {
            id: id.clone(),
            secret: secret.clone(),
            person: user,
            person_name: name,
            level,
            service,
            expires,
            failures: 0,
        };
        Store::put_pairing(&mut change, &stored).await?;
        let subject = format!("{id} for {} ({user}), {level}", stored.person_name);
        record(&mut change, now, "pairing code made", &subject).await?;
        change.commit().await?;
        let fingerprint = PairingCode::fingerprint_of(&self.keys.root.verifying());
        let code = PairingCode { id, secret, fingerprint };
        Ok(Ok(ProofAnswer::Pairing { code: code.text(), expires }))
    }

    /// Returns the name that was given, else the one that the site knows.
    fn name_of(&self, person: UserId, given: String) -> String {
        if !given.is_empty() {
            return given;
        }
        let known = self.site.people.known().find(|(known, _)| *known == person);
        known.map_or_else(|| person.to_string(), |(_, name)| name.to_owned())
    }

    fn list_keys(&self) -> ProofAnswer {
        let keys = self.site.proofs.keys().map(|stored| KeyEntry {
            key: stored.key.thumbprint().to_string(),
            user: stored.person,
            name: stored.person_name.clone(),
            level: stored.level,
            how: stored.how.clone(),
            made: stored.made_at,
            expires: stored.expires,
            ended: stored.ended_at,
        });
        ProofAnswer::Keys { keys: keys.collect() }
    }

    async fn end_key(
        &mut self,
        wanted: &str,
        now: Timestamp,
    ) -> Result<Result<ProofAnswer, OwnerAnswer>, DeskError> {
        let keys = self.site.proofs.keys().map(|stored| stored.key.thumbprint());
        let found: Vec<Thumbprint> =
            keys.filter(|key| !wanted.is_empty() && key.to_string().starts_with(wanted)).collect();
        let [key] = found[..] else {
            let what = format!("{} keys begin with `{wanted}`", found.len());
            return Ok(Err(not_valid(what, "look it up: `tenon site key list`")));
        };
        self.end_keys(&[key], "key ended", &key.to_string(), now).await?;
        Ok(Ok(ProofAnswer::Done))
    }

    async fn sign_out(&mut self, user: UserId, now: Timestamp) -> Result<ProofAnswer, DeskError> {
        let keys =
            self.site.proofs.keys().filter(|stored| stored.person == user && stored.ended_at.is_none());
        let keys: Vec<Thumbprint> = keys.map(|stored| stored.key.thumbprint()).collect();
        self.end_keys(&keys, "signed out", &user.to_string(), now).await?;
        Ok(ProofAnswer::Ended { keys: u64::try_from(keys.len()).unwrap_or(u64::MAX) })
    }

    async fn end_keys(
        &mut self,
        keys: &[Thumbprint],
        what: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let mut change = self.store.begin().await?;
        for key in keys {
            Store::end_key(&mut change, *key, now).await?;
        }
        record(&mut change, now, what, subject).await?;
        change.commit().await?;
        keys.iter().for_each(|key| self.site.proofs.end_key(*key, now));
        Ok(())
    }

    async fn put_level(
        &mut self,
        kind: ActionKind,
        level: Level,
        now: Timestamp,
    ) -> Result<ProofAnswer, DeskError> {
        let mut change = self.store.begin().await?;
        Store::put_level(&mut change, kind, level).await?;
        record(&mut change, now, "level set", &format!("{} needs {level}", kind.template())).await?;
        change.commit().await?;
        self.site.proofs.put_level(kind, level);
        Ok(ProofAnswer::Done)
    }

    fn list_levels(&self) -> ProofAnswer {
        let kinds: BTreeSet<_> = ActionKind::known().chain(self.site.proofs.kinds_with_levels()).collect();
        let levels = kinds.into_iter().map(|kind| (kind, self.site.proofs.level(kind)));
        ProofAnswer::Levels { levels: levels.collect() }
    }

    async fn put_vouch_grant(
        &mut self,
        grant: StoredGrant,
        now: Timestamp,
    ) -> Result<Result<ProofAnswer, OwnerAnswer>, DeskError> {
        let grant = StoredGrant { person_name: self.name_of(grant.person, grant.person_name), ..grant };
        if let Some(problem) = name_problem(&grant.person_name) {
            return Ok(Err(problem));
        }
        if !(1..=MOST_PER_HOUR).contains(&grant.per_hour) || grant.expires <= now {
            let what = format!("a grant is for 1 to {MOST_PER_HOUR} requests an hour, and at most a year");
            return Ok(Err(not_valid(what, "choose other numbers")));
        }
        if self.site.proofs.grants(now).count() >= MOST_GRANTS {
            let what = format!("the site has {MOST_GRANTS} grants already");
            return Ok(Err(not_valid(what, "end one: `tenon site vouch end`")));
        }
        let Some(collection) = self.site.collection_id(&grant.collection) else {
            let what = format!("the site has no collection `{}`", grant.collection);
            return Ok(Err(not_valid(what, "look it up: `tenon collection list`")));
        };
        let mut change = self.store.begin().await?;
        let id = format!("g{}", Store::next_number(&mut change, "vouch grant").await?);
        let grant = StoredGrant { id: id.clone(), collection, ..grant };
        Store::put_grant(&mut change, &grant).await?;
        let way = grant.token.map_or_else(|| "sessions".to_owned(), |token| format!("token {token}"));
        let subject = format!(
            "{id}: {} ({}), {way}, {}, {} an hour, until {}",
            grant.person_name, grant.person, grant.collection, grant.per_hour, grant.expires
        );
        let generation = record(&mut change, now, "the console may vouch", &subject).await?;
        change.commit().await?;
        let expires = grant.expires;
        self.site.proofs.put_grant(grant);
        self.site.generation = generation;
        Ok(Ok(ProofAnswer::Granted { id, expires }))
    }

    fn list_grants(&self, now: Timestamp) -> ProofAnswer {
        let grants = self.site.proofs.grants(now).map(|grant| GrantEntry {
            id: grant.id.clone(),
            user: grant.person,
            name: grant.person_name.clone(),
            token: grant.token,
            collection: grant.collection.clone(),
            per_hour: grant.per_hour,
            expires: grant.expires,
        });
        ProofAnswer::Grants { grants: grants.collect() }
    }

    async fn end_grant(
        &mut self,
        id: &str,
        now: Timestamp,
    ) -> Result<Result<ProofAnswer, OwnerAnswer>, DeskError> {
        let mut change = self.store.begin().await?;
        if !Store::end_grant(&mut change, id).await? {
            return Ok(Err(not_valid(
                format!("there is no grant `{id}`"),
                "look it up: `tenon site vouch list`",
            )));
        }
        let generation = record(&mut change, now, "the console may no longer vouch", id).await?;
        change.commit().await?;
        self.site.proofs.end_grant(id);
        self.site.generation = generation;
        Ok(Ok(ProofAnswer::Done))
    }
}
