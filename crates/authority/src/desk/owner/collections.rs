//! Collections.

use action::{DeviceId, Targets, Timestamp};
use authority_link::{CollectionEntry, OwnerAnswer, PAGE};
use filter::{Filter, device};

use super::{Desk, DeskError, name_problem, not_valid, record};
use crate::{
    site::{ALL_DEVICES_NAME, Collection},
    store::{Store, StoredCollection},
};

/// The most collections of a site: each query is asked about each device that reports.
const MOST_COLLECTIONS: usize = 1_000;

impl Desk {
    pub(super) async fn put_collection(
        &mut self,
        name: String,
        query: Option<String>,
        mut members: Vec<DeviceId>,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        if is_like_an_id(&name) {
            let what = format!("`{name}` looks like the id of a collection");
            return Ok(not_valid(what, "choose a name that is none"));
        }
        if let Some(Err(error)) = query.as_ref().map(|query| Filter::parse(query, device::FACTS)) {
            return Ok(not_valid(format!("the query is not valid: {error}"), "see docs/operate/filter.md"));
        }
        if let Some(unknown) = members.iter().find(|device| self.site.device(**device).is_none()) {
            return Ok(not_valid(
                format!("the site has no device {unknown}"),
                "look it up: `tenon device list`",
            ));
        }
        members.sort_unstable();
        members.dedup();
        let known = self.site.collection_id(&name);
        if known.as_deref() == Some(Targets::ALL_DEVICES) {
            return Ok(not_valid("the collection of all devices cannot be changed", "choose another name"));
        }
        if known.is_none() && self.site.collections.len() >= MOST_COLLECTIONS {
            let what = format!("the site has {MOST_COLLECTIONS} collections already");
            return Ok(not_valid(what, "remove one: `tenon collection remove`"));
        }
        let version =
            known.as_ref().and_then(|id| self.site.collections.get(id)).map_or(0, |old| old.stored.version);
        let mut change = self.store.begin().await?;
        let id = match known {
            Some(id) => id,
            None => format!("TEN{:05}", Store::next_number(&mut change, "collection").await?),
        };
        let stored = StoredCollection { id: id.clone(), name, query, members, version: version + 1 };
        Store::put_collection(&mut change, &stored).await?;
        let generation = record(&mut change, now, "collection put", &stored.name).await?;
        change.commit().await?;
        let mut collection = Collection::new(stored);
        for device in self.site.devices.values() {
            collection.look_at(device);
        }
        self.site.collections.insert(id.clone(), collection);
        self.site.generation = generation;
        Ok(OwnerAnswer::Collection { id })
    }

    pub(super) fn list_collections(&self) -> OwnerAnswer {
        let all = CollectionEntry {
            id: Targets::ALL_DEVICES.to_owned(),
            name: ALL_DEVICES_NAME.to_owned(),
            query: None,
            count: self.site.count(Targets::ALL_DEVICES).unwrap_or(0),
            version: 1,
        };
        let own = self.site.collections.values().map(|collection| CollectionEntry {
            id: collection.stored.id.clone(),
            name: collection.stored.name.clone(),
            query: collection.stored.query.clone(),
            count: u64::try_from(collection.members.len()).unwrap_or(u64::MAX),
            version: collection.stored.version,
        });
        OwnerAnswer::Collections { collections: std::iter::once(all).chain(own).collect() }
    }

    pub(super) fn list_members(&self, collection: &str) -> OwnerAnswer {
        let Some(id) = self.site.collection_id(collection) else { return unknown(collection) };
        let members = self.site.members(&id, None, PAGE).into_iter();
        OwnerAnswer::Members {
            members: members.map(|device| (device.device, device.facts.name.clone())).collect(),
        }
    }

    pub(super) async fn remove_collection(
        &mut self,
        collection: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let Some(id) = self.site.collection_id(collection) else { return Ok(unknown(collection)) };
        if id == Targets::ALL_DEVICES {
            return Ok(not_valid("the collection of all devices cannot be removed", "choose another"));
        }
        let assigned =
            self.site.people.assignments.iter().any(|assignment| assignment.collections.contains(&id));
        let policies = self.site.policies.values();
        if assigned
            || policies.filter(|policy| !policy.removed).any(|policy| policy.collections.contains(&id))
        {
            return Ok(not_valid(
                format!("the collection {id} is in use by a role's assignment or a policy"),
                "take it out there first: `tenon role assignments`, `tenon policy list`",
            ));
        }
        let mut change = self.store.begin().await?;
        Store::remove_collection(&mut change, &id).await?;
        let generation = record(&mut change, now, "collection removed", &id).await?;
        change.commit().await?;
        self.site.collections.remove(&id);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    /// Returns the ids of collections that are named by id or name; else the one that there is not.
    pub(super) fn collection_ids(&self, wanted: &[String]) -> Result<Vec<String>, OwnerAnswer> {
        let ids: Result<Vec<_>, _> =
            wanted.iter().map(|name| self.site.collection_id(name).ok_or_else(|| unknown(name))).collect();
        ids.map(|mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids
        })
    }
}

/// Returns whether a name could be taken for the id of another collection, such as `TEN00001`.
fn is_like_an_id(name: &str) -> bool {
    let number = name.strip_prefix("TEN").or_else(|| name.strip_prefix("SMS"));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unknown(collection: &str) -> OwnerAnswer {
    not_valid(format!("the site has no collection `{collection}`"), "look it up: `tenon collection list`")
}
