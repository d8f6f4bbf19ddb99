//! Why a connection ends: one closed list, each with a name for counters and logs.

use crate::{LARGEST_FRAME, Malformed, SignInRefusal};

/// Why a connection ends. Those that name a fault of the other end hurt nobody but that connection.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CloseReason {
    /// The other end closed it.
    #[error("the other end left")]
    Left,
    /// The network failed.
    #[error("the connection broke")]
    Lost,
    /// The TLS or WebSocket handshake failed or took too long.
    #[error("the handshake failed")]
    Handshake,
    /// It said nothing, and its place was needed.
    #[error("it did not sign in while others waited for its place")]
    HalfOpen,
    /// A frame is longer than allowed.
    #[error("a frame of {length} bytes came, where at most {LARGEST_FRAME} are taken")]
    FrameTooLong {
        /// Its length.
        length: usize,
    },
    /// A frame began and its rest did not come.
    #[error("half a frame came, then nothing")]
    HalfFrame,
    /// A frame holds no valid message.
    #[error("a message came that is not valid")]
    NotValid(#[source] Malformed),
    /// No sign-in came in time, or no answer to it.
    #[error("the sign-in took too long")]
    SignInTooLate,
    /// Something else than a sign-in came first.
    #[error("a message came before the sign-in")]
    MessageBeforeSignIn,
    /// A second sign-in came.
    #[error("a second sign-in came on one connection")]
    SecondSignIn,
    /// The sign-in was refused.
    #[error("the sign-in was refused: {}", .0.name())]
    SignInRefused(SignInRefusal),
    /// The certificate is not that of a device of this site.
    #[error("the certificate is not that of a device of this site")]
    NotADevice,
    /// The server sent the agent to another one.
    #[error("the agent was sent to another server")]
    Redirected,
    /// A report is about a task that the site does not know, or that is not for this device.
    #[error("a report came about a push that the site does not know")]
    UnknownPush,
    /// Nothing was heard for two and a half keep-alives.
    #[error("nothing was heard for too long")]
    Silent,
    /// The other end does not read what is written.
    #[error("the other end does not read")]
    NotReading,
    /// The device has come again on a newer connection.
    #[error("the device has a newer connection")]
    Replaced,
    /// The device's enrolment was revoked while it was online.
    #[error("the device was revoked")]
    Revoked,
    /// The device's certificate ended while it was online.
    #[error("the device's certificate ended")]
    CertificateEnded,
    /// The server ends.
    #[error("the server restarts")]
    Restarting,
}

impl CloseReason {
    /// All names, for counters that exist from the start.
    pub const NAMES: [&'static str; 20] = [
        "left",
        "lost",
        "handshake",
        "frame_too_long",
        "half_frame",
        "not_valid",
        "sign_in_too_late",
        "message_before_sign_in",
        "second_sign_in",
        "sign_in_refused",
        "not_a_device",
        "redirected",
        "unknown_push",
        "silent",
        "not_reading",
        "replaced",
        "revoked",
        "certificate_ended",
        "restarting",
        "half_open",
    ];

    /// Returns the name in counters and logs.
    pub fn name(&self) -> &'static str {
        Self::NAMES[self.index()]
    }

    /// Returns the reason's place in [`CloseReason::NAMES`].
    pub fn index(&self) -> usize {
        match self {
            CloseReason::Left => 0,
            CloseReason::Lost => 1,
            CloseReason::Handshake => 2,
            CloseReason::FrameTooLong { .. } => 3,
            CloseReason::HalfFrame => 4,
            CloseReason::NotValid(_) => 5,
            CloseReason::SignInTooLate => 6,
            CloseReason::MessageBeforeSignIn => 7,
            CloseReason::SecondSignIn => 8,
            CloseReason::SignInRefused(_) => 9,
            CloseReason::NotADevice => 10,
            CloseReason::Redirected => 11,
            CloseReason::UnknownPush => 12,
            CloseReason::Silent => 13,
            CloseReason::NotReading => 14,
            CloseReason::Replaced => 15,
            CloseReason::Revoked => 16,
            CloseReason::CertificateEnded => 17,
            CloseReason::Restarting => 18,
            CloseReason::HalfOpen => 19,
        }
    }

    /// Returns whether the other end broke the rules of the wire: worth a line in the log each time.
    pub fn is_fault(&self) -> bool {
        match self {
            CloseReason::FrameTooLong { .. }
            | CloseReason::HalfFrame
            | CloseReason::NotValid(_)
            | CloseReason::MessageBeforeSignIn
            | CloseReason::SecondSignIn
            | CloseReason::SignInRefused(_)
            | CloseReason::NotADevice
            | CloseReason::UnknownPush => true,
            CloseReason::Left
            | CloseReason::Lost
            | CloseReason::Handshake
            | CloseReason::HalfOpen
            | CloseReason::SignInTooLate
            | CloseReason::Redirected
            | CloseReason::Silent
            | CloseReason::NotReading
            | CloseReason::Replaced
            | CloseReason::Revoked
            | CloseReason::CertificateEnded
            | CloseReason::Restarting => false,
        }
    }
}
