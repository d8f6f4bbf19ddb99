//! What the management point asks of the site's authority.

use std::sync::Arc;

use action::{DeviceId, EnrolmentId};
use authority_link::{Answer, Call, Codec, Enrolled, Facts, Role};
use management_link::EnrolRequest;
use service::call::{CallError, Caller, Calls, Endpoint};

/// The authority, called over its link. A clone uses the same connection.
#[derive(Clone, Debug)]
pub(crate) struct Authority(Arc<Caller<Link>>);

/// Why the authority did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorityError {
    #[error("failed to call the authority")]
    Call(#[from] CallError),
    #[error("the authority denied it: {reason}")]
    Denied { reason: String },
    #[error("the authority waits: {reason}")]
    Waits { reason: String },
    #[error("the authority could not do it: {what}")]
    Failed { what: String, transient: bool },
    #[error("the authority answered something else than was asked")]
    OtherAnswer,
}

impl AuthorityError {
    /// Returns whether the same call may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            AuthorityError::Call(error) => error.is_transient(),
            AuthorityError::Failed { transient, .. } => *transient,
            AuthorityError::Waits { .. } => true,
            AuthorityError::Denied { .. } | AuthorityError::OtherAnswer => false,
        }
    }
}

/// Joins the authority link's codec to the caller.
struct Link;

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
        Self(Arc::new(Caller::new(endpoint, Call::Introduce { role: Role::ManagementPoint })))
    }

    pub(crate) async fn trust_document(&self) -> Result<String, AuthorityError> {
        match self.ask(Call::TrustDocument).await? {
            Answer::TrustDocument { document } => Ok(document),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn server_certificate(&self, csr: String) -> Result<String, AuthorityError> {
        match self.ask(Call::ServerCertificate { csr }).await? {
            Answer::Certificate { chain } => Ok(chain),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn revocations(
        &self,
        since: u64,
    ) -> Result<(u64, Vec<EnrolmentId>, Vec<EnrolmentId>), AuthorityError> {
        match self.ask(Call::Revocations { since }).await? {
            Answer::Revocations { generation, revoked, restored } => Ok((generation, revoked, restored)),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    /// Returns the devices that were taken off the site's list since a generation, and the generation to ask from next.
    pub(crate) async fn removed(&self, since: u64) -> Result<(u64, Vec<DeviceId>), AuthorityError> {
        match self.ask(Call::Removed { since }).await? {
            Answer::Removed { generation, devices } => Ok((generation, devices)),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn enrol(
        &self,
        request: EnrolRequest,
        facts: Facts,
    ) -> Result<Enrolled, AuthorityError> {
        let EnrolRequest { token, secret, csr, .. } = request;
        match self.ask(Call::Enrol { token, secret, csr, facts }).await? {
            Answer::Enrolled(enrolled) => Ok(*enrolled),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn renew(
        &self,
        device: DeviceId,
        serial: String,
        csr: String,
    ) -> Result<Enrolled, AuthorityError> {
        match self.ask(Call::Renew { device, serial, csr }).await? {
            Answer::Enrolled(enrolled) => Ok(*enrolled),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn manifest(&self, device: DeviceId) -> Result<String, AuthorityError> {
        match self.ask(Call::Manifest { device }).await? {
            Answer::Manifest { manifest } => Ok(manifest),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn document(&self, sha256: String) -> Result<String, AuthorityError> {
        match self.ask(Call::Document { sha256 }).await? {
            Answer::Document { document } => Ok(document),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn put_facts(&self, facts: Vec<(DeviceId, Facts)>) -> Result<(), AuthorityError> {
        match self.ask(Call::PutFacts { facts }).await? {
            Answer::Done => Ok(()),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    pub(crate) async fn site_time(&self) -> Result<String, AuthorityError> {
        match self.ask(Call::SiteTime).await? {
            Answer::SiteTime { time } => Ok(time),
            _ => Err(AuthorityError::OtherAnswer),
        }
    }

    async fn ask(&self, call: Call) -> Result<Answer, AuthorityError> {
        match self.0.call(call).await? {
            Answer::Denied { reason } => Err(AuthorityError::Denied { reason }),
            Answer::Waits { reason } => Err(AuthorityError::Waits { reason }),
            Answer::Failed { what, transient } => Err(AuthorityError::Failed { what, transient }),
            answer => Ok(answer),
        }
    }
}
