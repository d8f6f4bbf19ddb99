//! What a device says to Tenon's notification server: the agent's end of `device-channel`, as the agent has it. Proofs are
//! not looked at: the peers have none.

use action::{DeviceId, EnrolmentId, PushId, TaskGuid};
use anyhow::bail;
use device_channel::{
    Inbox, MESSAGE_VERSION, PushedTask, Receipt, Response, ReturnCode, SignIn, ToAgent, ToServer,
    agent::{self, Answered, Connecting, SignedIn},
};
use service::{clock, dice};

use super::{Heard, Speech};

/// What a device keeps while its connections come and go, as an agent keeps it in its journal.
#[derive(Debug)]
pub(in crate::notifier) struct TenonDevice {
    device: DeviceId,
    enrolment: EnrolmentId,
    highest_push: PushId,
    done: Option<TaskGuid>,
    /// The push under which it was answered last, until the answer is stored.
    open: Option<PushedTask>,
}

/// A device and its connection.
#[derive(Debug)]
pub(in crate::notifier) struct Tenon {
    device: TenonDevice,
    inbox: Inbox<ToAgent>,
    connecting: Option<Connecting>,
    signed_in: Option<SignedIn>,
}

impl TenonDevice {
    pub(in crate::notifier) fn new(device: DeviceId, enrolment: EnrolmentId) -> Self {
        Self { device, enrolment, highest_push: PushId(0), done: None, open: None }
    }
}

impl Tenon {
    pub(in crate::notifier) fn new(device: TenonDevice) -> Self {
        Self { device, inbox: Inbox::new(), connecting: None, signed_in: None }
    }

    fn answer(&mut self, request: &device_channel::Request, out: &mut Vec<u8>) -> Heard {
        let device = &mut self.device;
        let task = PushedTask { push_id: request.push_id, task_id: request.task_id };
        let repeated = device.done.replace(request.task_guid) == Some(request.task_guid);
        device.highest_push = device.highest_push.max(request.push_id);
        if !repeated || device.open.is_some() {
            device.open = Some(task);
        }
        say(task, repeated, out);
        Heard { answered: usize::from(!repeated), repeated: repeated.into(), ..Heard::default() }
    }

    fn confirmed(&mut self, answers: &[PushedTask]) -> Heard {
        let open = self.device.open.take_if(|open| answers.contains(open));
        Heard { confirmed: usize::from(open.is_some()), ..Heard::default() }
    }
}

impl Speech for Tenon {
    fn opening(&mut self) -> Vec<u8> {
        let sign_in = SignIn {
            device: self.device.device,
            enrolment: self.device.enrolment,
            boot: self.device.device.0,
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            message_version: MESSAGE_VERSION,
            highest_epoch: 0,
            highest_push: self.device.highest_push,
        };
        let (connecting, hello) = Connecting::new(sign_in, clock::boot());
        (self.inbox, self.connecting, self.signed_in) = (Inbox::new(), Some(connecting), None);
        hello.frame()
    }

    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Heard> {
        self.inbox.push(bytes);
        let mut all = Heard::default();
        while let Some(message) = self.inbox.next_message(clock::boot())? {
            if let Some(connecting) = self.connecting.take() {
                match connecting.on_message(message, clock::boot(), dice::unit())? {
                    Answered::SignedIn(signed_in, _) => self.signed_in = Some(signed_in),
                    other => bail!("the sign-in was not confirmed: {other:?}"),
                }
                all.served = true;
                // As an agent does: an answer is said again until the server has said that it is stored.
                if let Some(open) = self.device.open {
                    say(open, false, out);
                }
                continue;
            }
            let Some(signed_in) = &mut self.signed_in else { bail!("nothing was signed in") };
            let heard = match signed_in.on_message(message, clock::boot())? {
                agent::Heard::Request(request) => self.answer(&request, out),
                agent::Heard::Confirm(confirm) => self.confirmed(&confirm.answers),
                agent::Heard::Restarting(_) | agent::Heard::Redirect(_) => {
                    bail!("the server sent the device away")
                }
                agent::Heard::Cancel(_) | agent::Heard::Nothing => Heard::default(),
            };
            all.answered += heard.answered;
            all.repeated += heard.repeated;
            all.confirmed += heard.confirmed;
        }
        Ok(all)
    }

    fn keep_alive(&mut self) -> Vec<u8> {
        ToServer::KeepAlive.frame()
    }
}

/// Says receipt and answer, in one write.
fn say(task: PushedTask, repeated: bool, out: &mut Vec<u8>) {
    let at = clock::now();
    let (code, detail) = (ReturnCode::SUCCESS, String::new());
    out.extend_from_slice(&ToServer::Receipt(Receipt { at, task }).frame());
    out.extend_from_slice(&ToServer::Response(Response { at, task, code, detail, repeated }).frame());
}
