//! Whatever is said comes back as it was said, and whatever is thrown at a reader is refused or read, never worse.

use action::{ActionKind, DeviceId, EnrolmentId, PushId, TaskGuid, TaskId, Timestamp};
use device_channel::{
    Cancel, Confirm, LARGEST_FRAME, Progress, PushedTask, Receipt, Redirect, Request, Response, Restarting,
    ReturnCode, SignIn, SignInConfirm, SignInRefusal, SignInRefused, ToAgent, ToServer,
};
use proptest::prelude::*;
use uuid::Uuid;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_an_agent_says_comes_back(message in to_server()) {
        let xml = message.encode();
        prop_assert!(xml.len() <= LARGEST_FRAME);
        prop_assert_eq!(ToServer::decode(xml.as_bytes()), Ok(Some(message)));
    }

    #[test]
    fn what_a_server_says_comes_back(message in to_agent()) {
        let xml = message.encode();
        prop_assert!(xml.len() <= LARGEST_FRAME);
        prop_assert_eq!(ToAgent::decode(xml.as_bytes()), Ok(Some(message)));
    }

    #[test]
    fn a_spoilt_message_is_refused_or_read(message in to_agent(), at in 0usize..2_000, byte in any::<u8>()) {
        let mut xml = message.encode().into_bytes();
        let at = at % xml.len();
        xml[at] = byte;
        let _ = ToAgent::decode(&xml);
        let _ = ToServer::decode(&xml);
    }

    #[test]
    fn a_detail_of_any_length_and_content_fits(detail in "(?s).{0,300}") {
        let task = PushedTask { push_id: PushId(1), task_id: TaskId(1) };
        let detail = detail.repeat(30);
        let response = Response { at: Timestamp(0), task, code: ReturnCode(0), detail, repeated: false };
        let xml = ToServer::Response(response).encode();
        prop_assert!(matches!(ToServer::decode(xml.as_bytes()), Ok(Some(ToServer::Response(_)))));
    }
}

/// The worst that may be written: each character of the longest parameter takes six bytes.
#[test]
fn the_largest_request_fits_a_frame() {
    let request = Request { param: "\"".repeat(4096), proof: vec![[0xff; 32]; 32], ..request_of(u64::MAX) };
    assert!(ToAgent::Request(Box::new(request)).frame().len() < LARGEST_FRAME / 2);
}

fn request_of(number: u64) -> Request {
    Request {
        push_id: PushId(number),
        task_id: TaskId(number),
        task_guid: TaskGuid(Uuid::nil()),
        kind: ActionKind(u32::MAX),
        param: String::new(),
        epoch: number,
        key_id: [0; 8],
        request_hash: [0; 32],
        issued_at: Timestamp(0),
        valid_until: Timestamp(0),
        deliver_by: Timestamp(0),
        finish_within_seconds: u32::MAX,
        tree_size: number,
        leaf_index: number,
        proof: Vec::new(),
        signature: [0; 64],
    }
}

fn to_server() -> impl Strategy<Value = ToServer> {
    let sign_in = (id(), id(), id(), text(), any::<u32>(), any::<u64>(), any::<u64>()).prop_map(
        |(device, enrolment, boot, client_version, message_version, highest_epoch, push)| {
            ToServer::SignIn(SignIn {
                device: DeviceId(device),
                enrolment: EnrolmentId(enrolment),
                boot,
                client_version,
                message_version,
                highest_epoch,
                highest_push: PushId(push),
            })
        },
    );
    let response = (seconds(), task(), any::<i32>(), text(), any::<bool>()).prop_map(
        |(at, task, code, detail, repeated)| {
            ToServer::Response(Response { at, task, code: ReturnCode(code), detail, repeated })
        },
    );
    prop_oneof![
        sign_in,
        (seconds(), task()).prop_map(|(at, task)| ToServer::Receipt(Receipt { at, task })),
        (seconds(), task(), 0u8..=100).prop_map(|(at, task, percent)| ToServer::Progress(Progress {
            at,
            task,
            percent
        })),
        response,
        Just(ToServer::KeepAlive),
    ]
}

fn to_agent() -> impl Strategy<Value = ToAgent> {
    let confirm =
        (any::<u32>(), any::<u32>(), text()).prop_map(|(message_version, keep_alive_seconds, site_time)| {
            ToAgent::SignInConfirm(SignInConfirm { message_version, keep_alive_seconds, site_time })
        });
    prop_oneof![
        confirm,
        any::<u32>().prop_map(|retry_after_seconds| {
            ToAgent::SignInRefused(SignInRefused { reason: SignInRefusal::Busy, retry_after_seconds })
        }),
        prop::collection::vec("[a-z0-9.:]{1,40}", 0..9)
            .prop_map(|servers| ToAgent::Redirect(Redirect { servers })),
        request().prop_map(|request| ToAgent::Request(Box::new(request))),
        prop::collection::vec(task(), 0..256).prop_map(|answers| ToAgent::Confirm(Confirm { answers })),
        id().prop_map(|task| ToAgent::Cancel(Cancel { task_guid: TaskGuid(task) })),
        Just(ToAgent::KeepAlive),
        any::<u32>().prop_map(|within_seconds| ToAgent::Restarting(Restarting { within_seconds })),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let proof = prop::collection::vec(any::<[u8; 32]>(), 0..=32);
    (any::<u64>(), id(), text(), any::<[u8; 8]>(), any::<[u8; 32]>(), seconds(), proof, any::<u8>()).prop_map(
        |(number, task, param, key_id, request_hash, at, proof, byte)| Request {
            task_guid: TaskGuid(task),
            param,
            key_id,
            request_hash,
            issued_at: Timestamp(at.0 + 7),
            proof,
            signature: [byte; 64],
            ..request_of(number)
        },
    )
}

fn task() -> impl Strategy<Value = PushedTask> {
    (any::<u64>(), any::<u64>())
        .prop_map(|(push, task)| PushedTask { push_id: PushId(push), task_id: TaskId(task) })
}

fn id() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

/// Texts of what XML can hold, with what it must escape.
fn text() -> impl Strategy<Value = String> {
    "([ -~]|[<>&'\"\r\n\t]|[à-ü日😀\u{202e}\u{85}\u{2028}]|\\]\\]>){0,60}"
}

fn seconds() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000).prop_map(|seconds| Timestamp(seconds * 1_000))
}
