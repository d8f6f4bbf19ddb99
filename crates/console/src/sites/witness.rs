//! Keeps the hashes of sites' audits: each minute what is new, and a page of what is known, which is compared again and
//! again. Sites do the same with the tenant's audit.

use std::{collections::BTreeMap, time::Duration};

use action::{SiteId, TenantId};
use database::DbError;
use proof::{AuditHead, TrustDocument, Trusted, audit::Head, witness::Page};
use service::{error::Chain, shutdown::Shutdown};
use site_link::{Answer, Question, audit_head, keys::LinkKey};
use tokio::time::Instant;

use super::questions::NoAnswer;
use crate::{
    state::Console,
    store::{Compared, Signed, SiteTrust},
};

/// How often a site is asked.
const EVERY: Duration = Duration::from_secs(60);

/// How often it is looked for sites whose minute is over, or that are there again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why a site's audit was not compared.
#[derive(Debug)]
pub(crate) enum NotCompared {
    /// The site did not answer.
    NoAnswer(NoAnswer),
    /// It answered something else: it is of an earlier version.
    Otherwise(Box<Answer>),
    /// The console's own store fails.
    Store(DbError),
}

impl From<DbError> for NotCompared {
    fn from(error: DbError) -> Self {
        NotCompared::Store(error)
    }
}

/// Where the comparison with one site is.
#[derive(Clone, Copy, Debug)]
struct Place {
    last: Instant,
    /// What is known was compared up to here in this round.
    upto: u64,
}

/// Runs until the shutdown begins.
pub(crate) async fn run(console: Console, shutdown: Shutdown) {
    let mut places: BTreeMap<SiteId, Place> = BTreeMap::new();
    loop {
        tokio::select! {
            () = shutdown.begun() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let linked = console.questions().linked();
        places.retain(|site, _| linked.contains(site));
        for site in linked {
            let place = places.get(&site).copied();
            if place.is_some_and(|place| place.last.elapsed() < EVERY) {
                continue;
            }
            let upto = match console.look_at_audit(site, place.map_or(0, |place| place.upto)).await {
                Ok(upto) => upto,
                Err(NotCompared::Store(error)) => {
                    let log = console.log().field("site", site);
                    log.error(format_args!("Failed to compare the audit of site {site}: {}", Chain(&error)));
                    0
                }
                // It is away, busy, or of an earlier version: nothing is wrong with its audit.
                Err(NotCompared::NoAnswer(_) | NotCompared::Otherwise(_)) => 0,
            };
            places.insert(site, Place { last: Instant::now(), upto });
        }
    }
}

impl Console {
    /// Compares a page behind `upto`, and what is new; returns where to go on.
    async fn look_at_audit(&self, site: SiteId, upto: u64) -> Result<u64, NotCompared> {
        let page = self.compare_page(site, upto).await?;
        let known = self.store().site_audit_kept(site).await?;
        if page.last > known || page.end() < known {
            self.compare_page(site, known).await?;
        }
        Ok(if page.end() >= page.last { 0 } else { page.end() })
    }

    /// Compares the whole audit of a site, for a person who waits.
    pub(crate) async fn compare_whole_audit(&self, site: SiteId) -> Result<(), NotCompared> {
        let mut upto = 0;
        loop {
            let page = self.compare_page(site, upto).await?;
            if page.end() <= upto || page.end() >= page.last {
                return Ok(());
            }
            upto = page.end();
        }
    }

    async fn compare_page(&self, site: SiteId, after: u64) -> Result<Page, NotCompared> {
        let answer = self.questions().ask(site, Question::Audit { after }).await;
        let page = match answer.map_err(NotCompared::NoAnswer)? {
            Answer::Audit(page) => *page,
            other => return Err(NotCompared::Otherwise(Box::new(other))),
        };
        let Some(linked) = self.outbox().site(site).await? else {
            return Err(NotCompared::NoAnswer(NoAnswer::Away));
        };
        let signed = self.signed(site, &page).await?;
        let (tenant, now) = (linked.tenant, self.now());
        let compared =
            self.store().compare_site_audit(site, &linked.name, tenant, &page, &signed, now).await?;
        if let Compared::Broken { what, known: false } = compared {
            let log = self.log().field("site", site);
            log.error(format_args!("The audit of site {site} is not what it was: {what}."));
        }
        Ok(page)
    }

    /// Verifies that a site's authority has signed the head of a page, with keys that its root key leads to.
    async fn signed(&self, site: SiteId, page: &Page) -> Result<Signed, NotCompared> {
        let Some(SiteTrust { root, document }) = self.store().site_trust(site).await? else {
            return Ok(Signed::NotProved);
        };
        let known = document.and_then(|text| Trusted::verify(&text, root).ok());
        if known.as_ref().is_some_and(|known| has_signed(known.document(), site, page)) {
            return Ok(Signed::Verified);
        }
        // Its keys may have been replaced since.
        let answer = self.questions().ask(site, Question::Trust).await.map_err(NotCompared::NoAnswer)?;
        let Answer::Trust { document } = answer else { return Ok(Signed::NotProved) };
        let Ok(offered) = Trusted::verify(&document, root) else {
            let what = "the site's trust document is not signed by the root key that the console was told";
            return Ok(Signed::Wrong(what.to_owned()));
        };
        let next = offered.root();
        match offered.accept(known.as_ref().map(Trusted::document), self.now()) {
            Ok(accepted) if has_signed(&accepted, site, page) => {
                self.store().put_site_trust(site, next, &document).await?;
                Ok(Signed::Verified)
            }
            Ok(_) => Ok(Signed::Wrong("its head is not signed by the site's authority".to_owned())),
            Err(error) => Ok(Signed::Wrong(error.to_string())),
        }
    }

    /// Returns a page of a tenant's audit for a site to keep, signed with the console's link key.
    pub(crate) async fn audit_page_for_site(&self, tenant: TenantId, after: u64) -> Result<Page, DbError> {
        let mut page = self.store().audit_hashes(tenant, after).await?;
        let key = LinkKey::from_seed(&self.outbox().identity().await?.link_seed);
        let head = Head { number: page.last, hash: page.head };
        page.signed = audit_head::sign(&key, tenant, head).to_string();
        Ok(page)
    }
}

fn has_signed(document: &TrustDocument, site: SiteId, page: &Page) -> bool {
    let head = AuditHead::verify(&page.signed, document);
    document.site == site && head.is_ok_and(|head| (head.number, head.hash) == (page.last, page.head))
}
