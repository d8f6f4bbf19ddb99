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
    pub(crate) fn new(stored: StoredCollection) -> Self {
        let filter = stored.query.as_ref().and_then(|query| Filter::parse(query, device::FACTS).ok());
        let direct = stored.members.iter().copied().collect();
        Self { stored, filter, direct, members: BTreeSet::new() }
    }

    /// Adds direct members.
    pub(crate) fn add_direct(&mut self, device: DeviceId) {
        self.direct.insert(device);
        self.stored.members.push(device);
    }

    /// Takes a device in or out; returns whether that changed anything.
    pub(crate) fn look_at(&mut self, device: &StoredDevice) -> bool {
        let belongs = !device.revoked && (self.direct.contains(&device.device) || self.asks_for(device));
        if belongs { self.members.insert(device.device) } else { self.members.remove(&device.device) }
    }

    fn asks_for(&self, known: &StoredDevice) -> bool {
        let id = known.device.to_string();
        let facts = &known.facts;
        let value = |field: &str| match field {
            "id" => Some(Value::Text(&id)),
            "name" => Some(Value::Text(&facts.name)),
            "os" => Some(Value::Text(&facts.os)),
            "os_version" => Some(Value::Text(&facts.os_version)),
            "architecture" => Some(Value::Text(&facts.architecture)),
            "client_version" => Some(Value::Text(&facts.client_version)),
            "resource" => i64::try_from(known.resource.0).ok().map(Value::Number),
            _ => None,
        };
        self.filter.as_ref().is_some_and(|filter| filter.matches(&value))
    }
}
