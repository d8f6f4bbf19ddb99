//! Security scopes.

use action::{Targets, Timestamp};
use authority_link::{OwnerAnswer, ScopeCall, ScopeEntry};

use super::{Desk, DeskError, name_problem, not_valid, record};
use crate::{
    rules::{ALL_SCOPES, DEFAULT_SCOPE},
    store::Store,
};

/// The most scopes of a site: one for each part of an organisation that is administered by itself.
const MOST_SCOPES: usize = 200;

/// The most scopes that a collection carries or an assignment is limited to: they are looked at with each decision.
const MOST_TOGETHER: usize = 20;

/// What the default scope is for.
const DEFAULT_WORDS: &str = "what carries no other scope";

impl Desk {
    pub(super) async fn scopes(&mut self, call: ScopeCall, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        match call {
            ScopeCall::Put { name, description } => self.put_scope(name, description, now).await,
            ScopeCall::Remove { name } => self.remove_scope(&name, now).await,
            ScopeCall::Carry { collection, scopes } => self.carry(&collection, scopes, now).await,
            ScopeCall::List => Ok(self.list_scopes()),
        }
    }

    async fn put_scope(
        &mut self,
        name: String,
        description: String,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        if !description.is_empty()
            && let Some(problem) = name_problem(&description)
        {
            return Ok(problem);
        }
        if [ALL_SCOPES, DEFAULT_SCOPE].contains(&&*name) || name.contains(',') {
            let what = format!("`{name}` is a scope that every site has, or holds a comma");
            return Ok(not_valid(what, "choose another name"));
        }
        if !self.site.scopes.contains_key(&name) && self.site.scopes.len() >= MOST_SCOPES {
            let what = format!("the site has {MOST_SCOPES} scopes already");
            return Ok(not_valid(what, "remove one: `tenon scope remove`"));
        }
        let mut change = self.store.begin().await?;
        Store::put_scope(&mut change, &name, &description).await?;
        let generation = record(&mut change, now, "scope put", &name).await?;
        change.commit().await?;
        self.site.scopes.insert(name, description);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    async fn remove_scope(&mut self, name: &str, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        if !self.site.scopes.contains_key(name) {
            return Ok(unknown(name));
        }
        let carried = self.site.collections.carrying(name).next().is_some();
        let limits = self.site.people.assignments();
        if carried || limits.iter().any(|assignment| assignment.scopes.iter().any(|scope| scope == name)) {
            return Ok(not_valid(
                format!("a collection carries the scope `{name}`, or a role is limited to it"),
                "take it away there first: `tenon scope list`, `tenon role assignments`",
            ));
        }
        let mut change = self.store.begin().await?;
        Store::remove_scope(&mut change, name).await?;
        let generation = record(&mut change, now, "scope removed", name).await?;
        change.commit().await?;
        self.site.scopes.remove(name);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    async fn carry(
        &mut self,
        collection: &str,
        scopes: Vec<String>,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let id = match self.collection_ids(&[collection.to_owned()]) {
            Ok(ids) => ids.into_iter().next().unwrap_or_default(),
            Err(problem) => return Ok(problem),
        };
        if id == Targets::ALL_DEVICES {
            let what = "the collection of all devices carries the default scope only";
            return Ok(not_valid(what, "make a collection within it: `tenon collection put`"));
        }
        let scopes = match self.scope_names(scopes) {
            Ok(scopes) => scopes,
            Err(problem) => return Ok(problem),
        };
        let mut change = self.store.begin().await?;
        Store::carry_scopes(&mut change, &id, &scopes).await?;
        let carried = if scopes.is_empty() { DEFAULT_SCOPE.to_owned() } else { scopes.join(", ") };
        let generation =
            record(&mut change, now, "scopes of a collection set", &format!("{id}: {carried}")).await?;
        change.commit().await?;
        self.site.collections.set_scopes(&id, scopes);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    fn list_scopes(&self) -> OwnerAnswer {
        let own = self.site.scopes.iter().map(|(name, description)| (name.as_str(), description.as_str()));
        let assignments = self.site.people.assignments();
        let entry = |(name, description): (&str, &str)| {
            let limited = assignments.iter().filter(|one| one.scopes.iter().any(|scope| scope == name));
            ScopeEntry {
                name: name.to_owned(),
                description: description.to_owned(),
                collections: self
                    .site
                    .collections
                    .carrying(name)
                    .map(|id| self.collection_name(id))
                    .collect(),
                assignments: u64::try_from(limited.count()).unwrap_or(u64::MAX),
            }
        };
        OwnerAnswer::Scopes {
            scopes: std::iter::once((DEFAULT_SCOPE, DEFAULT_WORDS)).chain(own).map(entry).collect(),
        }
    }

    /// Returns scopes in their order, each once; else the one that there is not.
    pub(super) fn scope_names(&self, mut wanted: Vec<String>) -> Result<Vec<String>, OwnerAnswer> {
        let is_there = |name: &String| name == DEFAULT_SCOPE || self.site.scopes.contains_key(name);
        if let Some(wrong) = wanted.iter().find(|name| !is_there(name)) {
            return Err(unknown(wrong));
        }
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.len() > MOST_TOGETHER {
            let what = format!("more than {MOST_TOGETHER} scopes are named");
            return Err(not_valid(what, "make a scope for all of them: `tenon scope put`"));
        }
        Ok(wanted)
    }
}

fn unknown(name: &str) -> OwnerAnswer {
    not_valid(format!("the site has no scope `{name}`"), "look it up: `tenon scope list`")
}
