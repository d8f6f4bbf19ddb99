//! The files of a deployment type.

use proof::Hash;
use serde::Deserialize;

/// A file that is fetched before a step runs: known by its hash, and given the name when it is used.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ContentFile {
    /// Its name in the folder in which the step runs.
    pub name: String,
    /// Its SHA-256.
    pub sha256: Hash,
    /// Its size, in bytes.
    pub size: u64,
}

impl ContentFile {
    /// Checks the name: a plain file in the folder, hidden ones and those that look like options not among them.
    pub(crate) fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._+-~ ".contains(c);
        let starts = self.name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if starts && self.name.len() <= 128 && self.name.chars().all(plain) {
            return Ok(());
        }
        Err(format!(
            "`{}` is no name of a content file: letters, digits and `._+-~`, beginning with a letter or a digit",
            self.name.escape_debug()
        ))
    }
}
