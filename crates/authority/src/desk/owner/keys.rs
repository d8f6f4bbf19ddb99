//! The site's keys, replaced by its owner.

use action::Timestamp;
use authority_link::{OwnerAnswer, SiteKey};

use super::{DAY, Desk, DeskError, not_valid, record};
use crate::rotation::NotRotated;

/// The longest overlap: ten years, the life of a CA.
const MOST_DAYS: u32 = 3_653;

/// The shortest overlap of the CA and of the root key: devices renew after 20 days, and certificates end after 30.
const LEAST_DAYS: u32 = 31;

impl Desk {
    pub(super) async fn rotate_key(
        &mut self,
        key: SiteKey,
        overlap_days: u32,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let is_met_late = matches!(key, SiteKey::Ca | SiteKey::Root);
        if overlap_days > MOST_DAYS || (is_met_late && overlap_days < LEAST_DAYS) {
            let what = format!("the old {} is believed for {overlap_days} days", key.name());
            let fix = format!(
                "choose at most {MOST_DAYS} days, and for CA and root key at least {LEAST_DAYS}: no device may be left behind"
            );
            return Ok(not_valid(what, fix));
        }
        let until = now.plus(DAY * overlap_days);
        match self.keys.rotate(&self.folder, key, now, until) {
            Ok(()) => {}
            Err(error @ NotRotated::RootAlready { .. }) => {
                return Ok(not_valid(error.to_string(), "wait until then: no device may be left behind"));
            }
            Err(NotRotated::Folder(error)) => return Err(error.into()),
        }
        let mut change = self.store.begin().await?;
        let subject = format!("{}; the old one is believed until {until}", key.name());
        let generation = record(&mut change, now, "key replaced", &subject).await?;
        change.commit().await?;
        self.site.generation = generation;
        self.trust_document(now)?;
        let version = self.trust_version()?;
        self.log.warn(format_args!("By the site's owner: a new {} is in use.", key.name()));
        Ok(OwnerAnswer::Rotated { version, until })
    }

    pub(super) fn list_site_keys(&self, now: Timestamp) -> OwnerAnswer {
        OwnerAnswer::Keys { keys: self.keys.list(now) }
    }
}
