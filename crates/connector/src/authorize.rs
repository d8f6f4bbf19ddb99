//! Asks the site authority, which alone decides and signs.

use action::{Audited, DeviceId, Forecast, Reason, ResourceId, TaskGuid, TenantId};
use authority_link::{Allowed, Answer, Call, Decision, DryRun, KeyBound, PAGE, ResolvedTarget, Role, Vouch};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proof::witness::Page;
use service::call::{CallError, Caller, Calls, Endpoint};
use site_store::Notification;

/// The authority, as the connector calls it.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    calls: Caller<Codec>,
    /// A connection of its own for keys: their answers may wait for an identity provider, and the answers of a connection
    /// come in order.
    keys: Caller<Codec>,
}

/// How calls and answers of the authority link are written.
#[derive(Debug)]
struct Codec;

/// Why the authority has not decided. The notification stays, and is asked about again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undecided {
    #[error("the site authority does not answer")]
    Away(#[from] CallError),
    #[error("the site authority could not decide: {what}")]
    Failed { what: String },
}

/// Whether a person may read a device.
#[derive(Debug)]
pub(crate) enum MayRead {
    /// They may, by this rule; the collections that hold the device, each with its name.
    Allowed {
        rule: String,
        collections: Vec<(String, String)>,
    },
    Refused(Reason),
}

impl Authority {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        let caller = |endpoint| Caller::new(endpoint, Call::Introduce { role: Role::Connector });
        Self { calls: caller(endpoint.clone()), keys: caller(endpoint) }
    }

    /// Has the site's rules applied to a request. The same request gets the same decision.
    pub(crate) async fn decide(
        &self,
        notification: &Notification,
    ) -> Result<(Decision, Option<Audited>), Undecided> {
        let request = STANDARD.encode(&notification.request);
        let vouch = Vouch { user: notification.user, name: notification.user_name.clone() };
        match self.calls.call(Call::Decide { request, vouch }).await? {
            Answer::Decision { decision, audit } => Ok((decision, audit)),
            answer => Err(unexpected(answer)),
        }
    }

    /// Has the site's rules applied to a request without doing anything.
    pub(crate) async fn dry_run(
        &self,
        request: String,
        vouch: Vouch,
        online: Vec<ResourceId>,
        forecast: Option<Forecast>,
    ) -> Result<DryRun, Undecided> {
        match self.calls.call(Call::DryRun { request, vouch, online, forecast }).await? {
            Answer::DryRun(told) => Ok(*told),
            answer => Err(unexpected(answer)),
        }
    }

    /// Asks whether a person may read what the site knows of a device, or its agent's logs.
    pub(crate) async fn may_read(
        &self,
        device: DeviceId,
        vouch: Vouch,
        logs: bool,
    ) -> Result<MayRead, Undecided> {
        match self.calls.call(Call::MayRead { device, vouch, logs }).await? {
            Answer::MayRead { rule, collections } => Ok(MayRead::Allowed { rule, collections }),
            Answer::MayNotRead { reason } => Ok(MayRead::Refused(reason)),
            answer => Err(unexpected(answer)),
        }
    }

    /// Has the authority believe a person's key.
    pub(crate) async fn bind_key(&self, binding: String) -> Result<Result<KeyBound, Reason>, Undecided> {
        match self.keys.call(Call::BindKey { binding }).await? {
            Answer::KeyBound(bound) => Ok(Ok(*bound)),
            Answer::KeyNotBound { reason } => Ok(Err(reason)),
            answer => Err(unexpected(answer)),
        }
    }

    /// Has the authority believe a person's key no more.
    pub(crate) async fn retire_key(&self, retirement: String) -> Result<Result<(), Reason>, Undecided> {
        match self.keys.call(Call::RetireKey { retirement }).await? {
            Answer::Done => Ok(Ok(())),
            Answer::KeyNotBound { reason } => Ok(Err(reason)),
            answer => Err(unexpected(answer)),
        }
    }

    /// Carries what a second person says of a request that waits; returns whether the action is allowed now.
    pub(crate) async fn approve(&self, approval: String) -> Result<Result<bool, Reason>, Undecided> {
        match self.calls.call(Call::Approve { approval }).await? {
            Answer::Approved { allowed } => Ok(Ok(allowed)),
            Answer::NotApproved { reason } => Ok(Err(reason)),
            answer => Err(unexpected(answer)),
        }
    }

    /// Returns all targets of an action that was allowed.
    pub(crate) async fn targets(
        &self,
        task_guid: TaskGuid,
        allowed: &Allowed,
    ) -> Result<Vec<ResolvedTarget>, Undecided> {
        let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
        let mut all: Vec<ResolvedTarget> = Vec::new();
        loop {
            let after: Option<DeviceId> = all.last().map(|target| target.device);
            match self.calls.call(Call::Targets { task_guid, after, limit }).await? {
                Answer::Targets { targets } => {
                    let more = targets.len() >= PAGE;
                    all.extend(targets);
                    // More than were allowed are an authority that turns in circles.
                    if !more || all.len() as u64 > allowed.count {
                        return Ok(all);
                    }
                }
                answer => return Err(unexpected(answer)),
            }
        }
    }

    /// Returns the newest nonce of the site.
    pub(crate) async fn site_nonce(&self) -> Result<String, Undecided> {
        match self.calls.call(Call::SiteNonce).await? {
            Answer::SiteNonce { nonce } => Ok(nonce),
            answer => Err(unexpected(answer)),
        }
    }

    /// Returns the site's audit behind an entry, as hashes.
    pub(crate) async fn audit_hashes(&self, after: u64) -> Result<Box<Page>, Undecided> {
        match self.calls.call(Call::AuditHashes { after }).await? {
            Answer::AuditHashes(page) => Ok(page),
            answer => Err(unexpected(answer)),
        }
    }

    /// Returns the site's trust document.
    pub(crate) async fn trust_document(&self) -> Result<String, Undecided> {
        match self.calls.call(Call::TrustDocument).await? {
            Answer::TrustDocument { document } => Ok(document),
            answer => Err(unexpected(answer)),
        }
    }

    /// Has a key paired: the answer for the person's program, else why not.
    pub(crate) async fn pair(&self, message: String) -> Result<Result<String, Reason>, Undecided> {
        match self.calls.call(Call::Pair { message }).await? {
            Answer::Paired { message } => Ok(Ok(message)),
            Answer::NotPaired { reason } => Ok(Err(reason)),
            answer => Err(unexpected(answer)),
        }
    }

    /// Hands over a page of the console's audit, where there is one; returns the entries behind which it is wanted now.
    pub(crate) async fn witness(
        &self,
        tenant: TenantId,
        page: Option<Box<Page>>,
    ) -> Result<Vec<u64>, Undecided> {
        match self.calls.call(Call::Witness { tenant, page }).await? {
            Answer::Wanted { after } => Ok(after),
            answer => Err(unexpected(answer)),
        }
    }

    /// Returns what the console may know of collections, policies and roles.
    pub(crate) async fn mirror(&self) -> Result<authority_link::Mirror, Undecided> {
        match self.calls.call(Call::Mirror).await? {
            Answer::Mirror(mirror) => Ok(mirror),
            answer => Err(unexpected(answer)),
        }
    }
}

fn unexpected(answer: Answer) -> Undecided {
    let what = match answer {
        Answer::Failed { what, .. } => what,
        Answer::Denied { reason } => reason,
        other => format!("it answered something else ({})", kind(&other)),
    };
    Undecided::Failed { what }
}

/// Returns an answer's name without its content, which may be secret.
fn kind(answer: &Answer) -> String {
    let value = serde_json::to_value(answer).unwrap_or_default();
    value.get("answer").and_then(|name| name.as_str()).unwrap_or("unknown").to_owned()
}

impl Calls for Codec {
    type Call = Call;
    type Answer = Answer;

    const LARGEST_FRAME: usize = authority_link::LARGEST_FRAME;

    fn encode(number: u64, call: &Call) -> Vec<u8> {
        authority_link::Codec::encode(number, call)
    }

    fn decode(frame: &[u8]) -> Result<(u64, Answer), String> {
        authority_link::Codec::decode(frame)
    }

    fn refused(answer: &Answer) -> Option<String> {
        authority_link::Codec::refused(answer)
    }
}
