//! One promise, many seeds: whatever a link does, each task is done exactly once in the agent's journal, and the site
//! learns its answer.
//!
//! Both ends are the real state machines. The link carries bytes in pieces of any size and is cut at any of them; the
//! server may forget all that it holds in memory, and the agent's process may end between its journal and its answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use action::{ActionKind, DeviceId, EnrolmentId, PushId, TaskGuid, TaskId, Timestamp};
use device_channel::{
    Inbox, KEEP_ALIVE_EVERY, PushedTask, Receipt, Received, Request, Response, ReturnCode, SignIn, ToAgent,
    ToServer,
    agent::{self, Answered, Connecting},
    server::{self, AwaitSignIn, Identity, Reported},
};
use uuid::Uuid;

const SEEDS: u64 = 500;
const TASKS: u64 = 5;
/// After so many connections the link is let alone: what was lost until then must be made good.
const TROUBLE: usize = 40;

#[test]
fn each_task_is_done_exactly_once_whatever_the_link_does() {
    for seed in 1..=SEEDS {
        let mut dice = Dice(seed);
        let mut site = Site::default();
        let mut device = Device::default();
        let mut connections = 0;
        while site.answered.len() < usize::try_from(TASKS).expect("few") || !device.unconfirmed.is_empty() {
            connections += 1;
            assert!(connections < TROUBLE + 3, "seed {seed}: no end");
            connect(&mut site, &mut device, &mut dice, connections < TROUBLE);
        }
        assert_eq!(device.runs.len(), site.answered.len(), "seed {seed}");
        for (task, runs) in &device.runs {
            assert_eq!(*runs, 1, "seed {seed}: task {task} ran {runs} times");
        }
        assert!(site.answered.values().all(|code| *code == ReturnCode::SUCCESS), "seed {seed}");
    }
}

/// What the site's store holds.
#[derive(Default)]
struct Site {
    pushes: u64,
    known: BTreeSet<PushedTask>,
    answered: BTreeMap<u64, ReturnCode>,
}

/// What the agent's disk holds.
#[derive(Default)]
struct Device {
    journal: BTreeMap<TaskGuid, ReturnCode>,
    runs: BTreeMap<u64, u32>,
    unconfirmed: BTreeMap<PushedTask, (ReturnCode, bool)>,
    highest_push: u64,
}

/// Runs one connection until the link is cut or there is nothing left to say.
fn connect(site: &mut Site, device: &mut Device, dice: &mut Dice, trouble: bool) {
    let now = Duration::from_secs(1);
    let mut up = Pipe::default();
    let mut down = Pipe::default();
    let (mut at_server, mut at_agent) = (Inbox::<ToServer>::new(), Inbox::<ToAgent>::new());
    let (connecting, first) = Connecting::new(sign_in(device.highest_push), now);
    up.send(&first.frame());
    let mut waiting = Some(AwaitSignIn::new(identity(), now));
    let mut online: Option<server::Online> = None;
    let mut connecting = Some(connecting);
    let mut signed_in: Option<agent::SignedIn> = None;

    while up.has_bytes() || down.has_bytes() {
        if trouble && dice.one_in(40) {
            return;
        }
        at_server.push(&up.take(dice));
        while let Some(message) = at_server.next_message(now).expect("valid frames") {
            let Some(online) = &mut online else {
                let signing_in = waiting.take().expect("one sign-in").on_message(message).expect("a sign-in");
                assert_eq!(signing_in.check(), Ok(()));
                let (admitted, confirm) = signing_in.admit(KEEP_ALIVE_EVERY, "time".to_owned(), now);
                down.send(&confirm.frame());
                let online = online.insert(admitted);
                push_waiting(site, online, &mut down);
                continue;
            };
            hear(site, online, message, &mut down, now, dice, trouble);
        }
        at_agent.push(&down.take(dice));
        while let Some(message) = at_agent.next_message(now).expect("valid frames") {
            let Some(signed_in) = &mut signed_in else {
                let answer = connecting.take().expect("one answer").on_message(message, now, 0.5);
                let Ok(Answered::SignedIn(fresh, _)) = answer else { panic!("{answer:?}") };
                signed_in = Some(fresh);
                for (task, (code, repeated)) in device.unconfirmed.clone() {
                    up.send(&answer_to(task, code, repeated));
                }
                continue;
            };
            match signed_in.on_message(message, now).expect("no second answer") {
                agent::Heard::Request(request) => {
                    let died = trouble && dice.one_in(10);
                    if !run(device, &request, &mut up, died) {
                        return;
                    }
                }
                agent::Heard::Confirm(confirm) => {
                    device.unconfirmed.retain(|task, _| !confirm.answers.contains(task));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Pushes what the store says was not answered.
fn push_waiting(site: &mut Site, online: &mut server::Online, down: &mut Pipe) {
    for task in (1..=TASKS).filter(|task| !site.answered.contains_key(task)) {
        site.pushes += 1;
        let pushed = PushedTask { push_id: PushId(site.pushes), task_id: TaskId(task) };
        site.known.insert(pushed);
        online.pushed(pushed);
        down.send(&ToAgent::Request(Box::new(request(pushed))).frame());
    }
}

/// Stores what the device reports, and confirms answers once they are stored.
fn hear(
    site: &mut Site,
    online: &mut server::Online,
    message: Received<ToServer>,
    down: &mut Pipe,
    now: Duration,
    dice: &mut Dice,
    trouble: bool,
) {
    let heard = online.on_message(message, now).expect("no second sign-in");
    let server::Heard::Report(report) = heard else { panic!("{heard:?}") };
    assert!(report.pushed_here || site.known.contains(&report.what.task()), "an unknown push");
    let Reported::Response(response) = report.what else { return };
    site.answered.entry(response.task.task_id.0).or_insert(response.code);
    // The server ends between its commit and its confirmation.
    if trouble && dice.one_in(10) {
        return;
    }
    down.send(&online.confirm(vec![response.task]).frame());
}

/// Journals and runs a task that is new, and answers; one that is known is answered from the journal. Returns whether
/// the agent lived to answer.
fn run(device: &mut Device, request: &Request, up: &mut Pipe, dies: bool) -> bool {
    device.highest_push = device.highest_push.max(request.push_id.0);
    let task = PushedTask { push_id: request.push_id, task_id: request.task_id };
    let repeated = device.journal.contains_key(&request.task_guid);
    if !repeated {
        device.journal.insert(request.task_guid, ReturnCode::SUCCESS);
        *device.runs.entry(request.task_id.0).or_default() += 1;
    }
    let code = device.journal[&request.task_guid];
    device.unconfirmed.insert(task, (code, repeated));
    if dies {
        return false;
    }
    if !repeated {
        up.send(&ToServer::Receipt(Receipt { at: Timestamp(0), task }).frame());
    }
    up.send(&answer_to(task, code, repeated));
    true
}

fn answer_to(task: PushedTask, code: ReturnCode, repeated: bool) -> Vec<u8> {
    let response = Response { at: Timestamp(0), task, code, detail: String::new(), repeated };
    ToServer::Response(response).frame()
}

fn identity() -> Identity {
    Identity { device: DeviceId(Uuid::from_u128(1)), enrolment: EnrolmentId(Uuid::from_u128(2)) }
}

fn sign_in(highest_push: u64) -> SignIn {
    SignIn {
        device: identity().device,
        enrolment: identity().enrolment,
        boot: Uuid::from_u128(3),
        client_version: "simulation".to_owned(),
        message_version: 1,
        highest_epoch: 1,
        highest_push: PushId(highest_push),
    }
}

fn request(task: PushedTask) -> Request {
    Request {
        push_id: task.push_id,
        task_id: task.task_id,
        task_guid: TaskGuid(Uuid::from_u128(task.task_id.0.into())),
        kind: ActionKind::PROBE,
        param: "p".repeat(40),
        epoch: 1,
        key_id: [1; 8],
        request_hash: [2; 32],
        issued_at: Timestamp(0),
        valid_until: Timestamp(900_000),
        deliver_by: Timestamp(900_000),
        finish_within_seconds: 60,
        tree_size: 1,
        leaf_index: 0,
        proof: Vec::new(),
        signature: [3; 64],
    }
}

/// One direction of a link.
#[derive(Default)]
struct Pipe(Vec<u8>);

impl Pipe {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn has_bytes(&self) -> bool {
        !self.0.is_empty()
    }

    /// Returns a piece of what was sent.
    fn take(&mut self, dice: &mut Dice) -> Vec<u8> {
        let most = self.0.len().min(600);
        let count = if most == 0 { 0 } else { 1 + usize::try_from(dice.below(most as u64)).expect("small") };
        self.0.drain(..count).collect()
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}
