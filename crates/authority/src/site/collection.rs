//! A collection with its members.

use std::collections::BTreeSet;

use action::DeviceId;
use filter::{Filter, Value, device};

use crate::store::{StoredCollection, StoredDevice};

/// A collection and the devices in it.
#[derive(Debug)]
pub(crate) struct Collection {
    /// As it is stored.
    pub(crate) stored: StoredCollection,
    /// Its query. One that cannot be read (by an older program) matches nothing.
    filter: Option<Filter>,
    direct: BTreeSet<DeviceId>,
    /// The devices in it.
    pub(crate) members: BTreeSet<DeviceId>,
}

impl Collection {
    /// Makes a collection that has looked at no device yet.
    pub(super) fn new(stored: StoredCollection) -> Self {
        let filter = stored.query.as_ref().and_then(|query| Filter::parse(query, device::FACTS).ok());
        let direct = stored.members.iter().copied().collect();
        Self { stored, filter, direct, members: BTreeSet::new() }
    }

    /// Adds a direct member.
    pub(super) fn add_direct(&mut self, device: DeviceId) {
        if self.direct.insert(device) {
            self.stored.members.push(device);
        }
    }

    /// Returns whether one of its own rules, direct or query, asks for a device.
    pub(super) fn asks_for(&self, known: &Looked<'_>) -> bool {
        self.direct.contains(&known.device.device)
            || self.filter.as_ref().is_some_and(|filter| filter.matches(&|field| known.value(field)))
    }
}

/// A device that collections look at. Its id is written once, whatever the number of collections.
pub(super) struct Looked<'a> {
    pub(super) device: &'a StoredDevice,
    id: String,
}

impl<'a> Looked<'a> {
    pub(super) fn new(device: &'a StoredDevice) -> Self {
        Self { device, id: device.device.to_string() }
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        let facts = &self.device.facts;
        match field {
            "id" => Some(Value::Text(&self.id)),
            "name" => Some(Value::Text(&facts.name)),
            "os" => Some(Value::Text(&facts.os)),
            "os_version" => Some(Value::Text(&facts.os_version)),
            "architecture" => Some(Value::Text(&facts.architecture)),
            "client_version" => Some(Value::Text(&facts.client_version)),
            "resource" => i64::try_from(self.device.resource.0).ok().map(Value::Number),
            _ => None,
        }
    }
}
