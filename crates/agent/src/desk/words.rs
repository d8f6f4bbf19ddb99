//! What the desk is told, and what it says.

use std::time::Duration;

use action::{TaskGuid, Timestamp};
use device_channel::ReturnCode;

use crate::{
    journal::{Owed, Push},
    schedule::{Ended, Work},
};

/// The clocks and the dice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// The machine's clock, for what people read.
    pub(crate) wall: Timestamp,
    /// The trusted time, for deadlines.
    pub(crate) trusted: Timestamp,
    /// The boot clock, for timers.
    pub(crate) boot: Duration,
    /// A throw of the dice, from 0 to 1.
    pub(crate) unit: f64,
}

/// What the owner of the connection and the runs must do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Output {
    /// Say these in one write. What cannot be said, because nobody listens, is said again after the next sign-in.
    Say(Vec<Say>),
    /// Begin a run of this work, for these tasks; none for a cycle.
    Run(Work, Vec<TaskGuid>),
}

/// A message to the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Say {
    /// The task is in the journal.
    Receipt(Push),
    /// The task runs.
    Progress(Push),
    /// The task's answer.
    Response(Owed),
}

/// What a run came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    /// How it is answered.
    pub(crate) code: ReturnCode,
    /// Why, in words.
    pub(crate) detail: String,
    /// What the schedule makes of it.
    pub(crate) ended: Ended,
}
