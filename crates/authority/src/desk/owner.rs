//! What the site's owner asks: administration of the site, each change with its audit entry in one commit.

pub(super) mod audit;
pub(super) mod clean_up;
mod devices;
mod take_over;
mod keys;
mod collections;
mod rollouts;
pub(super) mod people;
mod scopes;
mod issuers;
mod policies;
mod proofs;
mod approvals;
mod applications;
mod tokens;
mod who;

use std::path::Path;

use action::Timestamp;
use authority_link::{OwnerAnswer, OwnerCall};
use database::{DbError, Transaction};

use self::{collections::Rules, people::Given, policies::Assignment};
use super::{DAY, Desk, DeskError};
use crate::{
    issuer::Fetched,
    store::{AuditEntry, GENERATION, Store},
};

/// The name of the store in a backup.
const STORE_COPY: &str = "authority.db";

/// Beside the keys in a backup that does not hold the store.
const NOT_COPIED: &str = "STORE-NOT-COPIED.txt";

impl Desk {
    /// Answers the site's owner.
    pub(super) async fn owner(
        &mut self,
        call: OwnerCall,
        fetched: Option<Fetched>,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        match call {
            OwnerCall::Status => Ok(self.status()),
            OwnerCall::CreateJoinToken { url, uses, valid_seconds, collection, approval } => {
                self.create_join_token(url, uses, valid_seconds, collection, approval, now).await
            }
            OwnerCall::CreateDeviceToken { url, valid_seconds, device } => {
                self.create_device_token(url, valid_seconds, device, now).await
            }
            OwnerCall::ListJoinTokens => self.list_join_tokens(now).await,
            OwnerCall::RevokeJoinToken { id } => self.revoke_join_token(&id, now).await,
            OwnerCall::PutPolicy { name, document, collections, users, priority } => {
                let assignment = Assignment { collections: Some(collections), users: Some(users), priority };
                self.put_policy(name, &document, assignment, now).await
            }
            OwnerCall::AssignPolicy { name, collections, users, priority } => {
                self.assign_policy(&name, Assignment { collections, users, priority }, now).await
            }
            OwnerCall::ShowPolicy { name, version } => self.show_policy(&name, version).await,
            OwnerCall::PolicyHistory { name } => self.policy_history(&name).await,
            OwnerCall::RollBackPolicy { name, version } => self.roll_back_policy(&name, version, now).await,
            OwnerCall::PolicyConflicts => self.policy_conflicts().await,
            OwnerCall::ListPolicies => Ok(self.list_policies()),
            OwnerCall::RemovePolicy { name } => self.remove_policy(&name, now).await,
            OwnerCall::Proofs { call } => self.proofs(*call, now).await,
            OwnerCall::Applications { call } => self.applications(*call, now).await,
            OwnerCall::PutCollection { name, query, members, include, exclude, limited_to } => {
                let rules = Rules { query, members, include, exclude, limited_to };
                self.put_collection(name, rules, now).await
            }
            OwnerCall::ListCollections => Ok(self.list_collections()),
            OwnerCall::ListMembers { collection } => Ok(self.list_members(&collection)),
            OwnerCall::RemoveCollection { collection } => self.remove_collection(&collection, now).await,
            OwnerCall::PutRollout { collection, plan } => self.put_rollout(&collection, plan, now).await,
            OwnerCall::RemoveRollout { collection } => self.remove_rollout(&collection, now).await,
            OwnerCall::ListRollouts => Ok(self.list_rollouts()),
            OwnerCall::PutRole { name, permissions } => self.put_role(name, permissions, now).await,
            OwnerCall::ListRoles => Ok(self.list_roles()),
            OwnerCall::Assign { user, name, role, collections, scopes } => {
                self.assign(Given { user, name, role, collections, scopes }, now).await
            }
            OwnerCall::Scopes { call } => self.scopes(call, now).await,
            OwnerCall::Unassign { user, role } => self.unassign(user, &role, now).await,
            OwnerCall::ListAssignments => Ok(self.list_assignments()),
            OwnerCall::KnowPerson { user, name } => self.know_person(user, name, now).await,
            OwnerCall::ForgetPerson { user } => self.forget_person(user, now).await,
            OwnerCall::ListPeople => Ok(self.list_people()),
            OwnerCall::PutIssuer { pin } => self.put_issuer(*pin, fetched, now).await,
            OwnerCall::ListIssuers => Ok(self.list_issuers(now)),
            OwnerCall::RemoveIssuer { issuer } => self.remove_issuer(&issuer, now).await,
            OwnerCall::WhoCan { kind, device } => self.who_can(kind, &device),
            OwnerCall::Explain { user, kind, device } => self.explain(&user, kind, &device),
            OwnerCall::RevokeDevice { device } => self.revoke_device(device, now).await,
            OwnerCall::ListDevices { standing, after } => Ok(self.list_devices(standing, after)),
            OwnerCall::ApproveDevice { device, takes_over: None } => self.approve_device(device, now).await,
            OwnerCall::ApproveDevice { device, takes_over: Some(known) } => {
                self.take_over(device, known, now).await
            }
            OwnerCall::RetireDevice { device } => self.retire_device(device, now).await,
            OwnerCall::DeleteDevice { device } => self.delete_device(device, now).await,
            OwnerCall::SetCleanUp { days } => self.set_clean_up(days, now).await,
            OwnerCall::CleanUp => self.clean_up_days().await,
            OwnerCall::VerifyAudit => self.verify_audit().await,
            OwnerCall::ForgetWitness { tenant } => self.forget_witness(tenant, now).await,
            OwnerCall::AuditHead => self.audit_head(now).await,
            OwnerCall::ExportAudit { after } => self.export_audit(after).await,
            OwnerCall::KeepAudit { days } => self.keep_audit(days, now).await,
            OwnerCall::RotateKey { key, overlap_days } => self.rotate_key(key, overlap_days, now).await,
            OwnerCall::ListKeys => Ok(self.list_site_keys(now)),
            OwnerCall::Halt => self.halt(true, now).await,
            OwnerCall::Resume => self.halt(false, now).await,
            OwnerCall::Backup { folder } => self.backup(&folder).await,
        }
    }

    fn status(&self) -> OwnerAnswer {
        OwnerAnswer::Status {
            site: self.keys.site,
            name: self.keys.name.clone(),
            root_key_sha256: self.keys.root_hash().hex(),
            epoch: self.numbers.epoch(),
            devices: self.site.count(action::Targets::ALL_DEVICES).unwrap_or(0),
            halted: self.site.halted,
        }
    }

    async fn halt(&mut self, halted: bool, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        let mut change = self.store.begin().await?;
        Store::put_number(&mut change, "halted", u64::from(halted)).await?;
        let what = if halted { "releases halted" } else { "releases resumed" };
        let generation = record(&mut change, now, what, "").await?;
        change.commit().await?;
        self.site.halted = halted;
        self.site.generation = generation;
        self.log.warn(format_args!("By the site's owner: {what}."));
        Ok(OwnerAnswer::Done)
    }

    /// Copies keys, counters and store. The copy's store knows that it is one.
    async fn backup(&self, folder: &str) -> Result<OwnerAnswer, DeskError> {
        let to = Path::new(folder);
        if !to.is_absolute() || to.exists() {
            let what = format!("{folder} is not absolute, or exists already");
            return Ok(not_valid(what, "name a folder that does not exist yet, by its whole path"));
        }
        let copy = self.folder.copy_to(to)?;
        match self.store.backup(&to.join(STORE_COPY)).await {
            Ok(()) => {}
            Err(DbError::UsePgDump) => {
                copy.write(NOT_COPIED, b"The store is in PostgreSQL: copy it with pg_dump.\n")?
            }
            Err(error) => return Err(error.into()),
        }
        self.log.info(format_args!("Copied keys and store into {folder}."));
        Ok(OwnerAnswer::Done)
    }
}

/// Records a change by the owner, and returns the site's generation after it.
pub(super) async fn record(
    change: &mut Transaction,
    now: Timestamp,
    what: &str,
    subject: &str,
) -> Result<u64, DeskError> {
    let entry = AuditEntry {
        at: now,
        who: "the site's owner".to_owned(),
        what: what.to_owned(),
        subject: subject.to_owned(),
        rule: "the authority's own socket".to_owned(),
        result: "done".to_owned(),
    };
    Store::audit(change, &entry).await?;
    Ok(Store::next_number(change, GENERATION).await?)
}

pub(super) fn not_valid(what: impl Into<String>, fix: impl Into<String>) -> OwnerAnswer {
    OwnerAnswer::NotValid { what: what.into(), fix: fix.into() }
}

/// The longest name of anything, in bytes.
const LONGEST_NAME: usize = 128;

/// Returns what is wrong with a name, where something is.
fn name_problem(name: &str) -> Option<OwnerAnswer> {
    let fits = !name.trim().is_empty() && name.len() <= LONGEST_NAME && !name.contains(char::is_control);
    let what = "a name is empty, longer than 128 bytes, or holds control characters";
    (!fits).then(|| not_valid(what, "choose another name"))
}
