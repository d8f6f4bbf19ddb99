//! Two audits that vouch for each other: the console keeps the hashes of the site's, and the site those of the console's.

use std::collections::BTreeMap;

use action::{TenantId, Timestamp};
use authority_link::{Answer, OwnerAnswer, Witnessed};
use proof::{AuditHead, witness::Page};

use super::{
    Desk, DeskError,
    owner::{not_valid, record},
};
use crate::store::{AuditEntry, HEAD_KEPT, Store};

/// Where the comparison with the consoles' audits is. Lost at the end of the program: then it begins at the beginning.
#[derive(Debug, Default)]
pub(crate) struct Comparing(BTreeMap<TenantId, Place>);

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// What is kept was compared up to here in this round.
    upto: u64,
    /// When a page last came.
    checked: Option<Timestamp>,
}

impl Desk {
    /// Returns the site's audit behind an entry as hashes, with the signed head.
    pub(super) async fn audit_hashes(&self, after: u64, now: Timestamp) -> Result<Answer, DeskError> {
        let mut page = self.store.audit_hashes(after).await?;
        let head = AuditHead { site: self.keys.site, number: page.last, hash: page.head, at: now };
        page.signed = head.sign(&self.keys.task);
        Ok(Answer::AuditHashes(Box::new(page)))
    }

    /// Compares a page of a tenant's audit with what is kept, keeps what is new, and says what is wanted next.
    pub(super) async fn witness(
        &mut self,
        tenant: TenantId,
        page: Option<Box<Page>>,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        if let Some(page) = page {
            self.take_page(tenant, &page, now).await?;
        }
        let newest = self.store.kept_head(tenant).await?.map_or(0, |head| head.number);
        let upto = self.comparing.0.entry(tenant).or_default().upto.min(newest);
        // What is known is looked at again, page by page, and what is new always.
        let after = if upto == newest { vec![newest] } else { vec![upto, newest] };
        Ok(Answer::Wanted { after })
    }

    async fn take_page(&mut self, tenant: TenantId, page: &Page, now: Timestamp) -> Result<(), DeskError> {
        let kept = self.store.kept(tenant, page).await?;
        let entry = |subject: String, result: String| AuditEntry {
            at: now,
            who: format!("the console of tenant {tenant}"),
            what: HEAD_KEPT.to_owned(),
            subject,
            rule: "the site link".to_owned(),
            result,
        };
        let place = self.comparing.0.entry(tenant).or_default();
        place.checked = Some(now);
        let fresh = match page.compare(&kept) {
            Ok(fresh) => fresh,
            Err(broken) => {
                let what = broken.to_string();
                if self.store.broken(tenant).await?.as_ref() != Some(&what) {
                    self.log.error(format_args!(
                        "The console's audit of tenant {tenant} is not what it was: {what}."
                    ));
                    let mut change = self.store.begin().await?;
                    Store::put_broken(&mut change, tenant, &what).await?;
                    Store::audit(&mut change, &entry("the console's audit".to_owned(), what)).await?;
                    change.commit().await?;
                }
                return Ok(());
            }
        };
        if page.after <= place.upto.max(page.oldest) {
            place.upto = if page.end() >= page.last { 0 } else { page.end().max(place.upto) };
        }
        if fresh.is_empty() {
            return Ok(());
        }
        let mut change = self.store.begin().await?;
        Store::keep(&mut change, tenant, &fresh, page.oldest).await?;
        if let Some(last) = fresh.last().filter(|_| page.news) {
            let subject = format!("{}:{}", last.number, last.chain);
            Store::audit(&mut change, &entry(subject, "done".to_owned())).await?;
        }
        Ok(change.commit().await?)
    }

    /// Returns what is kept of the audits of consoles.
    pub(super) async fn witnessed(&self) -> Result<Vec<Witnessed>, DeskError> {
        let mut all = Vec::new();
        for tenant in self.store.witnessed().await? {
            let Some(head) = self.store.kept_head(tenant).await? else { continue };
            all.push(Witnessed {
                tenant,
                number: head.number,
                hash: head.hash.hex(),
                checked: self.comparing.0.get(&tenant).and_then(|place| place.checked),
                broken: self.store.broken(tenant).await?,
            });
        }
        Ok(all)
    }

    /// Forgets what is kept of a tenant's audit: after its console was restored from a backup, the two begin anew.
    pub(super) async fn forget_witness(
        &mut self,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let mut change = self.store.begin().await?;
        if !Store::forget_witness(&mut change, tenant).await? {
            let what = format!("nothing is kept of an audit of tenant {tenant}");
            return Ok(not_valid(what, "look it up: `tenon site audit verify`"));
        }
        let generation =
            record(&mut change, now, "kept audit of the console forgotten", &tenant.to_string()).await?;
        change.commit().await?;
        self.comparing.0.remove(&tenant);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }
}
