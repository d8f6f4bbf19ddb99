//! Judges what a request asks for by the site's rules as they are now.

use action::{DeviceId, Reason, Target, Targets, Timestamp};
use authority_link::Vouch;
use proof::Request;

use super::{Desk, DeskError};
use crate::{
    rules::{Grants, why_not},
    site::ALL_DEVICES_NAME,
};

/// How many collections a reason names: it stands beside each of up to 10,000 devices in one answer.
const MOST_NAMED: usize = 5;

/// A request that is allowed, wholly or for some of its targets.
#[derive(Debug)]
pub(super) struct Judged {
    /// The rule that allows it.
    pub(super) rule: String,
    /// How many devices it is for.
    pub(super) count: u64,
    /// The devices that it is not for, each with its reason.
    pub(super) refused: Vec<(DeviceId, Reason)>,
}

impl Desk {
    /// Judges a request: who asks, what for, and whether the site's rules allow it.
    pub(super) fn judge(
        &self,
        request: &Request,
        vouch: &Vouch,
        now: Timestamp,
    ) -> Result<Result<Judged, Reason>, DeskError> {
        if let Err(error) = request.check_at(self.keys.site, now) {
            return Ok(Err(Reason::RequestNotValid { what: error.to_string() }));
        }
        if self.numbers.restored_at().is_some_and(|restored| request.iat < restored) {
            return Ok(Err(Reason::SiteRestored));
        }
        if request.sub != vouch.user {
            let what = "the person is not the one that the console vouches for".to_owned();
            return Ok(Err(Reason::SignatureNotValid { what }));
        }
        let holdings = self.site.people.holdings(vouch.user);
        let grants = self.site.people.grants(vouch.user, &holdings)?;
        if grants.collections.is_empty() {
            return Ok(Err(why_not(&holdings, &grants, self.site.people.grantor())));
        }
        Ok(match &request.targets {
            Targets::Devices { devices } => self.judge_devices(devices, &grants),
            Targets::Collection { collection, at_most } => {
                self.judge_collection(collection, *at_most, &grants)
            }
        })
    }

    fn judge_devices(&self, targets: &[Target], grants: &Grants) -> Result<Judged, Reason> {
        let mut rule = None;
        let mut refused = Vec::new();
        for target in targets {
            match self.judge_device(target, grants) {
                Ok(allowed_by) => {
                    rule.get_or_insert(allowed_by);
                }
                Err(reason) => refused.push((target.device, reason)),
            }
        }
        match (rule, refused.first()) {
            (Some(rule), _) => {
                let count = u64::try_from(targets.len() - refused.len()).unwrap_or(u64::MAX);
                Ok(Judged { rule: rule.to_owned(), count, refused })
            }
            (None, Some((_, first))) => Err(first.clone()),
            (None, None) => Err(Reason::RequestNotValid { what: "it has no target".to_owned() }),
        }
    }

    fn judge_device<'a>(&self, target: &Target, grants: &'a Grants) -> Result<&'a str, Reason> {
        let device = self.site.device(target.device).ok_or(Reason::DeviceUnknown)?;
        if device.facts.name != target.name {
            return Err(Reason::TargetRenamed {
                signed: target.name.clone(),
                actual: device.facts.name.clone(),
            });
        }
        self.rule_for(target.device, grants).ok_or_else(|| self.outside(grants))
    }

    fn judge_collection(&self, collection: &str, at_most: u64, grants: &Grants) -> Result<Judged, Reason> {
        let Some(count) = self.site.count(collection) else {
            return Err(Reason::RequestNotValid {
                what: format!("the site has no collection `{collection}`"),
            });
        };
        let granted = grants.collections.iter();
        let mut granted = granted.filter(|(on, _)| on == collection || on == Targets::ALL_DEVICES);
        let Some((_, rule)) = granted.next() else {
            return Err(self.outside(grants));
        };
        if count == 0 {
            return Err(Reason::RequestNotValid {
                what: format!("the collection `{collection}` holds no device"),
            });
        }
        if count > at_most {
            return Err(Reason::CollectionGrew { at_most, actual: count });
        }
        Ok(Judged { rule: rule.clone(), count, refused: Vec::new() })
    }

    /// Returns the rule that allows actions on a device: of the first granted collection that holds it.
    pub(super) fn rule_for<'a>(&self, device: DeviceId, grants: &'a Grants) -> Option<&'a str> {
        let mut granted = grants.collections.iter();
        granted.find(|(collection, _)| self.site.holds(collection, device)).map(|(_, rule)| &**rule)
    }

    /// Returns the reason for a target that no granted collection holds, with the collections' names.
    pub(super) fn outside(&self, grants: &Grants) -> Reason {
        let name = |id: &String| match self.site.collections.get(id) {
            Some(collection) => collection.stored.name.clone(),
            None if id == Targets::ALL_DEVICES => ALL_DEVICES_NAME.to_owned(),
            None => id.clone(),
        };
        let granted = grants.collections.iter().take(MOST_NAMED);
        Reason::DeviceOutsideCollections {
            collections: granted.map(|(id, _)| name(id)).collect(),
            grantor: Some(self.site.people.grantor()),
        }
    }
}
