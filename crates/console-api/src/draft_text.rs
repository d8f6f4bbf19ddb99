//! A draft as one line of text: what a page, which has only a web key, prepares, and `tenon sign` shows and signs.
//!
//! It says what is to be asked and carries no proof: whoever signs it looks at it first.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::NewAction;

/// What the text begins with: its version.
const VERSION: &str = "TD1.";

/// The longest text, in bytes: 1,000 devices and `TaskParam` fit.
const LONGEST: usize = 80 << 10;

/// A text that is no draft.
#[derive(Debug, thiserror::Error)]
pub enum NotADraft {
    /// It is too long.
    #[error("the draft is longer than {LONGEST} bytes")]
    TooLong,
    /// It has another form.
    #[error("the text is no draft: it begins with `{VERSION}`, and goes on in base64url")]
    Form,
    /// It says something else than an action.
    #[error("the draft says nothing that can be asked")]
    Action(#[source] serde_json::Error),
}

impl NewAction {
    /// Returns the action as a draft for `tenon sign`.
    pub fn draft_text(&self) -> String {
        let text = serde_json::to_vec(self).expect("an action is plain data");
        format!("{VERSION}{}", BASE64_URL_SAFE_NO_PAD.encode(text))
    }

    /// Reads a draft.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn of_draft(text: &str) -> Result<Self, NotADraft> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(NotADraft::TooLong);
        }
        let coded = text.strip_prefix(VERSION).ok_or(NotADraft::Form)?;
        let action = BASE64_URL_SAFE_NO_PAD.decode(coded).map_err(|_| NotADraft::Form)?;
        serde_json::from_slice(&action).map_err(NotADraft::Action)
    }
}

#[cfg(test)]
mod tests {
    use action::{ActionKind, DeviceId};
    use uuid::Uuid;

    use super::*;
    use crate::{Kind, NewTarget};

    #[test]
    fn a_draft_says_what_is_to_be_asked_and_nothing_else() {
        let devices = (0..1000).map(|number| DeviceId(Uuid::from_u128(number))).collect();
        let new = NewAction {
            kind: Kind(ActionKind::PROBE),
            target: NewTarget::Devices { devices },
            param: "x".repeat(4096),
            deliver_by: None,
            finish_within_seconds: Some(60),
            offline: None,
            task_guid: None,
        };
        let text = new.draft_text();
        assert!(text.len() <= LONGEST, "{}", text.len());
        let read = NewAction::of_draft(&format!(" {text}\n")).expect("a draft");
        assert_eq!(read.draft_text(), text);
        assert_eq!((read.kind, &read.target), (new.kind, &new.target));
        for bad in ["", "TD1.", "TD2.e30", "TD1.e30", "TD1.*", &text.replace("TD1", "TP1")] {
            assert!(NewAction::of_draft(bad).is_err(), "{bad}");
        }
        assert!(matches!(NewAction::of_draft(&"A".repeat(LONGEST + 1)), Err(NotADraft::TooLong)));
    }
}
