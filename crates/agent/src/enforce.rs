//! Brings about what policies want, on this machine and with the rights of this process.

use management_link::{ResourceReport, ResourceStatus};
use policy::{
    Access, Document, Engine, Environment, Host, Mode, ResourceOutcome, Rules, Status, Weighed, apply_by_dsc,
    overruled,
};
use proof::ManifestPolicy;
use serde::{Deserialize, Serialize};

/// A policy and its document.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) priority: u32,
    pub(crate) users: Vec<String>,
    pub(crate) document: String,
}

impl Policy {
    pub(crate) fn of(policy: &ManifestPolicy, document: String) -> Self {
        Self { name: policy.name.clone(), priority: policy.priority, users: policy.users.clone(), document }
    }
}

/// Applies each policy. A document that this agent does not understand fails alone; of two that describe one thing
/// differently, the one of the higher priority stands.
pub(crate) fn enforce(
    policies: &[Policy],
    access: &Access,
    environment: &Environment,
    mode: Mode,
) -> Vec<ResourceReport> {
    let mut reports = Vec::new();
    let mut parsed = Vec::new();
    for policy in policies {
        match Document::parse_for(&policy.document, environment) {
            Ok(document) => parsed.push((policy, document)),
            Err(error) => reports.push(ResourceReport {
                policy: policy.name.clone(),
                resource: String::new(),
                kind: String::new(),
                status: ResourceStatus::Failed,
                detail: error.to_string(),
            }),
        }
    }
    let weighed: Vec<_> = parsed
        .iter()
        .map(|(policy, document)| Weighed { name: &policy.name, priority: policy.priority, document })
        .collect();
    let overruled = overruled(&weighed);

    let mut host = Host::new(access);
    for ((policy, document), overruled) in parsed.iter().zip(overruled) {
        let outcomes = match document.engine() {
            Engine::Agent => policy::run(document, &mut host, &Rules { access, mode, overruled }),
            Engine::Dsc => apply_by_dsc(&policy.document, &mut host, access, mode),
        };
        reports.extend(outcomes.into_iter().map(|outcome| report(&policy.name, outcome)));
    }
    reports
}

fn report(policy: &str, outcome: ResourceOutcome) -> ResourceReport {
    let ResourceOutcome { name, kind, status, detail } = outcome;
    let status = match status {
        Status::Compliant => ResourceStatus::Compliant,
        Status::Changed => ResourceStatus::Changed,
        // A run that changes nothing finds what is not as it should be.
        Status::Differs | Status::Failed => ResourceStatus::Failed,
        Status::Skipped => ResourceStatus::Skipped,
        Status::NotApplicable => ResourceStatus::NotApplicable,
    };
    ResourceReport { policy: policy.to_owned(), resource: name, kind, status, detail }
}
