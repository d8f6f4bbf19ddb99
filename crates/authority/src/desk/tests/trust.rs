use super::*;

#[tokio::test]
async fn the_trust_document_is_the_same_until_something_changes_or_it_gets_old() {
    let mut site = Site::new().await;
    let first = site.trust().await.document().clone();
    assert_eq!((first.version, first.epoch, first.keep_alive_seconds), (1, 1, 240));
    assert_eq!(first.servers.notification, ["site.example:10123"]);
    assert_eq!(first.expires, NOW.plus(365 * DAY));
    site.now = NOW.plus(29 * DAY);
    assert_eq!(site.trust().await.document(), &first);

    site.desk.config.management_points = vec!["https://other.example".into()];
    let second = site.trust().await.document().clone();
    assert_eq!((second.version, second.issued_at), (2, site.now));
    site.now = site.now.plus(30 * DAY);
    let third = site.trust().await.document().clone();
    assert_eq!((third.version, third.expires), (3, site.now.plus(365 * DAY)));
}

#[tokio::test]
async fn a_damaged_trust_document_is_not_begun_anew() {
    let mut site = Site::new().await;
    site.trust().await;
    site.desk.folder.write("trust.json", b"{").expect("written");
    let answer = site.call(Role::Notifier, Call::TrustDocument).await;
    assert!(matches!(answer, Answer::Failed { .. }), "{answer:?}");
}

#[tokio::test]
async fn the_sites_time_is_signed_by_the_task_key() {
    let mut site = Site::new().await;
    let trust = site.trust().await;
    for role in [Role::Notifier, Role::ManagementPoint] {
        let Answer::SiteTime { time } = site.call(role, Call::SiteTime).await else { panic!("no time") };
        let time = SignedTime::verify(&time, trust.document()).expect("signed");
        assert_eq!((time.time, time.epoch), (NOW, 1));
    }
}

#[tokio::test]
async fn each_notification_server_has_the_same_ticket_secrets_of_three_days() {
    let mut site = Site::new().await;
    let Answer::TicketKeys { keys } = site.call(Role::Notifier, Call::TicketKeys).await else {
        panic!("no keys")
    };
    let today = u64::try_from(site.now.0).expect("after 1970") / 86_400_000;
    assert_eq!(keys.iter().map(|key| key.day).collect::<Vec<_>>(), [today - 1, today, today + 1]);
    assert_eq!(site.call(Role::Notifier, Call::TicketKeys).await, Answer::TicketKeys { keys: keys.clone() });
    site.now = site.now.plus(DAY);
    let Answer::TicketKeys { keys: next } = site.call(Role::Notifier, Call::TicketKeys).await else {
        panic!("no keys")
    };
    assert_eq!(next[0], keys[1], "a day's secret stays the same");
}

#[tokio::test]
async fn revocations_are_told_since_a_generation() {
    let mut site = Site::new().await;
    let mut enrolments = Vec::new();
    for name in ["a", "b", "c"] {
        let device = site.enrolled(name).await;
        enrolments.push((device.device, device.enrolment));
    }
    let told = |generation, revoked: &[EnrolmentId]| Answer::Revocations {
        generation,
        revoked: revoked.to_vec(),
        restored: Vec::new(),
    };
    let since = |since| Call::Revocations { since };
    assert_eq!(site.call(Role::Notifier, since(0)).await, told(0, &[]));
    for (device, _) in &enrolments[..2] {
        site.owner(OwnerCall::RevokeDevice { device: *device }).await;
    }
    let [first, second] = [enrolments[0].1, enrolments[1].1];
    assert_eq!(site.call(Role::Notifier, since(0)).await, told(2, &[first, second]));
    assert_eq!(site.call(Role::ManagementPoint, since(1)).await, told(2, &[second]));
    assert_eq!(site.call(Role::Notifier, since(2)).await, told(2, &[]));
    assert_eq!(site.call(Role::Notifier, since(99)).await, told(2, &[first, second]), "a store was put back");
}
