//! How errors are shown: once, where they are handled, with everything that caused them.

use std::{error::Error, fmt};

/// Displays an error and everything that caused it, on one line.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a>(pub &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }

        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("failed to open the door")]
    struct Door {
        source: std::io::Error,
    }

    #[test]
    fn each_cause_is_named_once() {
        let error = Door { source: std::io::Error::other("no key") };
        assert_eq!(Chain(&error).to_string(), "failed to open the door: no key");
    }
}
