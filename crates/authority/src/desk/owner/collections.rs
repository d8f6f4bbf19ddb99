//! Collections.

use action::{DeviceId, Targets, Timestamp};
use authority_link::{CollectionEntry, OwnerAnswer, PAGE, RolloutPlan};
use filter::{Filter, device};

use super::{Desk, DeskError, name_problem, not_valid, record};
use crate::{
    site::ALL_DEVICES_NAME,
    store::{Store, StoredCollection},
};

/// The most collections of a site: each query is asked about each device that reports.
const MOST_COLLECTIONS: usize = 1_000;

/// What a collection holds: each member that a rule asks for, within its limit, but those that are excluded.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) query: Option<String>,
    pub(super) members: Vec<DeviceId>,
    pub(super) include: Vec<String>,
    pub(super) exclude: Vec<String>,
    pub(super) limited_to: Option<String>,
}

impl Desk {
    pub(super) async fn put_collection(
        &mut self,
        name: String,
        rules: Rules,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        if is_like_an_id(&name) {
            let what = format!("`{name}` looks like the id of a collection");
            return Ok(not_valid(what, "choose a name that is none"));
        }
        let Rules { query, mut members, include, exclude, limited_to } = rules;
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
        let (include, exclude, limited_to) = match (
            self.collection_ids(&include),
            self.collection_ids(&exclude),
            self.collection_ids(limited_to.as_slice()),
        ) {
            (Ok(include), Ok(exclude), Ok(limited_to)) => {
                let limited_to = limited_to.into_iter().find(|id| id != Targets::ALL_DEVICES);
                (include, exclude, limited_to)
            }
            (Err(problem), _, _) | (_, Err(problem), _) | (_, _, Err(problem)) => return Ok(problem),
        };
        let old = known.as_ref().and_then(|id| self.site.collections.get(id)).map(|old| &old.stored);
        let (version, scopes) = old.map_or_else(|| (0, Vec::new()), |old| (old.version, old.scopes.clone()));
        let mut stored = StoredCollection {
            id: known.clone().unwrap_or_default(),
            name,
            query,
            members,
            include,
            exclude,
            limited_to,
            version: version + 1,
            scopes,
        };
        if known.is_some()
            && let Some(other) = self.site.collections.circle(&stored)
        {
            let what = format!("the collection would build on `{other}`, which builds on it");
            return Ok(not_valid(what, "take one of them out of the other's rules first"));
        }
        let mut change = self.store.begin().await?;
        if known.is_none() {
            stored.id = format!("TEN{:05}", Store::next_number(&mut change, "collection").await?);
        }
        let id = stored.id.clone();
        Store::put_collection(&mut change, &stored).await?;
        // Whoever signed for one of these saw it as this one was.
        let changed = self.site.collections.that_build_on(&id).into_iter();
        let changed: Vec<_> =
            changed.map(|other| StoredCollection { version: other.version + 1, ..other.clone() }).collect();
        for other in &changed {
            Store::put_collection(&mut change, other).await?;
        }
        let generation = record(&mut change, now, "collection put", &stored.name).await?;
        change.commit().await?;
        self.site.collections.put(stored, self.site.devices.values());
        for other in changed {
            self.site.collections.set_version(&other.id, other.version);
        }
        self.site.generation = generation;
        Ok(OwnerAnswer::Collection { id })
    }

    pub(super) fn list_collections(&self) -> OwnerAnswer {
        let all = CollectionEntry {
            id: Targets::ALL_DEVICES.to_owned(),
            name: ALL_DEVICES_NAME.to_owned(),
            query: None,
            include: Vec::new(),
            exclude: Vec::new(),
            limited_to: None,
            count: self.site.count(Targets::ALL_DEVICES).unwrap_or(0),
            version: 1,
            scopes: Vec::new(),
        };
        let own = self.site.collections.values().map(|collection| CollectionEntry {
            id: collection.stored.id.clone(),
            name: collection.stored.name.clone(),
            query: collection.stored.query.clone(),
            include: collection.stored.include.clone(),
            exclude: collection.stored.exclude.clone(),
            limited_to: collection.stored.limited_to.clone(),
            count: u64::try_from(collection.members.len()).unwrap_or(u64::MAX),
            version: collection.stored.version,
            scopes: collection.stored.scopes.clone(),
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
        if let Some(user) = self.site.collections.user_of(&id) {
            let what = format!("the collection {id} is in the rules of `{}`", user.stored.name);
            return Ok(not_valid(what, "change that one first: `tenon collection put`"));
        }
        let in_rings = |plan: &RolloutPlan| plan.rings.iter().any(|ring| ring.collection == id);
        if self.site.rollouts.contains_key(&id) || self.site.rollouts.values().any(in_rings) {
            let what = format!("the collection {id} is in a rollout");
            return Ok(not_valid(what, "take it out there first: `tenon collection rollouts`"));
        }
        if self.site.approvals.rules().iter().any(|rule| rule.collection == id) {
            let what = format!("requests that touch the collection {id} wait for a second person");
            return Ok(not_valid(what, "remove that rule first: `tenon site approve rule remove`"));
        }
        let assigned =
            self.site.people.assignments().iter().any(|assignment| assignment.collections.contains(&id));
        let policies = self.site.policies.values();
        if self.site.deployments.values().any(|deployment| deployment.collection == id) {
            return Ok(not_valid(
                format!("the collection {id} is in use by a deployment"),
                "take it back first: `tenon deployment list`, `tenon deployment remove`",
            ));
        }
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
