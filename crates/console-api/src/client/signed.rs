//! Calls of people who sign what they ask for, and the signing itself.

use action::{ConsoleId, SiteId, Targets, TaskGuid, TenantId, Timestamp, UserId};
use proof::{
    Hash, Level, PersonSigningKey, Request, SignedRequest,
    pairing::{PairingAnswer, PairingCode, PairingError, PairingRequest},
};
use reqwest::Method;

use super::call::{Query, attempt};
use crate::{
    Asked, Client, ClientError, Draft, Drafts, IDEMPOTENCY_KEY, NewAction, NewTarget, PairingMessage,
    PairingPlace, SignedActions,
};

/// A person's key, with the place that it was paired for.
#[derive(Debug)]
pub struct Signer {
    /// The key.
    pub key: PersonSigningKey,
    /// Its level.
    pub level: Level,
    /// The person.
    pub user: UserId,
    /// The tenant.
    pub tenant: TenantId,
    /// The site.
    pub site: SiteId,
    /// The console.
    pub console: ConsoleId,
    /// The provider's issuer and the SHA-256 of its token, hexadecimal; none where the site has paired the key.
    pub token: Option<(String, String)>,
}

/// Why a draft was not signed.
#[derive(Debug, thiserror::Error)]
pub enum NotDrafted {
    /// The console made another request of what was asked.
    #[error("the console drafted something else than was asked: {0}")]
    OtherThanAsked(&'static str),
    /// The site has sent no nonce yet.
    #[error("the site `{0}` has not connected since it was attached: nothing can be signed for it yet")]
    NoNonce(String),
    /// The draft is no request.
    #[error("the console drafted no valid request")]
    Request(#[from] proof::request::RequestError),
    /// The draft cannot be signed.
    #[error("the draft cannot be signed")]
    Signed(#[from] proof::NotASignedRequest),
}

/// Why a key was not paired.
#[derive(Debug, thiserror::Error)]
pub enum NotPaired {
    /// The console or the site refused.
    #[error(transparent)]
    Refused(#[from] ClientError),
    /// What came back was not made by the site that printed the code.
    #[error("the answer does not come from the site that printed the code")]
    Answer(#[from] PairingError),
}

impl Signer {
    /// Signs a draft, after comparing it with what was asked: the console that drafted it may be stolen. The names of the
    /// targets are what the person is shown, and the site compares them with its own.
    ///
    /// # Errors
    ///
    /// [`NotDrafted`].
    pub fn sign(
        &self,
        draft: &Draft,
        asked: &NewAction,
        id: TaskGuid,
        now: Timestamp,
    ) -> Result<SignedRequest, NotDrafted> {
        let drafted = Request::parse(draft.request.as_bytes())?;
        let other = |what| Err(NotDrafted::OtherThanAsked(what));
        if (drafted.site, drafted.tenant, drafted.console) != (self.site, self.tenant, self.console) {
            return other("it is for another site, tenant or console than the key");
        }
        if drafted.sub != self.user {
            return other("it is for another person");
        }
        if drafted.params.task_type != asked.kind.0.0 || drafted.params.task_param != asked.param {
            return other("its kind or parameter differs");
        }
        if asked.offline.is_some_and(|offline| offline != drafted.offline)
            || asked.finish_within_seconds.is_some_and(|seconds| seconds != drafted.finish_within)
            || asked.deliver_by.is_some_and(|deliver_by| deliver_by != drafted.deliver_by)
        {
            return other("its deadlines differ");
        }
        if !is_aimed_at(&drafted.targets, &asked.target, self.site) {
            return other("its targets differ");
        }
        let nonce = draft.site_nonce.clone();
        let nonce = nonce.ok_or_else(|| NotDrafted::NoNonce(draft.site_name.clone()))?;
        let deliver_by = match asked.deliver_by {
            Some(deliver_by) => deliver_by,
            None => now.plus(action::Clocks::LONGEST_DELIVERY),
        };
        let (iss, idh) = match &self.token {
            Some((iss, idh)) => (iss.clone(), idh.clone()),
            None => (Request::paired_at(self.site), String::new()),
        };
        let request = Request {
            id,
            iss,
            idh,
            jkt: self.key.public().thumbprint().to_string(),
            iat: now,
            exp: deliver_by,
            deliver_by,
            site_nonce: nonce,
            ..drafted
        };
        Ok(SignedRequest::sign(&request, &self.key)?)
    }
}

/// Returns whether a draft is aimed at nothing else than was asked for.
fn is_aimed_at(drafted: &Targets, asked: &NewTarget, site: SiteId) -> bool {
    match (drafted, asked) {
        (Targets::Devices { devices }, NewTarget::Device { device }) => {
            devices.iter().all(|target| target.device == *device)
        }
        (Targets::Devices { devices }, NewTarget::Devices { devices: asked }) => {
            devices.iter().all(|target| asked.contains(&target.device))
        }
        (
            Targets::Collection { collection, at_most, .. },
            NewTarget::Collection { site: at, collection: asked, at_most: most },
        ) => *at == site && collection == asked && most.is_none_or(|most| *at_most <= most),
        (Targets::Devices { .. }, NewTarget::Collection { .. })
        | (Targets::Collection { .. }, NewTarget::Device { .. } | NewTarget::Devices { .. }) => false,
    }
}

impl Client {
    /// Has the console draft the requests that an action needs. Nothing is stored.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn draft_action(&self, new: &NewAction) -> Result<Drafts, ClientError> {
        self.post("api/v1/actions/draft", new).await
    }

    /// Asks for what was signed. The same `key` with the same requests is the same action, however often it is sent.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_signed(&self, signed: &SignedActions, key: &str) -> Result<Asked, ClientError> {
        let url = self.url("api/v1/actions/signed", &Query::new());
        let attempt = attempt(&Method::POST, &url);
        let request =
            self.request(Method::POST, url).timeout(self.patience).header(IDEMPOTENCY_KEY, key).json(signed);
        let response = self.send(request, &attempt).await?;
        response.json().await.map_err(|source| ClientError::Failed { attempt, source })
    }

    /// Returns what a message of a pairing says about where the person is.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn pairing_place(&self, site: SiteId) -> Result<PairingPlace, ClientError> {
        self.get(&format!("api/v1/sites/{site}/pair"), Vec::new()).await
    }

    /// Has a site know a key, with a code of its owner; `rc` is random. The console in between can change nothing.
    ///
    /// # Errors
    ///
    /// [`NotPaired`].
    pub async fn pair_key(
        &self,
        site: SiteId,
        code: &PairingCode,
        level: Level,
        key: PersonSigningKey,
        rc: Hash,
        now: Timestamp,
    ) -> Result<(Signer, PairingAnswer), NotPaired> {
        let PairingPlace { tenant, console, user, .. } = self.pairing_place(site).await?;
        let request = PairingRequest {
            v: PairingRequest::VERSION,
            pid: code.id.clone(),
            tenant,
            site,
            console,
            user,
            level,
            jwk: key.public(),
            rc,
            iat: now,
        };
        let told = self.pair(site, request.text(&key, &code.keys())).await?;
        let answer = PairingAnswer::verify(&told, code, &request)?;
        Ok((Signer { key, level, user, tenant, site, console, token: None }, answer))
    }

    /// Carries a message of a pairing to a site, and returns the site's answer.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn pair(&self, site: SiteId, message: String) -> Result<String, ClientError> {
        let answer: PairingMessage =
            self.post(&format!("api/v1/sites/{site}/pair"), &PairingMessage { message }).await?;
        Ok(answer.message)
    }
}
