//! What became of a task, as a number on the wire and as a conclusion.

use action::{Conclusion, Reason};

/// `ReturnCode` of an answer. 1 is the field's; the others are Tenon's, and 4 is left free.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReturnCode(pub i32);

impl ReturnCode {
    /// The agent tried and failed.
    pub const FAILED: ReturnCode = ReturnCode(0);
    /// The agent did it.
    pub const SUCCESS: ReturnCode = ReturnCode(1);
    /// The agent does not know this type of task.
    pub const NOT_SUPPORTED: ReturnCode = ReturnCode(2);
    /// The task was too old when it came to run.
    pub const EXPIRED: ReturnCode = ReturnCode(3);
    /// The agent's check of the task refused it.
    pub const REFUSED: ReturnCode = ReturnCode(5);

    /// Returns how the action ended for the device that answered so. A number from a newer agent is a failure with
    /// that number.
    pub fn conclusion(self, detail: &str) -> Conclusion {
        let detail = || detail.to_owned();
        match self {
            ReturnCode::SUCCESS => Conclusion::Done { detail: detail() },
            ReturnCode::NOT_SUPPORTED => Conclusion::NotSupported { reason: Reason::TypeUnknownToAgent },
            ReturnCode::EXPIRED => Conclusion::Expired { reason: Reason::NotDeliveredInTime },
            ReturnCode::REFUSED => Conclusion::Refused { reason: Reason::RefusedByAgent { what: detail() } },
            ReturnCode(code) => Conclusion::Failed { reason: Reason::AgentFailed { code, detail: detail() } },
        }
    }
}

#[cfg(test)]
mod tests {
    use action::State;

    use super::*;

    #[test]
    fn each_code_ends_the_action_in_its_own_way() {
        for (code, state) in [
            (ReturnCode::SUCCESS, State::Done),
            (ReturnCode::FAILED, State::Failed),
            (ReturnCode::NOT_SUPPORTED, State::NotSupported),
            (ReturnCode::EXPIRED, State::Expired),
            (ReturnCode::REFUSED, State::Refused),
            (ReturnCode(-7), State::Failed),
            (ReturnCode(4), State::Failed),
        ] {
            assert_eq!(code.conclusion("why").state(), state, "{code:?}");
        }
    }
}
