//! Who may do what, and why: the questions that an administrator asks when somebody was refused.

use action::{ActionKind, DeviceId, UserId};
use authority_link::{Explained, Held, OwnerAnswer, WhoMay};

use super::{Desk, DeskError, not_valid};

/// The most people in one answer: a list that is longer is read by nobody.
const MOST_PEOPLE: usize = 1_000;

impl Desk {
    /// Lists those who may have a device do something.
    pub(super) fn who_can(&self, kind: ActionKind, device: &str) -> Result<OwnerAnswer, DeskError> {
        let (device, name) = match self.named_device(device) {
            Ok(found) => found,
            Err(problem) => return Ok(problem),
        };
        let mut people = Vec::new();
        for (user, user_name) in self.site.people.known() {
            let mut verdicts = self.site.verdicts(user, kind);
            if let Ok(rule) = self.rule_for(device, &mut verdicts)?
                && people.len() < MOST_PEOPLE
            {
                people.push(WhoMay { user, name: user_name.to_owned(), rule });
            }
        }
        Ok(OwnerAnswer::WhoCan { device, name, people })
    }

    /// Says why a person may or may not have a device do something.
    pub(super) fn explain(
        &self,
        user: &str,
        kind: ActionKind,
        device: &str,
    ) -> Result<OwnerAnswer, DeskError> {
        let (device, device_name) = match self.named_device(device) {
            Ok(found) => found,
            Err(problem) => return Ok(problem),
        };
        let (user, user_name) = match self.named_person(user) {
            Ok(found) => found,
            Err(problem) => return Ok(problem),
        };
        let mut verdicts = self.site.verdicts(user, kind);
        let decided = match self.may_nothing(user, &mut verdicts)? {
            Some(reason) => Err(reason),
            None => self.rule_for(device, &mut verdicts)?,
        };
        let mut held = Vec::new();
        let out_of_scope = verdicts.out_of_scope();
        for collection in verdicts.collections() {
            let missing = match verdicts.on(collection)? {
                Some(Err(missing)) => Some(missing.permission.to_owned()),
                Some(Ok(_)) | None => None,
            };
            held.push(Held {
                collection: collection.to_owned(),
                name: self.collection_name(collection),
                roles: verdicts.roles_on(collection),
                out_of_scope: out_of_scope.contains(&collection),
                holds_device: self.site.holds(collection, device),
                missing,
            });
        }
        let (rule, reason) = match decided {
            Ok(rule) => (Some(rule), None),
            Err(reason) => (None, Some(reason)),
        };
        let explained = Explained { user, user_name, kind, device, device_name, rule, reason, held };
        Ok(OwnerAnswer::Explained(Box::new(explained)))
    }

    /// Finds a device by its id, or by its name where only one has it.
    pub(super) fn named_device(&self, wanted: &str) -> Result<(DeviceId, String), OwnerAnswer> {
        if let Ok(id) = wanted.parse::<DeviceId>()
            && let Some(device) = self.site.device(id)
        {
            return Ok((id, device.facts.name.clone()));
        }
        let devices = self.site.devices.values().filter(|device| !device.revoked);
        let mut named = devices.filter(|device| device.facts.name == wanted);
        match (named.next(), named.next()) {
            (Some(device), None) => Ok((device.device, device.facts.name.clone())),
            (Some(_), Some(_)) => Err(not_valid(
                format!("more than one device is called `{wanted}`"),
                "name it by its id: `tenon collection members SMS00001`",
            )),
            (None, _) => Err(not_valid(
                format!("the site has no device `{wanted}`"),
                "look it up: `tenon collection members SMS00001`",
            )),
        }
    }

    /// Finds a person by their id, known or not, or by their name where only one has it.
    fn named_person(&self, wanted: &str) -> Result<(UserId, String), OwnerAnswer> {
        if let Ok(user) = wanted.parse::<UserId>() {
            let known = self.site.people.known().find(|(known, _)| *known == user);
            return Ok((user, known.map_or_else(String::new, |(_, name)| name.to_owned())));
        }
        let mut named = self.site.people.known().filter(|(_, name)| *name == wanted);
        match (named.next(), named.next()) {
            (Some((user, name)), None) => Ok((user, name.to_owned())),
            (Some(_), Some(_)) => Err(not_valid(
                format!("more than one person is called `{wanted}`"),
                "name them by their id: `tenon role people`",
            )),
            (None, _) => Err(not_valid(
                format!("the site knows nobody called `{wanted}`"),
                "look them up: `tenon role people`; make them known: `tenon role know`",
            )),
        }
    }
}
