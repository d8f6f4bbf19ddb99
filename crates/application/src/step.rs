//! What installs or removes an application.

use std::time::Duration;

use serde::Deserialize;

use crate::{detection::package_name, script};

/// How long a step may run where the document says nothing: large packages on slow disks.
const USUAL_TIMEOUT: u32 = 3600;

/// A step: what is done, and how long it may take.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// How long it may take.
    pub timeout: Duration,
}

/// What a step does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Act {
    /// Install a Debian package of the content, with what it depends on.
    InstallPackage {
        /// The file's name in the content.
        file: String,
    },
    /// Remove a Debian package.
    RemovePackage {
        /// The package's name.
        name: String,
    },
    /// Run a program in the folder of the content, without a shell. One that begins with `./` is of the content.
    Run(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    package: Option<String>,
    remove_package: Option<String>,
    run: Option<Vec<String>>,
    #[serde(default = "usual")]
    timeout_seconds: u32,
}

fn usual() -> u32 {
    USUAL_TIMEOUT
}

impl TryFrom<Written> for Step {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let act = match (written.package, written.remove_package, written.run) {
            (Some(file), None, None) => Act::InstallPackage { file },
            (None, Some(name), None) => {
                package_name(&name)?;
                Act::RemovePackage { name }
            }
            (None, None, Some(words)) => {
                script::program("run", &words)?;
                Act::Run(words)
            }
            _ => return Err("a step is one of `package`, `removePackage`, `run`".to_owned()),
        };
        Ok(Self { act, timeout: script::timeout(written.timeout_seconds)? })
    }
}

impl Step {
    /// Returns the content file that it begins with, where it begins with one.
    pub(crate) fn needs(&self) -> Option<&str> {
        match &self.act {
            Act::InstallPackage { file } => Some(file),
            Act::RemovePackage { .. } => None,
            Act::Run(words) => words.first().and_then(|word| word.strip_prefix("./")),
        }
    }
}
