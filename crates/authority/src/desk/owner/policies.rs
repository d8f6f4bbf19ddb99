//! Policies: put, assigned, rolled back, removed. Each change makes a version, and versions stay.

use std::collections::BTreeMap;

use action::Timestamp;
use authority_link::{OwnerAnswer, PolicyConflict, PolicyEntry, PolicyVersion};
use policy::{Document, Weighed};
use proof::Hash;

use super::{Desk, DeskError, name_problem, not_valid, record};
use crate::store::{Store, StoredPolicy, StoredVersion};

/// The most policies of a site: the manifest of a device that has all of them is below 150 KiB.
const MOST_POLICIES: usize = 500;
/// The priority of a policy that nobody gave one; there is room above and below.
const USUAL_PRIORITY: u32 = 100;
/// The most users of a policy: they stand in the manifest of each of its devices.
const MOST_USERS: usize = 100;
/// The longest name of a user, in bytes, as Linux has it.
const LONGEST_USER: usize = 32;

/// What a policy is put with, besides its document.
pub(super) struct Assignment {
    pub(super) collections: Option<Vec<String>>,
    pub(super) users: Option<Vec<String>>,
    pub(super) priority: Option<u32>,
}

impl Desk {
    pub(super) async fn put_policy(
        &mut self,
        name: String,
        document: &str,
        assignment: Assignment,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        let warnings = match Document::parse(document) {
            Ok(document) => document.warnings().iter().map(ToString::to_string).collect(),
            Err(error) => {
                let place = error.line.map_or_else(String::new, |line| format!(", line {line}"));
                return Ok(not_valid(
                    format!("the policy document is not valid{place}: {}", error.what),
                    error.fix,
                ));
            }
        };
        let known = self.site.policies.get(&name).cloned();
        if known.is_none() && self.site.policies.len() >= MOST_POLICIES {
            let what =
                format!("the site has {MOST_POLICIES} policies already, those that were removed counted");
            return Ok(not_valid(
                what,
                "use the name of a policy that was removed, or put several into one document",
            ));
        }
        let sha256 = Hash::of(document.as_bytes()).hex();
        let (id, version, priority) = match &known {
            Some(known) => (known.id.clone(), known.version + 1, known.priority),
            None => (String::new(), 1, USUAL_PRIORITY),
        };
        let empty = Vec::new();
        let mut stored = StoredPolicy {
            id,
            name,
            version,
            sha256,
            collections: empty.clone(),
            users: empty,
            priority,
            removed: false,
        };
        if let Err(problem) = self.assign_to(&mut stored, assignment) {
            return Ok(problem);
        }
        self.store_policy(stored, Some(document), "put", warnings, now).await
    }

    pub(super) async fn assign_policy(
        &mut self,
        name: &str,
        assignment: Assignment,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let Some(known) = self.policy_in_force(name) else { return Ok(unknown(name)) };
        let mut stored = StoredPolicy { version: known.version + 1, ..known.clone() };
        if let Err(problem) = self.assign_to(&mut stored, assignment) {
            return Ok(problem);
        }
        self.store_policy(stored, None, "assigned", Vec::new(), now).await
    }

    pub(super) async fn roll_back_policy(
        &mut self,
        name: &str,
        version: u64,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let Some(known) = self.site.policies.get(name).cloned() else { return Ok(unknown(name)) };
        let versions = self.store.policy_versions(&known.id).await?;
        let Some(old) = versions.into_iter().find(|old| old.policy.version == version) else {
            return Ok(unknown_version(name, version));
        };
        if old.policy.removed {
            let what = format!("version {version} of `{name}` is its removal");
            return Ok(not_valid(what, "choose another one: `tenon policy history`, or remove the policy"));
        }
        if let Some(gone) = old.policy.collections.iter().find(|id| self.site.collection_id(id).is_none()) {
            let what = format!("version {version} of `{name}` was assigned to {gone}, which is gone");
            return Ok(not_valid(what, "put the document of that version again: `tenon policy show`"));
        }
        let stored = StoredPolicy { version: known.version + 1, ..old.policy };
        let what = format!("rolled back to version {version}");
        self.store_policy(stored, None, &what, Vec::new(), now).await
    }

    pub(super) async fn show_policy(
        &self,
        name: &str,
        version: Option<u64>,
    ) -> Result<OwnerAnswer, DeskError> {
        let Some(known) = self.site.policies.get(name) else { return Ok(unknown(name)) };
        let wanted = version.unwrap_or(known.version);
        let versions = self.store.policy_versions(&known.id).await?;
        let Some(found) = versions.into_iter().find(|found| found.policy.version == wanted) else {
            return Ok(unknown_version(name, wanted));
        };
        let document = self.store.document(&found.policy.sha256).await?;
        let document =
            document.ok_or_else(|| DeskError::NotPossible(format!("the policy `{name}` is damaged")))?;
        Ok(OwnerAnswer::PolicyDocument { policy: told(found), document })
    }

    pub(super) async fn policy_history(&self, name: &str) -> Result<OwnerAnswer, DeskError> {
        let Some(known) = self.site.policies.get(name) else { return Ok(unknown(name)) };
        let versions = self.store.policy_versions(&known.id).await?;
        Ok(OwnerAnswer::PolicyVersions { versions: versions.into_iter().map(told).collect() })
    }

    pub(super) fn list_policies(&self) -> OwnerAnswer {
        let policies = self.site.policies.values().filter(|policy| !policy.removed).cloned().map(entry);
        OwnerAnswer::Policies { policies: policies.collect() }
    }

    /// Finds what policies that a device has together describe differently. User policies are compared with each other:
    /// they and machine policy never write as the same account.
    pub(super) async fn policy_conflicts(&self) -> Result<OwnerAnswer, DeskError> {
        let documents: BTreeMap<String, Document> = self
            .store
            .documents_in_force()
            .await?
            .into_iter()
            .filter_map(|(name, text)| Some((name, Document::parse(&text).ok()?)))
            .collect();
        let mut conflicts = Vec::new();
        for of_users in [false, true] {
            let policies: Vec<_> = documents
                .iter()
                .filter_map(|(name, document)| {
                    let policy = self.policy_in_force(name).filter(|p| p.users.is_empty() != of_users)?;
                    Some((policy, document))
                })
                .collect();
            let weighed: Vec<_> = policies
                .iter()
                .map(|(policy, document)| Weighed { name: &policy.name, priority: policy.priority, document })
                .collect();
            for conflict in policy::conflicts(&weighed) {
                let claims = &conflict.claims;
                let meets = |claim: usize| {
                    claims
                        .iter()
                        .any(|(other, _)| *other != claim && self.meet(policies[claim].0, policies[*other].0))
                };
                let meeting: Vec<_> = claims.iter().filter(|(claim, _)| meets(*claim)).collect();
                if meeting.is_empty() {
                    continue;
                }
                let named = meeting.iter().map(|(claim, place)| {
                    let (policy, document) = policies[*claim];
                    (policy.name.clone(), policy.priority, document.resources()[*place].name.clone())
                });
                conflicts.push(PolicyConflict {
                    policies: named.collect(),
                    stands: conflict.stands.map(|stands| policies[claims[stands].0].0.name.clone()),
                    target: conflict.target,
                });
            }
        }
        Ok(OwnerAnswer::PolicyConflicts { conflicts })
    }

    pub(super) async fn remove_policy(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let Some(known) = self.policy_in_force(name) else { return Ok(unknown(name)) };
        let removed = StoredPolicy { removed: true, version: known.version + 1, ..known.clone() };
        self.store_policy(removed, None, "removed", Vec::new(), now).await.map(|told| match told {
            OwnerAnswer::Policy { .. } => OwnerAnswer::Done,
            problem => problem,
        })
    }

    fn policy_in_force(&self, name: &str) -> Option<&StoredPolicy> {
        self.site.policies.get(name).filter(|policy| !policy.removed)
    }

    /// Returns whether a device has both policies.
    fn meet(&self, one: &StoredPolicy, other: &StoredPolicy) -> bool {
        let has = |policy: &StoredPolicy, device| {
            policy.collections.iter().any(|collection| self.site.holds(collection, device))
        };
        let of_one_user = one.users == other.users
            || one.users.iter().chain(&other.users).any(|user| user == "*")
            || one.users.iter().any(|user| other.users.contains(user));
        of_one_user && self.site.devices.keys().any(|device| has(one, *device) && has(other, *device))
    }

    fn assign_to(&self, stored: &mut StoredPolicy, assignment: Assignment) -> Result<(), OwnerAnswer> {
        let Assignment { collections, users, priority } = assignment;
        if let Some(collections) = collections {
            if collections.is_empty() {
                let what = "a policy needs at least one collection: the devices that have it";
                return Err(not_valid(what.to_owned(), "name one, or SMS00001 for all devices"));
            }
            stored.collections = self.collection_ids(&collections)?;
        }
        if let Some(mut users) = users {
            let is_bad = |user: &&String| {
                user.is_empty()
                    || user.len() > LONGEST_USER
                    || **user == "root"
                    || user.chars().any(|c| c.is_control() || c.is_whitespace() || ":/,".contains(c))
            };
            if let Some(bad) = users.iter().find(is_bad) {
                let what = format!("`{}` is no user that policy is applied as", bad.escape_debug());
                return Err(not_valid(what, "write the name of a person's account, or `*`"));
            }
            users.sort_unstable();
            users.dedup();
            if users.len() > MOST_USERS {
                let what = format!("a policy has at most {MOST_USERS} users");
                return Err(not_valid(what, "write `*`, and choose the devices by a collection"));
            }
            stored.users = users;
        }
        if let Some(priority) = priority {
            stored.priority = priority;
        }
        Ok(())
    }

    async fn store_policy(
        &mut self,
        mut stored: StoredPolicy,
        document: Option<&str>,
        what: &str,
        warnings: Vec<String>,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let mut change = self.store.begin().await?;
        if stored.id.is_empty() {
            stored.id = format!("POL{:05}", Store::next_number(&mut change, "policy").await?);
        }
        if let Some(document) = document {
            Store::put_document(&mut change, &stored.sha256, document).await?;
        }
        Store::put_policy(&mut change, &stored, now, what).await?;
        let generation = record(&mut change, now, &format!("policy {what}"), &stored.name).await?;
        change.commit().await?;
        let StoredPolicy { id, version, sha256, .. } = stored.clone();
        self.site.policies.insert(stored.name.clone(), stored);
        self.site.generation = generation;
        Ok(OwnerAnswer::Policy { id, version, sha256, warnings })
    }
}

fn entry(policy: StoredPolicy) -> PolicyEntry {
    let StoredPolicy { id, name, version, sha256, collections, users, priority, removed: _ } = policy;
    PolicyEntry { id, name, version, sha256, collections, users, priority }
}

fn told(version: StoredVersion) -> PolicyVersion {
    PolicyVersion { entry: entry(version.policy), at: version.at, what: version.what }
}

fn unknown(name: &str) -> OwnerAnswer {
    not_valid(format!("the site has no policy `{name}`"), "look it up: `tenon policy list`")
}

fn unknown_version(name: &str, version: u64) -> OwnerAnswer {
    not_valid(
        format!("the policy `{name}` has no version {version}"),
        format!("look it up: `tenon policy history {name}`"),
    )
}
