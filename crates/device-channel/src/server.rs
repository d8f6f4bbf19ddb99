//! The notification server's end of a connection.

use std::{collections::BTreeSet, time::Duration};

use action::{DeviceId, EnrolmentId, PushId};

use crate::{
    CloseReason, Confirm, MESSAGE_VERSION, Progress, PushedTask, Receipt, Received, Response, SIGN_IN_WITHIN,
    SignIn, SignInConfirm, SignInRefusal, SignInRefused, ToAgent, ToServer, patience,
};

/// Pushes on one connection that were not answered. Beyond it the oldest are forgotten, and an answer to them is looked
/// up in the store like one from an earlier connection.
const MOST_OPEN_PUSHES: usize = 256;

/// Who is at the other end, by its certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The device.
    pub device: DeviceId,
    /// Its enrolment.
    pub enrolment: EnrolmentId,
}

/// A connection whose device has not signed in.
#[derive(Debug)]
#[must_use]
pub struct AwaitSignIn {
    identity: Identity,
    by: Duration,
}

/// A connection whose device has signed in, and is not taken yet: whoever owns it asks whether the device may.
#[derive(Debug)]
#[must_use]
pub struct SigningIn {
    identity: Identity,
    sign_in: SignIn,
}

/// A device that is online.
#[derive(Debug)]
pub struct Online {
    identity: Identity,
    keep_alive: Duration,
    last_heard: Duration,
    pushes: BTreeSet<PushedTask>,
}

/// What an online device said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard {
    /// It is there; the answer is to be sent.
    KeepAlive(ToAgent),
    /// It reports of a task.
    Report(Report),
    /// A message that this version does not know.
    Unknown,
}

/// A device's report of a task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// What it reports.
    pub what: Reported,
    /// Whether the task was pushed on this connection. Where it was not, whoever owns the connection looks it up, and
    /// closes the connection with [`CloseReason::UnknownPush`] where the site does not know it.
    pub pushed_here: bool,
}

/// What a device reports.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reported {
    /// The task is in its journal.
    Receipt(Receipt),
    /// The task runs.
    Progress(Progress),
    /// The answer.
    Response(Response),
}

impl Reported {
    /// Returns the task that it is about.
    pub fn task(&self) -> PushedTask {
        match self {
            Reported::Receipt(receipt) => receipt.task,
            Reported::Progress(progress) => progress.task,
            Reported::Response(response) => response.task,
        }
    }
}

impl AwaitSignIn {
    /// Begins a connection whose certificate is that of `identity`.
    pub fn new(identity: Identity, now: Duration) -> Self {
        Self { identity, by: now + SIGN_IN_WITHIN }
    }

    /// Returns when [`AwaitSignIn::on_time`] next has something to say.
    pub fn deadline(&self) -> Duration {
        self.by
    }

    /// Looks at the clock.
    ///
    /// # Errors
    ///
    /// [`CloseReason::SignInTooLate`] where the sign-in did not come in time.
    pub fn on_time(&self, now: Duration) -> Result<(), CloseReason> {
        if now < self.by { Ok(()) } else { Err(CloseReason::SignInTooLate) }
    }

    /// Takes the first message.
    ///
    /// # Errors
    ///
    /// [`CloseReason::MessageBeforeSignIn`] where it is no sign-in.
    pub fn on_message(self, message: Received<ToServer>) -> Result<SigningIn, CloseReason> {
        match message {
            Received::Known(ToServer::SignIn(sign_in)) => Ok(SigningIn { identity: self.identity, sign_in }),
            _ => Err(CloseReason::MessageBeforeSignIn),
        }
    }
}

impl SigningIn {
    /// Returns what the device said of itself.
    pub fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// Returns who the device is, by its certificate.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Checks the sign-in against the certificate and the versions that this end speaks.
    ///
    /// # Errors
    ///
    /// The refusal to answer with.
    pub fn check(&self) -> Result<(), SignInRefusal> {
        let named = Identity { device: self.sign_in.device, enrolment: self.sign_in.enrolment };
        if named != self.identity {
            return Err(SignInRefusal::NotThatDevice);
        }
        // A newer agent speaks the older version too; version 0 never was.
        if self.sign_in.message_version < MESSAGE_VERSION {
            return Err(SignInRefusal::VersionUnsupported);
        }
        Ok(())
    }

    /// Takes the device; the message is to be sent.
    pub fn admit(self, keep_alive: Duration, site_time: String, now: Duration) -> (Online, ToAgent) {
        let confirm = SignInConfirm {
            message_version: MESSAGE_VERSION,
            keep_alive_seconds: u32::try_from(keep_alive.as_secs()).unwrap_or(u32::MAX),
            site_time,
        };
        let online = Online { identity: self.identity, keep_alive, last_heard: now, pushes: BTreeSet::new() };
        (online, ToAgent::SignInConfirm(confirm))
    }

    /// Refuses the device; the message is to be sent, and the connection to be closed for the reason.
    pub fn refuse(self, reason: SignInRefusal, retry_after: Duration) -> (CloseReason, ToAgent) {
        let retry_after_seconds = u32::try_from(retry_after.as_secs()).unwrap_or(u32::MAX);
        let message = ToAgent::SignInRefused(SignInRefused { reason, retry_after_seconds });
        (CloseReason::SignInRefused(reason), message)
    }
}

impl Online {
    /// Returns who is online.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Notes that a task is being pushed.
    pub fn pushed(&mut self, task: PushedTask) {
        if self.pushes.len() == MOST_OPEN_PUSHES {
            self.pushes.pop_first();
        }
        self.pushes.insert(task);
    }

    /// Takes a message.
    ///
    /// # Errors
    ///
    /// [`CloseReason::SecondSignIn`] where it is a sign-in.
    pub fn on_message(&mut self, message: Received<ToServer>, now: Duration) -> Result<Heard, CloseReason> {
        self.last_heard = now;
        let what = match message {
            Received::Known(ToServer::SignIn(_)) => return Err(CloseReason::SecondSignIn),
            Received::Known(ToServer::KeepAlive) => return Ok(Heard::KeepAlive(ToAgent::KeepAlive)),
            Received::Unknown => return Ok(Heard::Unknown),
            Received::Known(ToServer::Receipt(receipt)) => Reported::Receipt(receipt),
            Received::Known(ToServer::Progress(progress)) => Reported::Progress(progress),
            Received::Known(ToServer::Response(response)) => Reported::Response(response),
        };
        let pushed_here = self.pushes.contains(&what.task());
        Ok(Heard::Report(Report { what, pushed_here }))
    }

    /// Makes the confirmation of answers that are stored, and forgets their pushes. At most
    /// [`crate::MOST_ENTRIES`] at a time.
    pub fn confirm(&mut self, answers: Vec<PushedTask>) -> ToAgent {
        for task in &answers {
            self.pushes.remove(task);
        }
        ToAgent::Confirm(Confirm { answers })
    }

    /// Returns the highest PushID that was pushed here and not answered.
    pub fn highest_open_push(&self) -> Option<PushId> {
        self.pushes.last().map(|task| task.push_id)
    }

    /// Returns when [`Online::on_time`] next has something to say.
    pub fn deadline(&self) -> Duration {
        self.last_heard + patience(self.keep_alive)
    }

    /// Looks at the clock.
    ///
    /// # Errors
    ///
    /// [`CloseReason::Silent`] where nothing was heard for two and a half keep-alives.
    pub fn on_time(&self, now: Duration) -> Result<(), CloseReason> {
        if now < self.deadline() { Ok(()) } else { Err(CloseReason::Silent) }
    }
}
