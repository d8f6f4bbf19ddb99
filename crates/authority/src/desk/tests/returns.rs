//! Devices that come back with another key, and those that do not come back.

use authority_link::Standing;

use super::*;

async fn token_for(site: &mut Site, device: DeviceId) -> OwnerAnswer {
    let url = "https://mp.example".to_owned();
    site.owner(OwnerCall::CreateDeviceToken { url, valid_seconds: 3600, device }).await
}

fn text(answer: OwnerAnswer) -> JoinToken {
    match answer {
        OwnerAnswer::JoinToken { token, .. } => token.parse().expect("a token"),
        other => panic!("no token: {other:?}"),
    }
}

async fn revoked(site: &mut Site, since: u64) -> Vec<EnrolmentId> {
    match site.call(Role::Notifier, Call::Revocations { since }).await {
        Answer::Revocations { revoked, .. } => revoked,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_device_that_has_lost_its_key_comes_back_as_itself_with_a_token_for_it() {
    let mut site = Site::new().await;
    let first = site.enrolled("shop-1").await;
    let token = text(token_for(&mut site, first.device).await);
    let csr = csr();
    let back = enrolled(site.enrol(&token, &csr, "shop-1").await);
    assert_eq!((back.device, back.resource), (first.device, first.resource));
    assert_ne!(back.enrolment, first.enrolment);
    assert_eq!(revoked(&mut site, 0).await, [first.enrolment], "who has the old key is refused");
    assert!(revoked(&mut site, 1).await.is_empty());

    // The answer was lost: the same key gets the same again. Another one does not.
    let again = enrolled(site.enrol(&token, &csr, "shop-1").await);
    assert_eq!((again.device, again.enrolment), (back.device, back.enrolment));
    let reason = denied(site.enrol(&token, &super::csr(), "thief").await);
    assert!(reason.contains("used up"), "{reason}");
    site.restart().await;
    assert_eq!(revoked(&mut site, 0).await, [first.enrolment], "also after a restart");
    assert_eq!(site.desk.site.devices.len(), 1);
}

#[tokio::test]
async fn a_token_for_a_device_brings_back_what_was_revoked_and_nothing_that_was_deleted() {
    let mut site = Site::new().await;
    for (call, comes_back) in [
        ((|device| OwnerCall::RevokeDevice { device }) as fn(DeviceId) -> OwnerCall, true),
        (|device| OwnerCall::RetireDevice { device }, true),
        (|device| OwnerCall::DeleteDevice { device }, false),
    ] {
        let device = site.device("shop-1").await;
        let early = text(token_for(&mut site, device).await);
        assert_eq!(site.owner(call(device)).await, OwnerAnswer::Done);
        assert_eq!(matches!(token_for(&mut site, device).await, OwnerAnswer::JoinToken { .. }), comes_back);
        let answer = site.enrol(&early, &csr(), "shop-1").await;
        assert_eq!(matches!(answer, Answer::Enrolled(_)), comes_back, "{answer:?}");
        assert_eq!(site.desk.site.device(device).is_some(), comes_back);
    }
    let unknown = DeviceId(Uuid::from_u128(77));
    assert!(matches!(token_for(&mut site, unknown).await, OwnerAnswer::NotValid { .. }));
}

#[tokio::test]
async fn a_token_for_one_device_is_of_no_use_to_another() {
    let mut site = Site::new().await;
    let (token, own) = (site.token(1, None).await, csr());
    let other = enrolled(site.enrol(&token, &own, "shop-2").await).device;
    let device = site.device("shop-1").await;
    let token = text(token_for(&mut site, device).await);
    let reason = denied(site.enrol(&token, &own, "shop-2").await);
    assert!(reason.contains("for another device"), "{reason}");
    assert!(site.desk.site.device(other).is_some());
}

#[tokio::test]
async fn devices_that_are_not_heard_of_are_taken_out_of_service_and_the_others_stay() {
    let mut site = Site::new().await;
    let (silent, heard) = (site.device("silent").await, site.device("heard").await);
    for (days, taken) in [(29, false), (3_654, false), (90, true)] {
        let done = site.owner(OwnerCall::SetCleanUp { days }).await == OwnerAnswer::Done;
        assert_eq!(done, taken, "{days}");
    }
    assert_eq!(site.owner(OwnerCall::CleanUp).await, OwnerAnswer::CleanUp { days: 90 });
    for hours in (0..=91 * 24).step_by(12) {
        site.now = NOW.plus(DAY * hours / 24);
        assert!(matches!(
            site.call(Role::ManagementPoint, Call::Manifest { device: heard }).await,
            Answer::Manifest { .. }
        ));
        site.desk.sweep(site.now).await.expect("swept");
        let expected = if hours > 90 * 24 { Standing::Retired } else { Standing::Active };
        assert_eq!(site.desk.site.devices[&silent].standing, expected, "after {hours} h");
    }
    assert_eq!(site.desk.site.devices[&heard].standing, Standing::Active);
    let told = site.desk.store.audit_entries().await;
    let entry = told.iter().find(|entry| entry.what.starts_with("device retired")).expect("audited");
    assert_eq!(entry.what, "device retired: not heard of for 90 days");
}

#[tokio::test]
async fn days_in_which_the_site_itself_was_away_do_not_count() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    assert_eq!(site.owner(OwnerCall::SetCleanUp { days: 30 }).await, OwnerAnswer::Done);
    for days in [0, 100, 101, 129] {
        site.desk.sweep(NOW.plus(DAY * days)).await.expect("swept");
        assert_eq!(site.desk.site.devices[&device].standing, Standing::Active, "{days}");
    }
}
