//! The audit, as the owner reads and checks it.

use action::Timestamp;
use authority_link::OwnerAnswer;
use proof::{AuditHead, Hash};

use super::{Desk, DeskError, not_valid, record};
use crate::store::Store;

/// The shortest that entries are kept, in days: a month, so that a monthly review finds its month.
const LEAST_DAYS: u32 = 31;
/// The longest, in days: ten years.
const MOST_DAYS: u32 = 3653;

/// The name under which the days are kept that entries stay.
pub(in crate::desk) const KEPT_DAYS: &str = "audit days";

impl Desk {
    pub(super) async fn verify_audit(&self) -> Result<OwnerAnswer, DeskError> {
        let last = self.store.last_audit().await?;
        let broken = self.store.verify_audit(0).await?.err();
        Ok(OwnerAnswer::AuditVerified { last, broken, consoles: self.witnessed().await? })
    }

    pub(super) async fn audit_head(&self, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        let (number, hash) = self.store.audit_head().await?;
        let told = hash.parse::<Hash>().map(|hash| {
            let head = AuditHead { site: self.keys.site, number, hash, at: now };
            OwnerAnswer::AuditHead {
                entry: number,
                hash: hash.hex(),
                at: now,
                signed: head.sign(&self.keys.task),
            }
        });
        Ok(told.unwrap_or_else(|_| not_valid("the audit has no entry yet", "ask again when it has one")))
    }

    pub(super) async fn export_audit(&self, after: u64) -> Result<OwnerAnswer, DeskError> {
        Ok(OwnerAnswer::AuditPage { entries: self.store.audit_page(after).await? })
    }

    pub(super) async fn keep_audit(&mut self, days: u32, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        if !(LEAST_DAYS..=MOST_DAYS).contains(&days) {
            let what = format!("the audit is kept for {LEAST_DAYS} to {MOST_DAYS} days");
            return Ok(not_valid(what, "choose another number"));
        }
        let mut change = self.store.begin().await?;
        Store::put_number(&mut change, KEPT_DAYS, days.into()).await?;
        let generation = record(&mut change, now, "audit kept for days", &days.to_string()).await?;
        change.commit().await?;
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }
}
