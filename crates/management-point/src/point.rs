//! What all calls share, and the way of a call through it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use action::SiteId;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::header::{CONTENT_LENGTH, RANGE},
    response::Response,
};
use management_link::{
    Answer, Call, Refusal, Route,
    server::{self, Asked},
};
use service::{
    clock,
    error::Chain,
    http::{PeerAddress, PeerCertificates},
    log::ComponentLog,
    wake::Wakes,
};
use site_store::SiteStore;
use tokio::{
    sync::Semaphore,
    time::{Duration, Instant, timeout},
};

use crate::{
    Config,
    admit::Caller,
    authority::{Authority, AuthorityError},
    cached::{Cached, Stale},
    counters::Counters,
    facts::Untold,
    rate::Rate,
    revoked::Revoked,
};

/// How long a call may take, from its header to its answer: longer than the authority may (30 s), so that what it said
/// still reaches the agent.
const ANSWER_WITHIN: Duration = Duration::from_secs(45);

/// When to come back, in seconds, after a failure that should pass.
const RETRY_AFTER: u32 = 5;

/// Enrolments at a time: each is a signature and two commits. More wait for their turn.
const ENROLMENTS_AT_ONCE: usize = 32;

/// How long the trust document is kept: a device that meets a new key asks at once, and must not be given the document of
/// before.
const TRUST_FRESH_FOR: Duration = Duration::from_millis(50);

/// How long a signed time is kept. Agents count on from the highest that they saw.
const TIME_FRESH_FOR: Duration = Duration::from_millis(500);

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) site: SiteId,
    pub(crate) authority: Authority,
    pub(crate) store: SiteStore,
    pub(crate) wakes: Wakes,
    pub(crate) log: ComponentLog,
    pub(crate) enrolling: Semaphore,
    pub(crate) untold: Untold,
    counters: Counters,
    revoked: Revoked,
    attempts: Mutex<Rate>,
    refusals: Mutex<Rate>,
    trust: Cached,
    time: Cached,
}

impl Point {
    pub(crate) fn new(
        config: &Config,
        site: SiteId,
        authority: Authority,
        store: SiteStore,
        wakes: Wakes,
        log: ComponentLog,
    ) -> Self {
        Self {
            site,
            revoked: Revoked::new(authority.clone(), log.clone()),
            authority,
            store,
            wakes,
            log,
            enrolling: Semaphore::new(ENROLMENTS_AT_ONCE),
            untold: Untold::new(),
            counters: Counters::new(&config.metrics),
            attempts: Mutex::new(Rate::new(config.enrolments)),
            refusals: Mutex::new(Rate::new(config.refused_enrolments)),
            trust: Cached::new(TRUST_FRESH_FOR, Stale::Serves),
            time: Cached::new(TIME_FRESH_FOR, Stale::Fails),
        }
    }

    /// Returns what answers requests.
    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(respond).with_state(self)
    }

    /// Takes a request from its header to its answer.
    async fn answer(&self, request: Request) -> Result<Answer, Refusal> {
        let range = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
        let asked = Asked::find(request.method(), request.uri().path())?.with_range(range);
        let route = asked.route();
        let peer = peer(&request)?;
        let shown = request.extensions().get::<PeerCertificates>().cloned();

        let who = match route.caller() {
            management_link::Caller::Anyone => {
                if route == Route::Enrol {
                    self.may_try(peer.ip())?;
                }
                None
            }
            allowed => Some(self.admit(route, allowed, shown, peer).await?),
        };
        let body = body(request, route.largest_body()).await?;
        let call = asked.read(&body).inspect_err(|refusal| {
            self.log.warn(format_args!(
                "Refused a request to {} from {peer}: {}",
                route.path(),
                refusal.detail
            ));
        })?;

        self.carry_out(call, who, peer.ip()).await
    }

    async fn carry_out(&self, call: Call, who: Option<Caller>, from: IpAddr) -> Result<Answer, Refusal> {
        match (call, who) {
            (Call::Trust, _) => {
                let text = self.trust.text(self.authority.trust_document()).await;
                text.map(Answer::Trust).map_err(|error| self.unavailable("get the trust document", &error))
            }
            (Call::Enrol(request), _) => self.enrol(request, from).await,
            (Call::Renew(request), Some(who)) => self.renew(request, &who).await,
            (Call::Manifest, Some(who)) => self.manifest(&who).await,
            (Call::Document { sha256 }, Some(_)) => self.document(sha256).await,
            (Call::Content { sha256, range }, Some(_)) => self.content(sha256, range).await,
            (Call::State(message), Some(who)) => self.keep_state(message, &who).await,
            (Call::Time, Some(_)) => {
                let text = self.time.text(self.authority.site_time()).await;
                text.map(Answer::Time).map_err(|error| self.unavailable("get the site's time", &error))
            }
            // Not reached while routes and calls agree on who may call; what needs a device is refused without one.
            (
                Call::Renew(_)
                | Call::Manifest
                | Call::Document { .. }
                | Call::Content { .. }
                | Call::State(_)
                | Call::Time,
                None,
            ) => Err(Refusal::certificate_missing()),
        }
    }

    /// Returns the device that calls, if it may make this call.
    async fn admit(
        &self,
        route: Route,
        allowed: management_link::Caller,
        shown: Option<PeerCertificates>,
        peer: SocketAddr,
    ) -> Result<Caller, Refusal> {
        let own =
            shown.as_ref().and_then(|shown| shown.0.first()).ok_or_else(Refusal::certificate_missing)?;
        let refuse = |why: &dyn std::fmt::Display| {
            self.log.warn(format_args!("Refused a request to {} from {peer}: {why}.", route.path()));
            Refusal::certificate_refused()
        };

        let who = Caller::read(own, self.site).map_err(|error| refuse(&error))?;
        let even_expired = allowed == management_link::Caller::DeviceEvenExpired;
        if who.has_ended(clock::now()) && !even_expired {
            return Err(refuse(&format_args!(
                "the certificate of client {} ended at {}",
                who.device, who.not_after
            )));
        }
        match self.revoked.holds(who.enrolment).await {
            Ok(false) => Ok(who),
            Ok(true) => {
                Err(refuse(&format_args!("enrolment {} of client {} is revoked", who.enrolment, who.device)))
            }
            Err(error) => {
                self.log.error(format_args!(
                    "Refused a request from client {}: {}.",
                    who.device,
                    Chain(&error)
                ));
                Err(Refusal::unavailable(RETRY_AFTER))
            }
        }
    }

    /// Counts an attempt to enrol, or refuses it where the address has tried too often.
    fn may_try(&self, from: IpAddr) -> Result<(), Refusal> {
        let now = clock::boot();
        let refused = self.refusals.lock().unwrap_or_else(PoisonError::into_inner).wait(from, now);
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = attempts.wait(from, now).max(refused);
        if wait.is_zero() {
            attempts.count(from, now);
            return Ok(());
        }
        drop(attempts);
        self.log.warn(format_args!(
            "Refused a registration request from {from}: too many, for {} s.",
            wait.as_secs()
        ));
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);

        Err(Refusal::too_many(seconds.saturating_add(1)))
    }

    /// Counts an enrolment that was refused.
    pub(crate) fn count_refusal(&self, from: IpAddr) {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).count(from, clock::boot());
    }

    /// Logs why the authority could not be asked for `what`, and refuses until later.
    pub(crate) fn unavailable(&self, what: &str, error: &AuthorityError) -> Refusal {
        self.log.error(format_args!("Failed to {what}: {}", Chain(error)));
        Refusal::unavailable(RETRY_AFTER)
    }

    /// Logs why `what` could not be stored or read, and refuses until later. Nothing was acknowledged.
    pub(crate) fn not_stored(&self, what: &str, error: &dyn std::error::Error) -> Refusal {
        self.log.error(format_args!("Failed to {what}: {}", Chain(error)));
        Refusal::unavailable(RETRY_AFTER)
    }
}

async fn respond(State(point): State<Arc<Point>>, request: Request) -> Response {
    let began = Instant::now();
    let route = Asked::find(request.method(), request.uri().path()).ok().map(|asked| asked.route());
    let outcome = timeout(ANSWER_WITHIN, point.answer(request)).await;
    let outcome = outcome.unwrap_or_else(|_| Err(Refusal::unavailable(RETRY_AFTER)));
    point.counters.answered(route, &outcome, began.elapsed());
    server::respond(outcome).map(Body::from)
}

/// Returns the address of the other end.
fn peer(request: &Request) -> Result<SocketAddr, Refusal> {
    request
        .extensions()
        .get::<PeerAddress>()
        .map(|peer| peer.0)
        .ok_or_else(|| Refusal::unavailable(RETRY_AFTER))
}

/// Reads a body of at most `limit` bytes; one that says beforehand that it is larger is not read at all.
async fn body(request: Request, limit: usize) -> Result<bytes::Bytes, Refusal> {
    let claimed =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if claimed.is_some_and(|length| length > u64::try_from(limit).unwrap_or(u64::MAX)) {
        return Err(Refusal::body_too_large(limit));
    }

    // What fails besides the limit is the connection, and then nobody reads the answer.
    to_bytes(request.into_body(), limit).await.map_err(|_| Refusal::body_too_large(limit))
}
