use database::Statement;
use proof::AuditHead;

use super::*;

async fn verified(site: &mut Site) -> (u64, Option<u64>) {
    match site.owner(OwnerCall::VerifyAudit).await {
        OwnerAnswer::AuditVerified { last, broken, .. } => (last, broken),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_changed_removed_or_moved_entry_is_found() {
    for (tampering, expected) in [
        ("SELECT 1", None),
        ("UPDATE audit SET entry = replace(entry, 'done', 'gone') WHERE number = 2", Some(2)),
        ("DELETE FROM audit WHERE number = 2", Some(2)),
        ("UPDATE audit SET number = CASE number WHEN 2 THEN -3 ELSE -2 END WHERE number IN (2, 3)", Some(2)),
    ] {
        let mut site = Site::new().await;
        for name in ["A", "B", "C"] {
            site.collection(name, &[]).await;
        }
        site.desk.store.write_for_test(&Statement::both(tampering)).await;
        site.desk
            .store
            .write_for_test(&Statement::both("UPDATE audit SET number = -number WHERE number < 0"))
            .await;
        assert_eq!(verified(&mut site).await, (3, expected), "{tampering}");
    }
}

#[tokio::test]
async fn the_head_is_signed_and_is_that_of_the_export() {
    let mut site = Site::new().await;
    assert!(matches!(site.owner(OwnerCall::AuditHead).await, OwnerAnswer::NotValid { .. }));
    site.collection("A", &[]).await;
    site.collection("B", &[]).await;
    let OwnerAnswer::AuditHead { entry, hash, signed, .. } = site.owner(OwnerCall::AuditHead).await else {
        panic!("no head");
    };
    let trust = site.trust().await.accept(None, NOW).expect("accepted");
    let head = AuditHead::verify(&signed, &trust).expect("signed by the site");
    assert_eq!((head.number, head.hash.hex()), (entry, hash.clone()));
    let OwnerAnswer::AuditPage { entries } = site.owner(OwnerCall::ExportAudit { after: 1 }).await else {
        panic!("no entries");
    };
    let told: Vec<_> = entries.into_iter().map(|line| (line.number, line.hash)).collect();
    assert_eq!(told, [(2, hash)]);
}

#[tokio::test]
async fn entries_are_kept_for_as_long_as_the_owner_says() {
    let mut site = Site::new().await;
    site.collection("A", &[]).await;
    for (days, expected) in [(30, false), (3654, false), (31, true)] {
        let done = site.owner(OwnerCall::KeepAudit { days }).await == OwnerAnswer::Done;
        assert_eq!(done, expected, "{days}");
    }
    site.now = NOW.plus(DAY * 30);
    site.collection("B", &[]).await;
    site.desk.sweep(NOW.plus(DAY * 32)).await.expect("swept");
    let left: Vec<_> = site.desk.store.audit_entries().await.into_iter().map(|entry| entry.subject).collect();
    assert_eq!(left, ["B"]);
    assert_eq!(verified(&mut site).await, (3, None), "what is left still fits");
}
