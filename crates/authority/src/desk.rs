//! The authority's desk: keys, store and the site's state together, behind one lock. Each call is a file of its own.

mod prove;
mod nonce;
mod pair;
mod decide;
mod judged;
mod approve;
mod unproven;
mod dry_run;
mod may_read;
mod bind;
mod release;
mod rings;
mod enrol;
mod renew;
mod manifest;
mod trust;
mod facts;
mod witness;
mod owner;

use std::{collections::BTreeMap, time::Duration};

use action::{DeviceId, SiteId, Timestamp};
use authority_link::{Answer, Call, OwnerCall, Role};
use database::DbError;
use proof::SignedTime;
use service::{error::Chain, log::ComponentLog};

use crate::{
    Config,
    ca::NotIssued,
    folder::{Folder, FolderError},
    issuer::{Fetched, Wanted},
    keys::SiteKeys,
    numbers::Numbers,
    rules::RulesError,
    site::{LoadError, SiteState},
    store::Store,
};

/// A day.
const DAY: Duration = Duration::from_hours(24);
/// How long the audit is kept unless the owner says otherwise: a year and a month, so that a yearly review finds the whole
/// year.
const AUDIT_KEPT: Duration = Duration::from_hours(400 * 24);

/// How long keys and grants are shown after their end.
const ENDED_KEPT: Duration = Duration::from_hours(90 * 24);

/// What the authority decides and signs with.
#[derive(Debug)]
pub(crate) struct Desk {
    config: Config,
    folder: Folder,
    keys: SiteKeys,
    numbers: Numbers,
    store: Store,
    site: SiteState,
    /// When devices were last heard of, where that is not stored yet.
    seen: BTreeMap<DeviceId, Timestamp>,
    /// Where the comparison with the consoles' audits is.
    comparing: witness::Comparing,
    /// How much was refused lately of what proves nothing.
    unproven: unproven::Unproven,
    /// Whether the store may hold something that the site's state does not.
    stale: bool,
    log: ComponentLog,
}

/// Why a call could not be carried out, which says nothing about what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    /// The store fails.
    #[error("the authority's store fails")]
    Store(#[from] DbError),
    /// The folder fails.
    #[error("the authority's folder fails")]
    Folder(#[from] FolderError),
    /// The rules fail.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The site's state cannot be loaded again.
    #[error("failed to load the site's state again")]
    Load(#[from] LoadError),
    /// A certificate cannot be issued.
    #[error(transparent)]
    NotIssued(#[from] NotIssued),
    /// What is asked cannot be.
    #[error("{0}")]
    NotPossible(String),
}

impl DeskError {
    fn is_transient(&self) -> bool {
        match self {
            DeskError::Store(error) => error.is_transient(),
            DeskError::Folder(_) | DeskError::Load(_) => true,
            DeskError::Rules(_) | DeskError::NotIssued(_) | DeskError::NotPossible(_) => false,
        }
    }
}

impl Desk {
    pub(crate) fn new(
        config: Config,
        folder: Folder,
        keys: SiteKeys,
        numbers: Numbers,
        store: Store,
        site: SiteState,
        log: ComponentLog,
    ) -> Self {
        let comparing = witness::Comparing::default();
        Self {
            config,
            folder,
            keys,
            numbers,
            store,
            site,
            seen: BTreeMap::new(),
            comparing,
            unproven: unproven::Unproven::default(),
            stale: false,
            log,
        }
    }

    /// Returns the site.
    pub(crate) fn site(&self) -> SiteId {
        self.keys.site
    }

    /// Returns the keys that must be fetched before a call is answered, which is not done at the desk: others would wait.
    pub(crate) fn wants(&mut self, call: &Call, now: Timestamp) -> Option<Wanted> {
        match call {
            Call::BindKey { binding } => self.wanted_for(binding, now),
            Call::Owner { owner: OwnerCall::PutIssuer { pin } } => Wanted::of(pin),
            _ => None,
        }
    }

    /// Answers a call of a role that may make it, with the keys that it [wanted](Self::wants).
    pub(crate) async fn answer(
        &mut self,
        role: Role,
        call: Call,
        fetched: Option<Fetched>,
        now: Timestamp,
    ) -> Answer {
        let name = call.name();
        let answered = self.carry_out(role, call, fetched, now).await;
        match &answered {
            // A commit whose outcome is not known may have been made.
            Err(DeskError::Store(_)) => self.stale = true,
            Ok(Answer::Denied { reason }) => self.log.warn(format_args!("Denied `{name}`: {reason}.")),
            Ok(_) | Err(_) => {}
        }
        answered.unwrap_or_else(|error| {
            let what = Chain(&error).to_string();
            self.log.error(format_args!("Failed to answer `{name}` of the role {}: {what}", role.name()));
            Answer::Failed { what, transient: error.is_transient() }
        })
    }

    async fn carry_out(
        &mut self,
        role: Role,
        call: Call,
        fetched: Option<Fetched>,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        if self.stale {
            self.site = SiteState::load(&self.store).await?;
            self.stale = false;
        }
        match call {
            Call::Introduce { .. } => Ok(Answer::Done),
            Call::Decide { request, vouch } => self
                .decide(&request, &vouch, now)
                .await
                .map(|(decision, audit)| Answer::Decision { decision, audit }),
            Call::DryRun { request, vouch, online, forecast } => self
                .dry_run(&request, &vouch, &online, forecast, now)
                .map(|dry_run| Answer::DryRun(Box::new(dry_run))),
            Call::MayRead { device, vouch, logs } => self.may_read(device, vouch.user, logs),
            Call::BindKey { binding } => self.bind_key(&binding, fetched, now).await,
            Call::RetireKey { retirement } => self.retire_key(&retirement, now).await,
            Call::Approve { approval } => Ok(match self.approve(&approval, now).await? {
                Ok(allowed) => Answer::Approved { allowed },
                Err(reason) => Answer::NotApproved { reason },
            }),
            Call::Targets { task_guid, after, limit } => self.targets(task_guid, after, limit).await,
            Call::SiteNonce => self.site_nonce(now).await,
            Call::Pair { message } => self.pair(&message, now).await,
            Call::Mirror => Ok(Answer::Mirror(self.mirror(now))),
            Call::AuditHashes { after } => self.audit_hashes(after, now).await,
            Call::Witness { tenant, page } => self.witness(tenant, page, now).await,
            Call::Release { task_guid, devices, results } => {
                self.release(task_guid, &devices, results, now).await
            }
            Call::SiteTime => Ok(Answer::SiteTime { time: self.site_time(now) }),
            Call::Enrol { token, secret, csr, facts } => self.enrol(&token, &secret, &csr, facts, now).await,
            Call::Renew { device, serial, csr } => {
                self.seen.insert(device, now);
                self.renew(device, &serial, &csr, now).await
            }
            Call::Manifest { device } => {
                self.seen.insert(device, now);
                self.manifest(device, now)
            }
            Call::Document { sha256 } => self.document(&sha256).await,
            Call::PutFacts { facts } => {
                self.seen.extend(facts.iter().map(|(device, _)| (*device, now)));
                self.put_facts(facts).await
            }
            Call::ServerCertificate { csr } => self.server_certificate(role, &csr, now),
            Call::TrustDocument => {
                self.trust_document(now).map(|document| Answer::TrustDocument { document })
            }
            Call::Removed { since } => Ok(self.removed(since)),
            Call::Revocations { since } => Ok(self.revocations(since)),
            Call::TicketKeys => Ok(self.ticket_keys(now)),
            Call::Owner { owner } => {
                self.owner(owner, fetched, now).await.map(|told| Answer::Owner(Box::new(told)))
            }
        }
    }

    /// Forgets what nothing needs any more, and marks how far the store has come.
    pub(crate) async fn sweep(&mut self, now: Timestamp) -> Result<(), DeskError> {
        self.store.forget_decisions(now).await?;
        self.store.forget_rollouts(now).await?;
        self.store.forget_pairings(now).await?;
        self.end_overdue(now).await?;
        self.audit_left_out(now).await?;
        self.store.forget_proofs(now.minus(ENDED_KEPT)).await?;
        self.site.proofs.forget(now.minus(ENDED_KEPT));
        let days = self.store.number(owner::audit::KEPT_DAYS).await?;
        let kept = if days == 0 { AUDIT_KEPT } else { DAY * u32::try_from(days).unwrap_or(u32::MAX) };
        self.store.forget_audit(now.minus(kept)).await?;
        self.clean_up(now).await?;
        let last = self.store.last_audit().await?;
        Ok(self.numbers.mark(last, true)?)
    }

    fn site_time(&self, now: Timestamp) -> String {
        let (site, epoch) = (self.keys.site, self.numbers.epoch());
        SignedTime { site, epoch, key_id: self.keys.task.id(), time: now }.sign(&self.keys.task)
    }
}

#[cfg(test)]
mod tests;
