//! A second person approves, or refuses, what another has asked for: by a key of their own, over the hash of the whole
//! request. The one who asked never does, by whatever account.

use std::{collections::BTreeSet, time::Duration};

use action::{ActionKind, Reason, Targets, Timestamp};
use authority_link::Decision;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proof::{Approval, Level, NotAJws, NotAnApproval, Request, SiteNonce, approval::Says, request::Sent};
use service::error::Chain;

use super::{
    Desk, DeskError,
    decide::audited,
    prove::{Asked, By},
};
use crate::store::{AuditEntry, Store, StoredDecision, StoredKey, StoredWaiting};

/// The most requests that wait at once. The connector looks at the oldest 256 that are not decided: others must have their
/// turn.
const MOST_WAITING: u64 = 128;

/// The most of one person: nobody takes the place of all others.
const MOST_OF_PERSON: u64 = 32;

/// How old the nonce of an approval may be: whoever approves has just looked at what they approve.
const NONCE_HOLDS: Duration = Duration::from_mins(10);

/// What clocks differ by without anybody noticing.
const CLOCKS_DIFFER_BY: Duration = Duration::from_mins(5);

impl Desk {
    /// Returns the level of the rule by which a request waits that is proven at `level`; none where none does. Where several
    /// do, the one that asks for more.
    pub(super) fn demanded(&self, request: &Request, level: Level) -> Option<Level> {
        let rules = self.site.approvals.of_kind(ActionKind(request.params.task_type));
        let waits =
            rules.filter(|(collection, of)| level <= *of && self.touches(collection, &request.targets));
        waits.map(|(_, of)| of).max()
    }

    /// Returns whether a person's key may ask with less than the kind needs: the owner has said that a second person confirms
    /// it then, for each of its devices. Neither the console's word nor a service is a person who is there to be confirmed.
    pub(super) fn is_confirmed(&self, request: &Request, by: &By) -> bool {
        let By::Key(key) = by else { return false };
        if key.service.is_some() || self.demanded(request, key.level) != Some(Level::Web) {
            return false;
        }
        let mut rules = self.site.approvals.of_kind(ActionKind(request.params.task_type));
        rules.any(|(collection, of)| of == Level::Web && self.covers(collection, &request.targets))
    }

    /// Returns the collections whose devices get an action that nobody has approved no more: the rules may be younger than it,
    /// and devices may have come under them since.
    pub(super) fn not_approved_for(&self, stored: &StoredDecision, kind: ActionKind) -> Vec<&str> {
        if stored.approver.is_some() {
            return Vec::new();
        }
        let rules = self.site.approvals.of_kind(kind);
        rules.filter(|(_, of)| stored.level <= *of).map(|(collection, _)| collection).collect()
    }

    /// Returns whether a request is for any device of a collection.
    fn touches(&self, collection: &str, targets: &Targets) -> bool {
        match targets {
            Targets::Devices { devices } => {
                devices.iter().any(|target| self.site.holds(collection, target.device))
            }
            Targets::Collection { collection: aim, .. } => {
                self.site.collections.within(aim).contains(&collection)
                    || self
                        .site
                        .members(aim, None, usize::MAX)
                        .into_iter()
                        .any(|device| self.site.holds(collection, device.device))
            }
        }
    }

    /// Returns until when a request that is allowed waits for a second person; none where it need not.
    pub(super) async fn waits(
        &mut self,
        asked: &Asked,
        now: Timestamp,
    ) -> Result<Option<Result<Timestamp, Reason>>, DeskError> {
        let Asked { request, by, .. } = asked;
        if self.demanded(request, by.level()).is_none() {
            return Ok(None);
        }
        let is_full = |(all, own)| all >= MOST_WAITING || own >= MOST_OF_PERSON;
        let mut waiting = self.store.count_waiting(request.sub).await?;
        if is_full(waiting) {
            self.end_overdue(now).await?;
            waiting = self.store.count_waiting(request.sub).await?;
        }
        if is_full(waiting) {
            let (all, own) = waiting;
            let what = format!(
                "{all} requests wait for one, {own} of them of this person; at most {MOST_WAITING} and {MOST_OF_PERSON} may"
            );
            return Ok(Some(Err(Reason::ApprovalNotValid { what })));
        }
        Ok(Some(Ok(request.exp.min(request.deliver_by))))
    }

    /// Takes what a second person says of a request that waits. Returns whether the action is allowed now, or why what they
    /// say does not count.
    pub(super) async fn approve(
        &mut self,
        text: &str,
        now: Timestamp,
    ) -> Result<Result<bool, Reason>, DeskError> {
        let (approval, key) = match self.read_approval(text, now) {
            Ok(read) => read,
            Err(reason) => return self.not_approved("somebody, not proven", "", reason, now).await.map(Err),
        };
        let who =
            format!("{} ({}), signed with the key {}", self.signer_named(&key), key.person, approval.jkt);
        let subject = approval.id.to_string();
        let Some(waiting) = self.store.waiting(approval.id).await? else {
            let reason = not_valid("nothing of that id waits for an approval");
            return self.not_approved(&who, &subject, reason, now).await.map(Err);
        };
        let request = self.may_say(&approval, &key, &waiting, now)?;
        let request = match request {
            Ok(request) => request,
            Err(reason) => return self.not_approved(&who, &subject, reason, now).await.map(Err),
        };
        let Some(stored) = self.store.decision(approval.id).await? else {
            return Err(DeskError::NotPossible(format!(
                "no decision on the action {} is known",
                approval.id
            )));
        };
        self.conclude(&approval, &who, &key, stored, &request, now).await.map(Ok)
    }

    /// Reads an approval: of a key that may approve at all.
    pub(super) fn read_approval(&self, text: &str, now: Timestamp) -> Result<(Approval, StoredKey), Reason> {
        let jkt = Approval::key_of(text).map_err(|error| not_valid(&Chain(&error).to_string()))?;
        let Some(key) = self.site.proofs.key(jkt) else {
            return Err(Reason::KeyUnknown { key: jkt.to_string() });
        };
        let approval = Approval::verify(text, &key.key).map_err(|error| match error {
            NotAnApproval::Jws(NotAJws::Signature(_)) => {
                Reason::SignatureNotValid { what: error.to_string() }
            }
            error => not_valid(&Chain(&error).to_string()),
        })?;
        if approval.sub != key.person {
            return Err(Reason::SignatureNotValid { what: "the key belongs to another person".to_owned() });
        }
        if (approval.site, approval.tenant, approval.console) != (self.keys.site, key.tenant, key.console) {
            return Err(not_valid("it is for another site, tenant or console"));
        }
        if key.service.is_some() {
            return Err(not_valid("a service approves nothing"));
        }
        if key.level < Level::Native {
            return Err(Reason::ProofLevelTooLow { needed: Level::Native.to_string() });
        }
        if key.ended_at.is_some() || key.expires <= now {
            return Err(Reason::ProofExpired);
        }
        let nonce = approval.site_nonce.parse::<SiteNonce>();
        let nonce = nonce.ok().filter(|nonce| self.keys.nonce.verifies(self.keys.site, nonce));
        let nonce = nonce.ok_or_else(|| not_valid("its nonce is not this site's"))?;
        let early = approval.iat < nonce.time.minus(CLOCKS_DIFFER_BY);
        if now.since(nonce.time) > NONCE_HOLDS || early || approval.iat > now.plus(CLOCKS_DIFFER_BY) {
            return Err(not_valid("it was signed at another time; is the clock right?"));
        }
        Ok((approval, key.clone()))
    }

    /// Checks that whoever has signed may decide about this very request, and returns it.
    fn may_say(
        &self,
        approval: &Approval,
        key: &StoredKey,
        waiting: &StoredWaiting,
        now: Timestamp,
    ) -> Result<Result<Request, Reason>, DeskError> {
        if approval.approves.hex() != waiting.request_sha256 {
            return Ok(Err(not_valid("it is for another request than the one that waits")));
        }
        if waiting.until <= now {
            return Ok(Err(Reason::ApprovalMissing));
        }
        if self.are_one(waiting, key) {
            return Ok(Err(not_valid("whoever asked cannot approve it, by whatever account")));
        }
        let sent = BASE64_STANDARD.decode(&waiting.request).ok();
        // It was verified when it was taken, and the store is the authority's own.
        let Some(Ok(request)) = sent.map(|bytes| Sent::claimed(&bytes)) else {
            return Err(DeskError::NotPossible(format!("the request {} is damaged", waiting.task_guid)));
        };
        let (own, theirs) = (self.judge(&request)?, self.judge_for(key.person, &request)?);
        Ok(match (own, theirs) {
            (_, Err(reason)) => Err(reason),
            (Ok(own), Ok(theirs)) => {
                // Both may refuse thousands, and one thread decides all requests.
                let own: BTreeSet<_> = own.refused.into_iter().map(|(device, _)| device).collect();
                let beyond = theirs.refused.into_iter().find(|(device, _)| !own.contains(device));
                beyond.map_or(Ok(request), |(_, reason)| Err(reason))
            }
            // What may no longer be done is refused when it is concluded.
            (Err(_), Ok(_)) => Ok(request),
        })
    }

    /// Two accounts are one person's where the owner has said so, or where the site knows them by one name.
    fn are_one(&self, waiting: &StoredWaiting, key: &StoredKey) -> bool {
        let plain = |name: &str| name.trim().to_lowercase();
        let asker = self.site.people.name(waiting.person).unwrap_or(&waiting.person_name);
        self.site.approvals.are_one(waiting.person, key.person)
            || plain(asker) == plain(self.signer_named(key))
    }

    /// Returns the name of a key's person, as the site knows them now.
    pub(super) fn signer_named<'a>(&'a self, key: &'a StoredKey) -> &'a str {
        self.site.people.name(key.person).unwrap_or(&key.person_name)
    }

    /// Ends the wait: what was approved is decided by the rules as they are now.
    async fn conclude(
        &mut self,
        approval: &Approval,
        who: &str,
        key: &StoredKey,
        stored: StoredDecision,
        request: &Request,
        now: Timestamp,
    ) -> Result<bool, DeskError> {
        let restored = self.numbers.restored_at().is_some_and(|restored| request.iat < restored);
        let decision = match approval.says {
            Says::Refuse => {
                let who = self.signer_named(key).to_owned();
                Decision::Refused { reason: Reason::ApprovalRefused { who } }
            }
            Says::Approve if restored => Decision::Refused { reason: Reason::SiteRestored },
            Says::Approve => match self.judge(request)? {
                Ok(judged) => self.allow(request, judged)?,
                Err(reason) => Decision::Refused { reason },
            },
        };
        let allowed = matches!(decision, Decision::Allowed(_));
        let mut stored = StoredDecision { approver: Some(key.person), decision, ..stored };
        let said = match approval.says {
            Says::Approve => "approved",
            Says::Refuse => "refused to approve",
        };
        let entry = AuditEntry {
            at: now,
            who: who.to_owned(),
            what: format!("approval of what {} ({}) asked", stored.person_name, stored.person),
            subject: approval.id.to_string(),
            rule: format!("request {}", approval.approves.hex()),
            result: said.to_owned(),
        };
        let mut change = self.store.begin().await?;
        if !Store::end_waiting(&mut change, approval.id).await? {
            return Err(DeskError::NotPossible("it was decided meanwhile".to_owned()));
        }
        Store::audit(&mut change, &entry).await?;
        let place = Store::audited(&mut change, &audited(&stored, request, now)).await?;
        let number = place.number;
        stored.audit = Some(place);
        Store::conclude_decision(&mut change, &stored).await?;
        self.begin_rollout(&mut change, &stored, request, now).await?;
        change.commit().await?;
        self.log.about(approval.id).info(format_args!("{} {said} it.", self.signer_named(key)));
        self.say(&stored);
        self.mark(number);
        Ok(allowed)
    }

    /// Ends what nobody has approved in time.
    pub(super) async fn end_overdue(&mut self, now: Timestamp) -> Result<(), DeskError> {
        loop {
            let overdue = self.store.overdue_waiting(now).await?;
            if overdue.is_empty() {
                return Ok(());
            }
            for waiting in overdue {
                self.end_waiting(waiting, now).await?;
            }
        }
    }

    async fn end_waiting(&mut self, waiting: StoredWaiting, now: Timestamp) -> Result<(), DeskError> {
        let known = self.store.decision(waiting.task_guid).await?;
        let mut change = self.store.begin().await?;
        Store::end_waiting(&mut change, waiting.task_guid).await?;
        let entry = AuditEntry {
            at: now,
            who: "nobody".to_owned(),
            what: format!("approval of what {} ({}) asked", waiting.person_name, waiting.person),
            subject: waiting.task_guid.to_string(),
            rule: Reason::ApprovalMissing.to_string(),
            result: "refused".to_owned(),
        };
        let place = Store::audited(&mut change, &entry).await?;
        let number = place.number;
        if let Some(stored) = known {
            let decision = Decision::Refused { reason: Reason::ApprovalMissing };
            let stored = StoredDecision { decision, audit: Some(place), ..stored };
            Store::conclude_decision(&mut change, &stored).await?;
        }
        change.commit().await?;
        self.mark(number);
        Ok(())
    }

    async fn not_approved(
        &mut self,
        who: &str,
        subject: &str,
        reason: Reason,
        now: Timestamp,
    ) -> Result<Reason, DeskError> {
        let entry = AuditEntry {
            at: now,
            who: who.to_owned(),
            what: "approval".to_owned(),
            subject: subject.to_owned(),
            rule: reason.to_string(),
            result: "refused".to_owned(),
        };
        self.audit_unproven(entry).await?;
        Ok(reason)
    }
}

/// Returns what is kept of a request that waits.
pub(super) fn waiting(
    stored: &StoredDecision,
    sent: &str,
    now: Timestamp,
    until: Timestamp,
) -> StoredWaiting {
    StoredWaiting {
        task_guid: stored.task_guid,
        request: sent.to_owned(),
        request_sha256: stored.request_sha256.clone(),
        person: stored.person,
        person_name: stored.person_name.clone(),
        proof: stored.proof.clone(),
        asked_at: now,
        until,
    }
}

fn not_valid(what: &str) -> Reason {
    Reason::ApprovalNotValid { what: what.to_owned() }
}
