//! Applications and deployments.

use std::collections::BTreeMap;

use action::Timestamp;
use application::Application;
use authority_link::{
    ApplicationAnswer, ApplicationCall, ApplicationEntry, DeploymentEntry, DeploymentIntent, OwnerAnswer,
};
use proof::Hash;

use super::{Desk, DeskError, name_problem, not_valid, record};
use crate::store::{Store, StoredApplication, StoredDeployment};

/// The most applications of a site: with their deployments, the manifest of a device that has all of them stays within
/// what a signed text may have beside its policies.
const MOST_APPLICATIONS: usize = 250;
/// The most deployments of a site: each application to a few collections.
const MOST_DEPLOYMENTS: usize = 1_000;

impl Desk {
    pub(super) async fn applications(
        &mut self,
        call: ApplicationCall,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        match call {
            ApplicationCall::Put { name, document } => self.put_application(name, &document, now).await,
            ApplicationCall::List => Ok(told(ApplicationAnswer::Applications {
                applications: self.present().map(|one| self.application_entry(one)).collect(),
            })),
            ApplicationCall::Show { application } => self.show_application(&application).await,
            ApplicationCall::Remove { application } => self.remove_application(&application, now).await,
            ApplicationCall::Deploy { application, collection, intent, deadline } => {
                self.deploy(&application, &collection, intent, deadline, now).await
            }
            ApplicationCall::ListDeployments => Ok(self.list_deployments()),
            ApplicationCall::RemoveDeployment { id } => self.remove_deployment(&id, now).await,
        }
    }

    async fn put_application(
        &mut self,
        name: String,
        document: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        let application = match Application::parse(document) {
            Ok(application) => application,
            Err(error) => return Ok(not_valid(error.to_string(), error.fix)),
        };
        let superseded = application.supersedes.iter().map(|old| old.application.clone());
        let names: Vec<String> = application.depends_on.iter().cloned().chain(superseded).collect();
        if let Some(unknown) = names.iter().find(|named| **named != name && self.named(named).is_none()) {
            let what = format!("the application names `{unknown}`, and the site has no such application");
            return Ok(not_valid(what, "put that one first, or correct the name"));
        }
        if let Some(circle) = self.circle(&name, &names) {
            return Ok(not_valid(circle, "take one of the names out of the document"));
        }
        let known = self.site.applications.get(&name).cloned();
        if known.is_none() && self.site.applications.len() >= MOST_APPLICATIONS {
            let what = format!(
                "the site has {MOST_APPLICATIONS} applications already, those that were removed counted"
            );
            return Ok(not_valid(what, "use the name of an application that was removed"));
        }

        let mut change = self.store.begin().await?;
        let (id, version) = match &known {
            Some(known) => (known.id.clone(), known.version + 1),
            None => (format!("APP{:05}", Store::next_number(&mut change, "application").await?), 1),
        };
        let sha256 = Hash::of(document.as_bytes()).hex();
        let software_version = application.software_version;
        let stored = StoredApplication { id, name, version, sha256, software_version, names, removed: false };
        Store::put_document(&mut change, &stored.sha256, document).await?;
        Store::put_application(&mut change, &stored).await?;
        let generation = record(&mut change, now, "application put", &stored.name).await?;
        change.commit().await?;
        let (id, sha256) = (stored.id.clone(), stored.sha256.clone());
        self.site.applications.insert(stored.name.clone(), stored);
        self.site.generation = generation;
        Ok(told(ApplicationAnswer::Put { id, version, sha256 }))
    }

    /// Returns the circle that an application would close by naming these.
    fn circle(&self, name: &str, names: &[String]) -> Option<String> {
        let mut depends: BTreeMap<&str, Vec<&str>> = self
            .present()
            .map(|one| (one.name.as_str(), one.names.iter().map(String::as_str).collect()))
            .collect();
        depends.insert(name, names.iter().map(String::as_str).collect());
        application::order(&depends).err().map(|circle| circle.to_string())
    }

    async fn show_application(&self, wanted: &str) -> Result<OwnerAnswer, DeskError> {
        let Some(stored) = self.named(wanted) else { return Ok(unknown(wanted)) };
        let entry = self.application_entry(stored);
        let document = self.store.document(&stored.sha256).await?.unwrap_or_default();
        Ok(told(ApplicationAnswer::Application { entry, document }))
    }

    async fn remove_application(&mut self, wanted: &str, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        let Some(known) = self.named(wanted).cloned() else { return Ok(unknown(wanted)) };
        let deployed = self.site.deployments.values().find(|one| one.application == known.name);
        if let Some(deployment) = deployed {
            let what = format!("the application `{}` has the deployment {}", known.name, deployment.id);
            return Ok(not_valid(what, "take the deployment back first: `tenon deployment remove`"));
        }
        let namer = self.present().find(|one| one.name != known.name && one.names.contains(&known.name));
        if let Some(namer) = namer {
            let what = format!("the application `{}` names `{}`", namer.name, known.name);
            return Ok(not_valid(what, "put that one without the name first"));
        }
        let removed = StoredApplication { removed: true, ..known };
        let mut change = self.store.begin().await?;
        Store::put_application(&mut change, &removed).await?;
        let generation = record(&mut change, now, "application removed", &removed.name).await?;
        change.commit().await?;
        self.site.applications.insert(removed.name.clone(), removed);
        self.site.generation = generation;
        Ok(told(ApplicationAnswer::Done))
    }

    async fn deploy(
        &mut self,
        application: &str,
        collection: &str,
        intent: DeploymentIntent,
        deadline: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let Some(application) = self.named(application).map(|one| one.name.clone()) else {
            return Ok(unknown(application));
        };
        let collection = match self.collection_ids(&[collection.to_owned()]) {
            Ok(ids) => ids.into_iter().next().unwrap_or_default(),
            Err(problem) => return Ok(problem),
        };
        let same = |one: &&StoredDeployment| one.application == application && one.collection == collection;
        let known = self.site.deployments.values().find(same).map(|one| one.id.clone());
        if known.is_none() && self.site.deployments.len() >= MOST_DEPLOYMENTS {
            let what = format!("the site has {MOST_DEPLOYMENTS} deployments already");
            return Ok(not_valid(what, "take one back that is not needed: `tenon deployment remove`"));
        }
        let mut change = self.store.begin().await?;
        let id = match known {
            Some(id) => id,
            None => format!("DEP{:05}", Store::next_number(&mut change, "deployment").await?),
        };
        let stored = StoredDeployment { id, application, collection, intent, deadline };
        Store::put_deployment(&mut change, &stored).await?;
        let subject =
            format!("{} ({}) of `{}` to {}", stored.id, intent.name(), stored.application, stored.collection);
        let generation = record(&mut change, now, "deployment put", &subject).await?;
        change.commit().await?;
        let id = stored.id.clone();
        self.site.deployments.insert(id.clone(), stored);
        self.site.generation = generation;
        Ok(told(ApplicationAnswer::Deployed { id }))
    }

    fn list_deployments(&self) -> OwnerAnswer {
        let deployments = self.site.deployments.values().map(|one| DeploymentEntry {
            id: one.id.clone(),
            application: one.application.clone(),
            collection: one.collection.clone(),
            intent: one.intent,
            deadline: one.deadline,
        });
        told(ApplicationAnswer::Deployments { deployments: deployments.collect() })
    }

    async fn remove_deployment(&mut self, id: &str, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        if !self.site.deployments.contains_key(id) {
            let what = format!("the site has no deployment `{id}`");
            return Ok(not_valid(what, "look it up: `tenon deployment list`"));
        }
        let mut change = self.store.begin().await?;
        Store::remove_deployment(&mut change, id).await?;
        let generation = record(&mut change, now, "deployment removed", id).await?;
        change.commit().await?;
        self.site.deployments.remove(id);
        self.site.generation = generation;
        Ok(told(ApplicationAnswer::Done))
    }

    fn present(&self) -> impl Iterator<Item = &StoredApplication> {
        self.site.applications.values().filter(|one| !one.removed)
    }

    fn named(&self, wanted: &str) -> Option<&StoredApplication> {
        self.present().find(|one| one.name == wanted || one.id == wanted)
    }

    fn application_entry(&self, one: &StoredApplication) -> ApplicationEntry {
        let deployments =
            self.site.deployments.values().filter(|deployment| deployment.application == one.name);
        ApplicationEntry {
            id: one.id.clone(),
            name: one.name.clone(),
            version: one.version,
            sha256: one.sha256.clone(),
            software_version: one.software_version.clone(),
            deployments: u64::try_from(deployments.count()).unwrap_or(u64::MAX),
        }
    }
}

fn told(answer: ApplicationAnswer) -> OwnerAnswer {
    OwnerAnswer::Applications { said: Box::new(answer) }
}

fn unknown(application: &str) -> OwnerAnswer {
    let what = format!("the site has no application `{application}`");
    not_valid(what, "look it up: `tenon application list`")
}
