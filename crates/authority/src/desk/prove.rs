//! Who asks: verified before anything is decided, by the person's key or, where the owner has granted that, by the console's
//! word.

use std::time::Duration;

use action::{ActionKind, Reason, Targets, Timestamp, UserId};
use authority_link::Vouch;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proof::{Hash, Level, NotAJws, NotASignedRequest, Request, SignedRequest, SiteNonce, request::Sent};
use service::error::Chain;

use super::Desk;
use crate::{
    site::NEWER_NONCES,
    store::{StoredGrant, StoredKey},
};

/// The longest name of a person, in bytes.
const LONGEST_NAME: usize = 255;

/// What clocks differ by without anybody noticing.
const CLOCKS_DIFFER_BY: Duration = Duration::from_mins(5);

/// A request that was read, with what is known of who asks.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    /// SHA-256 of the bytes as received, hexadecimal.
    pub(super) hash: String,
    pub(super) by: By,
}

/// Who asks, and how that is known.
#[derive(Clone, Debug)]
pub(super) enum By {
    /// The person's key has signed it.
    Key(Box<StoredKey>),
    /// The console says so.
    Console { name: String },
}

/// That a request is proven, and by what.
#[derive(Debug)]
pub(super) struct Proven {
    /// The collection to which a grant limits it, and the grant's id.
    pub(super) grant: Option<StoredGrant>,
    /// How that is known, in words.
    pub(super) how: String,
}

impl By {
    pub(super) fn name(&self) -> &str {
        match self {
            By::Key(key) => &key.person_name,
            By::Console { name } => name,
        }
    }

    /// Returns the level of the proof.
    pub(super) fn level(&self) -> Level {
        match self {
            By::Key(key) => key.level,
            By::Console { .. } => Level::Web,
        }
    }

    /// Returns how it is known who asks, in words.
    pub(super) fn how(&self) -> String {
        match self {
            By::Key(stored) => {
                let StoredKey { key, level, how, .. } = &**stored;
                format!("signed with the {level} key {}, {how}", key.thumbprint())
            }
            By::Console { .. } => "vouched by the console".to_owned(),
        }
    }
}

impl Desk {
    /// Reads a request: where it is signed, the signature is verified over the bytes as received before anything that they
    /// say is read.
    pub(super) fn read(&self, request: &str, vouch: &Vouch) -> Result<Asked, Reason> {
        let not_valid = |what: String| Reason::RequestNotValid { what };
        let bytes = BASE64_STANDARD.decode(request).map_err(|_| not_valid("it is not base64".to_owned()))?;
        let sent = Sent::read(&bytes).map_err(|error| not_valid(Chain(&error).to_string()))?;
        let hash = Hash::of(&bytes).hex();
        match sent {
            Sent::Signed(signed) => {
                let (request, key) = self.verify(&signed)?;
                Ok(Asked { request, hash, by: By::Key(Box::new(key)) })
            }
            Sent::Vouched(request) => {
                if vouch.name.len() > LONGEST_NAME || vouch.name.contains(char::is_control) {
                    let what = "the person's name is too long, or holds control characters";
                    return Err(not_valid(what.to_owned()));
                }
                Ok(Asked { request, hash, by: By::Console { name: vouch.name.clone() } })
            }
        }
    }

    fn verify(&self, signed: &SignedRequest) -> Result<(Request, StoredKey), Reason> {
        let Some(stored) = self.site.proofs.key(signed.key()) else {
            return Err(Reason::KeyUnknown { key: signed.key().to_string() });
        };
        let request = signed.verify(&stored.key).map_err(|error| match error {
            NotASignedRequest::Jws(NotAJws::Signature(_)) => {
                Reason::SignatureNotValid { what: error.to_string() }
            }
            error => Reason::RequestNotValid { what: Chain(&error).to_string() },
        })?;
        Ok((request, stored.clone()))
    }

    /// Checks the proof of a request that was read: that whoever is said to ask may do so with it, now.
    pub(super) fn prove(&self, asked: &Asked, vouch: &Vouch, now: Timestamp) -> Result<Proven, Reason> {
        let Asked { request, by, .. } = asked;
        if let Err(error) = request.check_at(self.keys.site, now) {
            return Err(Reason::RequestNotValid { what: error.to_string() });
        }
        if self.numbers.restored_at().is_some_and(|restored| request.iat < restored) {
            return Err(Reason::SiteRestored);
        }
        let usual = self.site.proofs.level(ActionKind(request.params.task_type));
        let needed = if self.is_confirmed(request, by) { Level::Web } else { usual };
        match by {
            By::Key(key) => {
                self.prove_key(request, key, needed, now)?;
                Ok(Proven { grant: None, how: by.how() })
            }
            By::Console { .. } => {
                let grant = self.prove_vouch(request, vouch, needed, now)?;
                let how = format!("{} (grant {})", by.how(), grant.id);
                Ok(Proven { grant: Some(grant), how })
            }
        }
    }

    fn prove_key(
        &self,
        request: &Request,
        key: &StoredKey,
        needed: Level,
        now: Timestamp,
    ) -> Result<(), Reason> {
        let not_valid = |what: &str| Reason::SignatureNotValid { what: what.to_owned() };
        if request.sub != key.person {
            return Err(not_valid("the key belongs to another person"));
        }
        let paired = Request::paired_at(self.keys.site);
        let proven = (key.issuer.as_ref().unwrap_or(&paired), &key.idh);
        if (&request.iss, &request.idh) != proven {
            return Err(not_valid("the key is known by another proof than the request says"));
        }
        if (request.tenant, request.console) != (key.tenant, key.console) {
            return Err(not_valid("the key is for another console"));
        }
        if key.ended_at.is_some() || key.expires <= now || request.iat < key.made_at.minus(CLOCKS_DIFFER_BY) {
            return Err(Reason::ProofExpired);
        }
        let nonce = request.site_nonce.parse::<SiteNonce>();
        let nonce = nonce.ok().filter(|nonce| self.keys.nonce.verifies(self.keys.site, nonce));
        let nonce = nonce.ok_or_else(|| not_valid("its nonce is not this site's"))?;
        if !self.site.proofs.is_young(nonce.time) {
            return Err(Reason::SignedTooEarly { nonces: NEWER_NONCES });
        }
        if request.iat < nonce.time.minus(CLOCKS_DIFFER_BY) {
            let what = "it was made before the nonce that it carries; is the clock right?".to_owned();
            return Err(Reason::RequestNotValid { what });
        }
        if let Some(service) = &key.service {
            if !service.kinds.contains(&ActionKind(request.params.task_type)) {
                return Err(not_valid("the service key is not for this kind of action"));
            }
            if !self.covers(&service.collection, &request.targets) {
                let collections = vec![self.collection_name(&service.collection)];
                let (scopes, grantor) = (Vec::new(), None);
                return Err(Reason::DeviceOutsideCollections { collections, scopes, grantor });
            }
        }
        if key.level < needed {
            return Err(Reason::ProofLevelTooLow { needed: needed.to_string() });
        }
        Ok(())
    }

    /// The console's word counts for those whom the owner has named, within that grant's limits.
    fn prove_vouch(
        &self,
        request: &Request,
        vouch: &Vouch,
        needed: Level,
        now: Timestamp,
    ) -> Result<StoredGrant, Reason> {
        if request.sub != vouch.user {
            let what = "the person is not the one that the console vouches for".to_owned();
            return Err(Reason::SignatureNotValid { what });
        }
        let grants: Vec<_> = self.site.proofs.grants_for(request.sub, request.token(), now).collect();
        let Some(first) = grants.first() else { return Err(Reason::ProofMissing) };
        if needed > Level::Web {
            return Err(Reason::ProofLevelTooLow { needed: needed.to_string() });
        }
        let covering = grants.iter().filter(|grant| self.covers(&grant.collection, &request.targets));
        let mut per_hour = None;
        for grant in covering {
            if self.site.proofs.has_room(grant, now) {
                return Ok((*grant).clone());
            }
            per_hour = Some(grant.per_hour);
        }
        Err(match per_hour {
            Some(per_hour) => Reason::VouchedTooOften { per_hour },
            None => Reason::DeviceOutsideCollections {
                collections: vec![self.collection_name(&first.collection)],
                scopes: Vec::new(),
                grantor: None,
            },
        })
    }

    /// Returns whether a collection holds each device that a request is for.
    pub(super) fn covers(&self, wanted: &str, targets: &Targets) -> bool {
        match targets {
            Targets::Devices { devices } => {
                devices.iter().all(|target| self.site.holds(wanted, target.device))
            }
            Targets::Collection { collection, .. } => {
                self.site.collections.within(collection).contains(&wanted)
            }
        }
    }

    /// Returns the person whom a request is for, as it says: for the audit of what was not proven.
    pub(super) fn claimed(request: &str) -> Option<(UserId, action::TaskGuid)> {
        let bytes = BASE64_STANDARD.decode(request).ok()?;
        let request = Sent::claimed(&bytes).ok()?;
        Some((request.sub, request.id))
    }
}
