//! Questions that the console asks while a person waits, and the site's answers. Nothing of them is stored on the way:
//! who loses the link asks again.

use action::{DeviceId, EnrolmentId, Reason, ResourceId, TaskGuid, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A question to the site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Question {
    /// What would become of a request. Answer: `DryRun`.
    DryRun {
        /// The request's bytes, base64, as in `Request`.
        request: String,
        /// The person, as the console signed them in.
        user: UserId,
        /// The person's sign-in name.
        user_name: String,
    },
    /// What the site knows of a device. The site decides whether the person may read it. Answer: `Device` or `Refused`.
    Device {
        /// The device.
        device: DeviceId,
        /// The person, as the console signed them in.
        user: UserId,
        /// The person's sign-in name.
        user_name: String,
    },
    /// What logs of a device's agent the site has; with `of`, those of one action. The site decides whether the person may
    /// read them. Answer: `Logs` or `Refused`.
    Logs {
        /// The device.
        device: DeviceId,
        /// The person, as the console signed them in.
        user: UserId,
        /// The person's sign-in name.
        user_name: String,
        /// The action whose logs are read; none lists what there is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<action::TaskGuid>,
        /// The first part that is wanted.
        #[serde(default)]
        from: u32,
    },
    /// A person's program pairs a key with the site. Answer: `Paired` or `Refused`.
    Pair {
        /// The message T of docs/protocol/proof.md, which the console cannot read into or change.
        message: String,
    },
    /// A person's program has the site believe its key, as a token of its sign-in proves it. Answer: `KeyBound` or
    /// `Refused`.
    BindKey {
        /// `proof::KeyBinding` as text, which the console cannot change.
        binding: String,
    },
    /// A person's program has the site believe its key no more. Answer: `Done` or `Refused`.
    RetireKey {
        /// `proof::Retirement` as text, which the console cannot change.
        retirement: String,
    },
    /// What a second person says of a request that waits for them. Answer: `Approved` or `Refused`.
    Approve {
        /// `proof::Approval` as text, which the console cannot change.
        approval: String,
    },
    /// How the push of an action drains at the site's notification servers. Answer: `Drains`.
    Drains {
        /// The action.
        task_guid: TaskGuid,
    },
    /// Upload all devices now. Answer: `Done`; the devices follow as a round of their own.
    UploadDevices,
    /// How the site is: the checks of `tenon doctor site`. Answer: `Health`.
    Health,
    /// The site's audit as hashes, for the console to keep. Answer: `Audit`.
    Audit {
        /// The entry behind which it is wanted.
        after: u64,
    },
    /// The site's trust document, which names the keys of its authority. Answer: `Trust`.
    Trust,
    /// A question of a later version. Answer: `Failed`.
    #[serde(other)]
    Unknown,
}

/// The site's answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It is done, or begins.
    Done,
    /// What would become of the request.
    DryRun(Box<DryRun>),
    /// What the site knows of the device.
    Device(Box<DeviceKnown>),
    /// The logs of the device's agent.
    Logs(Box<LogsKnown>),
    /// How the site is.
    Health(Box<Health>),
    /// The key is paired.
    Paired {
        /// The message T2.
        message: String,
    },
    /// The key is bound to the person.
    KeyBound(KeyBound),
    /// The approval was taken.
    Approved {
        /// Whether the action is on its way now.
        allowed: bool,
    },
    /// How the push drains, a row for each notification server that has told of it; at most [`MOST_SERVERS`].
    Drains {
        /// The rows.
        drains: Vec<Drain>,
    },
    /// The site's audit behind an entry, as hashes.
    Audit(Box<proof::witness::Page>),
    /// The site's trust document, signed by its root key (`proof::TrustDocument`).
    Trust {
        /// As text.
        document: String,
    },
    /// The site's rules do not allow it.
    Refused {
        /// Why.
        reason: Reason,
    },
    /// The site cannot answer now.
    Failed {
        /// What failed, in words that the person may read.
        what: String,
    },
    /// An answer of a later version.
    #[serde(other)]
    Unknown,
}

/// A key that the site believes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct KeyBound {
    /// The person.
    pub user: UserId,
    /// The person's name at the site.
    pub user_name: String,
    /// The thumbprint of the key.
    pub jkt: String,
    /// `web` or `native`.
    pub level: String,
    /// The key signs until then.
    pub until: Timestamp,
}

/// What would become of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DryRun {
    /// The rule that would allow it; none where it would be refused as a whole.
    pub rule: Option<String>,
    /// Why it would be refused as a whole.
    pub reason: Option<Reason>,
    /// How many devices it would be for.
    pub count: u64,
    /// How many of them are online.
    pub online: u64,
    /// Devices that it would not be for, each with its reason; the first [`MOST_REFUSED`].
    pub refused: Vec<(DeviceId, Reason)>,
    /// How many devices it would not be for.
    pub refused_count: u64,
    /// What it would wait for beside its devices and the throttle.
    pub waits: Option<Reason>,
    /// The throttle that it would meet, where the site knows it.
    pub throttle: Option<Throttle>,
    /// When the last device that is online now would be sent its task, where that can be known.
    pub sent_by: Option<Timestamp>,
    /// When the last answer can come.
    pub ends_by: Timestamp,
}

/// The most devices that a dry run names.
pub const MOST_REFUSED: usize = 1_000;

/// The site's throttle for a kind of action.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Throttle {
    /// 0 none, 1 a steady rate, 2 a window, 3 a spread.
    pub strategy: u32,
    /// Clients a second, unanswered tasks, or seconds.
    pub param: u32,
    /// Tasks for devices that are online, which would go before.
    pub ahead: u64,
}

/// The most notification servers that an answer names.
pub const MOST_SERVERS: usize = 256;

/// How one notification server drains a push.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Drain {
    /// The notification server.
    pub server: String,
    /// When it told this.
    pub at: Timestamp,
    /// The throttle that the push passes: 0 none, 1 a steady rate, 2 a window, 3 a spread.
    pub strategy: u32,
    /// Clients a second, unanswered tasks, or seconds.
    pub param: u32,
    /// Clients of this server that were online for it.
    pub clients: u64,
    /// Clients that it was handed to.
    pub sent: u64,
    /// Tasks of other pushes that were ahead of it at the same throttle.
    pub ahead: u64,
    /// How long it was expected to take, in milliseconds.
    pub predicted: u64,
    /// How long it has run, or took, in milliseconds.
    pub elapsed: u64,
    /// Whether all those clients have it.
    pub through: bool,
}

/// What the site knows of a device, as of now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceKnown {
    /// The rule that allowed the reading.
    pub rule: String,
    /// When the site looked.
    pub at: Timestamp,
    /// What the client is.
    pub client: ClientDetails,
    /// The collections that hold it: id and name.
    pub collections: Vec<(String, String)>,
    /// Its last report of compliance: the site's own JSON text of it.
    pub compliance: Option<serde_json::Value>,
    /// What the site has on its way to it or has lately ended, the newest first.
    pub tasks: Vec<DeviceTask>,
}

/// What the client of a device is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientDetails {
    /// The site's number for it.
    pub resource: ResourceId,
    /// Its newest enrolment.
    pub enrolment: EnrolmentId,
    /// When it enrolled first.
    pub enrolled: Timestamp,
    /// When it last said what it is.
    pub discovered: Timestamp,
    /// Whether it is connected.
    pub online: bool,
    /// When that last changed.
    pub online_changed: Timestamp,
    /// The notification server that it is connected to, or was last.
    pub server: Option<String>,
    /// The agent's version.
    pub client_version: String,
    /// A hash of the machine's id.
    pub hardware: String,
}

/// A task of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceTask {
    /// The action.
    pub task_guid: action::TaskGuid,
    /// What it does.
    pub kind: action::ActionKind,
    /// Where it stands for the device.
    pub state: action::State,
    /// When that last changed.
    pub changed: Timestamp,
}

/// What the site has of the logs of a device's agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogsKnown {
    /// The rule that allowed the reading.
    pub rule: String,
    /// When the site looked.
    pub at: Timestamp,
    /// What there is, the newest first; empty where parts were asked for.
    pub collected: Vec<CollectedLogs>,
    /// The parts, in their order.
    pub parts: Vec<LogsPart>,
    /// The first part that found no room in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// The logs that one action has brought.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct CollectedLogs {
    /// The action.
    pub task_guid: action::TaskGuid,
    /// When they were read, by the device's clock.
    pub at: Timestamp,
    /// When the last part came.
    pub received: Timestamp,
    /// How many parts there are in all.
    pub parts: u32,
    /// How many of them are here: fewer while they come, and where the oldest made room.
    pub stored: u32,
    /// Their bytes.
    pub bytes: u64,
}

/// A part of the logs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LogsPart {
    /// Which part it is, from 0.
    pub number: u32,
    /// The file's name on the device.
    pub file: String,
    /// Lines of the file.
    pub text: String,
}

/// The most parts of logs in one answer: with those of a state message, 16 are at most 1 MiB.
pub const LOG_PARTS: u32 = 16;

/// How a site is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// When the site looked.
    pub at: Timestamp,
    /// What it looked at.
    pub checks: Vec<HealthCheck>,
}

/// A check and what it found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// Its name, which stays.
    pub name: String,
    /// `good`, `warning` or `failed`.
    pub outcome: String,
    /// What was found.
    pub found: String,
    /// What to do where it is not good.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fix: String,
}
