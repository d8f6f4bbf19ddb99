//! Live changes, by server-sent events. What is sent was read from the store: a wake-up only makes the look come sooner.
//!
//! A viewer takes changes when its connection has room for them, so that a slow one holds nothing back but itself; what
//! has piled up by then is joined, and the id that the browser sends back after a cut says from where to go on.

mod feed;
mod merge;
mod places;

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use action::{TaskGuid, TenantId};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event, Sse},
    },
};
use console_api::{Change, LiveChange};
use futures_util::{Stream, stream};
use service::wake::{Listener, Topic};
use tokio::time::{Instant, sleep_until};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::merge::merge;
pub(crate) use self::{
    feed::Feeds,
    places::{NoPlace, OF_ONE, Places},
};
use crate::{
    people::permit::{Permit, ReadDevices},
    problem::Refusal,
    state::Console,
};

/// How often a stream looks for changes without a wake-up, and says something so that nobody in between closes it.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// How often a stream checks that its caller is still signed in, in looks.
const CHECK_EVERY: u32 = 4;

/// The time between two looks of one viewer over a longer time: what changes meanwhile is joined. A person sees no difference.
const PACE: Duration = Duration::from_millis(200);

/// Looks that a viewer may make at once after a quiet time: the steps of one action are seen as they come.
const AT_ONCE: u32 = 5;

/// How long a viewer may take for one event. Who takes longer is cut off, and goes on from the id that it saw.
const SLOWEST: Duration = Duration::from_secs(60);

/// Returns the endpoint of live changes.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new().routes(routes!(follow_changes))
}

/// Follow the tenant's changes as server-sent events, from now on or after `Last-Event-ID`. Each event's data is a
/// `Change`.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(("Last-Event-ID" = Option<u64>, Header, description = "The id of the last event that was seen.")),
    responses((status = 200, body = Change, content_type = "text/event-stream")))]
pub(crate) async fn follow_changes(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let tenant = permit.tenant();
    let place = console.places().take(permit.session().hash()).map_err(|none| match none {
        NoPlace::Yours => {
            let detail = format!("This session has {OF_ONE} event streams open, which is its share.");
            Refusal::too_many(detail, 30)
        }
        NoPlace::All => Refusal::too_many("Too many event streams are open.", 30),
    })?;
    // Before the look at the last change, so that none falls in between.
    let wakes = console.store().wakes().listen(Topic::Events);
    let last = console.store().last_change(tenant).await?;
    let after = match last_seen(&headers)? {
        None => Place::From(last),
        Some(seen) if seen > last => Place::Lost(last),
        Some(seen) => match console.store().oldest_change(tenant).await? {
            Some(oldest) if seen + 1 < oldest => Place::Lost(last),
            None if seen < last => Place::Lost(last),
            _ => Place::From(seen),
        },
    };
    let following = Following {
        console,
        permit,
        wakes,
        _place: place,
        looks: 0,
        after,
        pending: VecDeque::new(),
        looked_from: last,
        paid: Instant::now(),
        sent: None,
    };
    let mut response = Sse::new(events(following, tenant)).into_response();
    // A proxy that collects answers before it passes them on would hold changes back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Where a stream stands.
enum Place {
    /// It has sent what is up to this number.
    From(u64),
    /// What it would have to send is no longer kept; this is the last number.
    Lost(u64),
}

struct Following {
    console: Console,
    permit: Permit<ReadDevices>,
    wakes: Listener,
    _place: places::Place,
    looks: u32,
    after: Place,
    /// Changes that are read and not sent.
    pending: VecDeque<LiveChange>,
    /// The number after which they were read.
    looked_from: u64,
    /// When the looks that were made are paid for, at one for each [`PACE`].
    paid: Instant,
    /// When the last event was handed over.
    sent: Option<Instant>,
}

fn events(following: Following, tenant: TenantId) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(following, move |mut following| async move {
        let event = following.next(tenant).await?;
        Some((Ok(event), following))
    })
}

impl Following {
    /// Returns the next event; `None` ends the stream.
    async fn next(&mut self, tenant: TenantId) -> Option<Event> {
        if self.sent.is_some_and(|sent| sent.elapsed() > SLOWEST) {
            return None;
        }
        let event = self.find(tenant).await;
        self.sent = Some(Instant::now());
        event
    }

    async fn find(&mut self, tenant: TenantId) -> Option<Event> {
        if let Place::Lost(last) = self.after {
            self.after = Place::From(last);
            return event(last, &Change::Reset);
        }
        loop {
            if let Some(change) = self.pending.pop_front() {
                // A joined change may stand for earlier ones than its number says: only the last of a look moves the
                // place from which a browser goes on.
                let id = if self.pending.is_empty() { change.id } else { self.looked_from };
                return event(id, &change.change);
            }
            let shutdown = self.console.shutdown().clone();
            tokio::select! {
                () = shutdown.begun() => return None,
                () = sleep_until(next_look(self.paid)) => {}
            }
            let (Place::From(after) | Place::Lost(after)) = self.after;
            let changes = self.console.feeds().after(self.console.store(), tenant, after).await.ok()?;
            if let Some(last) = changes.last() {
                self.looked_from = after;
                self.after = Place::From(last.id);
                self.paid = self.paid.max(Instant::now()) + PACE;
                let reached = self.reached(tenant, changes).await?;
                self.pending = merge(reached).into();
                continue;
            }
            let woken = tokio::select! {
                () = shutdown.begun() => return None,
                woken = self.wakes.wait(LOOK_EVERY) => woken,
            };
            if woken == service::wake::Woken::Time {
                self.looks += 1;
                let check = self.looks.is_multiple_of(CHECK_EVERY);
                if check && !self.permit.session().is_valid(&self.console).await.ok()? {
                    return None;
                }
                return Some(Event::default().comment(""));
            }
        }
    }
}

impl Following {
    /// Leaves out what the caller does not reach; `None` where the store cannot say.
    async fn reached(&self, tenant: TenantId, changes: Vec<LiveChange>) -> Option<Vec<LiveChange>> {
        let reach = self.permit.reach();
        if !reach.is_limited() {
            return Some(changes);
        }
        let actions: Vec<TaskGuid> = changes
            .iter()
            .filter_map(|live| match &live.change {
                Change::Action(action) => Some(action.task_guid),
                _ => None,
            })
            .collect();
        let within = self.console.store().actions_within(tenant, reach, &actions).await.ok()?;
        let is_reached = |live: &LiveChange| match &live.change {
            Change::Action(action) => reach.holds(action.site) || within.contains(&action.task_guid),
            Change::Site(site) => reach.touches(site.site),
            Change::Devices(devices) => reach.touches(devices.site),
            Change::Reset => true,
        };
        Some(changes.into_iter().filter(is_reached).collect())
    }
}

/// Returns when the next look may be, where the ones before are paid for by `paid`.
fn next_look(paid: Instant) -> Instant {
    paid.checked_sub(PACE * (AT_ONCE - 1)).unwrap_or(paid)
}

fn event(id: u64, change: &Change) -> Option<Event> {
    Event::default().id(id.to_string()).json_data(change).ok()
}

fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    match value.to_str().ok().and_then(|value| value.trim().parse().ok()) {
        Some(seen) => Ok(Some(seen)),
        None => Err(Refusal::malformed("`Last-Event-ID` is no number.", "Send the id of the last event.")
            .field("Last-Event-ID")),
    }
}
