use authority_link::Standing;

use super::*;

async fn standings(site: &mut Site) -> Vec<(DeviceId, Standing, Option<DeviceId>)> {
    match site.owner(OwnerCall::ListDevices { standing: None, after: None }).await {
        OwnerAnswer::Devices { devices } => {
            devices.into_iter().map(|known| (known.device, known.standing, known.same_hardware_as)).collect()
        }
        other => panic!("no devices: {other:?}"),
    }
}

async fn removed(site: &mut Site, since: u64) -> (u64, Vec<DeviceId>) {
    match site.call(Role::ManagementPoint, Call::Removed { since }).await {
        Answer::Removed { generation, devices } => (generation, devices),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_device_that_waits_for_approval_has_no_certificate_and_is_in_no_collection() {
    let mut site = Site::new().await;
    let create = OwnerCall::CreateJoinToken {
        url: "https://mp.example".into(),
        uses: 1,
        valid_seconds: 60,
        collection: None,
        approval: true,
    };
    let OwnerAnswer::JoinToken { token, .. } = site.owner(create).await else { panic!("no token") };
    let token: JoinToken = token.parse().expect("a token");
    let csr = csr();
    for _ in 0..2 {
        assert!(matches!(site.enrol(&token, &csr, "shop-1").await, Answer::Waits { .. }), "it asks again");
    }
    let (device, standing, _) = standings(&mut site).await.remove(0);
    assert_eq!(standing, Standing::Pending);
    assert_eq!(site.desk.site.count("SMS00001"), Some(0));
    let revocations = site.call(Role::Notifier, Call::Revocations { since: 0 }).await;
    assert!(matches!(revocations, Answer::Revocations { revoked, .. } if revoked.is_empty()));

    assert_eq!(site.owner(OwnerCall::ApproveDevice { device, takes_over: None }).await, OwnerAnswer::Done);
    // The token ended while the device waited; its one use was taken then.
    site.now = NOW.plus(DAY);
    assert_eq!(enrolled(site.enrol(&token, &csr, "shop-1").await).device, device);
    assert_eq!(site.desk.site.count("SMS00001"), Some(1));
    assert!(matches!(
        site.owner(OwnerCall::ApproveDevice { device, takes_over: None }).await,
        OwnerAnswer::NotValid { .. }
    ));
}

#[tokio::test]
async fn what_is_retired_or_deleted_is_refused_and_off_the_list() {
    let mut site = Site::new().await;
    let token = site.token(3, None).await;
    let csr = csr();
    let first = enrolled(site.enrol(&token, &csr, "shop-1").await).device;
    let second = site.device("shop-2").await;
    assert_eq!(site.owner(OwnerCall::RetireDevice { device: first }).await, OwnerAnswer::Done);
    let (generation, gone) = removed(&mut site, 0).await;
    assert_eq!(gone, [first]);
    assert_eq!(removed(&mut site, generation).await, (generation, Vec::new()));
    let reason = denied(site.enrol(&token, &csr, "shop-1").await);
    assert!(reason.contains("is revoked"), "a retired key does not come back: {reason}");

    assert_eq!(site.owner(OwnerCall::DeleteDevice { device: first }).await, OwnerAnswer::Done);
    assert_eq!(standings(&mut site).await, [(second, Standing::Active, None)]);
    let anew = enrolled(site.enrol(&token, &csr, "shop-1").await).device;
    assert_ne!(anew, first, "a deleted key enrols as a new device");
    let revocations = site.call(Role::Notifier, Call::Revocations { since: 0 }).await;
    assert!(matches!(revocations, Answer::Revocations { revoked, .. } if revoked.len() == 1));
    site.desk.stale = true;
    assert_eq!(removed(&mut site, 0).await.1, [first], "it is the same after a restart");
}

#[tokio::test]
async fn two_devices_of_one_machine_are_shown_with_each_other() {
    let mut site = Site::new().await;
    let (one, other) = (site.device("shop-1").await, site.device("shop-1").await);
    let alone = site.device("shop-2").await;
    let mut expected = [
        (one, Standing::Active, Some(other)),
        (other, Standing::Active, Some(one)),
        (alone, Standing::Active, None),
    ];
    expected.sort_by_key(|(device, ..)| *device);
    assert_eq!(standings(&mut site).await, expected);
}
