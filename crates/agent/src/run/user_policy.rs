//! User policy: for each user of the device that it targets, a process of that user applies it. This one, which is
//! root's, applies none of it.

mod accounts;

use management_link::{ResourceReport, ResourceStatus};
use policy::Program;

use self::accounts::{Account, Presence};
use super::{
    Order, Report,
    download::{self, Download, Found},
    kept_reports::{self, Whose},
    machine_policy::{outcome, send, tell},
};
use crate::{
    enforce::Policy,
    schedule::{Ended, Work},
};

/// How long the policies of one user may take.
const WITHIN_SECONDS: u64 = 900;
/// The most users that one run serves; a terminal server of a thousand is served by several cycles.
const MOST_USERS: usize = 200;

pub(super) async fn run(order: Order) -> Report {
    let mut session = order.credentials.management().await;
    let Found { download, not_downloaded, doubt } = download::downloaded_or_kept(&order, &mut session).await;
    let Some(Download { manifest, policies }) = download else {
        let why = not_downloaded.unwrap_or_default();
        return Report { doubt, ..Report::failed(Work::UserPolicy, why) };
    };
    let policies: Vec<_> = policies.into_iter().filter(|policy| !policy.users.is_empty()).collect();
    let is_allowed = order.access.types.is_none();
    let applied =
        tokio::task::spawn_blocking(
            move || {
                if is_allowed { apply(&policies) } else { not_allowed(&policies) }
            },
        );
    let Ok(resources) = applied.await else {
        let why = "applying the policy failed; the agent's own output has the cause";
        return Report::failed(Work::UserPolicy, why);
    };
    resources.iter().for_each(|resource| tell(resource, &order.log));
    let mut outcome = outcome(&resources, not_downloaded);
    outcome.detail.truncate(outcome.detail.floor_char_boundary(LONGEST_ANSWER));
    if resources.is_empty() {
        outcome.ended = Ended::Well;
    }
    let all = kept_reports::with_the_other(&order.folder, Whose::Users, &resources);
    let unsent = send(&order, &mut session, manifest.generation, all).await;

    Report {
        generation: Some(manifest.generation),
        site_time: Some(manifest.issued_at),
        unsent,
        doubt,
        ..Report::new(Work::UserPolicy, outcome)
    }
}

/// The longest answer, in bytes; the report to the site has the rest.
const LONGEST_ANSWER: usize = 2 << 10;

fn not_allowed(policies: &[Policy]) -> Vec<ResourceReport> {
    let why = "the agent's configuration does not allow user policy; it needs `resource-allow = [\"*\"]`";
    policies.iter().map(|policy| about(policy, "", ResourceStatus::Failed, why)).collect()
}

fn apply(policies: &[Policy]) -> Vec<ResourceReport> {
    let (accounts, logged_on) = match accounts::read() {
        Ok(found) => found,
        Err(error) => {
            let why = format!("failed to read the accounts of this device: {error}");
            return policies.iter().map(|policy| about(policy, "", ResourceStatus::Failed, &why)).collect();
        }
    };
    let mut reports = Vec::new();
    for name in policies.iter().flat_map(|policy| &policy.users).filter(|name| *name != "*") {
        let away = match accounts::presence(name, &accounts) {
            Presence::Here => continue,
            Presence::Refused(why) => (ResourceStatus::Failed, why),
            Presence::Away(why) => (ResourceStatus::NotApplicable, why),
        };
        let of = policies.iter().filter(|policy| policy.users.contains(name));
        reports.extend(of.map(|policy| about(policy, name, away.0, away.1)));
    }
    for account in accounts
        .iter()
        .filter(|account| accounts::presence(&account.name, &accounts) == Presence::Here)
        .take(MOST_USERS)
    {
        let targets = |policy: &&Policy| {
            policy.users.contains(&account.name)
                || policy.users.iter().any(|name| name == "*") && logged_on.contains(&account.uid)
        };
        let of_user: Vec<_> = policies.iter().filter(targets).cloned().collect();
        if !of_user.is_empty() {
            reports.extend(apply_as(account, &of_user));
        }
    }
    reports
}

fn apply_as(account: &Account, policies: &[Policy]) -> Vec<ResourceReport> {
    let failed = |why: String| {
        policies
            .iter()
            .map(|policy| about(policy, &account.name, ResourceStatus::Failed, &why))
            .collect::<Vec<_>>()
    };
    let (program, input) = match (std::env::current_exe(), serde_json::to_vec(policies)) {
        (Ok(program), Ok(input)) => (program, input),
        (Err(error), _) => return failed(format!("failed to find the agent's own program: {error}")),
        (_, Err(error)) => return failed(format!("failed to hand the policies over: {error}")),
    };
    let program = Program::new(&program.to_string_lossy(), &["policy", "as-user"])
        .stdin(input)
        .within_seconds(WITHIN_SECONDS)
        .run_as(&account.name);
    let ran = match policy::run_program(&program) {
        Ok(ran) if ran.code == Some(0) => ran,
        Ok(ran) => return failed(format!("the process of the user failed: {}", ran.stderr.trim())),
        Err(error) => return failed(service::error::Chain(&error).to_string()),
    };
    match serde_json::from_str::<Vec<ResourceReport>>(&ran.stdout) {
        Ok(reports) => reports
            .into_iter()
            .map(|report| ResourceReport {
                resource: format!("{} ({})", report.resource, account.name),
                ..report
            })
            .collect(),
        Err(error) => failed(format!("the process of the user answered something else: {error}")),
    }
}

fn about(policy: &Policy, user: &str, status: ResourceStatus, detail: &str) -> ResourceReport {
    ResourceReport {
        policy: policy.name.clone(),
        resource: if user.is_empty() { String::new() } else { format!("({user})") },
        kind: String::new(),
        status,
        detail: detail.to_owned(),
    }
}
