//! Machine policy: download what targets this device, verify it, apply it, report compliance.

use device_channel::ReturnCode;
use management_link::{Call, ComplianceReport, Omitted, ResourceReport, ResourceStatus, StateMessage};
use policy::{Environment, Mode};
use service::error::Chain;

use super::{
    Order, Report, RunLog,
    download::{self, Download, Found},
    kept_reports::{self, Whose},
};
use crate::{
    desk::Outcome,
    enforce::enforce,
    management::{ManagementError, Session},
    schedule::{Ended, Work},
};

/// Resources that an answer names one by one; the report to the site has all of them.
const NAMED_IN_ANSWER: usize = 5;

pub(super) async fn run(order: Order) -> Report {
    let mut session = order.credentials.management().await;
    let Found { download, not_downloaded, doubt } = download::downloaded_or_kept(&order, &mut session).await;
    let Some(Download { manifest, policies }) = download else {
        let why = not_downloaded.unwrap_or_default();
        return Report { doubt, ..Report::failed(Work::MachinePolicy, why) };
    };
    let policies: Vec<_> = policies.into_iter().filter(|policy| policy.users.is_empty()).collect();
    let access = order.access.clone();
    // A thread of its own: a slow disk must not silence the connection.
    let applied =
        tokio::task::spawn_blocking(move || enforce(&policies, &access, &Environment::root(), Mode::Enforce));
    let Ok(resources) = applied.await else {
        return Report::failed(
            Work::MachinePolicy,
            "applying the policy failed; the agent's own output has the cause",
        );
    };
    resources.iter().for_each(|resource| tell(resource, &order.log));
    let outcome = outcome(&resources, not_downloaded);
    let all = kept_reports::with_the_other(&order.folder, Whose::Machine, &resources);
    let unsent = send(&order, &mut session, manifest.generation, all).await;

    Report {
        generation: Some(manifest.generation),
        site_time: Some(manifest.issued_at),
        unsent,
        doubt,
        ..Report::new(Work::MachinePolicy, outcome)
    }
}

/// Sends a report of compliance; returns it where the site did not get it.
pub(super) async fn send(
    order: &Order,
    session: &mut Result<Session, ManagementError>,
    generation: u64,
    resources: Vec<ResourceReport>,
) -> Option<StateMessage> {
    let report =
        ComplianceReport { generation, at: service::clock::now(), resources, omitted: Omitted::default() };
    let message = StateMessage::Compliance(report);
    let why = match session {
        Ok(session) => {
            session.call(&Call::State(message.clone())).await.err().map(|error| Chain(&error).to_string())
        }
        Err(error) => Some(Chain(error).to_string()),
    }?;
    order.log.warn(format!("The compliance report is kept and sent later: {why}"));
    Some(message)
}

/// Writes what became of a resource into the policy agent's log.
pub(super) fn tell(report: &ResourceReport, log: &RunLog) {
    let ResourceReport { policy, resource, status, detail, .. } = report;
    let about = format!("Policy `{policy}`, resource `{resource}`");
    match status {
        ResourceStatus::Compliant => log.detail(format!("{about}: is as it should be")),
        ResourceStatus::Changed => log.info(format!("{about}: set, because {detail}")),
        ResourceStatus::Failed => log.error(format!("{about}: failed: {detail}")),
        ResourceStatus::Skipped => log.warn(format!("{about}: skipped: {detail}")),
        ResourceStatus::NotApplicable => log.info(format!("{about}: not applicable: {detail}")),
    }
}

/// Says in an answer what became of the run. `not_downloaded` says why the policy is that of the last run.
pub(super) fn outcome(resources: &[ResourceReport], not_downloaded: Option<String>) -> Outcome {
    let is_bad = |resource: &&ResourceReport| match resource.status {
        ResourceStatus::Failed | ResourceStatus::Skipped => true,
        ResourceStatus::Compliant | ResourceStatus::Changed | ResourceStatus::NotApplicable => false,
    };
    let bad: Vec<_> = resources.iter().filter(is_bad).collect();
    let total = resources.len();

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
