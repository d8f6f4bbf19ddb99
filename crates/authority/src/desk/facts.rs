//! What devices say of themselves: the authority keeps its own copy, for names and query collections.

use action::DeviceId;
use authority_link::{Answer, Facts};

use super::{Desk, DeskError};
use crate::store::{GENERATION, Store};

impl Desk {
    /// Takes what devices say of themselves.
    pub(super) async fn put_facts(&mut self, facts: Vec<(DeviceId, Facts)>) -> Result<Answer, DeskError> {
        let changed = self.site.changed_facts(facts);
        if changed.is_empty() {
            return Ok(Answer::Done);
        }
        let rows: Vec<_> = changed.iter().map(|device| (device.device, device.facts.clone())).collect();
        let mut change = self.store.begin().await?;
        Store::put_facts(&mut change, &rows).await?;
        // Whether a collection changes is known only once it has; a generation that grows without need does no harm.
        let generation = Store::next_number(&mut change, GENERATION).await?;
        change.commit().await?;
        for device in changed {
            self.site.put_device(device);
        }
        self.site.generation = generation;
        Ok(Answer::Done)
    }
}
