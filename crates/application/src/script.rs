//! Small scripts within documents: requirements and detection that nothing else can express.

use std::time::Duration;

use serde::Deserialize;

/// The largest body of a script within a document, in bytes. What is larger is content.
const LARGEST: usize = 64 << 10;
/// How long a script may run where the document says nothing: it looks, and changes nothing.
const USUAL_TIMEOUT: u32 = 60;
/// The longest that any program of an application may run, in seconds.
pub const LONGEST_TIMEOUT: u32 = 12 * 3600;

/// A script: exit code 0 says yes, 1 says no, everything else is a failure.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Script {
    /// What runs it: the program and its first arguments; the script's path is added.
    pub interpreter: Vec<String>,
    /// Its text.
    pub body: String,
    /// How long it may run.
    pub timeout: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    #[serde(default = "shell")]
    interpreter: Vec<String>,
    body: String,
    #[serde(default = "usual")]
    timeout_seconds: u32,
}

fn shell() -> Vec<String> {
    vec!["/bin/sh".to_owned()]
}

fn usual() -> u32 {
    USUAL_TIMEOUT
}

impl TryFrom<Written> for Script {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { interpreter, body, timeout_seconds } = written;
        program("interpreter", &interpreter)?;
        if body.trim().is_empty() || body.len() > LARGEST || body.contains('\0') {
            return Err(format!(
                "a script's `body` is empty, larger than {LARGEST} bytes, or holds a zero byte"
            ));
        }
        Ok(Self { interpreter, body, timeout: timeout(timeout_seconds)? })
    }
}

/// Checks a program with its arguments: no shell comes in between, so any text is one argument.
pub(crate) fn program(member: &str, words: &[String]) -> Result<(), String> {
    let named = words.first().is_some_and(|word| !word.is_empty());
    if !named || words.iter().any(|word| word.contains('\0')) {
        return Err(format!("`{member}` is a list: the program and its arguments"));
    }
    Ok(())
}

pub(crate) fn timeout(seconds: u32) -> Result<Duration, String> {
    if seconds == 0 || seconds > LONGEST_TIMEOUT {
        return Err(format!("`timeoutSeconds` is between 1 and {LONGEST_TIMEOUT}"));
    }
    Ok(Duration::from_secs(seconds.into()))
}
