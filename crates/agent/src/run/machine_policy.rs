//! Machine policy: download what targets this device, verify it, apply it, report compliance.

use device_channel::ReturnCode;
use management_link::{
    Answer, Call, ComplianceReport, Omitted, ResourceReport, ResourceStatus, StateMessage, path,
};
use policy::{Document, FileAccess, Files, ResourceOutcome, Status};
use proof::{Hash, Manifest, NotSigned};
use service::error::Chain;

use super::{
    Doubt, Order, Report, RunLog,
    documents::{Documents, DocumentsError},
};
use crate::{
    desk::Outcome,
    management::{ManagementError, Session},
    schedule::{Ended, Work},
};

/// Resources that an answer names one by one; the report to the site has all of them.
const NAMED_IN_ANSWER: usize = 5;

/// Why the policy was not downloaded.
#[derive(Debug, thiserror::Error)]
enum DownloadError {
    #[error("{0}")]
    NoSession(String),
    #[error("failed to ask the management point for the policy")]
    Management(#[from] ManagementError),
    #[error("the manifest is not signed by the site's policy key for this device")]
    NotSigned(#[from] NotSigned),
    #[error(
        "the manifest has generation {offered}, and this device has seen {seen}: an older policy is not applied"
    )]
    Older { offered: u64, seen: u64 },
    #[error(transparent)]
    Documents(#[from] DocumentsError),
}

/// A policy of the device: its name and its document.
struct Policy {
    name: String,
    document: String,
}

/// What was downloaded, or was there from the last time.
struct Download {
    manifest: Manifest,
    policies: Vec<Policy>,
}

pub(super) async fn run(order: Order) -> Report {
    let mut session = order.credentials.management().await;
    let downloaded = match &mut session {
        Ok(session) => download(&order, session).await,
        Err(error) => Err(DownloadError::NoSession(Chain(error).to_string())),
    };
    let (download, why, doubt) = match downloaded {
        Ok(download) => (Some(download), None, Doubt::No),
        Err(error) => {
            let why = Chain(&error).to_string();
            order.log.warn(format!("Failed to download the machine policy: {why}"));
            // A key that is not known may be a new one of the site's.
            let doubt = if matches!(error, DownloadError::NotSigned(_)) { Doubt::Keys } else { Doubt::No };
            (kept(&order), Some(why), doubt)
        }
    };
    let Some(Download { manifest, policies }) = download else {
        return Report { doubt, ..Report::failed(Work::MachinePolicy, why.unwrap_or_default()) };
    };

    let (generation, issued_at) = (manifest.generation, manifest.issued_at);
    let (files, log) = (order.files.clone(), order.log.clone());
    // A thread of its own: a slow disk must not silence the connection.
    let applied = tokio::task::spawn_blocking(move || apply(&policies, files, &log)).await;
    let Ok(resources) = applied else {
        return Report::failed(
            Work::MachinePolicy,
            "applying the policy failed; the agent's own output has the cause",
        );
    };
    let report =
        ComplianceReport { generation, at: service::clock::now(), resources, omitted: Omitted::default() };
    let outcome = outcome(&report, why);
    let message = StateMessage::Compliance(report);
    let unsent = match &mut session {
        Ok(session) => {
            session.call(&Call::State(message.clone())).await.err().map(|error| Chain(&error).to_string())
        }
        Err(error) => Some(Chain(error).to_string()),
    };
    if let Some(why) = &unsent {
        order.log.warn(format!("The compliance report is kept and sent later: {why}"));
    }

    Report {
        generation: Some(generation),
        site_time: Some(issued_at),
        unsent: unsent.map(|_| message),
        doubt,
        ..Report::new(Work::MachinePolicy, outcome)
    }
}

/// Downloads the manifest, and the documents that are not there yet.
async fn download(order: &Order, session: &mut Session) -> Result<Download, DownloadError> {
    let Answer::Manifest(text) = session.call(&Call::Manifest).await? else {
        return Err(ManagementError::Mixed(path::MANIFEST).into());
    };
    let manifest = verified(&text, order)?;
    let documents = Documents::new(&order.folder)?;
    let mut policies = Vec::with_capacity(manifest.policies.len());
    for policy in &manifest.policies {
        let document = match documents.kept(policy.sha256) {
            Some(document) => document,
            None => documents.fetch(policy.sha256, session).await?,
        };
        policies.push(Policy { name: policy.name.clone(), document });
    }
    documents.put_manifest(&text)?;
    documents.forget_others(&manifest)?;

    let (generation, count) = (manifest.generation, policies.len());
    order.log.info(format!("Downloaded the machine policy: generation {generation}, {count} policies"));
    Ok(Download { manifest, policies })
}

fn verified(text: &str, order: &Order) -> Result<Manifest, DownloadError> {
    let manifest = Manifest::verify(text, &order.credentials.trust, order.credentials.identity.device)?;
    if manifest.generation < order.generation {
        return Err(DownloadError::Older { offered: manifest.generation, seen: order.generation });
    }
    Ok(manifest)
}

/// Returns the policy of the last run, verified anew: the device keeps its state while the site is away.
fn kept(order: &Order) -> Option<Download> {
    let documents = Documents::new(&order.folder).ok()?;
    let manifest = verified(&documents.manifest()?, order).ok()?;
    let document = |sha256: Hash| documents.kept(sha256);
    let policies = manifest
        .policies
        .iter()
        .map(|policy| Some(Policy { name: policy.name.clone(), document: document(policy.sha256)? }))
        .collect::<Option<Vec<_>>>()?;
    order.log.info(format!(
        "Applying the machine policy of the last download, generation {}",
        manifest.generation
    ));
    Some(Download { manifest, policies })
}

/// Applies each policy. A document that this agent does not understand fails alone.
fn apply(policies: &[Policy], files: Option<FileAccess>, log: &RunLog) -> Vec<ResourceReport> {
    let none = || FileAccess { root: "/".into(), allow: Vec::new() };
    let mut files = Files::new(files.unwrap_or_else(none));
    let mut reports = Vec::new();
    for Policy { name, document } in policies {
        match Document::parse(document) {
            Ok(document) => {
                let outcomes = policy::run(&document, &mut files);
                files.end_of_document(&document);
                reports.extend(outcomes.into_iter().map(|outcome| report(name, outcome, log)));
            }
            Err(error) => {
                log.error(format!("Policy `{name}`: {error}"));
                reports.push(ResourceReport {
                    policy: name.clone(),
                    resource: String::new(),
                    kind: String::new(),
                    status: ResourceStatus::Failed,
                    detail: error.to_string(),
                });
            }
        }
    }
    reports
}

fn report(policy: &str, outcome: ResourceOutcome, log: &RunLog) -> ResourceReport {
    let ResourceOutcome { name, kind, status, detail } = outcome;
    let status = match status {
        Status::Compliant => ResourceStatus::Compliant,
        Status::Changed => {
            log.info(format!("Policy `{policy}`, resource `{name}`: set, because {detail}"));
            ResourceStatus::Changed
        }
        Status::Failed => {
            log.error(format!("Policy `{policy}`, resource `{name}`: failed: {detail}"));
            ResourceStatus::Failed
        }
        Status::Skipped => {
            log.warn(format!("Policy `{policy}`, resource `{name}`: skipped: {detail}"));
            ResourceStatus::Skipped
        }
    };
    ResourceReport { policy: policy.to_owned(), resource: name, kind: kind.to_owned(), status, detail }
}

/// Says in an answer what became of the run. `not_downloaded` says why the policy is that of the last run.
fn outcome(report: &ComplianceReport, not_downloaded: Option<String>) -> Outcome {
    let is_bad = |resource: &&ResourceReport| match resource.status {
        ResourceStatus::Failed | ResourceStatus::Skipped => true,
        ResourceStatus::Compliant | ResourceStatus::Changed => false,
    };
    let bad: Vec<_> = report.resources.iter().filter(is_bad).collect();
    let total = report.resources.len();

    if let Some(why) = not_downloaded {
        let detail = format!("{why}; the policy of the last download was applied instead");
        return Outcome { code: ReturnCode::FAILED, detail, ended: Ended::Badly };
    }
    if bad.is_empty() {
        // Success needs no words: the answer on the wire is the field's, to the letter.
        return Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well };
    }
    let mut detail = format!("{} of {total} resources are not compliant", bad.len());
    for resource in bad.iter().take(NAMED_IN_ANSWER) {
        detail.push_str(&format!("; {}/{}: {}", resource.policy, resource.resource, resource.detail));
    }
    if bad.len() > NAMED_IN_ANSWER {
        detail.push_str(&format!("; and {} more", bad.len() - NAMED_IN_ANSWER));
    }
    // The run itself went well: to run it sooner than its period would change nothing.
    Outcome { code: ReturnCode::FAILED, detail, ended: Ended::Well }
}
