//! Join tokens.

use std::time::Duration;

use action::{DeviceId, Timestamp};
use authority_link::{JoinTokenEntry, OwnerAnswer, Standing};
use proof::{
    JoinToken,
    join_token::{Secret, is_url},
};

use super::{Desk, DeskError, not_valid, record};
use crate::store::{Store, StoredToken};

/// The most devices for one token: a token that leaks is a door of that width.
const MOST_USES: u32 = 1_000_000;
/// The longest that a token is valid: a year.
const LONGEST: Duration = Duration::from_hours(8760);

impl Desk {
    pub(super) async fn create_join_token(
        &mut self,
        url: String,
        uses: u32,
        valid_seconds: u64,
        collection: Option<String>,
        approval: bool,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if !is_url(&url) {
            let what = format!("`{url}` is no address of a management point");
            return Ok(not_valid(what, "write it as https://site.example:8443"));
        }
        let valid = Duration::from_secs(valid_seconds);
        if !(1..=MOST_USES).contains(&uses) || valid.is_zero() || valid > LONGEST {
            let what = format!("a token is for 1 to {MOST_USES} devices, and for a second to a year");
            return Ok(not_valid(what, "choose other numbers"));
        }
        let collection = match collection.as_slice() {
            [] => None,
            wanted => match self.collection_ids(wanted) {
                // The collection of all devices holds every device anyway.
                Ok(ids) => ids.into_iter().find(|id| id != action::Targets::ALL_DEVICES),
                Err(problem) => return Ok(problem),
            },
        };
        let stored = StoredToken {
            id: String::new(),
            secret_sha256: String::new(),
            uses_left: uses,
            expires: now.plus(valid),
            collection,
            approval,
            device: None,
        };
        self.put_token(url, stored, now).await
    }

    /// Makes a token for one device that has lost its key.
    pub(super) async fn create_device_token(
        &mut self,
        url: String,
        valid_seconds: u64,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let valid = Duration::from_secs(valid_seconds);
        if !is_url(&url) || valid.is_zero() || valid > LONGEST {
            let what = "a token has the address of a management point, and is valid for a second to a year";
            return Ok(not_valid(what, "write the address as https://site.example:8443"));
        }
        let known = self.site.devices.get(&device);
        if known.is_none_or(|known| matches!(known.standing, Standing::Deleted | Standing::Pending)) {
            let what = format!("the site has no device {device} that could come back");
            return Ok(not_valid(what, "look it up: `tenon site device list`"));
        }
        let stored = StoredToken {
            id: String::new(),
            secret_sha256: String::new(),
            uses_left: 1,
            expires: now.plus(valid),
            collection: None,
            approval: false,
            device: Some(device),
        };
        self.put_token(url, stored, now).await
    }

    /// Gives a token its id and secret, and stores it.
    async fn put_token(
        &mut self,
        url: String,
        mut stored: StoredToken,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let secret = Secret(service::dice::bytes());
        let mut change = self.store.begin().await?;
        stored.id = format!("j{}", Store::next_number(&mut change, "join token").await?);
        stored.secret_sha256 = secret.hash().hex();
        Store::put_join_token(&mut change, &stored).await?;
        let subject = match stored.device {
            Some(device) => format!("{} for the device {device}", stored.id),
            None => stored.id.clone(),
        };
        record(&mut change, now, "join token made", &subject).await?;
        change.commit().await?;
        let (id, expires) = (stored.id, stored.expires);
        let token = JoinToken { url, id: id.clone(), secret, root_key_sha256: self.keys.root_hash() };
        Ok(OwnerAnswer::JoinToken { id, token: token.text(), expires })
    }

    pub(super) async fn list_join_tokens(&self, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        let tokens = self.store.join_tokens(now).await?.into_iter().map(|token| JoinTokenEntry {
            id: token.id,
            uses_left: token.uses_left,
            expires: token.expires,
            collection: token.collection,
            device: token.device,
        });
        Ok(OwnerAnswer::JoinTokens { tokens: tokens.collect() })
    }

    pub(super) async fn revoke_join_token(
        &mut self,
        id: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let mut change = self.store.begin().await?;
        if !Store::end_join_token(&mut change, id).await? {
            let what = format!("there is no valid join token `{id}`");
            return Ok(not_valid(what, "look it up: `tenon join-token list`"));
        }
        record(&mut change, now, "join token revoked", id).await?;
        change.commit().await?;
        Ok(OwnerAnswer::Done)
    }
}
