//! The site as the authority knows it, in memory: devices, collections, roles, policies. Loaded from the store, changed after
//! each commit.

mod collection;
mod collections;
mod issuers;
mod people;
mod proofs;
mod approvals;

use std::collections::BTreeMap;

use action::{ActionKind, DeviceId, EnrolmentId, Targets, UserId};
use authority_link::{Facts, RolloutPlan};
use database::DbError;

pub(crate) use approvals::Approvals;
pub(crate) use collections::Collections;
pub(crate) use issuers::SiteIssuer;
pub(crate) use people::People;
pub(crate) use proofs::{NEWER_NONCES, Proofs};

use crate::{
    rules::{RulesError, Verdicts},
    store::{GENERATION, Store, StoredApplication, StoredDeployment, StoredDevice, StoredPolicy},
};

/// The site.
#[derive(Debug)]
pub(crate) struct SiteState {
    /// Its devices, those that are revoked as well.
    pub(crate) devices: BTreeMap<DeviceId, StoredDevice>,
    /// How many of them are not revoked.
    live: u64,
    /// The devices by the hash of their key: one that asks again is found among any number.
    keys: BTreeMap<String, DeviceId>,
    /// Its collections but that of all devices, by id.
    pub(crate) collections: Collections,
    /// Who may act on what.
    pub(crate) people: People,
    /// By what people prove that they ask.
    pub(crate) proofs: Proofs,
    /// What waits for a second person.
    pub(crate) approvals: Approvals,
    /// How pushes to a collection go, by the collection's id.
    pub(crate) rollouts: BTreeMap<String, RolloutPlan>,
    /// The identity providers that the owner pinned, by their addresses.
    pub(crate) issuers: BTreeMap<String, SiteIssuer>,
    /// Its security scopes beside the default one: names and what they are for.
    pub(crate) scopes: BTreeMap<String, String>,
    /// Its policies, by name.
    pub(crate) policies: BTreeMap<String, StoredPolicy>,
    /// Its applications, by name.
    pub(crate) applications: BTreeMap<String, StoredApplication>,
    /// Its deployments, by id.
    pub(crate) deployments: BTreeMap<String, StoredDeployment>,
    /// Grows with every change that a device's manifest or the console's mirror could show.
    pub(crate) generation: u64,
    /// Enrolments that were replaced by others of the same devices, with the generation of revocations at which they were.
    pub(crate) former: BTreeMap<EnrolmentId, u64>,
    /// Grows with every revocation.
    pub(crate) revocations: u64,
    /// Whether the owner has halted all releases.
    pub(crate) halted: bool,
}

/// Why the site's state cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The store fails.
    #[error("failed to read the authority's store")]
    Store(#[from] DbError),
    /// The roles make no rules.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

/// The name of the collection of all devices.
pub(crate) const ALL_DEVICES_NAME: &str = "All Devices";

impl SiteState {
    /// Loads the site from its store.
    pub(crate) async fn load(store: &Store) -> Result<Self, LoadError> {
        let devices: BTreeMap<_, _> =
            store.devices().await?.into_iter().map(|device| (device.device, device)).collect();
        let collections = Collections::load(store.collections().await?, devices.values());
        let policies =
            store.policies().await?.into_iter().map(|policy| (policy.name.clone(), policy)).collect();
        let applications =
            store.applications().await?.into_iter().map(|one| (one.name.clone(), one)).collect();
        let deployments = store.deployments().await?.into_iter().map(|one| (one.id.clone(), one)).collect();
        let former: BTreeMap<_, _> = store.former_enrolments().await?.into_iter().collect();
        let changed = devices.values().map(|device| device.changed).chain(former.values().copied());
        let revocations = changed.max().unwrap_or(0);
        let keys = devices.values().map(|device| (device.key_sha256.clone(), device.device)).collect();
        let live = devices.values().map(|device| u64::from(!device.revoked)).sum();
        Ok(Self {
            devices,
            live,
            keys,
            collections,
            people: People::new(store.roles().await?, store.assignments().await?, store.people().await?)?,
            proofs: Proofs::new(
                store.keys().await?,
                store.levels().await?,
                store.grants().await?,
                store.nonces().await?,
            ),
            scopes: store.scopes().await?.into_iter().collect(),
            approvals: Approvals::new(store.approval_rules().await?, store.same_persons().await?),
            issuers: issuers::load(store.issuers().await?),
            rollouts: store.rollout_plans().await?.into_iter().collect(),
            policies,
            applications,
            deployments,
            generation: store.number(GENERATION).await?,
            former,
            revocations,
            halted: store.number("halted").await? != 0,
        })
    }

    /// Begins decisions on whether a person may have devices do something of this kind.
    pub(crate) fn verdicts(&self, person: UserId, kind: ActionKind) -> Verdicts<'_> {
        self.people.verdicts(person, kind, &self.collections)
    }

    /// Begins decisions on whether a person may read what the site knows of devices.
    pub(crate) fn readings(&self, person: UserId) -> Verdicts<'_> {
        self.people.readings(person, &self.collections)
    }

    /// Returns the device where it is there and not revoked.
    pub(crate) fn device(&self, device: DeviceId) -> Option<&StoredDevice> {
        self.devices.get(&device).filter(|device| !device.revoked)
    }

    /// Returns the device, revoked or not, whose newest key has that hash.
    pub(crate) fn device_with_key(&self, key_sha256: &str) -> Option<&StoredDevice> {
        let device = self.devices.get(self.keys.get(key_sha256)?)?;
        (device.key_sha256 == key_sha256).then_some(device)
    }

    /// Returns whether a collection holds a device.
    pub(crate) fn holds(&self, collection: &str, device: DeviceId) -> bool {
        if collection == Targets::ALL_DEVICES {
            return self.device(device).is_some();
        }
        self.collections.holds(collection, device)
    }

    /// Returns how many devices a collection holds; `None` where there is no such collection.
    pub(crate) fn count(&self, collection: &str) -> Option<u64> {
        if collection == Targets::ALL_DEVICES {
            return Some(self.live);
        }
        u64::try_from(self.collections.get(collection)?.members.len()).ok()
    }

    /// Returns a page of a collection's devices, in the order of their ids.
    pub(crate) fn members(
        &self,
        collection: &str,
        after: Option<DeviceId>,
        limit: usize,
    ) -> Vec<&StoredDevice> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        if collection == Targets::ALL_DEVICES {
            let devices = self.devices.range((from, Unbounded)).map(|(_, device)| device);
            return devices.filter(|device| !device.revoked).take(limit).collect();
        }
        let Some(collection) = self.collections.get(collection) else { return Vec::new() };
        let members = collection.members.range((from, Unbounded));
        members.filter_map(|device| self.device(*device)).take(limit).collect()
    }

    /// Returns the id of a collection that is named by its id or its name.
    pub(crate) fn collection_id(&self, wanted: &str) -> Option<String> {
        if wanted == Targets::ALL_DEVICES || wanted == ALL_DEVICES_NAME {
            return Some(Targets::ALL_DEVICES.to_owned());
        }
        if self.collections.contains_key(wanted) {
            return Some(wanted.to_owned());
        }
        let mut named = self.collections.values().filter(|collection| collection.stored.name == wanted);
        named.next().map(|collection| collection.stored.id.clone())
    }

    /// Takes a new or changed device into the collections; returns whether any collection changed by it.
    pub(crate) fn put_device(&mut self, device: StoredDevice) -> bool {
        let changed = self.collections.look_at(&device);
        if let Some(known) = self.devices.get(&device.device)
            && known.key_sha256 != device.key_sha256
        {
            self.keys.remove(&known.key_sha256);
        }
        self.keys.insert(device.key_sha256.clone(), device.device);
        self.live += u64::from(!device.revoked);
        if let Some(known) = self.devices.insert(device.device, device) {
            self.live -= u64::from(!known.revoked);
        }
        changed
    }

    /// Returns how many of a collection's devices have ids up to `last`.
    pub(crate) fn members_up_to(&self, collection: &str, last: DeviceId) -> u64 {
        let count = if collection == Targets::ALL_DEVICES {
            self.devices.range(..=last).filter(|(_, device)| !device.revoked).count()
        } else {
            let Some(collection) = self.collections.get(collection) else { return 0 };
            collection.members.range(..=last).count()
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Returns another device that says that it is the same machine.
    pub(crate) fn same_hardware(&self, device: DeviceId, hardware: &str) -> Option<&StoredDevice> {
        let mut others = self.devices.values().filter(|known| known.device != device);
        if hardware.is_empty() { None } else { others.find(|known| known.facts.hardware == hardware) }
    }

    /// Returns the devices among `facts` whose facts differ from what is known, as they would be.
    pub(crate) fn changed_facts(&self, facts: Vec<(DeviceId, Facts)>) -> Vec<StoredDevice> {
        let changed = facts.into_iter().filter_map(|(device, facts)| {
            let known = self.devices.get(&device)?;
            (known.facts != facts).then(|| StoredDevice { facts, ..known.clone() })
        });
        changed.collect()
    }
}
