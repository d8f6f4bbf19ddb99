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

/// Has a device ask with a token whose devices wait; returns it.
async fn waiting(site: &mut Site, csr: &str, name: &str, collection: Option<&str>) -> (JoinToken, DeviceId) {
    let create = OwnerCall::CreateJoinToken {
        url: "https://mp.example".into(),
        uses: 1,
        valid_seconds: 60,
        collection: collection.map(str::to_owned),
        approval: true,
    };
    let token = text(site.owner(create).await);
    assert!(matches!(site.enrol(&token, csr, name).await, Answer::Waits { .. }));
    let waits = site.desk.site.devices.values().find(|known| known.standing == Standing::Pending);
    (token, waits.expect("it waits").device)
}

#[tokio::test]
async fn a_record_is_taken_over_by_approval_and_whoever_has_the_old_key_is_out() {
    let mut site = Site::new().await;
    let first = site.enrolled("shop-1").await;
    let shops = site.collection("Shops", &[]).await;
    let csr = csr();
    let (token, waits) = waiting(&mut site, &csr, "shop-1", Some(&shops)).await;
    let OwnerAnswer::Devices { devices } =
        site.owner(OwnerCall::ListDevices { standing: Some(Standing::Pending), after: None }).await
    else {
        panic!("no devices")
    };
    assert_eq!(devices[0].same_hardware_as, Some(first.device), "the owner sees whose hardware it is");

    let approve = OwnerCall::ApproveDevice { device: waits, takes_over: Some(first.device) };
    assert_eq!(site.owner(approve.clone()).await, OwnerAnswer::Done);
    assert_eq!(revoked(&mut site, 0).await, [first.enrolment], "the old key is out before the new one is in");
    // Its token has ended since; it was approved, though.
    site.now = NOW.plus(DAY);
    let back = enrolled(site.enrol(&token, &csr, "shop-1").await);
    assert_eq!((back.device, back.resource), (first.device, first.resource));
    assert_ne!(back.enrolment, first.enrolment);
    assert_eq!(site.desk.site.members(&shops, None, 9).len(), 1, "what its token put it into, it is in");
    assert!(matches!(site.owner(approve).await, OwnerAnswer::NotValid { .. }), "it waits no longer");
    site.restart().await;
    assert_eq!(revoked(&mut site, 0).await, [first.enrolment], "also after a restart");
    assert_eq!(site.desk.site.count("SMS00001"), Some(1));
}

#[tokio::test]
async fn one_of_two_that_were_held_takes_its_record_back_by_approval() {
    let mut site = Site::new().await;
    let first = site.enrolled("shop-1").await;
    let renew = Call::Renew { device: first.device, serial: "00".into(), csr: csr() };
    assert!(matches!(site.call(Role::ManagementPoint, renew).await, Answer::Denied { .. }));
    assert_eq!(site.desk.site.devices[&first.device].standing, Standing::Held);
    let csr = csr();
    let (token, waits) = waiting(&mut site, &csr, "shop-1", None).await;
    let approve = OwnerCall::ApproveDevice { device: waits, takes_over: Some(first.device) };
    assert_eq!(site.owner(approve).await, OwnerAnswer::Done);
    let back = enrolled(site.enrol(&token, &csr, "shop-1").await);
    assert_eq!(back.device, first.device);
    assert!(revoked(&mut site, 0).await.contains(&first.enrolment), "both that were held are out");
}

#[tokio::test]
async fn only_what_waits_takes_over_and_only_what_is_there_is_taken() {
    let mut site = Site::new().await;
    let (active, deleted) = (site.device("shop-1").await, site.device("shop-2").await);
    assert_eq!(site.owner(OwnerCall::DeleteDevice { device: deleted }).await, OwnerAnswer::Done);
    let (_, waits) = waiting(&mut site, &csr(), "shop-3", None).await;
    let unknown = DeviceId(Uuid::from_u128(77));
    for (device, takes_over) in [
        (active, waits),
        (active, active),
        (waits, waits),
        (waits, deleted),
        (waits, unknown),
        (unknown, active),
    ] {
        let approve = OwnerCall::ApproveDevice { device, takes_over: Some(takes_over) };
        assert!(matches!(site.owner(approve).await, OwnerAnswer::NotValid { .. }), "{device} {takes_over}");
    }
    assert_eq!(site.desk.site.devices[&waits].standing, Standing::Pending, "nothing has changed");
}
