//! Decides whether a person may read what the site knows of a device.

use action::{ActionKind, DeviceId, Targets, UserId};
use authority_link::Answer;

use super::{Desk, DeskError};

impl Desk {
    /// Says whether a person may read a device, and which collections hold it. Who may not does not learn whether the site
    /// has such a device. The agent's logs need a permission of their own.
    pub(super) fn may_read(&self, device: DeviceId, person: UserId, logs: bool) -> Result<Answer, DeskError> {
        let mut verdicts = if logs {
            self.site.verdicts(person, ActionKind::COLLECT_LOGS)
        } else {
            self.site.readings(person)
        };
        if let Some(reason) = self.may_nothing(person, &mut verdicts)? {
            return Ok(Answer::MayNotRead { reason });
        }
        Ok(match self.rule_for(device, &mut verdicts)? {
            Ok(rule) => Answer::MayRead { rule, collections: self.collections_of(device) },
            Err(reason) => Answer::MayNotRead { reason },
        })
    }

    fn collections_of(&self, device: DeviceId) -> Vec<(String, String)> {
        let all = std::iter::once(Targets::ALL_DEVICES);
        let own = self.site.collections.values().map(|collection| collection.stored.id.as_str());
        let holding = all.chain(own).filter(|id| self.site.holds(id, device));
        holding.map(|id| (id.to_owned(), self.collection_name(id))).collect()
    }
}
