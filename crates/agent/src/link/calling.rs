//! What the link and the program tell each other.

use action::{DeviceId, EnrolmentId, PushId, SiteId, TaskGuid};
use device_channel::{SignInConfirm, ToServer, agent::Heard};
use uuid::Uuid;

use crate::dial::Reach;

/// What the link needs to know of the device; changes with its credentials and with what it sees.
#[derive(Clone, Debug)]
pub(crate) struct Calling {
    pub(crate) site: SiteId,
    pub(crate) reach: Reach,
    pub(crate) tcp: Vec<String>,
    pub(crate) web: Vec<String>,
    pub(crate) device: DeviceId,
    pub(crate) enrolment: EnrolmentId,
    pub(crate) boot: Uuid,
    pub(crate) highest_epoch: u64,
    pub(crate) highest_push: PushId,
}

/// What the link tells the program.
#[derive(Debug)]
pub(crate) enum Event {
    SignedIn(SignInConfirm),
    Heard(Heard),
    Lost,
    /// The server's certificate is not of a CA that is believed.
    Distrusted,
}

/// What the program tells the link.
#[derive(Debug)]
pub(crate) enum Command {
    /// Say these in one write; dropped where nobody listens.
    Say(Vec<Word>),
    /// Come back with another connection: the server is to push again what it has no receipt for.
    Reconnect,
}

/// A message to the server, and the action that it is about.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) task_guid: TaskGuid,
    pub(crate) message: ToServer,
}
