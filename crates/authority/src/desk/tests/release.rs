use proof::{Hash, MerkleTree, Presented, SignedPush, TaskLeaf, TaskVerifier};

use super::*;

/// Has the device verify its part of a push, as its agent does.
fn verify(
    site: &Site,
    trust: &proof::TrustDocument,
    released: &Released,
    task_guid: TaskGuid,
    index: usize,
) -> bool {
    let bytes = BASE64_STANDARD.decode(&released.signed_push).expect("base64");
    let push = SignedPush::decode(&bytes).expect("a signed push");
    let request_hash: Hash = released.request_hash.parse().expect("a hash");
    let leaf = |(device, enrolment): &(DeviceId, EnrolmentId)| TaskLeaf {
        site: push.head.site,
        epoch: push.head.epoch,
        key_id: push.head.key_id,
        device: *device,
        enrolment: *enrolment,
        task_guid,
        task_id: released.task_id,
        push_id: released.push_id,
        task_type: released.kind,
        param_hash: Hash::of(released.param.as_bytes()),
        issued_at: released.issued_at,
        valid_until: released.valid_until,
        deliver_by: released.deliver_by,
        finish_within_seconds: released.finish_within_seconds,
        request_hash,
    };
    let tree = MerkleTree::new(released.devices.iter().map(|device| leaf(device).hash()).collect());
    let (device, enrolment) = released.devices[index];
    let place = u64::try_from(index).expect("small");
    let shown = Presented {
        epoch: push.head.epoch,
        key_id: push.head.key_id,
        task_guid,
        task_id: released.task_id,
        push_id: released.push_id,
        task_type: released.kind,
        param: released.param.clone(),
        issued_at: released.issued_at,
        valid_until: released.valid_until,
        deliver_by: released.deliver_by,
        finish_within_seconds: released.finish_within_seconds,
        request_hash,
        tree_size: push.head.tree_size,
        index: place,
        proof: tree.proof(place),
        signature: push.signature,
    };
    let verifier = TaskVerifier {
        site: site.desk.site(),
        device,
        enrolment,
        trust,
        highest_epoch: 1,
        trusted_time: site.now,
    };
    verifier.verify(shown).is_ok()
}

#[tokio::test]
async fn every_device_of_a_push_believes_it_and_it_takes_no_commit() {
    let mut site = Site::new().await;
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(site.device(&format!("shop-{number}")).await);
    }
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, collection("SMS00001", 5));
    site.allowed(&request).await;
    let before = site.desk.store.commits();
    let released = site.released(request.id, &all).await;
    assert_eq!(site.desk.store.commits(), before);
    assert_eq!((released.devices.len(), released.refused.len()), (5, 0));
    assert_eq!(released.valid_until, NOW.plus(15 * MINUTE));
    assert_eq!(released.request_hash, proof::Hash::of(&site.sent(&request)).hex());
    let trust = site.trust().await.document().clone();
    for index in 0..5 {
        assert!(verify(&site, &trust, &released, request.id, index), "device {index}");
    }

    let second = site.released(request.id, &all[..1]).await;
    assert!(second.push_id > released.push_id);
    assert_eq!(second.task_id, released.task_id);
}

#[tokio::test]
async fn a_right_that_was_withdrawn_while_the_device_was_away_refuses_it() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;
    site.owner(OwnerCall::Unassign { user: operator, role: OPERATOR.into() }).await;
    let released = site.released(request.id, &[device]).await;
    assert_eq!(released.refused, [(device, holds_nothing())]);
    assert_eq!((released.devices.len(), released.signed_push.as_str()), (0, ""));
}

#[tokio::test]
async fn only_targets_of_the_action_are_signed() {
    let mut site = Site::new().await;
    let (asked, other) = (site.device("shop-1").await, site.device("shop-2").await);
    let shops = site.collection("Shops", &[asked]).await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    let unknown = DeviceId(Uuid::from_u128(4711));
    for targets in [devices(&[(asked, "shop-1")]), collection(&shops, 1)] {
        let request = site.request(operator, targets);
        site.allowed(&request).await;
        let released = site.released(request.id, &[asked, other, unknown]).await;
        assert_eq!(released.devices.iter().map(|(device, _)| *device).collect::<Vec<_>>(), [asked]);
        let reasons: Vec<_> = released.refused.iter().map(|(device, _)| *device).collect();
        assert_eq!(reasons, [other, unknown]);
        assert_eq!(released.refused[1].1, Reason::DeviceUnknown);
    }
}

#[tokio::test]
async fn a_target_that_was_refused_stays_refused() {
    let mut site = Site::new().await;
    let (shop, renamed) = (site.device("shop-1").await, site.device("shop-2").await);
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, devices(&[(shop, "shop-1"), (renamed, "another name")]));
    assert_eq!(site.allowed(&request).await.refused.len(), 1);
    let released = site.released(request.id, &[shop, renamed]).await;
    assert_eq!(released.refused.iter().map(|(device, _)| *device).collect::<Vec<_>>(), [renamed]);
}

#[tokio::test]
async fn a_revoked_device_and_a_late_action_get_nothing() {
    let mut site = Site::new().await;
    let (kept, revoked) = (site.device("shop-1").await, site.device("shop-2").await);
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, collection("SMS00001", 2));
    site.allowed(&request).await;
    site.owner(OwnerCall::RevokeDevice { device: revoked }).await;
    let released = site.released(request.id, &[kept, revoked]).await;
    assert_eq!(released.refused, [(revoked, Reason::DeviceRevoked)]);

    site.now = request.deliver_by;
    let released = site.released(request.id, &[kept]).await;
    assert_eq!(released.refused, [(kept, Reason::NotDeliveredInTime)]);
}

#[tokio::test]
async fn a_release_is_never_valid_beyond_the_action() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;
    site.now = request.deliver_by.minus(MINUTE);
    assert_eq!(site.released(request.id, &[device]).await.valid_until, request.deliver_by);
}

#[tokio::test]
async fn nothing_is_released_without_a_decision_that_allows_it() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let unknown = TaskGuid(site.id());
    assert!(matches!(site.release(unknown, &[device]).await, Answer::Failed { transient: false, .. }));
    let stranger = UserId(site.id());
    let request = site.request(stranger, devices(&[(device, "shop-1")]));
    site.refused(&request).await;
    assert!(matches!(site.release(request.id, &[device]).await, Answer::Failed { transient: false, .. }));
}

#[tokio::test]
async fn a_halt_withholds_and_refuses_nothing() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;
    assert_eq!(site.owner(OwnerCall::Halt).await, OwnerAnswer::Done);
    let released = site.released(request.id, &[device]).await;
    assert_eq!((released.devices, released.signed_push), (Vec::new(), String::new()));
    assert_eq!((released.refused, released.held), (Vec::new(), vec![(device, Reason::SiteHalted)]));
    assert_eq!(site.owner(OwnerCall::Resume).await, OwnerAnswer::Done);
    assert_eq!(site.released(request.id, &[device]).await.devices.len(), 1);
}
