//! The authority as a program: called over its socket, started again, and called by those who may not.

use std::{path::Path, time::Duration};

use authority::{Config, StartError};
use authority_link::{
    Answer, Call, Codec, LARGEST_FRAME, OwnerAnswer, OwnerCall, Role, decode_answer, encode_call,
};
use service::{
    call::{CallError, Caller, Calls, Endpoint},
    frames::{read_frame, write_frame},
    log::{Component, ComponentLog, Lines},
    running::Running,
    shutdown::Shutdown,
};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt as _, net::UnixStream, time::timeout};

/// Longer than any answer takes; a test that waits for the end of a connection waits no longer.
const PATIENCE: Duration = Duration::from_secs(20);

struct Link;

impl Calls for Link {
    type Call = Call;
    type Answer = Answer;

    const LARGEST_FRAME: usize = LARGEST_FRAME;

    fn encode(number: u64, call: &Call) -> Vec<u8> {
        Codec::encode(number, call)
    }

    fn decode(frame: &[u8]) -> Result<(u64, Answer), String> {
        Codec::decode(frame)
    }

    fn refused(answer: &Answer) -> Option<String> {
        Codec::refused(answer)
    }
}

fn config(place: &Path) -> Config {
    Config {
        folder: place.join("authority"),
        socket: place.join("authority.sock"),
        database_url: format!("sqlite:{}", place.join("authority.db").display()),
        site_name: "Delft".into(),
        keep_alive_seconds: 240,
        notification_servers: vec!["site.example:10123".into()],
        management_points: vec!["https://site.example:8443".into()],
        role_users: Vec::new(),
        metrics: service::metrics::Metrics::new(),
    }
}

async fn start(place: &TempDir) -> (Running, Lines) {
    let (log, lines) = ComponentLog::memory(Component::AUTHORITY);
    let running = authority::start(config(place.path()), log, Shutdown::new()).await.expect("started");
    (running, lines)
}

async fn stop(running: Running) {
    running.shutdown().begin();
    running.join().await.expect("an orderly end");
}

fn caller(place: &TempDir, role: Role) -> Caller<Link> {
    Caller::new(Endpoint::Unix(place.path().join("authority.sock")), Call::Introduce { role })
}

async fn status(owner: &Caller<Link>) -> OwnerAnswer {
    match owner.call(Call::Owner { owner: OwnerCall::Status }).await.expect("answered") {
        Answer::Owner(told) => *told,
        other => panic!("not the owner's answer: {other:?}"),
    }
}

#[tokio::test]
async fn a_site_is_the_same_after_a_restart() {
    let place = tempfile::tempdir().expect("a folder");
    let (running, _) = start(&place).await;
    let owner = caller(&place, Role::Owner);
    let before = status(&owner).await;
    assert!(matches!(&before, OwnerAnswer::Status { name, epoch: 1, devices: 0, .. } if name == "Delft"));
    stop(running).await;

    let (running, _) = start(&place).await;
    let after = timeout(PATIENCE, async {
        loop {
            match owner.call(Call::Owner { owner: OwnerCall::Status }).await {
                Ok(Answer::Owner(told)) => return *told,
                Err(error) if error.is_transient() => tokio::task::yield_now().await,
                other => panic!("not answered: {other:?}"),
            }
        }
    });
    assert_eq!(after.await.expect("in time"), before);
    stop(running).await;
}

#[tokio::test]
async fn a_caller_is_held_to_its_role() {
    let place = tempfile::tempdir().expect("a folder");
    let (running, _) = start(&place).await;
    let notifier = caller(&place, Role::Notifier);
    assert!(matches!(notifier.call(Call::SiteTime).await, Ok(Answer::SiteTime { .. })));
    let refused = notifier.call(Call::Owner { owner: OwnerCall::Halt }).await.expect("answered");
    let Answer::Failed { what, transient: false } = refused else { panic!("not refused: {refused:?}") };
    assert_eq!(what, "the role notifier may not call `owner`");
    assert!(matches!(notifier.call(Call::SiteTime).await, Ok(Answer::SiteTime { .. })), "it goes on");
    stop(running).await;
}

#[tokio::test]
async fn who_does_not_introduce_itself_is_refused_and_hurts_nobody() {
    let place = tempfile::tempdir().expect("a folder");
    let (running, lines) = start(&place).await;
    let owner = caller(&place, Role::Owner);
    let connect = || UnixStream::connect(place.path().join("authority.sock"));

    let mut stream = connect().await.expect("connected");
    write_frame(&mut stream, &encode_call(5, &Call::TrustDocument)).await.expect("written");
    let answer = read_frame(&mut stream, LARGEST_FRAME).await.expect("read").expect("a frame");
    assert!(matches!(decode_answer(&answer), Ok((5, Answer::Failed { .. }))));
    ends(&mut stream).await;
    lines.containing("`trust_document` before the introduction").await;

    let mut stream = connect().await.expect("connected");
    write_frame(&mut stream, b"GET / HTTP/1.1").await.expect("written");
    ends(&mut stream).await;
    lines.containing("it is not JSON").await;

    let mut stream = connect().await.expect("connected");
    stream.write_all(&u32::MAX.to_be_bytes()).await.expect("written");
    ends(&mut stream).await;
    lines.containing("a frame of 4294967295 bytes").await;

    // Half a frame and then silence holds nobody else up.
    let mut half = connect().await.expect("connected");
    half.write_all(&[0, 0, 0, 9, b'{']).await.expect("written");
    status(&owner).await;
    stop(running).await;
}

async fn ends(stream: &mut UnixStream) {
    let frame = timeout(PATIENCE, read_frame(stream, LARGEST_FRAME)).await.expect("it ends in time");
    assert!(matches!(frame, Ok(None) | Err(_)), "{frame:?}");
}

#[tokio::test]
async fn two_authorities_on_one_folder_are_one_too_many() {
    let place = tempfile::tempdir().expect("a folder");
    let (running, _) = start(&place).await;
    let (log, _) = ComponentLog::memory(Component::AUTHORITY);
    let second = authority::start(config(place.path()), log, Shutdown::new()).await;
    assert!(matches!(second, Err(StartError::Lock(_))));
    status(&caller(&place, Role::Owner)).await;
    stop(running).await;
}

#[tokio::test]
async fn what_is_no_socket_is_not_replaced() {
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("authority.sock");
    std::fs::write(&file, "precious").expect("written");
    let (log, _) = ComponentLog::memory(Component::AUTHORITY);
    let refused = authority::start(config(place.path()), log, Shutdown::new()).await;
    assert!(matches!(refused, Err(StartError::Socket { .. })));
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), "precious");
}

#[tokio::test]
async fn nobody_answers_after_the_end() {
    let place = tempfile::tempdir().expect("a folder");
    let (running, _) = start(&place).await;
    let owner = caller(&place, Role::Owner);
    status(&owner).await;
    stop(running).await;
    let error = owner.call(Call::Owner { owner: OwnerCall::Status }).await.expect_err("gone");
    assert!(matches!(error, CallError::Lost { .. } | CallError::Unreachable { .. }), "{error}");
}
