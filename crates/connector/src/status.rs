//! How the site's attachment and link stand, for the command line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use action::Timestamp;
use serde::{Deserialize, Serialize};
use service::clock;
use site_link::{HEARTBEAT, SILENCE};

use crate::attachment::{Attachment, AttachmentError};

const LINK_FILE: &str = "site-link.state";

/// How a site's attachment and link stand.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Status {
    /// The attachment; none where the site is not attached.
    pub attachment: Option<Attachment>,
    /// The link, as the connector last wrote it down.
    pub link: LinkState,
}

/// How the link stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkState {
    /// Nothing is known: no connector has run, or it runs no longer.
    Unknown,
    /// Both ends have proved their keys and hear each other.
    Connected {
        /// Since when.
        since: Timestamp,
    },
    /// The connector tries to connect.
    Away {
        /// Since when.
        since: Timestamp,
        /// Why the last attempt failed.
        why: String,
    },
}

/// What the connector writes down, and when.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    at: Timestamp,
    link: LinkState,
}

/// Returns how the attachment and the link of the site in `folder` stand.
///
/// # Errors
///
/// The site's files cannot be read.
pub fn status(folder: &Path) -> Result<Status, AttachmentError> {
    let path = folder.join(LINK_FILE);
    let link = match fs::read(&path) {
        Ok(text) => state_of(&text, clock::now()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => LinkState::Unknown,
        Err(source) => return Err(AttachmentError::Read { path, source }),
    };
    Ok(Status { attachment: Attachment::load(folder)?, link })
}

/// A connector writes about as often as heartbeats come; what is older was left behind by one that was killed.
fn state_of(text: &[u8], now: Timestamp) -> LinkState {
    match serde_json::from_slice::<Written>(text) {
        Ok(written) if now.since(written.at) <= 2 * SILENCE => written.link,
        _ => LinkState::Unknown,
    }
}

/// Writes down how the link stands.
#[derive(Debug)]
pub(crate) struct Board {
    path: PathBuf,
    link: LinkState,
    written: Option<Timestamp>,
}

impl Board {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join(LINK_FILE), link: LinkState::Unknown, written: None }
    }

    pub(crate) fn connected(&mut self, now: Timestamp) {
        let known = self.is_connected();
        if known && self.written.is_some_and(|written| now.since(written) < HEARTBEAT) {
            return;
        }
        if !known {
            self.link = LinkState::Connected { since: now };
        }
        self.write(now);
    }

    pub(crate) fn is_connected(&self) -> bool {
        matches!(self.link, LinkState::Connected { .. })
    }

    pub(crate) fn away(&mut self, why: String, now: Timestamp) {
        let since = match self.link {
            LinkState::Away { since, .. } => since,
            LinkState::Unknown | LinkState::Connected { .. } => now,
        };
        self.link = LinkState::Away { since, why };
        self.write(now);
    }

    pub(crate) fn gone(&mut self, now: Timestamp) {
        self.link = LinkState::Unknown;
        self.write(now);
    }

    fn write(&mut self, at: Timestamp) {
        self.written = Some(at);
        // It is only shown: a disk that is full must not end the link.
        if let Ok(text) = serde_json::to_vec(&Written { at, link: self.link.clone() }) {
            let beside = self.path.with_extension("state.new");
            let _ = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_connector_writes_is_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(status(folder.path()).expect("readable").link, LinkState::Unknown);

        let now = clock::now();
        let mut board = Board::new(folder.path());
        board.away("no route".into(), now.minus(SILENCE));
        board.away("refused".into(), now);
        let away = LinkState::Away { since: now.minus(SILENCE), why: "refused".into() };
        assert_eq!(status(folder.path()).expect("readable").link, away);
        board.connected(now);
        board.connected(now.plus(SILENCE));
        assert_eq!(status(folder.path()).expect("readable").link, LinkState::Connected { since: now });
        board.gone(now);
        assert_eq!(status(folder.path()).expect("readable").link, LinkState::Unknown);
    }

    #[test]
    fn what_a_killed_connector_left_behind_is_not_believed() {
        let link = LinkState::Connected { since: Timestamp(0) };
        let text = serde_json::to_vec(&Written { at: Timestamp(0), link: link.clone() }).expect("plain");
        assert_eq!(state_of(&text, Timestamp(0).plus(SILENCE)), link);
        assert_eq!(state_of(&text, Timestamp(0).plus(3 * SILENCE)), LinkState::Unknown);
        assert_eq!(state_of(b"half", Timestamp(0)), LinkState::Unknown);
    }
}
