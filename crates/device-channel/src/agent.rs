//! The agent's end of a connection.

use std::time::Duration;

use crate::{
    Cancel, CloseReason, Confirm, Received, Redirect, Request, Restarting, SHORTEST_KEEP_ALIVE,
    SIGN_IN_WITHIN, SignIn, SignInConfirm, SignInRefused, ToAgent, ToServer, patience,
};

/// A keep-alive comes after at least this part of its interval; the dice add up to the rest. A fleet that signed in
/// together then does not speak together.
const EARLIEST: f64 = 0.75;

/// A connection whose sign-in was sent and not answered.
#[derive(Debug)]
#[must_use]
pub struct Connecting {
    by: Duration,
}

/// How the server answered the sign-in.
#[derive(Debug)]
#[must_use]
pub enum Answered {
    /// The device is online.
    SignedIn(SignedIn, SignInConfirm),
    /// It is not; the connection ends.
    Refused(SignInRefused),
    /// It is to go to another server; the connection ends.
    Redirected(Redirect),
    /// The server is about to end; the connection ends.
    Restarting(Restarting),
}

/// A connection whose device is online.
#[derive(Debug)]
pub struct SignedIn {
    keep_alive: Duration,
    last_heard: Duration,
    speak_at: Duration,
}

/// What the server said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard {
    /// A task. Its proof is not checked yet.
    Request(Box<Request>),
    /// Answers that are stored.
    Confirm(Confirm),
    /// An action was withdrawn.
    Cancel(Cancel),
    /// The server ends; the connection does too.
    Restarting(Restarting),
    /// Go to another server; the connection ends.
    Redirect(Redirect),
    /// It is there, or said something that this version does not know.
    Nothing,
}

impl Connecting {
    /// Begins a connection; the message is to be sent first.
    pub fn new(sign_in: SignIn, now: Duration) -> (Self, ToServer) {
        (Self { by: now + SIGN_IN_WITHIN }, ToServer::SignIn(sign_in))
    }

    /// Returns when [`Connecting::on_time`] next has something to say.
    pub fn deadline(&self) -> Duration {
        self.by
    }

    /// Looks at the clock.
    ///
    /// # Errors
    ///
    /// [`CloseReason::SignInTooLate`] where no answer came in time.
    pub fn on_time(&self, now: Duration) -> Result<(), CloseReason> {
        if now < self.by { Ok(()) } else { Err(CloseReason::SignInTooLate) }
    }

    /// Takes the server's first message; `unit` is a throw of the dice from 0 to 1.
    ///
    /// # Errors
    ///
    /// [`CloseReason::MessageBeforeSignIn`] where it does not answer the sign-in.
    pub fn on_message(
        self,
        message: Received<ToAgent>,
        now: Duration,
        unit: f64,
    ) -> Result<Answered, CloseReason> {
        match message {
            Received::Known(ToAgent::SignInConfirm(confirm)) => {
                let said = Duration::from_secs(confirm.keep_alive_seconds.into());
                let mut signed_in = SignedIn {
                    keep_alive: said.max(SHORTEST_KEEP_ALIVE),
                    last_heard: now,
                    speak_at: Duration::ZERO,
                };
                signed_in.spoke(now, unit);
                Ok(Answered::SignedIn(signed_in, confirm))
            }
            Received::Known(ToAgent::SignInRefused(refused)) => Ok(Answered::Refused(refused)),
            Received::Known(ToAgent::Redirect(redirect)) => Ok(Answered::Redirected(redirect)),
            Received::Known(ToAgent::Restarting(restarting)) => Ok(Answered::Restarting(restarting)),
            Received::Known(
                ToAgent::Request(_) | ToAgent::Confirm(_) | ToAgent::Cancel(_) | ToAgent::KeepAlive,
            )
            | Received::Unknown => Err(CloseReason::MessageBeforeSignIn),
        }
    }
}

impl SignedIn {
    /// Takes a message.
    ///
    /// # Errors
    ///
    /// [`CloseReason::SecondSignIn`] where the server answers a sign-in again.
    pub fn on_message(&mut self, message: Received<ToAgent>, now: Duration) -> Result<Heard, CloseReason> {
        self.last_heard = now;
        Ok(match message {
            Received::Known(ToAgent::Request(request)) => Heard::Request(request),
            Received::Known(ToAgent::Confirm(confirm)) => Heard::Confirm(confirm),
            Received::Known(ToAgent::Cancel(cancel)) => Heard::Cancel(cancel),
            Received::Known(ToAgent::Restarting(restarting)) => Heard::Restarting(restarting),
            Received::Known(ToAgent::Redirect(redirect)) => Heard::Redirect(redirect),
            Received::Known(ToAgent::KeepAlive) | Received::Unknown => Heard::Nothing,
            Received::Known(ToAgent::SignInConfirm(_) | ToAgent::SignInRefused(_)) => {
                return Err(CloseReason::SecondSignIn);
            }
        })
    }

    /// Returns when [`SignedIn::on_time`] next has something to do.
    pub fn deadline(&self) -> Duration {
        self.speak_at.min(self.last_heard + patience(self.keep_alive))
    }

    /// Looks at the clock; a message that is returned is to be sent. `unit` is a throw of the dice from 0 to 1.
    ///
    /// Only the answer to a keep-alive shows that the server is there, so one is sent in each interval, whatever else
    /// is said.
    ///
    /// # Errors
    ///
    /// [`CloseReason::Silent`] where nothing was heard for two and a half keep-alives.
    pub fn on_time(&mut self, now: Duration, unit: f64) -> Result<Option<ToServer>, CloseReason> {
        if now >= self.last_heard + patience(self.keep_alive) {
            return Err(CloseReason::Silent);
        }
        if now < self.speak_at {
            return Ok(None);
        }
        self.spoke(now, unit);
        Ok(Some(ToServer::KeepAlive))
    }

    fn spoke(&mut self, now: Duration, unit: f64) {
        let part = EARLIEST + (1.0 - EARLIEST) * unit.clamp(0.0, 1.0);
        self.speak_at = now + self.keep_alive.mul_f64(part);
    }
}
