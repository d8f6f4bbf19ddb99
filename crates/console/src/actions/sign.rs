//! Requests that people sign themselves: drafted here, looked at and signed by the person's own program, and taken as they
//! were signed.

use action::{BatchId, Reason, Targets, Timestamp};
use axum::{Json, extract::State, http::HeaderMap, response::Response};
use console_api::{Draft, Drafts, NewAction, NewTarget, SignedActions};
use proof::{Request, SignedRequest, request::RequestNotValid};
use service::error::Chain;

use super::{ask, permit::ActPermit, record, targets, targets::AtSite};
use crate::{
    problem::{Refusal, sentence},
    read::Body,
    state::Console,
    store::NewTargets,
};

/// The most requests at once: one for each site of a click.
const MOST_REQUESTS: usize = 100;

/// Draft the requests that an action needs, one for each site, for the person's own program to sign. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/actions/draft", tag = "actions", request_body = NewAction,
    responses((status = 200, body = Drafts)))]
pub(crate) async fn draft_action(
    State(console): State<Console>,
    permit: ActPermit,
    Body(new): Body<NewAction>,
) -> Result<Json<Drafts>, Refusal> {
    let now = console.now();
    let clocks = ask::checked(&new, now)?;
    let mut drafts = Vec::new();
    for at_site in targets::resolve(&console, &permit, new.kind.0, &new.target).await? {
        let asked = record::Ask { new: &new, clocks, now };
        let request = record::text(&record::request(&console, &permit, &asked, &at_site))?;
        let site = console.store().site(permit.tenant(), at_site.site).await?;
        drafts.push(Draft {
            site: at_site.site,
            site_name: site.map_or_else(String::new, |site| site.name),
            request,
            site_nonce: console.store().nonce(at_site.site).await?,
        });
    }
    Ok(Json(Drafts { drafts, text: new.draft_text() }))
}

/// Ask for device actions with requests that the caller has signed. They are on disk when this answers; a repeated
/// `Idempotency-Key` gets the same actions.
#[utoipa::path(post, path = "/api/v1/actions/signed", tag = "actions", request_body = SignedActions,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition the same action; kept a day.")),
    responses((status = 202, body = console_api::Asked, description = "The actions are stored and on their way.")))]
pub(crate) async fn create_signed_actions(
    State(console): State<Console>,
    permit: ActPermit,
    headers: HeaderMap,
    Body(signed): Body<SignedActions>,
) -> Result<Response, Refusal> {
    let repetition = ask::repetition(&headers, &signed)?;
    if signed.requests.is_empty() || signed.requests.len() > MOST_REQUESTS {
        let detail = format!("`requests` holds {}.", signed.requests.len());
        return Err(Refusal::not_valid("requests", detail, format!("Send 1 to {MOST_REQUESTS}.")));
    }
    let now = console.now();
    let batch = (signed.requests.len() > 1).then(|| BatchId(service::dice::uuid()));
    let mut actions = Vec::with_capacity(signed.requests.len());
    for text in signed.requests {
        let request = claimed(&console, &permit, &text, now)?;
        let targets = permitted(&console, &permit, &request).await?;
        actions.push(record::action(&permit, &request, text, targets, batch, now));
    }
    let stored = ask::store(&console, &permit, &actions, repetition.as_ref(), now).await?;
    ask::accepted(&console, &permit, &stored).await
}

/// Reads what a request says, and checks that it was made here, by the caller. Whether the caller's key has signed it the
/// site verifies.
fn claimed(console: &Console, permit: &ActPermit, text: &str, now: Timestamp) -> Result<Request, Refusal> {
    let fix = "Sign what `POST /api/v1/actions/draft` drafts, as docs/protocol/proof.md says.";
    let not_valid = |detail: String| Refusal::not_valid("requests", detail, fix);
    let request = SignedRequest::parse(text.as_bytes()).and_then(|signed| signed.claimed());
    let request = request.map_err(|error| not_valid(sentence(&Chain(&error))))?;
    if (request.tenant, request.console, request.sub) != (permit.tenant(), console.id(), permit.user()) {
        return Err(not_valid("A request is for another person, tenant or console.".to_owned()));
    }
    match request.check_at(request.site, now) {
        Ok(()) => Ok(request),
        Err(RequestNotValid::Expired(_)) => {
            let reason = Reason::NotDeliveredInTime;
            Err(Refusal::not_valid("requests", sentence(&reason), reason.fix()))
        }
        Err(error) => Err(not_valid(sentence(&error))),
    }
}

/// Checks that the caller may ask for what a request is aimed at, and returns that as it was signed.
async fn permitted(console: &Console, permit: &ActPermit, request: &Request) -> Result<NewTargets, Refusal> {
    let target = match &request.targets {
        Targets::Devices { devices } => {
            NewTarget::Devices { devices: devices.iter().map(|target| target.device).collect() }
        }
        Targets::Collection { collection, at_most, .. } => NewTarget::Collection {
            site: request.site,
            collection: collection.clone(),
            at_most: Some(*at_most),
        },
    };
    let kind = action::ActionKind(request.params.task_type);
    let mut at_sites = targets::resolve(console, permit, kind, &target).await?;
    let Some(AtSite { site, targets }) = at_sites.pop().filter(|only| only.site == request.site) else {
        let detail = "A request names devices that are not at its site.";
        return Err(Refusal::not_valid("requests", detail, "Make a request for each site."));
    };
    if !at_sites.is_empty() {
        let detail = format!("A request names devices that are not at the site {site}.");
        return Err(Refusal::not_valid("requests", detail, "Make a request for each site."));
    }
    // The names are those that were signed: the site compares them, and they are what the person saw.
    Ok(match (&request.targets, targets) {
        (Targets::Devices { devices }, _) => NewTargets::Devices(devices.clone()),
        (Targets::Collection { version, .. }, NewTargets::Collection { id, name, at_most, .. }) => {
            NewTargets::Collection { id, name, at_most, version: *version }
        }
        (Targets::Collection { .. }, NewTargets::Devices(devices)) => NewTargets::Devices(devices),
    })
}
