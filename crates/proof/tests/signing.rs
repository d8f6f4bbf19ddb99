//! What is signed here is read here: requests and pairings, and nothing else is.

use action::{ConsoleId, OfflinePolicy, SiteId, Target, Targets, TaskGuid, TenantId, Timestamp, UserId};
use proof::{
    Hash, Level, NonceKey, NotAJws, NotASignedRequest, PersonSigningKey, Request, SignedRequest, SigningKey,
    join_token::Secret,
    pairing::{PairingAnswer, PairingCode, PairingError, PairingRequest, UnverifiedPairing},
    request::{Params, RequestKind, Sent},
};
use proptest::prelude::*;
use uuid::Uuid;

const NOW: i64 = 1_579_621_423_000;
const HOUR: i64 = 3_600_000;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn key(number: u8) -> PersonSigningKey {
    PersonSigningKey::from_secret(&[number; 32]).expect("a key")
}

fn request(by: &PersonSigningKey) -> Request {
    let site = SiteId(id(5));
    Request {
        v: Request::VERSION,
        id: TaskGuid(id(1)),
        iss: Request::paired_at(site),
        sub: UserId(id(2)),
        idh: String::new(),
        jkt: by.public().thumbprint().to_string(),
        tenant: TenantId(id(4)),
        site,
        console: ConsoleId(id(3)),
        kind: RequestKind::DeviceAction,
        params: Params { task_type: 1, task_param: String::new() },
        targets: Targets::Devices {
            devices: vec![Target { device: action::DeviceId(id(6)), name: "shop-1".into() }],
        },
        iat: Timestamp(NOW),
        exp: Timestamp(NOW + HOUR),
        deliver_by: Timestamp(NOW + HOUR),
        finish_within: 3600,
        offline: OfflinePolicy::Queue,
        site_nonce: NonceKey([9; 32]).nonce(site, Timestamp(NOW)).to_string(),
    }
}

#[test]
fn a_signed_request_is_read_by_whoever_knows_the_key() {
    let signed = SignedRequest::sign(&request(&key(7)), &key(7)).expect("signed");
    let bytes = signed.encode();
    let read = SignedRequest::parse(&bytes).expect("a signed request");
    assert_eq!((read.key(), read.hash()), (key(7).public().thumbprint(), Hash::of(&bytes)));
    assert_eq!(read.verify(&key(7).public()).expect("signed by it"), request(&key(7)));
    let refused = read.verify(&key(8).public()).expect_err("another key");
    assert!(matches!(refused, NotASignedRequest::Jws(NotAJws::Signature(_))), "{refused}");
    assert_eq!(Sent::claimed(&bytes).expect("a request"), request(&key(7)));
}

#[test]
fn nobody_signs_what_names_another_key_or_carries_no_proof() {
    let refused = SignedRequest::sign(&request(&key(8)), &key(7)).expect_err("another key's");
    assert!(matches!(refused, NotASignedRequest::OtherKey), "{refused}");
    for bad in [
        Request { site_nonce: String::new(), ..request(&key(7)) },
        Request { iss: Request::vouched_by(ConsoleId(id(3))), ..request(&key(7)) },
    ] {
        let refused = SignedRequest::sign(&bad, &key(7)).expect_err("no proof");
        assert!(matches!(refused, NotASignedRequest::Payload(_)), "{refused}");
    }
}

#[test]
fn what_the_console_vouches_for_is_another_form() {
    let console = ConsoleId(id(3));
    let vouched = Request {
        iss: Request::vouched_by(console),
        jkt: String::new(),
        site_nonce: String::new(),
        ..request(&key(7))
    };
    assert_eq!(Sent::read(&vouched.encode()).expect("a request"), Sent::Vouched(vouched));
    assert!(Sent::read(&request(&key(7)).encode()).is_err(), "a proof that nobody has signed");
}

#[test]
fn a_pairing_goes_there_and_back() {
    let root = SigningKey::from_seed([1; 32]).verifying();
    let code = PairingCode {
        id: "p3".into(),
        secret: Secret([5; 16]),
        fingerprint: PairingCode::fingerprint_of(&root),
    };
    let asked = PairingRequest {
        v: PairingRequest::VERSION,
        pid: code.id.clone(),
        tenant: TenantId(id(4)),
        site: SiteId(id(5)),
        console: ConsoleId(id(3)),
        user: UserId(id(2)),
        level: Level::Native,
        jwk: key(7).public(),
        rc: Hash([1; 32]),
        iat: Timestamp(NOW),
    };
    let text = asked.text(&key(7), &code.keys());
    let read = UnverifiedPairing::parse(&text).expect("a message");
    assert_eq!(read.id(), "p3");
    assert_eq!(read.verify(&code.keys()), Ok(asked.clone()));
    let other = PairingCode { secret: Secret([6; 16]), ..code.clone() };
    assert_eq!(read.verify(&other.keys()), Err(PairingError::Mac));

    let answer = PairingAnswer {
        v: PairingAnswer::VERSION,
        request: asked.hash(),
        root,
        jkt: asked.jwk.thumbprint(),
        rs: Hash([2; 32]),
        expires: Timestamp(NOW + HOUR),
    };
    let text = answer.text(&code.keys());
    assert_eq!(PairingAnswer::verify(&text, &code, &asked), Ok(answer));
    let elsewhere = PairingCode { fingerprint: [0; 16], ..code.clone() };
    assert_eq!(PairingAnswer::verify(&text, &elsewhere, &asked), Err(PairingError::OtherSite));
    let again = PairingRequest { rc: Hash([3; 32]), ..asked };
    assert_eq!(PairingAnswer::verify(&text, &code, &again), Err(PairingError::OtherRequest));
    assert!(!format!("{code:?} {:?}", code.keys()).contains(&code.secret.text()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_spoiled_request_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = SignedRequest::sign(&request(&key(7)), &key(7)).expect("signed").encode();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let verified = SignedRequest::parse(&bytes).and_then(|signed| signed.verify(&key(7).public()));
        prop_assert!(verified.is_err());
    }
}
