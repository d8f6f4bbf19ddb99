//! Which console the command line speaks to, and as whom.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use console_api::{Client, ClientError, ClientOptions};
use serde::{Deserialize, Serialize};

use crate::{
    exit::{self, Stop},
    files,
};

/// How long the command line waits for an answer of a console.
const PATIENCE: Duration = Duration::from_secs(60);

/// The options of every command that speaks to a console.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConsoleOptions {
    /// The console, such as `https://console.example`; the one of the last `tenon login` where it is left out
    #[arg(long, env = "TENON_URL", global = true)]
    pub(crate) url: Option<String>,
    /// An API token, for scripts; the session of `tenon login` where it is left out
    #[arg(long, env = "TENON_TOKEN", hide_env_values = true, global = true)]
    pub(crate) token: Option<String>,
    /// Certificates that are trusted for the console beside the system's, PEM
    #[arg(long, env = "TENON_CA_FILE", global = true)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What `tenon login` keeps, in a file that only its owner may read.
#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    /// The console.
    pub(crate) url: String,
    /// The session's token.
    pub(crate) token: String,
    /// Certificates that are trusted for the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
    /// The provider at which the person signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
}

impl Session {
    /// Returns where the session is kept.
    pub(crate) fn path() -> anyhow::Result<PathBuf> {
        Ok(files::configuration_folder()?.join("session.json"))
    }

    /// Reads the session of the last `tenon login`, where there is one.
    pub(crate) fn read() -> anyhow::Result<Option<Self>> {
        let path = Self::path()?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("failed to read {}", path.display())),
        };
        let session = serde_json::from_str(&text).with_context(|| {
            format!("failed to read {}: sign in again with `tenon login`", path.display())
        })?;
        Ok(Some(session))
    }

    /// Keeps the session.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        files::private_folder(&files::configuration_folder()?)?;
        files::write_private(&Self::path()?, &serde_json::to_vec_pretty(self)?)
    }

    /// Forgets the session.
    pub(crate) fn forget() -> anyhow::Result<()> {
        let path = Self::path()?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("failed to remove {}", path.display()))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl ConsoleOptions {
    /// Makes a client that is signed in.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let session = if self.url.is_some() && self.token.is_some() { None } else { Session::read()? };
        let url = self.url.clone().or_else(|| session.as_ref().map(|session| session.url.clone()));
        let token = self.token.clone().or_else(|| {
            // A session is good for its own console only.
            session
                .as_ref()
                .filter(|session| url.as_deref() == Some(&*session.url))
                .map(|session| session.token.clone())
        });
        let (Some(url), Some(token)) = (url, token) else {
            return Err(Stop::error(
                exit::FAILED,
                "no console is named, or nobody is signed in there",
                "sign in with `tenon login --url URL --user NAME`, or set TENON_URL and TENON_TOKEN",
            ));
        };
        let ca_file = self.ca_file.clone().or_else(|| session.and_then(|session| session.ca_file));
        client(&url, Some(token), ca_file)
    }
}

/// Makes a client.
pub(crate) fn client(url: &str, token: Option<String>, ca_file: Option<PathBuf>) -> anyhow::Result<Client> {
    let ca_pem = match &ca_file {
        Some(path) => Some(
            std::fs::read(path)
                .with_context(|| format!("failed to read the certificates in {}", path.display()))?,
        ),
        None => None,
    };
    let options = ClientOptions { url: url.to_owned(), token, ca_pem, patience: PATIENCE };
    Client::new(options).map_err(refused)
}

/// Turns a client's error into one with an exit code and the console's own fix.
pub(crate) fn refused(error: ClientError) -> anyhow::Error {
    match error.problem() {
        Some(problem) => {
            let code = if matches!(problem.status, 401 | 403) { exit::REFUSED } else { exit::FAILED };
            Stop::error(code, problem.to_string(), problem.fix.clone())
        }
        None => Stop::error(
            exit::FAILED,
            service::error::Chain(&error).to_string(),
            "check the console's address, and that it runs: `curl URL/api/v1/openapi.json`",
        ),
    }
}
