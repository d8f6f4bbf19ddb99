//! Policies.

use action::Timestamp;
use authority_link::{OwnerAnswer, PolicyEntry};
use policy::Document;
use proof::Hash;

use super::{Desk, DeskError, name_problem, not_valid, record};
use crate::store::{Store, StoredPolicy};

/// The most policies of a site: the manifest of a device that has all of them is below 150 KiB.
const MOST_POLICIES: usize = 500;

impl Desk {
    pub(super) async fn put_policy(
        &mut self,
        name: String,
        document: &str,
        collections: &[String],
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        if let Err(error) = Document::parse(document) {
            let place = error.line.map_or_else(String::new, |line| format!(", line {line}"));
            return Ok(not_valid(
                format!("the policy document is not valid{place}: {}", error.what),
                error.fix,
            ));
        }
        let collections = match self.collection_ids(collections) {
            Ok(ids) => ids,
            Err(problem) => return Ok(problem),
        };
        let sha256 = Hash::of(document.as_bytes()).hex();
        let known = self.site.policies.get(&name).cloned();
        if known.is_none() && self.site.policies.len() >= MOST_POLICIES {
            let what =
                format!("the site has {MOST_POLICIES} policies already, those that were removed counted");
            return Ok(not_valid(
                what,
                "use the name of a policy that was removed, or put several into one document",
            ));
        }
        let mut change = self.store.begin().await?;
        let (id, version) = match &known {
            Some(known) => (known.id.clone(), known.version + 1),
            None => (format!("POL{:05}", Store::next_number(&mut change, "policy").await?), 1),
        };
        let stored = StoredPolicy { id, name, version, sha256, collections, removed: false };
        Store::put_document(&mut change, &stored.sha256, document).await?;
        Store::put_policy(&mut change, &stored).await?;
        let generation = record(&mut change, now, "policy put", &stored.name).await?;
        change.commit().await?;
        let told = OwnerAnswer::Policy { id: stored.id.clone(), version, sha256: stored.sha256.clone() };
        self.site.policies.insert(stored.name.clone(), stored);
        self.site.generation = generation;
        Ok(told)
    }

    pub(super) fn list_policies(&self) -> OwnerAnswer {
        let policies =
            self.site.policies.values().filter(|policy| !policy.removed).map(|policy| PolicyEntry {
                id: policy.id.clone(),
                name: policy.name.clone(),
                version: policy.version,
                sha256: policy.sha256.clone(),
                collections: policy.collections.clone(),
            });
        OwnerAnswer::Policies { policies: policies.collect() }
    }

    pub(super) async fn remove_policy(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let Some(known) = self.site.policies.get(name).filter(|policy| !policy.removed) else {
            let what = format!("the site has no policy `{name}`");
            return Ok(not_valid(what, "look it up: `tenon policy list`"));
        };
        let removed = StoredPolicy { removed: true, ..known.clone() };
        let mut change = self.store.begin().await?;
        Store::put_policy(&mut change, &removed).await?;
        let generation = record(&mut change, now, "policy removed", name).await?;
        change.commit().await?;
        self.site.policies.insert(removed.name.clone(), removed);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }
}
