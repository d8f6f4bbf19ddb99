//! What a step's exit code means.

use serde::Deserialize;

/// What an exit code means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// It worked.
    Success,
    /// It worked, and the machine must restart before all of it is there.
    RestartNeeded,
    /// It could not now: it is tried again at the next run.
    Retry,
    /// It failed.
    Failure,
}

/// The exit codes that mean something else than failure.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ReturnCodes {
    success: Vec<u8>,
    restart: Vec<u8>,
    retry: Vec<u8>,
}

/// The most codes of one list: there are no more.
const MOST: usize = 256;

impl Default for ReturnCodes {
    fn default() -> Self {
        // 75 is EX_TEMPFAIL of sysexits.h: come back later.
        Self { success: vec![0], restart: Vec::new(), retry: vec![75] }
    }
}

impl ReturnCodes {
    /// Returns what a code means; what has ended by a signal has none and failed.
    pub fn meaning(&self, code: Option<i32>) -> Meaning {
        let Some(code) = code.and_then(|code| u8::try_from(code).ok()) else { return Meaning::Failure };
        if self.success.contains(&code) {
            Meaning::Success
        } else if self.restart.contains(&code) {
            Meaning::RestartNeeded
        } else if self.retry.contains(&code) {
            Meaning::Retry
        } else {
            Meaning::Failure
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let mut all: Vec<u8> = self.success.iter().chain(&self.restart).chain(&self.retry).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        if count > MOST || all.len() != count {
            return Err("`returnCodes` names a code twice".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_what_the_document_says() {
        let codes: ReturnCodes = serde_json::from_str(r#"{"success":[0,3],"restart":[194]}"#).expect("codes");
        for (code, meaning) in [
            (Some(0), Meaning::Success),
            (Some(3), Meaning::Success),
            (Some(194), Meaning::RestartNeeded),
            (Some(75), Meaning::Retry),
            (Some(1), Meaning::Failure),
            (Some(-1), Meaning::Failure),
            (None, Meaning::Failure),
        ] {
            assert_eq!(codes.meaning(code), meaning, "{code:?}");
        }
    }
}
