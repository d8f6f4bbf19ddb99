//! Judges what a request asks for by the site's rules as they are now.

use action::{ActionKind, DeviceId, Reason, Target, Targets, UserId};
use proof::Request;

use super::{Desk, DeskError};
use crate::{
    rules::{Missing, RulesError, Verdicts},
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
    /// Judges a request whose person is known: whether the site's rules allow it.
    pub(super) fn judge(&self, request: &Request) -> Result<Result<Judged, Reason>, DeskError> {
        self.judge_for(request.sub, request)
    }

    /// Judges a request as if `person` had made it: whoever approves must be allowed the same.
    pub(super) fn judge_for(
        &self,
        person: UserId,
        request: &Request,
    ) -> Result<Result<Judged, Reason>, DeskError> {
        let kind = ActionKind(request.params.task_type);
        let mut verdicts = self.site.verdicts(person, kind);
        if let Some(reason) = self.may_nothing(person, &mut verdicts)? {
            return Ok(Err(reason));
        }
        match &request.targets {
            Targets::Devices { devices } => self.judge_devices(devices, &mut verdicts),
            Targets::Collection { collection, at_most, version } => {
                self.judge_collection(collection, *at_most, *version, &mut verdicts)
            }
        }
    }

    fn judge_devices(
        &self,
        targets: &[Target],
        verdicts: &mut Verdicts<'_>,
    ) -> Result<Result<Judged, Reason>, DeskError> {
        let mut rule = None;
        let mut refused = Vec::new();
        for target in targets {
            match self.judge_device(target, verdicts)? {
                Ok(allowed_by) => {
                    rule.get_or_insert(allowed_by);
                }
                Err(reason) => refused.push((target.device, reason)),
            }
        }
        Ok(match (rule, refused.first()) {
            (Some(rule), _) => {
                let count = u64::try_from(targets.len() - refused.len()).unwrap_or(u64::MAX);
                Ok(Judged { rule, count, refused })
            }
            (None, Some((_, first))) => Err(first.clone()),
            (None, None) => Err(Reason::RequestNotValid { what: "it has no target".to_owned() }),
        })
    }

    /// The name comes last: who may not act on a device does not learn what it is called.
    fn judge_device(
        &self,
        target: &Target,
        verdicts: &mut Verdicts<'_>,
    ) -> Result<Result<String, Reason>, DeskError> {
        let Some(device) = self.site.device(target.device) else { return Ok(Err(Reason::DeviceUnknown)) };
        let rule = self.rule_for(target.device, verdicts)?;
        if rule.is_ok() && device.facts.name != target.name {
            let (signed, actual) = (target.name.clone(), device.facts.name.clone());
            return Ok(Err(Reason::TargetRenamed { signed, actual }));
        }
        Ok(rule)
    }

    /// A role on a collection covers those that are limited to it: all their devices are in it.
    fn judge_collection(
        &self,
        collection: &str,
        at_most: u64,
        version: u64,
        verdicts: &mut Verdicts<'_>,
    ) -> Result<Result<Judged, Reason>, DeskError> {
        let not_valid = |what| Ok(Err(Reason::RequestNotValid { what }));
        let Some(count) = self.site.count(collection) else {
            return not_valid(format!("the site has no collection `{collection}`"));
        };
        let covering = self.site.collections.within(collection);
        let rule = match self.first_rule(&covering, verdicts)? {
            Ok(rule) => rule,
            Err(reason) => return Ok(Err(reason)),
        };
        if count == 0 {
            return not_valid(format!("the collection `{collection}` holds no device"));
        }
        let actual = self.site.collections.get(collection).map_or(1, |known| known.stored.version);
        // A request that nobody has signed says nothing of the rule.
        if version != 0 && version != actual {
            return Ok(Err(Reason::CollectionChanged { signed: version, actual }));
        }
        if count > at_most {
            return Ok(Err(Reason::CollectionGrew { at_most, actual: count }));
        }
        Ok(Ok(Judged { rule, count, refused: Vec::new() }))
    }

    /// Returns the rule that allows a person to do something on a whole collection.
    pub(super) fn may_act_on(
        &self,
        person: UserId,
        kind: ActionKind,
        collection: &str,
    ) -> Result<Result<String, Reason>, DeskError> {
        let mut verdicts = self.site.verdicts(person, kind);
        if let Some(reason) = self.may_nothing(person, &mut verdicts)? {
            return Ok(Err(reason));
        }
        self.first_rule(&self.site.collections.within(collection), &mut verdicts)
    }

    /// Returns the rule that allows the act on a device: of the first collection with a role that allows it.
    pub(super) fn rule_for(
        &self,
        device: DeviceId,
        verdicts: &mut Verdicts<'_>,
    ) -> Result<Result<String, Reason>, DeskError> {
        let mut collections = verdicts.collections();
        collections.retain(|collection| self.site.holds(collection, device));
        self.first_rule(&collections, verdicts)
    }

    /// Returns the first rule of these collections that allows the act, else why none does.
    fn first_rule(
        &self,
        collections: &[&str],
        verdicts: &mut Verdicts<'_>,
    ) -> Result<Result<String, Reason>, DeskError> {
        let mut lacks = None;
        for collection in collections {
            match verdicts.on(collection)? {
                Some(Ok(rule)) => return Ok(Ok(rule.on(collection))),
                Some(Err(missing)) => lacks = lacks.or(Some(missing)),
                None => {}
            }
        }
        Ok(Err(match lacks {
            Some(missing) => self.lacks(missing),
            None => self.outside(verdicts)?,
        }))
    }

    /// Returns the reason for a person who may not act on any device: one whom the site does not know, or whose roles
    /// lack a permission everywhere.
    pub(super) fn may_nothing(
        &self,
        person: UserId,
        verdicts: &mut Verdicts<'_>,
    ) -> Result<Option<Reason>, RulesError> {
        if !self.site.people.knows(person) {
            return Ok(Some(self.unknown_person()));
        }
        let mut lacks = None;
        for collection in verdicts.collections() {
            match verdicts.on(collection)? {
                Some(Ok(_)) => return Ok(None),
                Some(Err(missing)) => lacks = lacks.or(Some(missing)),
                None => {}
            }
        }
        Ok(Some(match lacks {
            Some(missing) => self.lacks(missing),
            // Whoever holds a role lacks no permission, but a collection that carries its scope.
            None if !verdicts.out_of_scope().is_empty() => self.outside(verdicts)?,
            None => self.lacks(verdicts.missing()?),
        }))
    }

    /// Returns the reason for a person whom the site does not know, with what would have it discover them.
    pub(super) fn unknown_person(&self) -> Reason {
        let mut discovers: Vec<String> =
            self.site.issuers.values().flat_map(|issuer| issuer.pinned.discovers()).collect();
        discovers.sort_unstable();
        discovers.dedup();
        discovers.truncate(MOST_NAMED);
        Reason::UserUnknownToSite { discovers, grantor: Some(self.site.people.grantor()) }
    }

    fn lacks(&self, missing: Missing) -> Reason {
        let Missing { permission, role } = missing;
        let grantor = Some(self.site.people.grantor());
        Reason::RoleLacksPermission { permission: permission.to_owned(), role, grantor }
    }

    /// Returns the reason for a target that is in none of the collections on which the person may act, with their names.
    pub(super) fn outside(&self, verdicts: &mut Verdicts<'_>) -> Result<Reason, RulesError> {
        let mut held = verdicts.allowed()?;
        let mut scopes = Vec::new();
        let limits = verdicts.out_of_scope();
        if !limits.is_empty() {
            held.extend(limits);
            scopes = verdicts.scopes().into_iter().take(MOST_NAMED).map(str::to_owned).collect();
        }
        let collections = held.into_iter().take(MOST_NAMED).map(|id| self.collection_name(id)).collect();
        let grantor = Some(self.site.people.grantor());
        Ok(Reason::DeviceOutsideCollections { collections, scopes, grantor })
    }

    /// Returns the name of a collection, else its id.
    pub(super) fn collection_name(&self, id: &str) -> String {
        match self.site.collections.get(id) {
            Some(collection) => collection.stored.name.clone(),
            None if id == Targets::ALL_DEVICES => ALL_DEVICES_NAME.to_owned(),
            None => id.to_owned(),
        }
    }
}
