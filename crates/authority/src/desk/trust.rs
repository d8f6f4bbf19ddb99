//! The trust document and the certificates of servers.

use std::time::Duration;

use action::Timestamp;
use authority_link::{Answer, Role, TicketKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proof::{Servers, SiteRole, TrustDocument, role};
use serde::{Deserialize, Serialize};

use super::{Desk, DeskError};
use crate::{
    ca::CertificateRequest,
    folder::{Folder, FolderError},
};

/// How long a trust document may be used: a device that was in storage for a season still believes its site.
const LIFE: Duration = Duration::from_hours(365 * 24);
/// How old it may get before it is signed anew.
const RENEWED_AFTER: Duration = Duration::from_hours(30 * 24);

/// The most enrolments in one answer about revocations: 2 MB, half of a frame.
const MOST_REVOCATIONS: usize = 50_000;

const MILLISECONDS_OF_DAY: u64 = 24 * 3_600 * 1_000;

const FILE: &str = "trust.json";

/// The last trust document that was signed: what it says, and its text.
#[derive(Serialize, Deserialize)]
struct LastTrust {
    document: TrustDocument,
    text: String,
}

impl Desk {
    /// Returns the site's trust document, signed. A new version is made where anything of it changed, or it gets old.
    pub(super) fn trust_document(&self, now: Timestamp) -> Result<String, DeskError> {
        let last: Option<LastTrust> = match self.folder.read(FILE)? {
            // One that cannot be read is not begun anew: its version is lost with it, and agents refuse lower ones.
            Some(content) => Some(serde_json::from_slice(&content).map_err(|_| {
                DeskError::NotPossible(format!("{FILE} in the authority's folder is damaged"))
            })?),
            None => None,
        };
        let mut document = self.document_at(now);
        if let Some(last) = last {
            let LastTrust { document: known, text } = last;
            document.version = known.version;
            document.issued_at = known.issued_at;
            document.expires = known.expires;
            if document == known && now.since(known.issued_at) < RENEWED_AFTER {
                return Ok(text);
            }
            document.version = known.version + 1;
            document.issued_at = now;
            document.expires = now.plus(LIFE);
        }
        let text = self.keys.sign_trust(&document, now);
        let last = LastTrust { document, text };
        // On disk before any device has it: a version is never used twice.
        self.folder.write_json(FILE, &last)?;
        self.log.info(format_args!("Signed version {} of the trust document.", last.document.version));
        Ok(last.text)
    }

    /// Returns the version of the last trust document that was signed.
    pub(super) fn trust_version(&self) -> Result<u64, DeskError> {
        let last: Option<LastTrust> =
            self.folder.read(FILE)?.and_then(|content| serde_json::from_slice(&content).ok());
        Ok(last.map_or(0, |last| last.document.version))
    }

    fn document_at(&self, now: Timestamp) -> TrustDocument {
        TrustDocument {
            site: self.keys.site,
            site_name: self.keys.name.clone(),
            version: 1,
            epoch: self.numbers.epoch(),
            issued_at: now,
            expires: now.plus(LIFE),
            root: self.keys.root_hash(),
            ca: self.keys.ca_pem(now),
            task_keys: self.keys.task_keys(now),
            policy_keys: self.keys.policy_keys(now),
            servers: Servers {
                notification: self.config.notification_servers.clone(),
                management: self.config.management_points.clone(),
            },
            keep_alive_seconds: self.config.keep_alive_seconds,
        }
    }

    /// Issues a certificate for the caller's own role.
    pub(super) fn server_certificate(
        &self,
        role: Role,
        csr: &str,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let role = match role {
            Role::Notifier => SiteRole::NotificationServer,
            Role::ManagementPoint => SiteRole::ManagementPoint,
            Role::Connector | Role::Owner => {
                return Ok(Answer::Denied { reason: "the role has no server certificate".to_owned() });
            }
        };
        let request = match CertificateRequest::read(csr) {
            Ok(request) => request,
            Err(error) => return Ok(Answer::Denied { reason: error.to_string() }),
        };
        let issued = self.keys.ca.issue(&request, self.keys.site, &role, now)?;
        self.log.info(format_args!(
            "Issued a certificate to a {}, valid until {}.",
            role::dns_name(self.keys.site, &role),
            issued.not_after
        ));
        // The server verifies devices of every CA that is believed, not only of the one that issued its own certificate.
        let own = issued.chain.strip_suffix(&self.keys.ca.pem).unwrap_or(&issued.chain);
        Ok(Answer::Certificate { chain: format!("{own}{}", self.keys.ca_pem(now)) })
    }

    /// Returns what was revoked since a generation, at most a page of it: the answer's generation is that of the page.
    pub(super) fn revocations(&self, since: u64) -> Answer {
        // A caller that knows more than there is has seen a store that was put back since: it is told everything.
        let since = if since > self.site.revocations { 0 } else { since };
        let changed = self.site.devices.values().filter(|device| device.changed > since);
        let former = self.site.former.iter().filter(|(_, changed)| **changed > since);
        let former = former.map(|(enrolment, changed)| (*changed, true, *enrolment));
        let mut changed: Vec<_> =
            changed.map(|device| (device.changed, device.revoked, device.enrolment)).chain(former).collect();
        changed.sort_unstable();
        let generation = match changed.get(MOST_REVOCATIONS) {
            Some(_) => changed[MOST_REVOCATIONS - 1].0,
            None => self.site.revocations,
        };
        changed.truncate(MOST_REVOCATIONS);
        let those = |wanted: bool| {
            let of_kind = changed.iter().filter(|(_, revoked, _)| *revoked == wanted);
            of_kind.map(|(_, _, enrolment)| *enrolment).collect()
        };
        Answer::Revocations { generation, revoked: those(true), restored: those(false) }
    }

    /// Returns the secrets of TLS tickets: of yesterday for those that were given, of tomorrow so that the day begins
    /// without a question.
    pub(super) fn ticket_keys(&self, now: Timestamp) -> Answer {
        let today = u64::try_from(now.0).unwrap_or_default() / MILLISECONDS_OF_DAY;
        let key = |day| TicketKey { day, secret: STANDARD.encode(self.keys.tickets.of_day(day)) };
        Answer::TicketKeys { keys: (today.saturating_sub(1)..=today + 1).map(key).collect() }
    }

    /// Skips versions of the trust document: the last that is known here may not be the last that devices have seen.
    pub(crate) fn skip_trust_versions(folder: &Folder, skipped: u64) -> Result<(), FolderError> {
        let Some(content) = folder.read(FILE)? else { return Ok(()) };
        let damaged = |_| FolderError::Content { path: folder.path(FILE), expected: "the trust document" };
        let mut last: LastTrust = serde_json::from_slice(&content).map_err(damaged)?;
        last.document.version += skipped;
        folder.write_json(FILE, &last)
    }
}
