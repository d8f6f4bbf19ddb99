//! All collections of a site, kept true device by device: what a change costs is in proportion to the change.
//!
//! A collection may include others, exclude others, and be limited to one. They stand in an order in which each comes
//! after those that it builds on, so that one walk over them places a device in all.

use std::collections::{BTreeMap, BTreeSet};

use action::{DeviceId, Targets};

use super::collection::{Collection, Looked};
use crate::{
    rules::DEFAULT_SCOPE,
    store::{StoredCollection, StoredDevice},
};

/// The collections but that of all devices.
#[derive(Debug, Default)]
pub(crate) struct Collections {
    /// Each after those that it builds on.
    ordered: Vec<Collection>,
    places: BTreeMap<String, usize>,
    /// For each place, those that it builds on.
    links: Vec<Links>,
    /// How often a collection was asked about a device.
    looks: u64,
}

/// The places of the collections that one builds on; `None` stands for all devices.
#[derive(Debug, Default)]
struct Links {
    include: Vec<Option<usize>>,
    exclude: Vec<Option<usize>>,
    limited_to: Option<usize>,
}

impl Collections {
    /// Makes the collections and places the devices in them.
    pub(crate) fn load<'a>(
        stored: Vec<StoredCollection>,
        devices: impl Iterator<Item = &'a StoredDevice>,
    ) -> Self {
        let mut collections = Self::default();
        collections.arrange(stored.into_iter().map(Collection::new).collect());
        for device in devices {
            collections.look_at(device);
        }
        collections
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Collection> {
        self.places.get(id).map(|place| &self.ordered[*place])
    }

    pub(crate) fn contains_key(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.ordered.len()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.ordered.is_empty()
    }

    /// Returns how often a collection was asked about a device.
    #[cfg(test)]
    pub(crate) fn looks(&self) -> u64 {
        self.looks
    }

    /// Returns the collections by id.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Collection> {
        self.places.values().map(|place| &self.ordered[*place])
    }

    /// Returns whether a collection holds a device; the collection of all devices holds each that is asked about.
    pub(crate) fn holds(&self, id: &str, device: DeviceId) -> bool {
        self.get(id).is_some_and(|collection| collection.members.contains(&device))
    }

    /// Returns a collection that `stored` would build on and that builds on it: no device could be placed then.
    pub(crate) fn circle(&self, stored: &StoredCollection) -> Option<&str> {
        stored.builds_on().find(|on| *on == stored.id || self.builds_on(on, &stored.id)).and_then(|on| {
            let known = self.places.get_key_value(on);
            known.map(|(id, _)| id.as_str())
        })
    }

    /// Returns a collection that builds on `id`.
    pub(crate) fn user_of(&self, id: &str) -> Option<&Collection> {
        self.values().find(|collection| collection.stored.builds_on().any(|on| on == id))
    }

    /// Returns a collection and those that it is limited to, one within the other: a role that is held on any of them
    /// covers it.
    pub(crate) fn within<'a>(&'a self, id: &'a str) -> Vec<&'a str> {
        let mut chain = vec![id];
        while let Some(outer) = chain.last().and_then(|id| self.get(id)?.stored.limited_to.as_deref()) {
            chain.push(outer);
        }
        if chain.last() != Some(&Targets::ALL_DEVICES) {
            chain.push(Targets::ALL_DEVICES);
        }
        chain
    }

    /// Returns the scopes that a collection carries; that of all devices carries the default one.
    pub(crate) fn scopes_of(&self, id: &str) -> BTreeSet<&str> {
        match self.get(id).map(|collection| collection.stored.scopes.as_slice()) {
            None | Some([]) => BTreeSet::from([DEFAULT_SCOPE]),
            Some(scopes) => scopes.iter().map(String::as_str).collect(),
        }
    }

    /// Returns the collections that carry a scope.
    pub(crate) fn carrying<'a>(&'a self, scope: &str) -> impl Iterator<Item = &'a str> {
        let carries = move |collection: &&Collection| match collection.stored.scopes.as_slice() {
            [] => scope == DEFAULT_SCOPE,
            scopes => scopes.iter().any(|carried| carried == scope),
        };
        self.ordered.iter().filter(carries).map(|collection| collection.stored.id.as_str())
    }

    /// Has a collection carry other scopes: its members stay.
    pub(crate) fn set_scopes(&mut self, id: &str, scopes: Vec<String>) {
        if let Some(place) = self.places.get(id) {
            self.ordered[*place].stored.scopes = scopes;
        }
    }

    /// Places a new or changed device; returns whether any collection changed by it.
    pub(crate) fn look_at(&mut self, device: &StoredDevice) -> bool {
        let looked = Looked::new(device);
        let mut changed = false;
        for place in 0..self.ordered.len() {
            changed |= self.place(place, &looked);
        }
        changed
    }

    /// Adds a direct member; its device is placed by the next [`Collections::look_at`].
    pub(crate) fn add_direct(&mut self, id: &str, device: DeviceId) {
        if let Some(place) = self.places.get(id) {
            self.ordered[*place].add_direct(device);
        }
    }

    /// Puts a new or changed collection, and places the devices anew in it and in those that build on it.
    pub(crate) fn put<'a>(
        &mut self,
        stored: StoredCollection,
        devices: impl Iterator<Item = &'a StoredDevice>,
    ) {
        let id = stored.id.clone();
        let mut all = std::mem::take(&mut self.ordered);
        all.retain(|collection| collection.stored.id != id);
        all.push(Collection::new(stored));
        self.arrange(all);
        let again: Vec<usize> = (0..self.ordered.len())
            .filter(|place| {
                let of = &self.ordered[*place].stored.id;
                *of == id || self.builds_on(of, &id)
            })
            .collect();
        for device in devices {
            let looked = Looked::new(device);
            for place in &again {
                self.place(*place, &looked);
            }
        }
    }

    /// Returns the collections that build on `id`, directly or not.
    pub(crate) fn that_build_on(&self, id: &str) -> Vec<&StoredCollection> {
        self.values()
            .map(|collection| &collection.stored)
            .filter(|stored| stored.id != id && self.builds_on(&stored.id, id))
            .collect()
    }

    /// Gives a collection another version: what it holds is asked for by another rule now, if not by one of its own.
    pub(crate) fn set_version(&mut self, id: &str, version: u64) {
        if let Some(place) = self.places.get(id) {
            self.ordered[*place].stored.version = version;
        }
    }

    /// Removes a collection that no other builds on.
    pub(crate) fn remove(&mut self, id: &str) {
        let mut all = std::mem::take(&mut self.ordered);
        all.retain(|collection| collection.stored.id != id);
        self.arrange(all);
    }

    fn place(&mut self, place: usize, looked: &Looked<'_>) -> bool {
        self.looks += 1;
        let (collection, links) = (&self.ordered[place], &self.links[place]);
        let device = looked.device.device;
        let in_any = |others: &[Option<usize>]| {
            others.iter().any(|other| other.is_none_or(|other| self.ordered[other].members.contains(&device)))
        };
        let belongs = !looked.device.revoked
            && links.limited_to.is_none_or(|outer| self.ordered[outer].members.contains(&device))
            && (collection.asks_for(looked) || in_any(&links.include))
            && !in_any(&links.exclude);
        let members = &mut self.ordered[place].members;
        if belongs { members.insert(device) } else { members.remove(&device) }
    }

    /// Returns whether `id` builds on `other`, directly or not.
    fn builds_on(&self, id: &str, other: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut left = vec![id];
        while let Some(next) = left.pop() {
            let Some(collection) = self.get(next) else { continue };
            for on in collection.stored.builds_on() {
                if on == other {
                    return true;
                }
                if seen.insert(on) {
                    left.push(on);
                }
            }
        }
        false
    }

    /// Orders collections so that each comes after those that it builds on. What builds on itself (written by another
    /// program) comes last and sees those beside it as they were.
    fn arrange(&mut self, all: Vec<Collection>) {
        let ids: BTreeSet<String> = all.iter().map(|collection| collection.stored.id.clone()).collect();
        let mut left = all;
        self.places.clear();
        self.ordered.clear();
        while !left.is_empty() {
            let (ready, waits): (Vec<_>, Vec<_>) = left.into_iter().partition(|collection| {
                collection.stored.builds_on().all(|on| self.places.contains_key(on) || !ids.contains(on))
            });
            let stuck = ready.is_empty();
            let (next, rest) = if stuck { (waits, Vec::new()) } else { (ready, waits) };
            for collection in next {
                self.places.insert(collection.stored.id.clone(), self.ordered.len());
                self.ordered.push(collection);
            }
            left = rest;
        }
        self.links = self.ordered.iter().map(|collection| self.links_of(&collection.stored)).collect();
    }

    /// Collections that others build on cannot be removed, so that no place is missing.
    fn links_of(&self, stored: &StoredCollection) -> Links {
        let place = |id: &String| match id == Targets::ALL_DEVICES {
            true => Some(None),
            false => self.places.get(id).map(|place| Some(*place)),
        };
        Links {
            include: stored.include.iter().filter_map(place).collect(),
            exclude: stored.exclude.iter().filter_map(place).collect(),
            limited_to: stored.limited_to.as_ref().and_then(place).flatten(),
        }
    }
}

#[cfg(test)]
mod tests;
