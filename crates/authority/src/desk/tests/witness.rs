use database::Statement;
use proof::witness::Page;

use super::*;

/// What one site keeps of another's audit: a console's has the same form.
struct Pair {
    whose: Site,
    keeper: Site,
}

const TENANT: TenantId = TenantId(Uuid::from_u128(8));

impl Pair {
    /// Has three entries kept.
    async fn new() -> Self {
        let mut pair = Self { whose: Site::new().await, keeper: Site::new().await };
        for name in ["A", "B", "C"] {
            pair.whose.collection(name, &[]).await;
        }
        assert_eq!(pair.wanted(None).await, [0]);
        let page = pair.page(0).await;
        assert_eq!(pair.wanted(Some(page)).await, [0, 3]);
        pair
    }

    async fn page(&mut self, after: u64) -> Page {
        match self.whose.call(Role::Connector, Call::AuditHashes { after }).await {
            Answer::AuditHashes(page) => *page,
            other => panic!("no page: {other:?}"),
        }
    }

    async fn wanted(&mut self, page: Option<Page>) -> Vec<u64> {
        let call = Call::Witness { tenant: TENANT, page: page.map(Box::new) };
        match self.keeper.call(Role::Connector, call).await {
            Answer::Wanted { after } => after,
            other => panic!("nothing is wanted: {other:?}"),
        }
    }

    async fn kept(&mut self) -> authority_link::Witnessed {
        match self.keeper.owner(OwnerCall::VerifyAudit).await {
            OwnerAnswer::AuditVerified { mut consoles, .. } => consoles.remove(0),
            other => panic!("{other:?}"),
        }
    }

    async fn tamper(&mut self, statement: &'static str) {
        self.whose.desk.store.write_for_test(&Statement::both(statement)).await;
    }
}

#[tokio::test]
async fn what_the_other_side_changes_removes_or_moves_is_found() {
    for (tampering, expected) in [
        ("SELECT 1", None),
        (
            "UPDATE audit SET entry = replace(entry, 'done', 'gone') WHERE number = 2",
            Some("entry 2, or one before it, was changed"),
        ),
        ("UPDATE audit SET at = at + 1 WHERE number = 3", Some("entry 3, or one before it, was changed")),
        ("UPDATE audit SET salt = '' WHERE number = 2", Some("entry 2, or one before it, was changed")),
        ("DELETE FROM audit WHERE number = 2", Some("entry 2 is missing: entry 3 stands in its place")),
        ("DELETE FROM audit WHERE number = 3", Some("entry 3 is missing: entry 2 stands in its place")),
        (
            "UPDATE audit SET entry = (SELECT entry FROM audit AS other WHERE other.number = 5 - audit.number) \
             WHERE number IN (2, 3)",
            Some("entry 2, or one before it, was changed"),
        ),
        (
            "UPDATE audit SET hash = '00' || substr(hash, 3) WHERE number = 3",
            Some("entry 3, or one before it, was changed"),
        ),
    ] {
        let mut pair = Pair::new().await;
        pair.tamper(tampering).await;
        let page = pair.page(0).await;
        pair.wanted(Some(page)).await;
        assert_eq!(pair.kept().await.broken.as_deref(), expected, "{tampering}");
        // It is written down once, also where it is found again and again.
        let page = pair.page(0).await;
        pair.wanted(Some(page)).await;
        let entries = pair.keeper.desk.store.audit_entries().await;
        let found: Vec<_> = entries.iter().filter(|entry| Some(entry.result.as_str()) == expected).collect();
        assert_eq!(found.len(), usize::from(expected.is_some()), "{tampering}");
    }
}

#[tokio::test]
async fn the_head_of_the_other_side_stands_in_the_own_audit_and_the_two_come_to_rest() {
    let mut pair = Pair::new().await;
    let kept = pair.kept().await;
    assert_eq!((kept.number, kept.checked, kept.broken), (3, Some(NOW), None));
    let last = pair.keeper.desk.store.audit_entries().await.pop().expect("an entry");
    assert_eq!((last.what.as_str(), last.subject), ("audit head kept", format!("3:{}", kept.hash)));

    // Now the other way round: an audit that holds nothing but heads is kept, and is no news.
    std::mem::swap(&mut pair.whose, &mut pair.keeper);
    let page = pair.page(0).await;
    assert!(!page.news && page.last == 1, "{page:?}");
    pair.wanted(Some(page)).await;
    assert_eq!(pair.kept().await.number, 1);
    assert_eq!(pair.keeper.desk.store.audit_entries().await.len(), 3, "nothing was added");
}

#[tokio::test]
async fn the_head_that_goes_to_the_console_is_signed_by_the_site() {
    let mut pair = Pair::new().await;
    let page = pair.page(2).await;
    let trust = pair.whose.trust().await.accept(None, NOW).expect("accepted");
    let head = proof::AuditHead::verify(&page.signed, &trust).expect("signed");
    assert_eq!((head.number, head.hash, page.entries.len()), (page.last, page.head, 1));
}

#[tokio::test]
async fn entries_that_both_have_forgotten_are_missed_by_nobody() {
    let mut pair = Pair::new().await;
    pair.whose.now = NOW.plus(DAY * 500);
    pair.whose.collection("D", &[]).await;
    pair.whose.desk.sweep(NOW.plus(DAY * 500)).await.expect("swept");
    let page = pair.page(0).await;
    assert_eq!((page.oldest, page.last), (4, 4), "the last is always kept");
    let page = pair.page(3).await;
    pair.wanted(Some(page)).await;
    let kept = pair.kept().await;
    assert_eq!(kept.broken, None);
}

#[tokio::test]
async fn what_is_kept_is_forgotten_when_the_owner_says_so() {
    let mut pair = Pair::new().await;
    pair.tamper("DELETE FROM audit WHERE number = 3").await;
    let page = pair.page(0).await;
    pair.wanted(Some(page)).await;
    assert!(pair.kept().await.broken.is_some());
    let forget = || OwnerCall::ForgetWitness { tenant: TENANT };
    assert_eq!(pair.keeper.owner(forget()).await, OwnerAnswer::Done);
    assert!(matches!(pair.keeper.owner(forget()).await, OwnerAnswer::NotValid { .. }));
    assert_eq!(pair.wanted(None).await, [0]);
    let page = pair.page(0).await;
    pair.wanted(Some(page)).await;
    let kept = pair.kept().await;
    assert_eq!((kept.number, kept.broken), (2, None));
}
