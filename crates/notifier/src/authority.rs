//! What the notification server asks of the site's authority.

use action::{DeviceId, EnrolmentId, TaskGuid};
use authority_link::{Answer, Call, Codec, Released, Results, Role, TicketKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use service::call::{CallError, Caller, Calls, Endpoint};

use crate::tickets::DaySecret;

/// The authority, called over its link. A clone uses the same connection.
#[derive(Clone, Debug)]
pub(crate) struct Authority(Caller<Link>);

/// Why the authority did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorityError {
    #[error("failed to call the authority")]
    Call(#[from] CallError),
    #[error("the authority could not do it: {what}")]
    Failed { what: String, transient: bool },
    #[error("the authority answered something else than was asked")]
    OtherAnswer,
}

impl AuthorityError {
    /// Returns whether the same call may succeed soon.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            AuthorityError::Call(error) => error.is_transient(),
            AuthorityError::Failed { transient, .. } => *transient,
            AuthorityError::OtherAnswer => false,
        }
    }
}

/// What changed among the revoked enrolments.
#[derive(Debug)]
pub(crate) struct Revocations {
    pub(crate) generation: u64,
    pub(crate) revoked: Vec<EnrolmentId>,
    pub(crate) restored: Vec<EnrolmentId>,
}

/// Joins the authority link's codec to the caller.
#[derive(Debug)]
enum Link {}

impl Calls for Link {
    type Call = Call;
    type Answer = Answer;

    const LARGEST_FRAME: usize = authority_link::LARGEST_FRAME;

    fn encode(number: u64, call: &Call) -> Vec<u8> {
        Codec::encode(number, call)
    }

    fn decode(frame: &[u8]) -> Result<(u64, Answer), String> {
        Codec::decode(frame)
    }

    fn refused(answer: &Answer) -> Option<String> {
        Codec::refused(answer)
    }
}

impl Authority {
    /// Makes it. Must be called inside a runtime.
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        Self(Caller::new(endpoint, Call::Introduce { role: Role::Notifier }))
    }

    pub(crate) async fn server_certificate(&self, csr: String) -> Result<String, AuthorityError> {
        match self.ask(Call::ServerCertificate { csr }).await? {
            Answer::Certificate { chain } => Ok(chain),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn trust_document(&self) -> Result<String, AuthorityError> {
        match self.ask(Call::TrustDocument).await? {
            Answer::TrustDocument { document } => Ok(document),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn site_time(&self) -> Result<String, AuthorityError> {
        match self.ask(Call::SiteTime).await? {
            Answer::SiteTime { time } => Ok(time),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn revocations(&self, since: u64) -> Result<Revocations, AuthorityError> {
        match self.ask(Call::Revocations { since }).await? {
            Answer::Revocations { generation, revoked, restored } => {
                Ok(Revocations { generation, revoked, restored })
            }
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    /// Returns the secrets of TLS tickets.
    pub(crate) async fn ticket_keys(&self) -> Result<Vec<DaySecret>, AuthorityError> {
        let Answer::TicketKeys { keys } = self.ask(Call::TicketKeys).await? else {
            return Err(AuthorityError::OtherAnswer);
        };
        let secret = |key: TicketKey| {
            let secret = STANDARD.decode(key.secret).ok()?.try_into().ok()?;
            Some(DaySecret { day: key.day, secret })
        };
        keys.into_iter().map(secret).collect::<Option<_>>().ok_or(AuthorityError::OtherAnswer)
    }

    pub(crate) async fn release(
        &self,
        task_guid: TaskGuid,
        devices: Vec<DeviceId>,
        results: Option<Results>,
    ) -> Result<Released, AuthorityError> {
        match self.ask(Call::Release { task_guid, devices, results }).await? {
            Answer::Released(released) => Ok(*released),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    async fn ask(&self, call: Call) -> Result<Answer, AuthorityError> {
        match self.0.call(call).await? {
            Answer::Failed { what, transient } => Err(AuthorityError::Failed { what, transient }),
            answer => Ok(answer),
        }
    }
}
