use action::{ActionKind, Target};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const IAT: i64 = 1_579_621_423_000;
const HOUR: i64 = 3_600_000;

fn request() -> Request {
    let id = |number: u128| Uuid::from_u128(number);
    let console = ConsoleId(id(3));
    Request {
        v: Request::VERSION,
        id: TaskGuid(id(1)),
        iss: Request::vouched_by(console),
        sub: UserId(id(2)),
        idh: String::new(),
        jkt: String::new(),
        tenant: TenantId(id(4)),
        site: SiteId(id(5)),
        console,
        kind: RequestKind::DeviceAction,
        params: Params { task_type: ActionKind::MACHINE_POLICY.0, task_param: String::new() },
        targets: Targets::Devices {
            devices: vec![Target { device: action::DeviceId(id(6)), name: "shop-1".into() }],
        },
        iat: Timestamp(IAT),
        exp: Timestamp(IAT + HOUR),
        deliver_by: Timestamp(IAT + 24 * HOUR),
        finish_within: 3600,
        offline: OfflinePolicy::Queue,
        site_nonce: String::new(),
    }
}

fn collection(collection: &str, at_most: u64) -> Targets {
    Targets::Collection { collection: collection.into(), at_most, version: 3 }
}

#[test]
fn a_request_has_these_bytes() {
    let golden = concat!(
        r#"{"console":"00000000-0000-0000-0000-000000000003","deliver_by":"2020-01-22T15:43:43.000Z","#,
        r#""exp":"2020-01-21T16:43:43.000Z","finish_within":"3600","iat":"2020-01-21T15:43:43.000Z","#,
        r#""id":"00000000-0000-0000-0000-000000000001","idh":"","#,
        r#""iss":"tenon:console:00000000-0000-0000-0000-000000000003","jkt":"","kind":"device-action","#,
        r#""offline":"queue","params":{"task_param":"","task_type":"1"},"#,
        r#""site":"00000000-0000-0000-0000-000000000005","site_nonce":"","#,
        r#""sub":"00000000-0000-0000-0000-000000000002","targets":{"devices":[{"#,
        r#""device":"00000000-0000-0000-0000-000000000006","name":"shop-1"}],"type":"devices"},"#,
        r#""tenant":"00000000-0000-0000-0000-000000000004","v":"1"}"#
    );
    assert_eq!(String::from_utf8(request().encode()).expect("text"), golden);
    assert_eq!(Request::parse(golden.as_bytes()).expect("a request"), request());
    let to_all = Request { targets: collection("SMS00001", 100_000), ..request() };
    let text = String::from_utf8(to_all.encode()).expect("text");
    assert!(
        text.contains(
            r#""targets":{"at_most":"100000","collection":"SMS00001","type":"collection","version":"3"}"#
        ),
        "{text}"
    );
    assert_eq!(Request::parse(text.as_bytes()).expect("a request"), to_all);
}

#[test]
fn other_bytes_for_the_same_request_are_refused() {
    let good = String::from_utf8(request().encode()).expect("text");
    for (from, to) in [
        (r#""v":"1""#, r#""v":1"#),
        (r#""v":"1""#, r#""v":"01""#),
        (r#""v":"1""#, r#""v":"+1""#),
        (r#""v":"1"}"#, r#""v":"1","w":""}"#),
        (r#""v":"1"}"#, r#""v":"1","v":"1"}"#),
        (r#""idh":"","#, ""),
        (r#""idh":"""#, r#""idh": """#),
        (r#"43.000Z","finish"#, r#"43Z","finish"#),
        ("device-action", "device-script"),
        ("shop-1", r"shop\u002d1"),
        ("000006", "00000A"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(matches!(Request::parse(bad.as_bytes()), Err(RequestError::Form(_))), "{to}");
    }
}

#[test]
fn members_are_checked() {
    let target = |id: u128| Target { device: action::DeviceId(Uuid::from_u128(id)), name: "n".into() };
    let devices = |ids: &[u128]| Targets::Devices { devices: ids.iter().map(|id| target(*id)).collect() };
    let many: Vec<u128> = (0..1_001).collect();
    let check_targets = |targets: Targets, expected| check(Request { targets, ..request() }, expected);
    check_targets(devices(&[]), RequestNotValid::NoTarget);
    check_targets(devices(&many), RequestNotValid::TooManyTargets);
    check_targets(devices(&[2, 1]), RequestNotValid::TargetsNotSorted);
    check_targets(devices(&[1, 1]), RequestNotValid::TargetsNotSorted);
    check_targets(collection("", 1), RequestNotValid::TargetName);
    check_targets(collection("SMS00001", 0), RequestNotValid::NoTarget);
    check(Request { v: 2, ..request() }, RequestNotValid::Version(2));
    check(Request { iss: "x".into(), ..request() }, RequestNotValid::Issuer("x".into()));
    let for_token = Request { iss: Request::vouched_for_token(request().console, Uuid::nil()), ..request() };
    assert_eq!(Request::parse(&for_token.encode()).expect("a request").token(), Some(Uuid::nil()));
    let odd = for_token.iss.to_uppercase();
    check(Request { iss: odd.clone(), ..request() }, RequestNotValid::Issuer(odd));
    check(Request { jkt: "x".into(), ..request() }, RequestNotValid::Proof("jkt"));
    let param = |task_param: String| Request { params: Params { task_type: 1, task_param }, ..request() };
    check(param("x".repeat(LONGEST_PARAM + 1)), RequestNotValid::ParamTooLong);
    check(param("\u{1b}[2J".into()), RequestNotValid::ParamControl);
    check(Request { exp: Timestamp(IAT), ..request() }, RequestNotValid::Times("exp"));
    let late = Timestamp(IAT + 24 * HOUR + 1);
    check(Request { deliver_by: late, ..request() }, RequestNotValid::Times("deliver_by"));
    check(Request { finish_within: 0, ..request() }, RequestNotValid::Finish);
}

#[track_caller]
fn check(request: Request, expected: RequestNotValid) {
    match Request::parse(&request.encode()) {
        Err(RequestError::Member(error)) => assert_eq!(error, expected),
        other => panic!("not refused for `{expected}`: {other:?}"),
    }
}

#[test]
fn site_and_time_are_checked() {
    let request = request();
    let at = |time| request.check_at(request.site, Timestamp(time));
    assert_eq!(at(IAT), Ok(()));
    assert_eq!(at(IAT - 5 * 60_000), Ok(()));
    assert!(matches!(at(IAT - 5 * 60_000 - 1), Err(RequestNotValid::FromTheFuture { .. })));
    assert_eq!(at(IAT + HOUR), Ok(()));
    assert_eq!(at(IAT + HOUR + 1), Err(RequestNotValid::Expired(request.exp)));
    let other = SiteId(Uuid::nil());
    assert_eq!(request.check_at(other, Timestamp(IAT)), Err(RequestNotValid::OtherSite(request.site)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_request_survives_the_wire(name in "\\PC{0,40}", param in "\\PC{0,40}", kind in any::<u32>(), id in any::<u128>()) {
        let devices = vec![Target { device: action::DeviceId(Uuid::from_u128(id)), name }];
        let request = Request {
            targets: Targets::Devices { devices },
            params: Params { task_type: kind, task_param: param },
            ..request()
        };
        let bytes = request.encode();
        prop_assert_eq!(Request::parse(&bytes).expect("a request"), request);
    }

    #[test]
    fn a_spoiled_request_is_another_one_or_none(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = request().encode();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(read) = Request::parse(&bytes) {
            prop_assert_ne!(&read, &request());
            prop_assert_eq!(read.encode(), bytes);
        }
    }
}
