//! Builds the request that the site decides on, and what is stored of it.

use action::{ActionKind, BatchId, Clocks, Targets, TaskGuid, Timestamp};
use axum::http::StatusCode;
use console_api::NewAction;
use proof::request::{Params, Request, RequestKind};

use super::{permit::ActPermit, targets::AtSite};
use crate::{
    problem::Refusal,
    state::Console,
    store::{Audit, NewActionRow, NewTargets},
};

/// What is the same for the actions of one click.
pub(super) struct Ask<'a> {
    pub(super) new: &'a NewAction,
    pub(super) clocks: Clocks,
    pub(super) now: Timestamp,
}

/// Makes the request of one site, as it is before anybody has signed it.
pub(super) fn request(console: &Console, permit: &ActPermit, ask: &Ask<'_>, at_site: &AtSite) -> Request {
    let Ask { new, clocks, now, .. } = *ask;
    let kind = new.kind.0;
    let iss = match permit.session().token() {
        Some(token) => Request::vouched_for_token(console.id(), token),
        None => Request::vouched_by(console.id()),
    };
    Request {
        v: Request::VERSION,
        id: new.task_guid.unwrap_or_else(|| TaskGuid(service::dice::uuid())),
        iss,
        sub: permit.user(),
        idh: String::new(),
        jkt: String::new(),
        tenant: permit.tenant(),
        site: at_site.site,
        console: console.id(),
        kind: RequestKind::DeviceAction,
        params: Params { task_type: kind.0, task_param: new.param.clone() },
        targets: match &at_site.targets {
            NewTargets::Devices(devices) => Targets::Devices { devices: devices.clone() },
            NewTargets::Collection { id, at_most, version, .. } => {
                Targets::Collection { collection: id.clone(), at_most: *at_most, version: *version }
            }
        },
        iat: now,
        exp: clocks.deliver_by,
        deliver_by: clocks.deliver_by,
        finish_within: clocks.finish_within_seconds,
        offline: new.offline.unwrap_or_else(|| kind.offline_policy()),
        site_nonce: String::new(),
    }
}

/// Returns the canonical text of a request. What the site would refuse to read is refused here, where the person can still
/// correct it.
pub(super) fn text(request: &Request) -> Result<String, Refusal> {
    let bytes = request.encode();
    if let Err(error) = Request::parse(&bytes) {
        let detail = format!("The site would not take this request: {error}.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let title = "A value is not valid";
        return Err(Refusal::new(status, "not-valid", title, detail, "Correct it and ask again."));
    }
    String::from_utf8(bytes).map_err(|_| Refusal::internal("a canonical request is not text"))
}

/// Makes the action of one site, of a request that is sent as `sent`.
pub(super) fn action(
    permit: &ActPermit,
    request: &Request,
    sent: String,
    targets: NewTargets,
    batch: Option<BatchId>,
    now: Timestamp,
) -> NewActionRow {
    let (task_guid, site) = (request.id, request.site);
    let kind = ActionKind(request.params.task_type);
    let subject = format!("{task_guid} {} site {site}", kind.template());
    let audit = Audit { devices: named(&targets), ..permit.audit("action.create", subject, now) };
    NewActionRow {
        task_guid,
        batch,
        site,
        kind,
        param: request.params.task_param.clone(),
        targets,
        clocks: request.clocks(),
        offline: request.offline,
        request: sent,
        audit,
    }
}

/// Returns the targets as the audit names them: who can be named is named, up to a bound that keeps an entry readable.
fn named(targets: &NewTargets) -> String {
    const NAMED: usize = 100;
    match targets {
        NewTargets::Devices(devices) => {
            let names: Vec<String> = devices
                .iter()
                .take(NAMED)
                .map(|target| format!("{} {}", target.device, target.name))
                .collect();
            let more = devices.len().saturating_sub(NAMED);
            if more == 0 {
                names.join(", ")
            } else {
                format!("{}, … ({})", names.join(", "), devices.len())
            }
        }
        NewTargets::Collection { id, name, at_most, .. } => {
            format!("collection {id} {name}, at most {at_most} devices")
        }
    }
}

/// Writes into the log what was stored.
pub(super) fn log(console: &Console, permit: &ActPermit, actions: &[NewActionRow]) {
    for action in actions {
        let (template, task_guid, site) = (action.kind.template(), action.task_guid, action.site);
        let targets = match &action.targets {
            NewTargets::Devices(devices) => format!("{} devices", devices.len()),
            NewTargets::Collection { id, at_most, .. } => {
                format!("collection {id}, at most {at_most} devices")
            }
        };
        let line = console.log().about(task_guid).field("site", site).field("user", permit.user());
        let proof = if action.request.starts_with('{') { "vouched by the console" } else { "signed" };
        line.info(format_args!(
            "Stored device action, {proof}. TemplateID: {template} TaskGuid: {task_guid} TenantId: {} \
             AADUserID: {} Site: {site} Targets: {targets}",
            permit.tenant(),
            permit.user(),
        ));
    }
}
