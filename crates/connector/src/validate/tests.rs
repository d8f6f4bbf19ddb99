use std::time::Duration;

use action::{ConsoleId, DeviceId, OfflinePolicy, SiteId, Target, Targets, TaskGuid, TenantId, UserId};
use proof::request::Params;
use site_link::keys::PublicLinkKey;
use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp(1_579_621_423_007);

#[test]
fn a_request_for_this_site_is_valid() {
    let request = request();
    assert_eq!(basics(&notification(&request)), Ok(request.clone()));
    assert_eq!(content(&request, Some(&pinned()), NOW), Ok(ActionKind::MACHINE_POLICY));
}

#[test]
fn an_action_type_of_a_later_version_is_valid() {
    let later = Request { params: Params { task_type: 4711, task_param: "x".into() }, ..request() };
    assert_eq!(content(&later, Some(&pinned()), NOW), Ok(ActionKind(4711)));
}

#[test]
fn what_is_no_request_is_refused() {
    check_basics("nothing", |notification| notification.request.clear(), "header.payload.signature");
    check_basics("no JSON", |notification| notification.request = b"x".to_vec(), "header.payload.signature");
    check_basics("another form", |notification| notification.request.push(b'\n'), "bytes");
    check_basics(
        "another action",
        |notification| notification.task_guid = TaskGuid(Uuid::nil()),
        "its id is",
    );
    check_basics("another person", |notification| notification.user = UserId(Uuid::nil()), "another person");
    let empty = Request { targets: Targets::Devices { devices: Vec::new() }, ..request() };
    check_basics("no targets", |notification| notification.request = empty.encode(), "no target");
}

#[test]
fn what_is_for_somebody_else_is_refused() {
    let other = Uuid::from_bytes([9; 16]);
    check("another tenant", Request { tenant: TenantId(other), ..request() }, "tenant 09090909");
    check("another site", Request { site: SiteId(other), ..request() }, "site 09090909");
    let console = ConsoleId(other);
    check("another console", Request { console, ..request() }, "console 09090909");
    check(
        "no action",
        Request { params: Params { task_type: 0, task_param: String::new() }, ..request() },
        "type is 0",
    );
    let tomorrow = NOW.plus(Duration::from_hours(24));
    check(
        "from the future",
        Request { iat: tomorrow, exp: tomorrow, deliver_by: tomorrow, ..request() },
        "clock",
    );
    assert_eq!(content(&request(), None, NOW), Err(Reason::SiteNotAttached));
}

#[test]
fn what_comes_too_late_is_not_delivered() {
    let late = NOW.plus(Duration::from_hours(25));
    assert_eq!(content(&request(), Some(&pinned()), late), Err(Reason::NotDeliveredInTime));
}

#[track_caller]
fn check(what: &str, request: Request, expected: &str) {
    match content(&request, Some(&pinned()), NOW) {
        Err(Reason::RequestNotValid { what: said }) => assert!(said.contains(expected), "{what}: {said}"),
        other => panic!("{what}: {other:?}"),
    }
}

#[track_caller]
fn check_basics(what: &str, change: impl FnOnce(&mut Notification), expected: &str) {
    let mut notification = notification(&request());
    change(&mut notification);
    match basics(&notification) {
        Err(Reason::RequestNotValid { what: said }) => assert!(said.contains(expected), "{what}: {said}"),
        other => panic!("{what}: {other:?}"),
    }
}

fn notification(request: &Request) -> Notification {
    Notification {
        task_guid: request.id,
        request: request.encode(),
        user: request.sub,
        user_name: "kim".into(),
        received_at: NOW,
    }
}

fn request() -> Request {
    let console = pinned().console;
    Request {
        v: Request::VERSION,
        id: TaskGuid(Uuid::from_bytes([0xa4; 16])),
        iss: Request::vouched_by(console),
        sub: UserId(Uuid::from_bytes([0xb1; 16])),
        idh: String::new(),
        jkt: String::new(),
        tenant: pinned().tenant,
        site: pinned().site,
        console,
        kind: RequestKind::DeviceAction,
        params: Params { task_type: 1, task_param: String::new() },
        targets: Targets::Devices {
            devices: vec![Target { device: DeviceId(Uuid::from_bytes([0xd1; 16])), name: "kade-03".into() }],
        },
        iat: NOW,
        exp: NOW.plus(Duration::from_hours(24)),
        deliver_by: NOW.plus(Duration::from_hours(24)),
        finish_within: 3600,
        offline: OfflinePolicy::Queue,
        site_nonce: String::new(),
    }
}

fn pinned() -> Pinned {
    Pinned {
        tenant: TenantId(Uuid::from_bytes([1; 16])),
        site: SiteId(Uuid::from_bytes([2; 16])),
        console: ConsoleId(Uuid::from_bytes([3; 16])),
        console_key: PublicLinkKey([0; 32]),
    }
}
