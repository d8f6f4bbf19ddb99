//! What breaks the rules of the wire closes that connection, is counted under its name, and hurts nobody else.

use action::{ActionKind, DeviceId, OfflinePolicy, SiteId, State};
use device_channel::{PushedTask, Receipt, ReturnCode, SignIn, SignInRefusal, ToAgent, ToServer, frame};
use futures_util::{SinkExt as _, StreamExt as _};
use proof::SiteRole;
use tokio::io::AsyncReadExt as _;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::{
    device::{Device, sign_in, tls},
    site::{Site, device, enrolment},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_has_its_name_and_hurts_nobody_else() {
    let site = Site::start(3).await;
    let mut bystander = Device::sign_in(&site, 1).await;
    let receipt = ToServer::Receipt(Receipt {
        at: service::clock::now(),
        task: PushedTask { push_id: action::PushId(999), task_id: action::TaskId(999) },
    });
    let signed_in = |next: Vec<u8>| [sign_in(0).frame(), next].concat();
    for (reason, bytes) in [
        ("message_before_sign_in", ToServer::KeepAlive.frame()),
        ("second_sign_in", signed_in(sign_in(0).frame())),
        ("unknown_push", signed_in(receipt.frame())),
        ("frame_too_long", signed_in(vec![0, 1, 0, 1])),
        (
            "not_valid",
            signed_in(frame("<!DOCTYPE a [<!ENTITY e 'x'>]><BgbKeepAliveMessage>&e;</BgbKeepAliveMessage>")),
        ),
    ] {
        assert_eq!(site.closed(reason), 0);
        let mut faulty = Device::connect(&site, 0).await;
        faulty.write(&bytes).await;
        while faulty.next().await.is_some() {}
        site.closes(reason).await;
    }
    let forwarded = site.forward(&[1], ActionKind::PROBE, OfflinePolicy::Queue).await;
    let request = bystander.task().await;
    bystander.answer(&request, ReturnCode::SUCCESS).await;
    site.reaches(forwarded, 1, State::Done).await;
    site.lines.containing("a message came before the sign-in").await;
}

#[tokio::test]
async fn half_a_frame_and_silence_close() {
    let site = Site::start(1).await;
    let mut faulty = Device::sign_in(&site, 0).await;
    faulty.write(&ToServer::KeepAlive.frame()[..9]).await;
    // The bytes are on their way; from here on time passes as fast as nothing happens.
    tokio::task::yield_now().await;
    tokio::time::pause();
    assert_eq!(faulty.next().await, None);
    tokio::time::resume();
    site.closes("half_frame").await;
}

#[tokio::test]
async fn a_silent_device_is_offline_after_two_and_a_half_keep_alives() {
    let site = Site::start(1).await;
    let mut silent = Device::sign_in(&site, 0).await;
    let before = tokio::time::Instant::now();
    tokio::time::pause();
    assert_eq!(silent.next().await, None);
    let waited = before.elapsed().as_secs();
    tokio::time::resume();
    assert!((599..=601).contains(&waited), "{waited} s");
    site.closes("silent").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_another_devices_task_closes_and_changes_nothing() {
    let site = Site::start(2).await;
    let mut owner = Device::sign_in(&site, 0).await;
    let mut liar = Device::sign_in(&site, 1).await;
    let forwarded = site.forward(&[0], ActionKind::PROBE, OfflinePolicy::Queue).await;
    let request = owner.task().await;
    liar.send(&[crate::device::response_of(&request, ReturnCode::SUCCESS)]).await;
    // It is confirmed, so that the agent forgets it, then closed.
    assert!(matches!(liar.hear().await, ToAgent::Confirm(_)));
    assert_eq!(liar.next().await, None);
    site.closes("unknown_push").await;
    owner.answer(&request, ReturnCode::FAILED).await;
    site.reaches(forwarded, 0, State::Failed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_may_not_be_is_refused_with_its_reason() {
    let site = Site::start(2).await;
    let ToServer::SignIn(own) = sign_in(0) else { panic!("a sign-in") };
    for (wrong, reason) in [
        (SignIn { device: DeviceId(Uuid::from_u128(1)), ..own.clone() }, SignInRefusal::NotThatDevice),
        (SignIn { message_version: 0, ..own.clone() }, SignInRefusal::VersionUnsupported),
    ] {
        refused(&site, wrong, reason).await;
    }
    site.authority.revoke(enrolment(0));
    // The list is asked for at a sign-in once it is a second old.
    let mut revoked = false;
    for _ in 0..100 {
        let mut again = Device::connect(&site, 0).await;
        again.send(&[sign_in(0)]).await;
        if let ToAgent::SignInRefused(refused) = again.hear().await {
            assert_eq!(refused.reason, SignInRefusal::Revoked);
            revoked = true;
            break;
        }
        tokio::time::timeout(std::time::Duration::from_millis(50), std::future::pending::<()>())
            .await
            .expect_err("pending");
    }
    assert!(revoked);
    let _other = Device::sign_in(&site, 1).await;
}

#[tokio::test]
async fn a_device_that_is_revoked_while_it_is_online_is_closed() {
    let site = Site::start(2).await;
    let mut revoked = Device::sign_in(&site, 0).await;
    let _other = Device::sign_in(&site, 1).await;
    site.authority.revoke(enrolment(0));
    assert_eq!(revoked.next().await, None);
    assert_eq!(site.closed("revoked"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_no_device_of_this_site_does_not_get_to_speak() {
    let site = Site::start(1).await;
    let authority = &site.authority;
    let role = SiteRole::Device { device: device(0), enrolment: enrolment(0) };
    let other_site = authority.certificate(SiteId(Uuid::from_u128(1)), &role);
    hangs_up(&site, &other_site).await;
    site.closes("not_a_device").await;

    let server = authority.certificate(authority.site, &SiteRole::ManagementPoint);
    hangs_up(&site, &server).await;
    let stranger = crate::authority::Authority::start();
    hangs_up(&site, &stranger.certificate(authority.site, &role)).await;
    site.closes("handshake").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_connection_takes_the_place_of_the_older() {
    let site = Site::start(1).await;
    let mut older = Device::sign_in(&site, 0).await;
    let mut newer = Device::sign_in(&site, 0).await;
    assert_eq!(older.next().await, None);
    site.closes("replaced").await;
    let forwarded = site.forward(&[0], ActionKind::PROBE, OfflinePolicy::Queue).await;
    let request = newer.task().await;
    newer.answer(&request, ReturnCode::SUCCESS).await;
    site.reaches(forwarded, 0, State::Done).await;
    site.shows_online(0, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_websocket_carries_the_same_frames() {
    let site = Site::start(1).await;
    let role = SiteRole::Device { device: device(0), enrolment: enrolment(0) };
    let identity = site.authority.certificate(site.authority.site, &role);
    let stream = tls(&site, &identity, site.websocket).await.expect("connected");
    let (refused, _) = tokio_tungstenite::client_async("wss://server/other", stream)
        .await
        .map_or((true, None), |ok| (false, Some(ok)));
    assert!(refused, "there is one path");

    let stream = tls(&site, &identity, site.websocket).await.expect("connected");
    let (mut socket, _) =
        tokio_tungstenite::client_async("wss://server/bgb", stream).await.expect("upgraded");
    socket.send(Message::Binary(sign_in(0).frame().into())).await.expect("sent");
    assert!(matches!(next(&mut socket).await, ToAgent::SignInConfirm(_)));
    let forwarded = site.forward(&[0], ActionKind::PROBE, OfflinePolicy::Queue).await;
    let ToAgent::Request(request) = next(&mut socket).await else { panic!("not a task") };
    let answer = crate::device::response_of(&request, ReturnCode::SUCCESS);
    socket.send(Message::Binary(answer.frame().into())).await.expect("sent");
    assert!(matches!(next(&mut socket).await, ToAgent::Confirm(_)));
    site.reaches(forwarded, 0, State::Done).await;

    socket.send(Message::Text("hello".into())).await.expect("sent");
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
    site.closes("not_valid").await;
}

async fn next<S>(socket: &mut tokio_tungstenite::WebSocketStream<S>) -> ToAgent
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let Some(Ok(Message::Binary(bytes))) = socket.next().await else { panic!("not a binary message") };
    let (length, message) = bytes.split_first_chunk::<4>().expect("a frame");
    assert_eq!(usize::try_from(u32::from_be_bytes(*length)), Ok(message.len()));
    ToAgent::decode(message).expect("valid").expect("known")
}

async fn refused(site: &Site, sign_in: SignIn, reason: SignInRefusal) {
    let mut device = Device::connect(site, 0).await;
    device.send(&[ToServer::SignIn(sign_in)]).await;
    match device.hear().await {
        ToAgent::SignInRefused(refused) => assert_eq!(refused.reason, reason),
        other => panic!("not refused: {other:?}"),
    }
    assert_eq!(device.next().await, None);
    site.closes("sign_in_refused").await;
}

async fn hangs_up(site: &Site, identity: &(String, String)) {
    // In TLS 1.3 a client learns at its first read that its certificate was not taken.
    let Ok(mut stream) = tls(site, identity, site.address).await else { return };
    let read = stream.read_u8().await;
    assert!(read.is_err(), "the server spoke");
}
