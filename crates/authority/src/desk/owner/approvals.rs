//! Which requests wait for a second person, and what waits now.

use action::{ActionKind, Targets, Timestamp, UserId};
use authority_link::{
    ApprovalAnswer, ApprovalCall, ApprovalRule, NAMED_DEVICES, OwnerAnswer, ProofAnswer, WaitingEntry,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proof::{Request, approval::Says, request::Sent};

use super::{Desk, DeskError, not_valid, record};
use crate::store::{Store, StoredWaiting};

/// The most rules of a site: each request is compared with those of its kind.
const MOST_RULES: usize = 1_000;

/// The most accounts that are noted to be another's.
const MOST_SAME: usize = 10_000;

type Told = Result<ApprovalAnswer, OwnerAnswer>;

impl Desk {
    pub(super) async fn approvals(
        &mut self,
        call: ApprovalCall,
        now: Timestamp,
    ) -> Result<Result<ProofAnswer, OwnerAnswer>, DeskError> {
        let told = match call {
            ApprovalCall::List => Ok(self.list_waiting(now).await?),
            ApprovalCall::Say { approval } => match self.approve(&approval, now).await? {
                Ok(allowed) => Ok(ApprovalAnswer::Said { allowed }),
                Err(reason) => Err(not_valid(reason.to_string(), reason.fix())),
            },
            ApprovalCall::PutRule { rule, approval } => {
                self.put_approval_rule(rule, approval.as_deref(), now).await?
            }
            ApprovalCall::RemoveRule { kind, collection, approval } => {
                self.remove_approval_rule(kind, &collection, approval.as_deref(), now).await?
            }
            ApprovalCall::ListRules => Ok(ApprovalAnswer::Rules { rules: self.site.approvals.rules() }),
            ApprovalCall::PutSamePerson { user, same_as } => self.put_same(user, same_as, now).await?,
            ApprovalCall::RemoveSamePerson { user } => self.remove_same(user, now).await?,
            ApprovalCall::ListSamePersons => {
                Ok(ApprovalAnswer::SamePersons { pairs: self.site.approvals.same() })
            }
        };
        Ok(told.map(|told| ProofAnswer::Approvals { told }))
    }

    async fn list_waiting(&mut self, now: Timestamp) -> Result<ApprovalAnswer, DeskError> {
        let waiting = self.store.all_waiting(now).await?;
        // Not one of those that are counted: an approval is judged by the age of its nonce, and the link may be down.
        let nonce = self.keys.nonce.nonce(self.keys.site, now).to_string();
        let waiting = waiting.into_iter().filter_map(|waiting| self.waiting_entry(waiting)).collect();
        Ok(ApprovalAnswer::Waiting { nonce, waiting })
    }

    /// Shows a request with what the site itself knows of its targets: what the console says of them stands nowhere here.
    fn waiting_entry(&self, waiting: StoredWaiting) -> Option<WaitingEntry> {
        let bytes = BASE64_STANDARD.decode(&waiting.request).ok()?;
        let request = Sent::claimed(&bytes).ok()?;
        let (collection, devices, count) = self.shown_targets(&request);
        Some(WaitingEntry {
            task_guid: waiting.task_guid,
            request_sha256: waiting.request_sha256,
            user: waiting.person,
            name: waiting.person_name,
            proof: waiting.proof,
            kind: ActionKind(request.params.task_type),
            param: request.params.task_param,
            collection,
            devices,
            count,
            asked_at: waiting.asked_at,
            until: waiting.until,
        })
    }

    fn shown_targets(&self, request: &Request) -> (Option<String>, Vec<String>, u64) {
        match &request.targets {
            Targets::Devices { devices } => {
                let known = devices.iter().filter_map(|target| self.site.device(target.device));
                let names: Vec<String> = known.map(|device| device.facts.name.clone()).collect();
                let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
                (None, names.into_iter().take(NAMED_DEVICES).collect(), count)
            }
            Targets::Collection { collection, .. } => {
                let members = self.site.members(collection, None, NAMED_DEVICES);
                let names = members.into_iter().map(|device| device.facts.name.clone()).collect();
                let count = self.site.count(collection).unwrap_or(0);
                (Some(self.collection_name(collection)), names, count)
            }
        }
    }

    /// Fewer requests wait only where a person wants it who may do themselves what would not wait. Returns who.
    fn wanted_by(
        &self,
        approval: Option<&str>,
        kind: ActionKind,
        collection: &str,
        now: Timestamp,
    ) -> Result<Result<String, OwnerAnswer>, DeskError> {
        let fix = "run `tenon site approve rule` with --keys, as somebody who may do this there";
        let Some(approval) = approval else {
            return Ok(Err(not_valid("a person must approve that fewer requests wait", fix)));
        };
        let (approval, key) = match self.read_approval(approval, now) {
            Ok(read) => read,
            Err(reason) => return Ok(Err(not_valid(reason.to_string(), reason.fix()))),
        };
        if approval.approves != ApprovalRule::change_hash(kind, collection) || approval.says != Says::Approve
        {
            return Ok(Err(not_valid("the approval is of something else", fix)));
        }
        Ok(match self.may_act_on(key.person, kind, collection)? {
            Ok(_) => Ok(format!("{} ({})", self.signer_named(&key), key.person)),
            Err(reason) => Err(not_valid(reason.to_string(), reason.fix())),
        })
    }

    async fn put_approval_rule(
        &mut self,
        rule: ApprovalRule,
        approval: Option<&str>,
        now: Timestamp,
    ) -> Result<Told, DeskError> {
        let Some(collection) = self.site.collection_id(&rule.collection) else {
            return Ok(Err(no_collection(&rule.collection)));
        };
        let before = self.site.approvals.of_kind(rule.kind).find(|(known, _)| *known == collection);
        let before = before.map(|(_, of)| of);
        if before.is_none() && self.site.approvals.rules().len() >= MOST_RULES {
            let what = format!("the site has {MOST_RULES} rules already");
            return Ok(Err(not_valid(what, "remove one: `tenon site approve rule remove`")));
        }
        let rule = ApprovalRule { collection, ..rule };
        let mut subject =
            format!("{} on {}, proven at {} or less", rule.kind.template(), rule.collection, rule.of);
        if before.is_some_and(|before| before > rule.of) {
            match self.wanted_by(approval, rule.kind, &rule.collection, now)? {
                Ok(who) => subject.push_str(&format!(", wanted by {who}")),
                Err(problem) => return Ok(Err(problem)),
            }
        }
        let mut change = self.store.begin().await?;
        Store::put_approval_rule(&mut change, &rule).await?;
        record(&mut change, now, "approval demanded", &subject).await?;
        change.commit().await?;
        self.site.approvals.put_rule(rule);
        Ok(Ok(ApprovalAnswer::Done))
    }

    async fn remove_approval_rule(
        &mut self,
        kind: ActionKind,
        collection: &str,
        approval: Option<&str>,
        now: Timestamp,
    ) -> Result<Told, DeskError> {
        let id = self.site.collection_id(collection).unwrap_or_else(|| collection.to_owned());
        if !self.site.approvals.of_kind(kind).any(|(known, _)| known == id) {
            let what = format!("no approval is demanded for {} on `{collection}`", kind.template());
            return Ok(Err(not_valid(what, "look it up: `tenon site approve rule list`")));
        }
        let who = match self.wanted_by(approval, kind, &id, now)? {
            Ok(who) => who,
            Err(problem) => return Ok(Err(problem)),
        };
        let mut change = self.store.begin().await?;
        Store::remove_approval_rule(&mut change, kind, &id).await?;
        let subject = format!("{} on {id}, wanted by {who}", kind.template());
        record(&mut change, now, "approval no longer demanded", &subject).await?;
        change.commit().await?;
        self.site.approvals.remove_rule(kind, &id);
        Ok(Ok(ApprovalAnswer::Done))
    }

    async fn put_same(&mut self, user: UserId, same_as: UserId, now: Timestamp) -> Result<Told, DeskError> {
        let noted = self.site.approvals.same();
        if noted.contains(&(user, same_as)) {
            return Ok(Ok(ApprovalAnswer::Done));
        }
        if user == same_as || noted.len() >= MOST_SAME {
            let what = format!("name two accounts; at most {MOST_SAME} are noted");
            return Ok(Err(not_valid(what, "look them up: `tenon site approve same list`")));
        }
        let mut change = self.store.begin().await?;
        Store::put_same_person(&mut change, user, same_as).await?;
        record(&mut change, now, "accounts of one person", &format!("{user} and {same_as}")).await?;
        change.commit().await?;
        self.site.approvals.put_same(user, same_as);
        Ok(Ok(ApprovalAnswer::Done))
    }

    async fn remove_same(&mut self, user: UserId, now: Timestamp) -> Result<Told, DeskError> {
        let mut change = self.store.begin().await?;
        if !Store::remove_same_person(&mut change, user).await? {
            let what = format!("the account {user} is not noted to be another's");
            return Ok(Err(not_valid(what, "look it up: `tenon site approve same list`")));
        }
        record(&mut change, now, "accounts no longer of one person", &user.to_string()).await?;
        change.commit().await?;
        self.site.approvals.remove_same(user);
        Ok(Ok(ApprovalAnswer::Done))
    }
}

fn no_collection(name: &str) -> OwnerAnswer {
    not_valid(format!("the site has no collection `{name}`"), "look it up: `tenon collection list`")
}
