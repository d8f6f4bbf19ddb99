//! Why an end closes the link: one closed list.

use std::fmt;

/// Why an end closes the link. The name is what logs and counters carry.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each reason is its documentation")]
pub enum CloseReason {
    HandshakeMalformed,
    HandshakeTooLate,
    VersionUnknown,
    ConsoleNotMeant,
    SiteNotAttached,
    TenantDiffers,
    SignatureInvalid,
    ExchangeKeyWeak,
    FrameTooShort,
    FrameTooLarge,
    MacInvalid,
    CounterRepeated,
    CounterSkipped,
    FlagsUnknown,
    CompressionInvalid,
    MessageMalformed,
    BatchTooLarge,
    Silent,
    Superseded,
    Offboarded,
    Failed,
    Stopping,
}

/// WebSocket close codes from 4000 on are free for applications.
const FIRST_CODE: u16 = 4000;

impl CloseReason {
    /// All reasons, in the order of their codes. New ones are added at the end.
    pub const ALL: [CloseReason; 22] = [
        CloseReason::HandshakeMalformed,
        CloseReason::HandshakeTooLate,
        CloseReason::VersionUnknown,
        CloseReason::ConsoleNotMeant,
        CloseReason::SiteNotAttached,
        CloseReason::TenantDiffers,
        CloseReason::SignatureInvalid,
        CloseReason::ExchangeKeyWeak,
        CloseReason::FrameTooShort,
        CloseReason::FrameTooLarge,
        CloseReason::MacInvalid,
        CloseReason::CounterRepeated,
        CloseReason::CounterSkipped,
        CloseReason::FlagsUnknown,
        CloseReason::CompressionInvalid,
        CloseReason::MessageMalformed,
        CloseReason::BatchTooLarge,
        CloseReason::Silent,
        CloseReason::Superseded,
        CloseReason::Offboarded,
        CloseReason::Failed,
        CloseReason::Stopping,
    ];

    /// Returns the name that logs and counters carry.
    pub fn name(self) -> &'static str {
        match self {
            CloseReason::HandshakeMalformed => "handshake_malformed",
            CloseReason::HandshakeTooLate => "handshake_too_late",
            CloseReason::VersionUnknown => "version_unknown",
            CloseReason::ConsoleNotMeant => "console_not_meant",
            CloseReason::SiteNotAttached => "site_not_attached",
            CloseReason::TenantDiffers => "tenant_differs",
            CloseReason::SignatureInvalid => "signature_invalid",
            CloseReason::ExchangeKeyWeak => "exchange_key_weak",
            CloseReason::FrameTooShort => "frame_too_short",
            CloseReason::FrameTooLarge => "frame_too_large",
            CloseReason::MacInvalid => "mac_invalid",
            CloseReason::CounterRepeated => "counter_repeated",
            CloseReason::CounterSkipped => "counter_skipped",
            CloseReason::FlagsUnknown => "flags_unknown",
            CloseReason::CompressionInvalid => "compression_invalid",
            CloseReason::MessageMalformed => "message_malformed",
            CloseReason::BatchTooLarge => "batch_too_large",
            CloseReason::Silent => "silent",
            CloseReason::Superseded => "superseded",
            CloseReason::Offboarded => "offboarded",
            CloseReason::Failed => "failed",
            CloseReason::Stopping => "stopping",
        }
    }

    /// Returns the WebSocket close code. It is not authenticated: it tells people why, and decides nothing.
    pub fn code(self) -> u16 {
        let place = Self::ALL.iter().position(|reason| *reason == self).unwrap_or_default();
        FIRST_CODE + u16::try_from(place).unwrap_or_default()
    }

    /// Returns the reason of a close code.
    pub fn of_code(code: u16) -> Option<Self> {
        code.checked_sub(FIRST_CODE).and_then(|place| Self::ALL.get(usize::from(place)).copied())
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CloseReason::HandshakeMalformed => "a message of the handshake is malformed",
            CloseReason::HandshakeTooLate => "the handshake took too long",
            CloseReason::VersionUnknown => {
                "the other end speaks a version of the link that this one does not know"
            }
            CloseReason::ConsoleNotMeant => "the site is attached to another console",
            CloseReason::SiteNotAttached => "the site is not attached to this console, or no longer",
            CloseReason::TenantDiffers => "the site belongs to another tenant than it says",
            CloseReason::SignatureInvalid => {
                "the other end does not hold the key that was pinned when the site was attached"
            }
            CloseReason::ExchangeKeyWeak => {
                "the other end's X25519 key is one of the few that give no secret"
            }
            CloseReason::FrameTooShort => "a frame is too short to hold its counter and its MAC",
            CloseReason::FrameTooLarge => "a frame is larger than the link allows",
            CloseReason::MacInvalid => "a frame was changed on the way",
            CloseReason::CounterRepeated => "a frame came a second time",
            CloseReason::CounterSkipped => "a frame is missing before this one",
            CloseReason::FlagsUnknown => "a frame has flags that this end does not know",
            CloseReason::CompressionInvalid => "a frame cannot be decompressed within the limit",
            CloseReason::MessageMalformed => "a message is malformed",
            CloseReason::BatchTooLarge => "a batch holds more entries than the link allows",
            CloseReason::Silent => "nothing was heard for too long",
            CloseReason::Superseded => "the site has a newer link",
            CloseReason::Offboarded => "the attachment was ended",
            CloseReason::Failed => "this end could not store what it was told; the other end sends it again",
            CloseReason::Stopping => "the program at this end stops",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_one_to_one_and_stay() {
        for (place, reason) in CloseReason::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(reason.code()), 4000 + place);
            assert_eq!(CloseReason::of_code(reason.code()), Some(reason));
        }
        assert_eq!(CloseReason::of_code(4000 + 22), None);
        assert_eq!(CloseReason::of_code(1000), None);
        assert_eq!(CloseReason::Offboarded.code(), 4019, "a code that is in use never changes");
        let names: std::collections::BTreeSet<_> =
            CloseReason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), CloseReason::ALL.len());
    }
}
