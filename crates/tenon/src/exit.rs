//! Exit codes, and how an error is shown. The codes are documented in `docs/operate/cli.md`.

use std::{fmt, io::Write as _, process::ExitCode};

use crate::print;

/// The command did what it was asked.
pub(crate) const DONE: u8 = 0;
/// The command could not do it.
pub(crate) const FAILED: u8 = 1;
/// An action was carried out, and at least one target did not end as done.
pub(crate) const NOT_ALL_DONE: u8 = 2;
/// The command line is not valid (as `EX_USAGE` of sysexits).
pub(crate) const USAGE: u8 = 64;
/// The console, the site or the device refused (as `EX_NOPERM`).
pub(crate) const REFUSED: u8 = 77;
/// A configuration file is not valid (as `EX_CONFIG`).
pub(crate) const CONFIG: u8 = 78;

/// An error with the exit code that scripts get, and what to do about it.
#[derive(Debug)]
pub(crate) struct Stop {
    /// One of the codes of this file.
    pub(crate) code: u8,
    /// What was attempted and why it did not work.
    pub(crate) what: String,
    /// What to do; empty where the text says it.
    pub(crate) fix: String,
}

impl Stop {
    /// Makes an error with a fix.
    pub(crate) fn error(code: u8, what: impl Into<String>, fix: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self { code, what: what.into(), fix: fix.into() })
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Stop {}

/// Shows clap's own message and returns its code: 0 for help and version, 64 for what is not valid.
pub(crate) fn usage(refusal: &clap::Error) -> ExitCode {
    // Nothing is left to tell if the terminal is gone.
    let _ = refusal.print();
    if refusal.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::from(DONE) }
}

/// Shows an error with its causes and its fix on standard error, and returns its exit code.
pub(crate) fn failure(error: &anyhow::Error) -> ExitCode {
    let mut text = String::from("tenon: ");
    for (depth, cause) in error.chain().enumerate() {
        if depth > 0 {
            text.push_str(": ");
        }
        text.push_str(&print::clean(&cause.to_string()));
    }
    let stop = error.chain().find_map(|cause| cause.downcast_ref::<Stop>());
    if let Some(stop) = stop.filter(|stop| !stop.fix.is_empty()) {
        text.push_str("\n  fix: ");
        text.push_str(&print::clean(&stop.fix));
    }
    text.push('\n');
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(stop.map_or(FAILED, |stop| stop.code))
}
