use action::{ActionKind, SiteId, TaskId};
use proof::{Hash, MerkleTree, PushHead, Servers, SigningKey, TaskLeaf};
use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const BOOT: Duration = Duration::from_secs(500);
const MINUTE: Duration = Duration::from_secs(60);
const DEVICE: DeviceId = DeviceId(Uuid::from_u128(2));
const ENROLMENT: EnrolmentId = EnrolmentId(Uuid::from_u128(3));

fn task_key() -> SigningKey {
    SigningKey::from_seed([2; 32])
}

fn trust() -> TrustDocument {
    TrustDocument {
        site: SiteId(Uuid::from_u128(1)),
        site_name: "Amsterdam".into(),
        version: 1,
        epoch: 7,
        issued_at: NOW,
        expires: NOW.plus(10_000 * MINUTE),
        root: SigningKey::from_seed([1; 32]).verifying().hash(),
        ca: String::new(),
        task_keys: vec![task_key().verifying()],
        policy_keys: vec![],
        servers: Servers::default(),
        keep_alive_seconds: 240,
    }
}

fn site_time(key: &SigningKey, time: Timestamp) -> String {
    SignedTime { site: trust().site, epoch: 7, key_id: key.id(), time }.sign(key)
}

/// Makes a task that the site signed for `device`.
fn task(number: u64, device: DeviceId) -> Request {
    let leaf = TaskLeaf {
        site: trust().site,
        epoch: 8,
        key_id: task_key().id(),
        device,
        enrolment: ENROLMENT,
        task_guid: TaskGuid(Uuid::from_u128(number.into())),
        task_id: TaskId(number + 1_000),
        push_id: PushId(number),
        task_type: ActionKind::MACHINE_POLICY,
        param_hash: Hash::of(b""),
        issued_at: NOW,
        valid_until: NOW.plus(15 * MINUTE),
        deliver_by: NOW.plus(60 * MINUTE),
        finish_within_seconds: 3_600,
        request_hash: Hash::of(b"request"),
    };
    let tree = MerkleTree::new(vec![Hash::of(b"another device"), leaf.hash()]);
    let head = PushHead {
        site: leaf.site,
        epoch: leaf.epoch,
        key_id: leaf.key_id,
        tree_size: tree.size(),
        root: tree.root(),
        issued_at: leaf.issued_at,
    };
    Request {
        push_id: leaf.push_id,
        task_id: leaf.task_id,
        task_guid: leaf.task_guid,
        kind: leaf.task_type,
        param: String::new(),
        epoch: leaf.epoch,
        key_id: leaf.key_id.0,
        request_hash: leaf.request_hash.0,
        issued_at: leaf.issued_at,
        valid_until: leaf.valid_until,
        deliver_by: leaf.deliver_by,
        finish_within_seconds: leaf.finish_within_seconds,
        tree_size: tree.size(),
        leaf_index: 1,
        proof: tree.proof(1).iter().map(|hash| hash.0).collect(),
        signature: head.sign(&task_key()).signature.0,
    }
}

fn device(verify: bool) -> Answers {
    let mut answers = Answers::new(DEVICE, ENROLMENT, &trust(), verify.then(Arc::default));
    answers.learn(&site_time(&task_key(), NOW), &trust(), BOOT).expect("the site's time");
    answers
}

/// Has a task answered `later` than the sign-in.
fn response(answers: &mut Answers, request: Request, later: Duration) -> Response {
    let pushed = PushedTask { push_id: request.push_id, task_id: request.task_id };
    let (_, [receipt, response]) = answers.answer(request, &trust(), NOW, BOOT + later, false);
    assert_eq!(receipt, ToServer::Receipt(Receipt { at: NOW, task: pushed }));
    let ToServer::Response(response) = response else { panic!("the receipt comes before the response") };
    assert_eq!(response.task, pushed);
    response
}

#[test]
fn a_task_succeeds_at_once_and_is_remembered() {
    let mut answers = device(true);
    let first = response(&mut answers, task(5, DEVICE), MINUTE);
    assert_eq!((first.code, first.repeated), (ReturnCode::SUCCESS, false));
    assert_eq!((answers.highest_epoch, answers.highest_push), (8, PushId(5)));

    let mut again = task(6, DEVICE);
    again.task_guid = task(5, DEVICE).task_guid;
    let mut lenient = device(false);
    assert!(!response(&mut lenient, task(5, DEVICE), MINUTE).repeated);
    let repeated = response(&mut lenient, again, MINUTE);
    assert_eq!((repeated.code, repeated.repeated), (ReturnCode::SUCCESS, true));
}

#[test]
fn a_device_that_verifies_refuses_what_the_site_did_not_sign_for_it() {
    let other = DeviceId(Uuid::from_u128(9));
    let mut spoilt = task(5, DEVICE);
    spoilt.signature[0] ^= 1;
    let old = Request { epoch: 6, ..task(5, DEVICE) };
    for (what, request, later, code) in [
        ("of another device", task(5, other), MINUTE, ReturnCode::REFUSED),
        ("spoilt", spoilt, MINUTE, ReturnCode::REFUSED),
        ("of an old epoch", old, MINUTE, ReturnCode::REFUSED),
        ("released too long ago", task(5, DEVICE), 16 * MINUTE, ReturnCode::EXPIRED),
        ("too late", task(5, DEVICE), 61 * MINUTE, ReturnCode::EXPIRED),
    ] {
        let mut answers = device(true);
        assert_eq!(response(&mut answers, request.clone(), later).code, code, "{what}");
        assert_eq!(answers.highest_push, PushId(0), "{what}: nothing is learnt from it");
        let lenient = response(&mut device(false), request, later);
        assert_eq!(lenient.code, ReturnCode::SUCCESS, "{what}: one that does not verify takes it");
    }
}

#[test]
fn the_site_s_time_must_be_signed_and_never_goes_back() {
    let mut answers = device(true);
    let stranger = SigningKey::from_seed([9; 32]);
    assert!(answers.learn(&site_time(&stranger, NOW), &trust(), BOOT).is_err());
    answers.learn(&site_time(&task_key(), NOW), &trust(), BOOT + 16 * MINUTE).expect("an old time is signed");
    let late = response(&mut answers, task(5, DEVICE), 16 * MINUTE);
    assert_eq!(late.code, ReturnCode::EXPIRED);
}

#[test]
fn only_the_last_tasks_are_remembered() {
    let mut answers = device(false);
    for number in 0..1_000 {
        assert!(!response(&mut answers, task(number, DEVICE), MINUTE).repeated);
    }
    assert_eq!(answers.done.len(), REMEMBERED);
    assert!(response(&mut answers, task(999, DEVICE), MINUTE).repeated);
}

#[test]
fn a_task_that_fails_says_so_and_is_remembered() {
    let mut answers = device(true);
    let (outcome, [_, failed]) = answers.answer(task(5, DEVICE), &trust(), NOW, BOOT + MINUTE, true);
    let ToServer::Response(failed) = failed else { panic!("the receipt comes before the response") };
    assert!(matches!(outcome, Outcome::Done));
    assert_eq!((failed.code, failed.detail.as_str()), (ReturnCode::FAILED, "a simulated failure"));
    let again = response(&mut answers, task(5, DEVICE), MINUTE);
    assert!(again.repeated);
}
