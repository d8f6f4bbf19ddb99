//! The site's nonces: one a minute, and only while the connector asks, which it does while its link is up.

use action::Timestamp;
use authority_link::Answer;

use super::{Desk, DeskError};
use crate::store::Store;

impl Desk {
    /// Returns the newest nonce; makes one where a minute has passed. One commit for each.
    pub(super) async fn site_nonce(&mut self, now: Timestamp) -> Result<Answer, DeskError> {
        let time = match self.site.proofs.newest_nonce(now) {
            Some(newest) => newest,
            None => {
                let from = self.site.proofs.made_nonce(now);
                let mut change = self.store.begin().await?;
                Store::put_nonce(&mut change, now, from).await?;
                change.commit().await?;
                now
            }
        };
        Ok(Answer::SiteNonce { nonce: self.keys.nonce.nonce(self.keys.site, time).to_string() })
    }
}
