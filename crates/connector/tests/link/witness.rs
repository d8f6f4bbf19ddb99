//! The console's audit, kept at the site.

use std::time::Duration;

use action::TenantId;
use proof::{Hash, audit::Head, witness::Page};
use site_link::{ToSite, audit_head, keys::LinkKey};

use crate::support::{Console, Site, within};

#[tokio::test]
async fn a_page_that_the_console_has_signed_reaches_the_authority_and_no_other() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    let tenant = site.known().tenant;
    link.say(&ToSite::Audit(Box::new(page(&LinkKey::from_seed(&[9; 32]), tenant, 8)))).await;
    link.say(&ToSite::Audit(Box::new(page(&console.key, tenant, 9)))).await;
    within("the page at the authority", async {
        while authority.state.lock().expect("free").pages.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let pages: Vec<u64> = authority.state.lock().expect("free").pages.iter().map(|page| page.last).collect();
    assert_eq!(pages, [9], "one that somebody else signed is left out");
    site.stop().await;
}

fn page(key: &LinkKey, tenant: TenantId, last: u64) -> Page {
    let head = Head { number: last, hash: Hash([1; 32]) };
    Page {
        after: last,
        base: head.hash,
        oldest: 0,
        entries: Vec::new(),
        last,
        head: head.hash,
        signed: audit_head::sign(key, tenant, head).to_string(),
        news: true,
    }
}
