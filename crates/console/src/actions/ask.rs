//! A person asks for a device action.

use std::time::Duration;

use action::{ActionKind, BatchId, Clocks, DeviceId, TaskGuid, Timestamp};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use console_api::{Asked, AuditReceipt, IDEMPOTENCY_KEY, Kind, NewAction, NewTarget};

use super::{permit::ActPermit, record, status, targets, vouch};
use crate::{
    problem::Refusal,
    read::Body,
    secret,
    state::Console,
    store::{NewActionRow, Recorded, Repetition},
};

/// The longest key of a repeated request, in bytes.
const LONGEST_KEY: usize = 255;

/// The longest `TaskParam`, in bytes, as the site takes it.
const LONGEST_PARAM: usize = proof::request::LONGEST_PARAM;

/// The longest that a device may be given for its answer.
const LONGEST_FINISH: u32 = 86_400;

/// The shortest time to deliver: less than the path takes at its slowest is a mistake.
const SHORTEST_DELIVERY: Duration = Duration::from_secs(1);

/// Ask for a device action that nobody signs: the site takes it only where its owner lets the console vouch for the caller.
/// It is on disk when this answers; a repeated `Idempotency-Key` gets the same actions.
#[utoipa::path(post, path = "/api/v1/actions", tag = "actions", request_body = NewAction,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition the same action; kept a day.")),
    responses((status = 202, body = Asked, description = "The actions are stored and on their way.")))]
pub(crate) async fn create_action(
    State(console): State<Console>,
    permit: ActPermit,
    headers: HeaderMap,
    Body(new): Body<NewAction>,
) -> Result<Response, Refusal> {
    let repetition = repetition(&headers, &new)?;
    let stored = ask(&console, &permit, &new, repetition.as_ref()).await?;
    accepted(&console, &permit, &stored).await
}

/// What a request for actions became.
pub(super) struct Stored {
    ids: Vec<TaskGuid>,
    /// Whether it was asked before, with the same key.
    repeated: bool,
    receipt: Option<AuditReceipt>,
}

/// Answers with the actions that were stored.
pub(super) async fn accepted(
    console: &Console,
    permit: &ActPermit,
    stored: &Stored,
) -> Result<Response, Refusal> {
    let rows = console.store().actions_by_id(permit.tenant(), &stored.ids).await?;
    let actions: Vec<_> = rows.into_iter().map(status::shown).collect();
    let batch_id = actions.first().and_then(|action| action.batch_id);
    let mut more = HeaderMap::new();
    if let [only] = &*stored.ids
        && let Ok(place) = HeaderValue::from_str(&format!("/api/v1/actions/{only}"))
    {
        more.insert(header::LOCATION, place);
    }
    if stored.repeated {
        more.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok((StatusCode::ACCEPTED, more, Json(Asked { batch_id, actions, receipt: stored.receipt.clone() }))
        .into_response())
}

/// Asks for an action on one device, for callers of the Graph shapes.
pub(crate) async fn ask_for_device(
    console: &Console,
    permit: &ActPermit,
    kind: ActionKind,
    device: DeviceId,
) -> Result<(), Refusal> {
    let new = NewAction {
        kind: Kind(kind),
        target: NewTarget::Device { device },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    };
    ask(console, permit, &new, None).await.map(|_| ())
}

/// Stores the actions.
async fn ask(
    console: &Console,
    permit: &ActPermit,
    new: &NewAction,
    repetition: Option<&Repetition>,
) -> Result<Stored, Refusal> {
    let now = console.now();
    let clocks = checked(new, now)?;
    let at_sites = targets::resolve(console, permit, new.kind.0, &new.target).await?;
    if new.task_guid.is_some() && at_sites.len() > 1 {
        let detail = format!("The devices are at {} sites, and an action has one.", at_sites.len());
        return Err(Refusal::not_valid(
            "task_guid",
            detail,
            "Leave `task_guid` out, or ask for each site by itself.",
        ));
    }
    for at_site in &at_sites {
        vouch::check(console, permit, at_site.site, now).await?;
    }
    let batch = (at_sites.len() > 1).then(|| BatchId(service::dice::uuid()));
    let ask = record::Ask { new, clocks, now };
    let mut actions = Vec::with_capacity(at_sites.len());
    for at_site in at_sites {
        let request = record::request(console, permit, &ask, &at_site);
        let text = record::text(&request)?;
        actions.push(record::action(permit, &request, text, at_site.targets, batch, now));
    }
    store(console, permit, &actions, repetition, now).await
}

/// Stores actions; returns their ids, and whether they were stored before.
pub(super) async fn store(
    console: &Console,
    permit: &ActPermit,
    actions: &[NewActionRow],
    repetition: Option<&Repetition>,
    now: Timestamp,
) -> Result<Stored, Refusal> {
    let ids: Vec<TaskGuid> = actions.iter().map(|action| action.task_guid).collect();
    let mut recorded = console.store().record(permit, actions, repetition, now).await;
    // The same key was stored by another request in between: now it is found.
    if repetition.is_some() && recorded.as_ref().is_err_and(database::DbError::is_constraint) {
        recorded = console.store().record(permit, actions, repetition, now).await;
    }
    match recorded? {
        Recorded::Stored(head) => {
            record::log(console, permit, actions);
            for action in actions {
                console.counters().asked(action.kind.name());
            }
            let receipt = head.map(|head| AuditReceipt { number: head.number, hash: head.hash.hex() });
            Ok(Stored { ids, repeated: false, receipt })
        }
        Recorded::Repeated(ids) => Ok(Stored { ids, repeated: true, receipt: None }),
        Recorded::KeyReused => {
            let detail = "This `Idempotency-Key` was used for another request.";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let title = "A value is not valid";
            Err(Refusal::new(status, "key-reused", title, detail, "Use a new key for a new request.")
                .field("Idempotency-Key"))
        }
        Recorded::IdTaken => {
            let detail = "There is an action of this id already.";
            Err(Refusal::conflict("id-taken", detail, "Make a new UUID, or look at that action.")
                .field("task_guid"))
        }
        Recorded::SiteNotAttached => Err(targets::not_attached()),
    }
}

/// Checks what can be checked without looking at targets.
pub(super) fn checked(new: &NewAction, now: Timestamp) -> Result<Clocks, Refusal> {
    check_param(&new.param)?;
    clocks(new, now)
}

fn clocks(new: &NewAction, now: Timestamp) -> Result<Clocks, Refusal> {
    let mut clocks = Clocks::starting(now);
    if let Some(deliver_by) = new.deliver_by {
        if deliver_by < now.plus(SHORTEST_DELIVERY) || deliver_by > now.plus(Clocks::LONGEST_DELIVERY) {
            let detail = format!("`deliver_by` is {deliver_by}, which is past or more than a day ahead.");
            return Err(Refusal::not_valid("deliver_by", detail, "Name a moment within a day from now."));
        }
        clocks.deliver_by = deliver_by;
    }
    if let Some(seconds) = new.finish_within_seconds {
        if !(1..=LONGEST_FINISH).contains(&seconds) {
            let detail = format!("`finish_within_seconds` is {seconds}.");
            let fix = format!("Give the devices 1 to {LONGEST_FINISH} seconds.");
            return Err(Refusal::not_valid("finish_within_seconds", detail, fix));
        }
        clocks.finish_within_seconds = seconds;
    }
    Ok(clocks)
}

fn check_param(param: &str) -> Result<(), Refusal> {
    if param.len() > LONGEST_PARAM || param.contains(char::is_control) {
        let detail = "`param` is too long, or holds control characters.";
        return Err(Refusal::not_valid(
            "param",
            detail,
            format!("Send at most {LONGEST_PARAM} bytes of plain text."),
        ));
    }
    Ok(())
}

/// Returns the caller's key with a hash of what is asked, so that a key cannot stand for two requests.
pub(super) fn repetition<T: serde::Serialize>(
    headers: &HeaderMap,
    new: &T,
) -> Result<Option<Repetition>, Refusal> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key.to_str().ok().map(str::trim).filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    let Some(key) = key else {
        let fix = format!("Send 1 to {LONGEST_KEY} visible ASCII characters, such as a UUID.");
        return Err(Refusal::malformed("`Idempotency-Key` is empty, too long or not ASCII.", fix)
            .field("Idempotency-Key"));
    };
    let asked = serde_json::to_vec(new).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(Some(Repetition { key: key.to_owned(), fingerprint: secret::sha256(&asked) }))
}
