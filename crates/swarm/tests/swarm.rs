//! Simulated devices at a site that the tests play: what they do on both wires.

mod site;

use std::{collections::BTreeSet, time::Duration};

use action::{ActionKind, PushId, TaskGuid, TaskId, Timestamp};
use device_channel::{
    Inbox, PushedTask, Received, Request, ReturnCode, SignIn, SignInConfirm, ToAgent, ToServer,
};
use proof::SigningKey;
use service::shutdown::Shutdown;
use swarm::{Config, StartError, Swarm};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::server::TlsStream;
use uuid::Uuid;

use site::{Site, root};

const DEVICES: u32 = 12;

fn config(join_token: String) -> Config {
    Config {
        enrolments_at_once: 3,
        connects_per_second: 1_000,
        verify: false,
        ..Config::new(join_token, DEVICES)
    }
}

/// Fails a test that hangs.
async fn within<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), what).await.expect("it happens in time")
}

async fn until(swarm: &Swarm, holds: impl Fn(swarm::Counts) -> bool) {
    within(async {
        while !holds(swarm.counts()) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The notification server's end of a connection.
struct Device {
    stream: TlsStream<TcpStream>,
    inbox: Inbox<ToServer>,
    sign_in: SignIn,
}

impl Device {
    /// Accepts a device and takes its sign-in.
    async fn accept(site: &Site) -> Self {
        let (listener, acceptor) = &site.devices;
        let (tcp, _) = within(listener.accept()).await.expect("accepted");
        let mut stream = within(acceptor.accept(tcp)).await.expect("a certificate of the site");
        let mut inbox = Inbox::new();
        let first = read(&mut stream, &mut inbox).await;
        let [ToServer::SignIn(sign_in)] = &first[..] else { panic!("a sign-in comes first: {first:?}") };
        let mut device = Self { sign_in: sign_in.clone(), stream, inbox };
        let confirm =
            SignInConfirm { message_version: 1, keep_alive_seconds: 240, site_time: "time".to_owned() };
        device.say(&ToAgent::SignInConfirm(confirm)).await;
        device
    }

    async fn say(&mut self, message: &ToAgent) {
        self.stream.write_all(&message.frame()).await.expect("written");
    }

    async fn hear(&mut self) -> Vec<ToServer> {
        read(&mut self.stream, &mut self.inbox).await
    }

    /// Waits for the goodbye.
    async fn left(&mut self) {
        let count = within(self.stream.read(&mut [0; 16])).await.expect("a close_notify, not a reset");
        assert_eq!(count, 0);
    }
}

/// Returns what came in one read, which is one record of TLS.
async fn read(stream: &mut TlsStream<TcpStream>, inbox: &mut Inbox<ToServer>) -> Vec<ToServer> {
    let mut bytes = vec![0; 16 << 10];
    let count = within(stream.read(&mut bytes)).await.expect("read");
    inbox.push(&bytes[..count]);
    let mut messages = Vec::new();
    while let Some(message) = inbox.next_message(Duration::ZERO).expect("valid frames") {
        let Received::Known(message) = message else { panic!("an unknown message") };
        messages.push(message);
    }
    messages
}

/// A task whose proof nobody looks at.
fn task(number: u64) -> ToAgent {
    ToAgent::Request(Box::new(Request {
        push_id: PushId(number),
        task_id: TaskId(number + 100),
        task_guid: TaskGuid(Uuid::from_u128(number.into())),
        kind: ActionKind::MACHINE_POLICY,
        param: "x".repeat(2_000),
        epoch: 1,
        key_id: [0; 8],
        request_hash: [0; 32],
        issued_at: Timestamp(1_700_000_000_000),
        valid_until: Timestamp(1_700_000_000_000),
        deliver_by: Timestamp(1_700_000_000_000),
        finish_within_seconds: 1,
        tree_size: 1,
        leaf_index: 0,
        proof: vec![],
        signature: [0; 64],
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_enrol_sign_in_answer_and_leave() {
    let site = Site::start(usize::MAX).await;
    let swarm = swarm::start(config(site.join_token(&root())), Shutdown::new()).await.expect("started");

    let mut devices = Vec::new();
    for _ in 0..DEVICES {
        devices.push(Device::accept(&site).await);
    }
    let ids: BTreeSet<_> = devices.iter().map(|device| device.sign_in.device).collect();
    assert_eq!(ids.len(), devices.len());
    let mut names: Vec<_> = {
        let admitted = site.keys.admitted.lock().expect("not poisoned");
        admitted.iter().map(|discovery| discovery.name.clone()).collect()
    };
    names.sort();
    assert_eq!(names, (1..=DEVICES).map(|number| format!("sim-{number:05}")).collect::<Vec<_>>());
    until(&swarm, |counts| counts.online == u64::from(DEVICES)).await;

    for (number, device) in (1..).zip(&mut devices) {
        device.say(&task(number)).await;
        let pushed = PushedTask { push_id: PushId(number), task_id: TaskId(number + 100) };
        let words = device.hear().await;
        let [ToServer::Receipt(receipt), ToServer::Response(response)] = &words[..] else {
            panic!("receipt and response come in one write: {words:?}")
        };
        assert_eq!((receipt.task, response.task), (pushed, pushed));
        assert_eq!((response.code, response.repeated), (ReturnCode::SUCCESS, false));
    }
    until(&swarm, |counts| counts.tasks == u64::from(DEVICES)).await;
    let counts = swarm.counts();
    assert_eq!((counts.enrolled, counts.failed), (u64::from(DEVICES), 0), "{:?}", swarm.first_failure());

    let ends = tokio::spawn(swarm.end());
    for device in &mut devices {
        device.left().await;
    }
    within(ends).await.expect("ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_lost_its_server_comes_back_as_the_same() {
    let site = Site::start(usize::MAX).await;
    let config = Config { count: 1, ..config(site.join_token(&root())) };
    let shutdown = Shutdown::new();
    let swarm = swarm::start(config, shutdown.clone()).await.expect("started");

    let mut first = Device::accept(&site).await;
    first.say(&task(7)).await;
    assert_eq!(first.hear().await.len(), 2);
    let before = first.sign_in.clone();
    drop(first);

    let mut second = Device::accept(&site).await;
    let expected = SignIn { highest_push: PushId(7), ..before };
    assert_eq!(second.sign_in, expected);
    until(&swarm, |counts| counts.online == 1).await;
    assert_eq!((swarm.counts().enrolled, swarm.counts().failed), (1, 1));
    let failure = swarm.first_failure().expect("it lost its server");
    assert!(failure.starts_with(&said_of(&expected)), "{failure}");

    shutdown.begin();
    second.left().await;
    within(swarm.end()).await;
}

fn said_of(sign_in: &SignIn) -> String {
    format!("{}: ", sign_in.device)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_token_is_not_tried_for_each_device() {
    let site = Site::start(2).await;
    let swarm = swarm::start(config(site.join_token(&root())), Shutdown::new()).await.expect("started");
    until(&swarm, |counts| counts.enrolled + counts.failed == u64::from(DEVICES)).await;
    assert_eq!(swarm.counts().enrolled, 2);
    let refused = *site.keys.refused.lock().expect("not poisoned");
    assert!((1..=3).contains(&refused), "{refused} attempts by 3 workers");
    let failure = swarm.first_failure().expect("a refusal");
    assert!(failure.starts_with("failed to enrol sim-") && failure.contains("refused"), "{failure}");
    assert!(!failure.contains("BQUF"), "the secret is not told: {failure}");
    within(swarm.end()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_token_s_site_is_told_nothing() {
    let site = Site::start(usize::MAX).await;
    let token = site.join_token(&SigningKey::from_seed([9; 32]));
    let error = swarm::start(config(token), Shutdown::new()).await.expect_err("another root key");
    assert!(matches!(error, StartError::NotTheSite { .. }), "{error}");
    assert!(site.keys.admitted.lock().expect("not poisoned").is_empty());

    let error = swarm::start(config("TJ1.x".to_owned()), Shutdown::new()).await.expect_err("no token");
    assert!(matches!(error, StartError::Token(_)), "{error}");
}
