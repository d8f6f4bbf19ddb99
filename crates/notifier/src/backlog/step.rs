//! What the backlog asks of its owner.

use std::sync::Arc;

use action::{DeviceId, Reason, TaskGuid};
use device_channel::PushedTask;

use crate::{release::Release, throttle::Throttle};

/// A release to ask the authority for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) number: u64,
    pub(crate) task_guid: TaskGuid,
    pub(crate) devices: Vec<DeviceId>,
    /// Whether devices of this push were held back: the authority is told what has become of the others.
    pub(crate) in_rings: bool,
}

/// A step of sending.
#[derive(Debug)]
pub(crate) enum Step {
    /// The first task of a release is about to be sent.
    Start { release: Arc<Release>, throttle: Throttle },
    /// Hand this to the device's connection, and say what became of it.
    Send { number: u64, release: Arc<Release>, index: u32, device: DeviceId },
}

/// A release that has been sent.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) task_guid: TaskGuid,
    pub(crate) task: PushedTask,
    pub(crate) sent: u64,
}

/// Devices that wait behind others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Throttled {
    pub(crate) task_guid: TaskGuid,
    pub(crate) devices: Vec<DeviceId>,
    pub(crate) reason: Reason,
}
