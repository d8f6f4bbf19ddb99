use action::EnrolmentId;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use device_channel::ToAgent;
use proof::{SigningKey, tree};
use uuid::Uuid;

use super::*;

#[test]
fn each_device_gets_a_proof_that_leads_to_the_signed_root() {
    for count in [1, 2, 3, 10, 100] {
        let release = release(count);
        for index in 0..count {
            let request = release.request(index);
            let device = release.devices[usize::try_from(index).expect("small")];
            let leaf = leaf_of(&request, device);
            let proof: Vec<Hash> = request.proof.iter().copied().map(Hash).collect();
            let root = tree::root_of(leaf.hash(), request.leaf_index, request.tree_size, &proof);
            assert_eq!(root, Some(release.push.head.root));
            assert!(release.push.verify(&key().verifying()).is_ok());
            let message = ToAgent::Request(Box::new(request));
            let mut frame = Vec::new();
            release.frame_into(index, &mut frame);
            assert_eq!(frame, message.frame());
            assert_eq!(ToAgent::decode(message.encode().as_bytes()), Ok(Some(message)));
        }
    }
}

#[test]
fn a_release_that_no_agent_would_take_is_not_pushed() {
    let good = released(3);
    check(Released { signed_push: "x".to_owned(), ..good.clone() }, NotARelease::Field("signed_push"));
    check(Released { request_hash: "x".to_owned(), ..good.clone() }, NotARelease::Field("request_hash"));
    check(Released { param: "other".to_owned(), ..good.clone() }, NotARelease::OtherRoot);
    let mut fewer = good.clone();
    fewer.devices.pop();
    check(fewer, NotARelease::OtherRoot);
    let other = SiteId(Uuid::from_u128(77));
    let error = Release::build(other, task_guid(), good).expect_err("of another site");
    assert_eq!(error, NotARelease::OtherSite(site()));
}

#[test]
fn where_every_device_is_refused_there_is_no_push() {
    let refused = vec![(device(0), Reason::DeviceUnknown)];
    let released =
        Released { devices: Vec::new(), refused: refused.clone(), signed_push: String::new(), ..released(1) };
    let outcome = Release::build(site(), task_guid(), released).expect("an outcome");
    assert!(outcome.release.is_none());
    assert_eq!(outcome.refused, refused);
}

#[track_caller]
fn check(released: Released, why: NotARelease) {
    assert_eq!(Release::build(site(), task_guid(), released).map(|_| ()), Err(why));
}

/// Makes a release to so many devices.
pub(crate) fn release(count: u32) -> Release {
    let outcome = Release::build(site(), task_guid(), released(count)).expect("a release");
    outcome.release.expect("devices")
}

/// Makes a release of a task to these devices; the push has a number of its own.
pub(crate) fn release_to(task: u64, task_guid: TaskGuid, devices: &[DeviceId]) -> Release {
    use std::sync::atomic::{AtomicU64, Ordering};

    static NEXT_PUSH: AtomicU64 = AtomicU64::new(100);
    let push_id = PushId(NEXT_PUSH.fetch_add(1, Ordering::Relaxed));
    let enrolled = devices.iter().map(|device| (*device, EnrolmentId(device.0))).collect();
    let released =
        signed(task_guid, Released { push_id, task_id: TaskId(task), devices: enrolled, ..unsigned() });
    Release::build(site(), task_guid, released).expect("a release").release.expect("devices")
}

fn released(count: u32) -> Released {
    let devices = (0..count).map(|number| (device(number), EnrolmentId(device(number).0))).collect();
    signed(task_guid(), Released { devices, ..unsigned() })
}

fn unsigned() -> Released {
    Released {
        push_id: PushId(7),
        task_id: TaskId(8),
        kind: ActionKind::MACHINE_POLICY,
        param: String::new(),
        request_hash: Hash::of(b"request").hex(),
        issued_at: Timestamp(1_000),
        valid_until: Timestamp(901_000),
        deliver_by: Timestamp(86_401_000),
        finish_within_seconds: 3_600,
        devices: Vec::new(),
        refused: Vec::new(),
        held: Vec::new(),
        signed_push: String::new(),
    }
}

fn signed(task_guid: TaskGuid, released: Released) -> Released {
    let mut head = PushHead {
        site: site(),
        epoch: 1,
        key_id: key().id(),
        tree_size: released.devices.len() as u64,
        root: Hash([0; 32]),
        issued_at: released.issued_at,
    };
    let request_hash = released.request_hash.parse().expect("a hash");
    head.root = MerkleTree::new(leaves(&released, &head, task_guid, request_hash)).root();
    Released { signed_push: STANDARD.encode(head.sign(&key()).encode()), ..released }
}

fn leaf_of(request: &Request, device: DeviceId) -> TaskLeaf {
    TaskLeaf {
        site: site(),
        epoch: request.epoch,
        key_id: proof::KeyId(request.key_id),
        device,
        enrolment: EnrolmentId(device.0),
        task_guid: request.task_guid,
        task_id: request.task_id,
        push_id: request.push_id,
        task_type: request.kind,
        param_hash: Hash::of(request.param.as_bytes()),
        issued_at: request.issued_at,
        valid_until: request.valid_until,
        deliver_by: request.deliver_by,
        finish_within_seconds: request.finish_within_seconds,
        request_hash: Hash(request.request_hash),
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed([7; 32])
}

fn site() -> SiteId {
    SiteId(Uuid::from_u128(1))
}

fn task_guid() -> TaskGuid {
    TaskGuid(Uuid::from_u128(2))
}

fn device(number: u32) -> DeviceId {
    DeviceId(Uuid::from_u128(u128::from(number) << 96 | 3))
}
