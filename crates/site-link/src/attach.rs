//! Attaching a site: one HTTP request, by which each end learns the other's public key from the holder of the code.
//!
//! Both the request and the answer carry a MAC under a key that only the code gives. A proxy that reads TLS sees both
//! bodies and can swap no key in them. The console takes a code once; the same site with the same key may ask again
//! (its answer was lost) and gets the same answer.

use action::{ConsoleId, SiteId, TenantId, Timestamp};
use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Salt},
    hmac,
};
use proof::Hash;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    AttachCode, AttachKey, CodeId, LARGEST_HANDSHAKE, VERSION,
    keys::{LinkKey, PublicLinkKey, Signature, Tag},
    transcript::Transcript,
};

/// The longest name of a site, in characters: it stands in lists and in log lines.
pub const LONGEST_SITE_NAME: usize = 100;

/// What the console says to whoever asks (GET on [`crate::ATTACH_PATH`]), so that a site can tell whether it reaches a
/// console, and whether the clocks agree, before it uses its code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Greeting {
    /// [`crate::VERSION`].
    pub version: u32,
    /// The console.
    pub console: ConsoleId,
    /// The console's clock.
    pub at: Timestamp,
    /// SHA-256 of the certificate that the console itself shows, hexadecimal; absent where something before it ends TLS.
    /// A site that sees another one knows that something on the way reads along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Hash>,
}

/// What the site sends (POST on [`crate::ATTACH_PATH`]).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct AttachRequest {
    /// [`crate::VERSION`].
    pub version: u32,
    /// The tenant, from the code.
    pub tenant: TenantId,
    /// The code's public name.
    pub code: CodeId,
    /// The site, as its authority named it.
    pub site: SiteId,
    /// The site's name, for people.
    pub site_name: String,
    /// The site's link key.
    pub key: PublicLinkKey,
    /// By that key: the site holds the other half.
    pub signature: Signature,
    /// By the code, over all of the above.
    pub mac: Tag,
    /// The root key of the site's authority. A console of an earlier version skips it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<SiteRoot>,
}

/// The root key of a site's authority, as the site tells it with its attachment: with it the console verifies what the authority
/// signed, whoever has the connector later.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct SiteRoot {
    /// SHA-256 of the key.
    pub sha256: Hash,
    /// By the code, over the request and the hash.
    pub mac: Tag,
}

/// What the console answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct AttachAnswer {
    /// The console.
    pub console: ConsoleId,
    /// The console's link key.
    pub key: PublicLinkKey,
    /// By the code, over the request and the answer.
    pub mac: Tag,
}

/// What the console answers instead; a problem document (RFC 9457) with two members more.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct AttachProblem {
    /// What kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, and what to do.
    pub detail: String,
    /// The refusal's name ([`AttachRefusal::name`]).
    pub reason: String,
    /// The console's clock.
    pub at: Timestamp,
}

/// Why an end refuses an attachment.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AttachRefusal {
    /// The body cannot be read.
    #[error("the body is malformed")]
    Malformed,
    /// The other end is of another version.
    #[error("the other end speaks a version of attaching that this one does not know")]
    VersionUnknown,
    /// Unknown, used, expired, of another tenant or not held by the other end: the outside is not told which.
    #[error("the code is not valid: it is unknown, used or expired")]
    CodeNotValid,
    /// The site does not hold the key that it sends.
    #[error("the site's signature does not match its key")]
    SignatureInvalid,
    /// The name is empty, too long or holds control characters.
    #[error(
        "the site's name must have 1 to {LONGEST_SITE_NAME} characters, none of them a control character"
    )]
    NameNotValid,
    /// A site of this id is attached already.
    #[error("this site is attached already")]
    AlreadyAttached,
    /// The answer was not made by a holder of the code.
    #[error(
        "the answer was not made by the console that made the code: somebody in between may have changed it"
    )]
    AnswerNotGenuine,
}

impl AttachRefusal {
    /// All refusals.
    pub const ALL: [AttachRefusal; 7] = [
        AttachRefusal::Malformed,
        AttachRefusal::VersionUnknown,
        AttachRefusal::CodeNotValid,
        AttachRefusal::SignatureInvalid,
        AttachRefusal::NameNotValid,
        AttachRefusal::AlreadyAttached,
        AttachRefusal::AnswerNotGenuine,
    ];

    /// Returns the refusal of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.name() == name)
    }

    /// Returns the name that the wire carries.
    pub fn name(self) -> &'static str {
        match self {
            AttachRefusal::Malformed => "malformed",
            AttachRefusal::VersionUnknown => "version_unknown",
            AttachRefusal::CodeNotValid => "code_not_valid",
            AttachRefusal::SignatureInvalid => "signature_invalid",
            AttachRefusal::NameNotValid => "name_not_valid",
            AttachRefusal::AlreadyAttached => "already_attached",
            AttachRefusal::AnswerNotGenuine => "answer_not_genuine",
        }
    }

    /// Returns what the person at the site can do.
    pub fn fix(self) -> &'static str {
        match self {
            AttachRefusal::Malformed | AttachRefusal::VersionUnknown => {
                "Install the same version of tenon at the site and at the console."
            }
            AttachRefusal::CodeNotValid => "Make a new code at the console, and use it within its time.",
            AttachRefusal::SignatureInvalid => {
                "Remove the file site-link.key in the site's folder, and attach again."
            }
            AttachRefusal::NameNotValid => "Give the site a shorter name.",
            AttachRefusal::AlreadyAttached => {
                "Offboard the site first: `tenon site offboard` at the site, or at the console if the site is lost."
            }
            AttachRefusal::AnswerNotGenuine => {
                "Check the console's URL, and what stands between the site and the console; then use a new code."
            }
        }
    }
}

const SIGNED: &str = "tenon/attach/1 site key";
const REQUEST: &str = "tenon/attach/1 request";
const ANSWER: &str = "tenon/attach/1 answer";
const ROOT: &str = "tenon/attach/1 root";

impl AttachRequest {
    /// Makes the request of a site that holds `code`.
    pub fn new(code: &AttachCode, site: SiteId, site_name: &str, key: &LinkKey) -> Self {
        let mut request = Self {
            version: VERSION,
            tenant: code.tenant,
            code: code.id,
            site,
            site_name: site_name.to_owned(),
            key: key.public(),
            signature: Signature([0; 64]),
            mac: Tag([0; 32]),
            root: None,
        };
        request.signature = key.sign(request.transcript(SIGNED).bytes());
        request.mac = mac(&code.key(), REQUEST, request.signed_transcript().bytes());
        request
    }

    /// Adds the hash of the authority's root key.
    #[must_use]
    pub fn with_root(mut self, root: Hash, code: &AttachCode) -> Self {
        let mac = mac(&code.key(), ROOT, self.root_transcript(root).bytes());
        self.root = Some(SiteRoot { sha256: root, mac });
        self
    }

    /// Checks the request against the key of the code that it names; then the code may be used up.
    ///
    /// # Errors
    ///
    /// Why the site is refused.
    pub fn verify(&self, tenant: TenantId, key: &AttachKey) -> Result<(), AttachRefusal> {
        if self.version != VERSION {
            return Err(AttachRefusal::VersionUnknown);
        }
        if self.tenant != tenant || !verifies(key, REQUEST, self.signed_transcript().bytes(), &self.mac) {
            return Err(AttachRefusal::CodeNotValid);
        }
        if let Some(SiteRoot { sha256, mac }) = &self.root
            && !verifies(key, ROOT, self.root_transcript(*sha256).bytes(), mac)
        {
            return Err(AttachRefusal::CodeNotValid);
        }
        if !self.key.verifies(self.transcript(SIGNED).bytes(), &self.signature) {
            return Err(AttachRefusal::SignatureInvalid);
        }
        let length = self.site_name.chars().count();
        if length == 0 || length > LONGEST_SITE_NAME || self.site_name.chars().any(char::is_control) {
            return Err(AttachRefusal::NameNotValid);
        }
        Ok(())
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// [`AttachRefusal::Malformed`].
    pub fn decode(body: &[u8]) -> Result<Self, AttachRefusal> {
        decode(body)
    }

    fn transcript(&self, purpose: &str) -> Transcript {
        Transcript::new(purpose)
            .field(&self.version.to_be_bytes())
            .field(self.tenant.0.as_bytes())
            .field(self.code.0.as_bytes())
            .field(self.site.0.as_bytes())
            .field(self.site_name.as_bytes())
            .field(&self.key.0)
    }

    fn root_transcript(&self, root: Hash) -> Transcript {
        Transcript::new(ROOT).field(self.signed_transcript().bytes()).field(&self.mac.0).field(&root.0)
    }

    fn signed_transcript(&self) -> Transcript {
        self.transcript(REQUEST).field(&self.signature.0)
    }
}

impl AttachAnswer {
    /// Makes the answer to a request that was verified. The same request gets the same answer.
    pub fn new(request: &AttachRequest, code: &AttachKey, console: ConsoleId, key: PublicLinkKey) -> Self {
        let mac = mac(code, ANSWER, transcript_of_answer(request, console, key).bytes());
        Self { console, key, mac }
    }

    /// Checks that the answer to `request` was made by a holder of the code; then its key may be pinned.
    ///
    /// # Errors
    ///
    /// [`AttachRefusal::AnswerNotGenuine`].
    pub fn verify(&self, request: &AttachRequest, code: &AttachCode) -> Result<(), AttachRefusal> {
        let transcript = transcript_of_answer(request, self.console, self.key);
        if verifies(&code.key(), ANSWER, transcript.bytes(), &self.mac) {
            Ok(())
        } else {
            Err(AttachRefusal::AnswerNotGenuine)
        }
    }

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// [`AttachRefusal::Malformed`].
    pub fn decode(body: &[u8]) -> Result<Self, AttachRefusal> {
        decode(body)
    }
}

fn transcript_of_answer(request: &AttachRequest, console: ConsoleId, key: PublicLinkKey) -> Transcript {
    Transcript::new(ANSWER)
        .field(request.signed_transcript().bytes())
        .field(&request.mac.0)
        .field(console.0.as_bytes())
        .field(&key.0)
}

/// Each direction has a key of its own: the request's MAC cannot come back as the answer's.
fn mac_key(key: &AttachKey, purpose: &str) -> hmac::Key {
    let mut bytes = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, b"tenon/attach/1")
        .extract(key.expose())
        .expand(&[purpose.as_bytes()], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *bytes))
        .expect("32 bytes are within what HKDF-SHA256 gives");
    hmac::Key::new(hmac::HMAC_SHA256, &*bytes)
}

fn mac(key: &AttachKey, purpose: &str, transcript: &[u8]) -> Tag {
    let mut tag = [0; 32];
    tag.copy_from_slice(hmac::sign(&mac_key(key, purpose), transcript).as_ref());
    Tag(tag)
}

fn verifies(key: &AttachKey, purpose: &str, transcript: &[u8], tag: &Tag) -> bool {
    hmac::verify(&mac_key(key, purpose), transcript, &tag.0).is_ok()
}

fn decode<M: DeserializeOwned>(body: &[u8]) -> Result<M, AttachRefusal> {
    if body.len() > LARGEST_HANDSHAKE {
        return Err(AttachRefusal::Malformed);
    }
    serde_json::from_slice(body).map_err(|_| AttachRefusal::Malformed)
}

#[cfg(test)]
mod tests;
