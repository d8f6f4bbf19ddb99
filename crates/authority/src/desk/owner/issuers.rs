//! Identity providers that the owner pins.

use action::Timestamp;
use authority_link::{IssuerPin, OwnerAnswer};

use super::{Desk, DeskError, not_valid, record};
use crate::{
    issuer::{Fetched, KeyRing, PinnedIssuer, read_set},
    site::SiteIssuer,
    store::{Store, StoredIssuer},
};

/// The most issuers of a site: its own identity provider, and those of a few partners.
const MOST_ISSUERS: usize = 16;

/// The claim whose value is the person's id as it is.
const OBJECT_ID: &str = "oid";

impl Desk {
    /// Pins an issuer. Its keys are there by then: an issuer that cannot be reached is not pinned.
    pub(super) async fn put_issuer(
        &mut self,
        pin: IssuerPin,
        fetched: Option<Fetched>,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let pinned = match PinnedIssuer::checked(&pin) {
            Ok(pinned) => pinned,
            Err((what, fix)) => return Ok(not_valid(what, fix)),
        };
        let others = self.site.issuers.values().filter(|known| known.pin.issuer != pin.issuer);
        if others.clone().count() >= MOST_ISSUERS {
            let what = format!("the site has {MOST_ISSUERS} issuers already");
            return Ok(not_valid(what, "remove one: `tenon site issuer remove`"));
        }
        // An object id is the person's id as it is, so a second issuer could name the first one's people.
        let mut others = others;
        if pin.person_claim == OBJECT_ID && others.any(|known| known.pin.person_claim == OBJECT_ID) {
            let what = "another issuer names people by `oid`, and could name the same ones".to_owned();
            return Ok(not_valid(what, "use `sub` for one of them"));
        }
        let keys = match (&pin.jwks, fetched) {
            (Some(jwks), _) => read_set(jwks.as_bytes()).map(KeyRing::given),
            (None, Some(fetched)) => fetched.keys.map(|keys| {
                let mut ring = KeyRing::default();
                ring.fetched(keys, now);
                ring
            }),
            (None, None) => Err("its keys were not fetched".to_owned()),
        };
        let keys = match keys {
            Ok(keys) => keys,
            Err(why) => {
                let fix = "check the address; `--ca-file` trusts a certificate, `--private-addresses` allows a host of \
                           the site's own network, `--keys-file` gives the keys by hand";
                return Ok(not_valid(format!("the keys of {} cannot be used: {why}", pin.issuer), fix));
            }
        };
        let stored = StoredIssuer { pin: pin.clone(), keys: keys.text() };
        let mut change = self.store.begin().await?;
        Store::put_issuer(&mut change, &stored).await?;
        let generation = record(&mut change, now, "issuer pinned", &pin.issuer).await?;
        change.commit().await?;
        self.log.warn(format_args!("By the site's owner: the issuer {} is pinned.", pin.issuer));
        self.site.issuers.insert(pin.issuer.clone(), SiteIssuer { pin, pinned, keys });
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) fn list_issuers(&self, now: Timestamp) -> OwnerAnswer {
        OwnerAnswer::Issuers { issuers: self.site.issuers.values().map(|issuer| issuer.entry(now)).collect() }
    }

    pub(super) async fn remove_issuer(
        &mut self,
        issuer: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let mut change = self.store.begin().await?;
        if !Store::remove_issuer(&mut change, issuer).await? {
            let what = format!("the site has no issuer `{issuer}`");
            return Ok(not_valid(what, "look it up: `tenon site issuer show`"));
        }
        let generation = record(&mut change, now, "issuer removed", issuer).await?;
        change.commit().await?;
        self.log.warn(format_args!("By the site's owner: the issuer {issuer} is believed no more."));
        self.site.issuers.remove(issuer);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }
}
