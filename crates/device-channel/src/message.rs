//! What both ends say. Which elements a message has on the wire is in [`crate::ToServer::encode`] and in
//! `docs/protocol/device-channel.md`.

use action::{ActionKind, DeviceId, EnrolmentId, PushId, TaskGuid, TaskId, Timestamp};
use uuid::Uuid;

use crate::ReturnCode;

/// What an agent says to its notification server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ToServer {
    /// `BgbSignInMessage`: the first message of a connection.
    SignIn(SignIn),
    /// `BgbReceiptMessage`: the task is in the journal.
    Receipt(Receipt),
    /// `BgbProgressMessage`: the task runs.
    Progress(Progress),
    /// `BgbResponseMessage`: the answer.
    Response(Response),
    /// `BgbKeepAliveMessage`: the agent is there.
    KeepAlive,
}

/// What a notification server says to an agent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ToAgent {
    /// `BgbSignInConfirmMessage`: the device is online now.
    SignInConfirm(SignInConfirm),
    /// `BgbSignInRefusedMessage`: it is not, and the connection ends.
    SignInRefused(SignInRefused),
    /// `BgbRedirectMessage`: go to another server; the connection ends.
    Redirect(Redirect),
    /// `BgbRequestMessage`: a task.
    Request(Box<Request>),
    /// `BgbConfirmMessage`: answers that are stored.
    Confirm(Confirm),
    /// `BgbCancelMessage`: an action was withdrawn.
    Cancel(Cancel),
    /// `BgbKeepAliveMessage`: the server is there.
    KeepAlive,
    /// `BgbRestartingMessage`: the server ends; the connection ends.
    Restarting(Restarting),
}

/// The keep-alive, which is the same from both ends.
pub const KEEP_ALIVE: &str = "<BgbKeepAliveMessage/>";

/// An agent introduces its device. Who the device is is known from its certificate; this must agree with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignIn {
    /// The device.
    pub device: DeviceId,
    /// Its enrolment.
    pub enrolment: EnrolmentId,
    /// Made anew at each start of the machine.
    pub boot: Uuid,
    /// The agent's version.
    pub client_version: String,
    /// The version of messages that the agent speaks.
    pub message_version: u32,
    /// The highest epoch of the site that the agent has seen.
    pub highest_epoch: u64,
    /// The highest PushID that the agent has seen.
    pub highest_push: PushId,
}

/// The server takes the device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignInConfirm {
    /// The version of messages that the server speaks.
    pub message_version: u32,
    /// How often the agent says that it is there.
    pub keep_alive_seconds: u32,
    /// The site's time, signed (`proof::SignedTime`, as text).
    pub site_time: String,
}

/// The server does not take the device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignInRefused {
    /// Why.
    pub reason: SignInRefusal,
    /// How long to wait before the next attempt.
    pub retry_after_seconds: u32,
}

/// Why a sign-in is refused.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SignInRefusal {
    /// The device's enrolment was revoked.
    Revoked,
    /// The message names another device or enrolment than the certificate.
    NotThatDevice,
    /// The server does not speak the agent's version of messages.
    VersionUnsupported,
    /// The server holds as many devices as it may.
    Busy,
    /// The server cannot check the device now, because it does not reach the site authority.
    AuthorityAway,
    /// A reason that this version does not know.
    Other,
}

/// Other servers to use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Redirect {
    /// Each a host and a port.
    pub servers: Vec<String>,
}

/// A task for the device, with all that proves that the site's authority has signed it for this device: what is signed
/// of the device itself (site, device, enrolment) the agent adds from what it knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The number of this push.
    pub push_id: PushId,
    /// The site's number for the task.
    pub task_id: TaskId,
    /// The action.
    pub task_guid: TaskGuid,
    /// What is asked.
    pub kind: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// The site's epoch.
    pub epoch: u64,
    /// Which of the site's task keys has signed.
    pub key_id: [u8; 8],
    /// SHA-256 of the request that caused the task.
    pub request_hash: [u8; 32],
    /// When it was signed.
    pub issued_at: Timestamp,
    /// The agent must have it by then.
    pub valid_until: Timestamp,
    /// The action expires by then.
    pub deliver_by: Timestamp,
    /// Seconds from the receipt to the answer.
    pub finish_within_seconds: u32,
    /// How many leaves the push's tree has.
    pub tree_size: u64,
    /// Which of them is this task's.
    pub leaf_index: u64,
    /// The hashes that lead from the leaf to the root.
    pub proof: Vec<[u8; 32]>,
    /// The signature of the push's head, which holds the root that the proof leads to.
    pub signature: [u8; 64],
}

/// The two numbers under which a task was pushed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PushedTask {
    /// The number of the push.
    pub push_id: PushId,
    /// The site's number for the task.
    pub task_id: TaskId,
}

/// The agent has the task in its journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// When, by the device's clock. Whole seconds on the wire, as everywhere on it.
    pub at: Timestamp,
    /// Which task.
    pub task: PushedTask,
}

/// The agent works on the task.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// When, by the device's clock.
    pub at: Timestamp,
    /// Which task.
    pub task: PushedTask,
    /// How far it is, 0 to 100.
    pub percent: u8,
}

/// The agent's answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// When, by the device's clock.
    pub at: Timestamp,
    /// Which task.
    pub task: PushedTask,
    /// What became of it.
    pub code: ReturnCode,
    /// More in words; empty where there is nothing to say.
    pub detail: String,
    /// Whether this repeats an answer that was given before, under another PushID.
    pub repeated: bool,
}

/// Answers that are stored: the agent may forget them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Confirm {
    /// Which tasks, at most [`crate::MOST_ENTRIES`].
    pub answers: Vec<PushedTask>,
}

/// An action was withdrawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cancel {
    /// The action.
    pub task_guid: TaskGuid,
}

/// The server ends for a moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Restarting {
    /// Come back at a random moment within so many seconds.
    pub within_seconds: u32,
}

impl SignInRefusal {
    const NAMES: [(SignInRefusal, &'static str); 6] = [
        (SignInRefusal::Revoked, "revoked"),
        (SignInRefusal::NotThatDevice, "not that device"),
        (SignInRefusal::VersionUnsupported, "version unsupported"),
        (SignInRefusal::Busy, "busy"),
        (SignInRefusal::AuthorityAway, "authority away"),
        (SignInRefusal::Other, "other"),
    ];

    /// Returns the name on the wire and in logs.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(refusal, _)| *refusal == self).map_or("other", |(_, name)| name)
    }

    /// Returns the refusal of that name; `Other` for one that this version does not know.
    pub fn named(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Other, |(refusal, _)| *refusal)
    }
}

impl Request {
    /// Returns what the agent's check of the task ([`proof::TaskVerifier`]) is to look at. The largest messages are
    /// these: the parameter is moved, not copied.
    pub fn presented(self) -> proof::Presented {
        proof::Presented {
            epoch: self.epoch,
            key_id: proof::KeyId(self.key_id),
            task_guid: self.task_guid,
            task_id: self.task_id,
            push_id: self.push_id,
            task_type: self.kind,
            param: self.param,
            issued_at: self.issued_at,
            valid_until: self.valid_until,
            deliver_by: self.deliver_by,
            finish_within_seconds: self.finish_within_seconds,
            request_hash: proof::Hash(self.request_hash),
            tree_size: self.tree_size,
            index: self.leaf_index,
            proof: self.proof.into_iter().map(proof::Hash).collect(),
            signature: proof::Signature(self.signature),
        }
    }
}
