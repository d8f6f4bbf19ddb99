//! What the authority signs for one device, and what an agent refuses: one device's task with each part of it spoilt.

mod support;

use action::{ActionKind, DeviceId, EnrolmentId, PushId, SiteId, TaskGuid, TaskId, Timestamp};
use proof::{
    Hash, MerkleTree, Presented, PushHead, SignedPush, SigningKey, TaskLeaf, TaskVerifier, TrustDocument,
    task::Refusal,
};
use support::{HOUR, NOW, id, task_key, trust};

const SIZE: u64 = 5;
const INDEX: u64 = 3;

/// A leaf for the device with that number.
fn leaf(number: u64, key: &SigningKey) -> TaskLeaf {
    TaskLeaf {
        site: SiteId(id(1)),
        epoch: 7,
        key_id: key.id(),
        device: DeviceId(id(100 + u128::from(number))),
        enrolment: EnrolmentId(id(200 + u128::from(number))),
        task_guid: TaskGuid(id(3)),
        task_id: TaskId(8),
        push_id: PushId(7),
        task_type: ActionKind::MACHINE_POLICY,
        param_hash: Hash::of(b"param"),
        issued_at: Timestamp(NOW),
        valid_until: Timestamp(NOW + HOUR / 4),
        deliver_by: Timestamp(NOW + HOUR),
        finish_within_seconds: 3600,
        request_hash: Hash([9; 32]),
    }
}

/// What the device with number [`INDEX`] is shown.
fn presented() -> Presented {
    let key = task_key();
    let tree = MerkleTree::new((0..SIZE).map(|number| leaf(number, &key).hash()).collect());
    let head = PushHead {
        site: SiteId(id(1)),
        epoch: 7,
        key_id: key.id(),
        tree_size: SIZE,
        root: tree.root(),
        issued_at: Timestamp(NOW),
    };
    let leaf = leaf(INDEX, &key);
    Presented {
        epoch: leaf.epoch,
        key_id: leaf.key_id,
        task_guid: leaf.task_guid,
        task_id: leaf.task_id,
        push_id: leaf.push_id,
        task_type: leaf.task_type,
        param: "param".into(),
        issued_at: leaf.issued_at,
        valid_until: leaf.valid_until,
        deliver_by: leaf.deliver_by,
        finish_within_seconds: leaf.finish_within_seconds,
        request_hash: leaf.request_hash,
        tree_size: SIZE,
        index: INDEX,
        proof: tree.proof(INDEX),
        signature: head.sign(&key).signature,
    }
}

fn verifier(trust: &TrustDocument) -> TaskVerifier<'_> {
    TaskVerifier {
        site: SiteId(id(1)),
        device: DeviceId(id(100 + u128::from(INDEX))),
        enrolment: EnrolmentId(id(200 + u128::from(INDEX))),
        trust,
        highest_epoch: 7,
        trusted_time: Timestamp(NOW),
    }
}

#[test]
fn a_leaf_has_these_bytes() {
    let golden = concat!(
        "0000000c",
        "74656e6f6e2f7461736b2f31",
        "00000010",
        "00000000000000000000000000000001",
        "00000008",
        "0000000000000007",
        "00000008",
        "KEY",
        "00000010",
        "00000000000000000000000000000067",
        "00000010",
        "000000000000000000000000000000cb",
        "00000010",
        "00000000000000000000000000000003",
        "00000008",
        "0000000000000008",
        "00000008",
        "0000000000000007",
        "00000008",
        "0000000000000001",
        "00000020",
        "PARAM",
        "00000008",
        "0000016fc8c61798",
        "00000008",
        "0000016fc8d3d338",
        "00000008",
        "0000016fc8fd0618",
        "00000008",
        "0000000000000e10",
        "00000020",
        "0909090909090909090909090909090909090909090909090909090909090909",
    );
    let key = task_key();
    let golden = golden.replace("KEY", &key.id().to_string()).replace("PARAM", &Hash::of(b"param").hex());
    assert_eq!(hex::encode(leaf(INDEX, &key).encode()), golden);
}

#[test]
fn a_task_for_this_device_is_taken() {
    let trust = trust();
    let task = verifier(&trust).verify(presented()).expect("a task");
    assert_eq!((task.push_id, task.task_id, task.param.as_str()), (PushId(7), TaskId(8), "param"));
    assert_eq!((task.epoch, task.deliver_by), (7, Timestamp(NOW + HOUR)));
}

#[test]
fn each_spoilt_part_is_refused() {
    let other = SigningKey::from_seed([77; 32]);
    check(|task, _| task.task_guid = TaskGuid(id(4)), Refusal::SignatureNotValid);
    check(|task, _| task.task_id = TaskId(9), Refusal::SignatureNotValid);
    check(|task, _| task.push_id = PushId(9), Refusal::SignatureNotValid);
    check(|task, _| task.task_type = ActionKind(15), Refusal::SignatureNotValid);
    check(|task, _| task.param = "other".into(), Refusal::SignatureNotValid);
    check(|task, _| task.issued_at = Timestamp(NOW + 1), Refusal::SignatureNotValid);
    check(|task, _| task.valid_until = Timestamp(NOW + HOUR), Refusal::SignatureNotValid);
    check(|task, _| task.deliver_by = Timestamp(NOW + 2 * HOUR), Refusal::SignatureNotValid);
    check(|task, _| task.finish_within_seconds = 1, Refusal::SignatureNotValid);
    check(|task, _| task.request_hash = Hash([8; 32]), Refusal::SignatureNotValid);
    check(|task, _| task.epoch = 8, Refusal::SignatureNotValid);
    check(|task, _| task.index = 2, Refusal::SignatureNotValid);
    check(|task, _| task.index = SIZE, Refusal::ProofNotValid);
    check(|task, _| task.tree_size = 9, Refusal::ProofNotValid);
    check(|task, _| task.proof.clear(), Refusal::ProofNotValid);
    check(|task, _| task.proof[0].0[0] ^= 1, Refusal::SignatureNotValid);
    check(|task, _| task.signature.0[0] ^= 1, Refusal::SignatureNotValid);
    check(|task, _| task.key_id = other.id(), Refusal::KeyUnknown(other.id()));
    check(|task, _| task.param = "x".repeat(4097), Refusal::ParamTooLong);
}

#[test]
fn a_task_for_another_device_or_enrolment_is_refused() {
    check(|_, own| own.device = DeviceId(id(100)), Refusal::SignatureNotValid);
    check(|_, own| own.enrolment = EnrolmentId(id(200)), Refusal::SignatureNotValid);
    check(|_, own| own.site = SiteId(id(9)), Refusal::OtherSite);
}

#[test]
fn old_epochs_and_late_tasks_are_refused() {
    check(|_, own| own.highest_epoch = 8, Refusal::EpochTooLow { shown: 7, highest: 8 });
    let release_ended = Timestamp(NOW + HOUR / 4);
    check(|_, own| own.trusted_time = Timestamp(NOW + HOUR / 4 + 1), Refusal::ReleaseEnded(release_ended));
    check(|_, own| own.trusted_time = Timestamp(NOW + HOUR + 1), Refusal::Expired(Timestamp(NOW + HOUR)));
    let trust_ended = Timestamp(NOW + 1000 * HOUR);
    check(|_, own| own.trusted_time = Timestamp(NOW + 1000 * HOUR + 1), Refusal::TrustEnded(trust_ended));
}

#[test]
fn an_epoch_of_the_trust_document_counts_as_seen() {
    let trust = TrustDocument { epoch: 9, ..trust() };
    let refusal = verifier(&trust).verify(presented()).expect_err("an old epoch");
    assert_eq!(refusal, Refusal::EpochTooLow { shown: 7, highest: 9 });
}

#[test]
fn a_policy_key_signs_no_tasks() {
    let trust = TrustDocument { task_keys: Vec::new(), policy_keys: vec![task_key().verifying()], ..trust() };
    let refusal = verifier(&trust).verify(presented()).expect_err("no task key");
    assert_eq!(refusal, Refusal::KeyUnknown(task_key().id()));
}

/// Spoils the task, or what the agent knows, and checks why it is refused.
#[track_caller]
fn check(spoil: impl FnOnce(&mut Presented, &mut TaskVerifier<'_>), expected: Refusal) {
    let trust = trust();
    let (mut task, mut own) = (presented(), verifier(&trust));
    spoil(&mut task, &mut own);
    assert_eq!(own.verify(task), Err(expected));
}

#[test]
fn a_signed_push_is_these_bytes() {
    let key = task_key();
    let head = PushHead {
        site: SiteId(id(1)),
        epoch: 7,
        key_id: key.id(),
        tree_size: SIZE,
        root: Hash([5; 32]),
        issued_at: Timestamp(NOW),
    };
    let push = head.sign(&key);
    let bytes = push.encode();
    let golden = format!(
        "00000000000000000000000000000001{:016x}{}{SIZE:016x}{}{NOW:016x}{}",
        7,
        key.id(),
        "05".repeat(32),
        hex::encode(push.signature.0)
    );
    assert_eq!(hex::encode(&bytes), golden);
    assert_eq!(SignedPush::decode(&bytes), Ok(push));
    assert_eq!(push.verify(&key.verifying()), Ok(()));
    for length in [0, 1, SignedPush::LENGTH - 1] {
        assert!(SignedPush::decode(&bytes[..length]).is_err());
    }
    assert!(SignedPush::decode(&[bytes.clone(), vec![0]].concat()).is_err());
    for place in 0..bytes.len() {
        let mut spoilt = bytes.clone();
        spoilt[place] ^= 1;
        let push = SignedPush::decode(&spoilt).expect("the length is right");
        assert!(push.verify(&key.verifying()).is_err(), "byte {place}");
    }
}
