//! The handshake: each end proves the key that the other pinned when the site was attached, and both agree on keys
//! that no one in between has.
//!
//! ```text
//! site                                        console
//!   Hello: tenant, site, console, nonce, X25519  ─────▶
//!   ◀─────  Welcome: nonce, X25519, signature over all of it
//!   Proof: signature over all of it              ─────▶
//! ```
//!
//! Each step consumes the one before: there is no way to say hello twice, nor to send before the proof.

mod site;
mod console;
mod secret;

use action::{ConsoleId, SiteId, TenantId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use console::{Admitted, AwaitProof, Heard, KnownSite, hear};
pub use site::{AwaitWelcome, Pinned, dial};

use crate::{
    CloseReason, LARGEST_HANDSHAKE,
    keys::{ExchangeKey, Nonce, PublicLinkKey, Signature},
    transcript::Transcript,
};

/// The site's first message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::VERSION`].
    pub version: u32,
    /// The tenant that the site was attached to. A claim, until the site has proved its key.
    pub tenant: TenantId,
    /// The site. A claim as well.
    pub site: SiteId,
    /// The console that the site means.
    pub console: ConsoleId,
    /// Fresh random bytes.
    pub nonce: Nonce,
    /// Made for this handshake.
    pub exchange: ExchangeKey,
}

/// The console's answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// Fresh random bytes.
    pub nonce: Nonce,
    /// Made for this handshake.
    pub exchange: ExchangeKey,
    /// By the console's link key, over the transcript.
    pub signature: Signature,
}

/// The site's last message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// By the site's link key, over the transcript.
    pub signature: Signature,
}

/// The signer is part of what is signed: neither end's signature can be shown as the other's.
const SIGNED_BY_SITE: &str = "tenon/site-link/1 site";
const SIGNED_BY_CONSOLE: &str = "tenon/site-link/1 console";

/// All that both ends must agree on.
fn transcript(
    hello: &Hello,
    site_key: PublicLinkKey,
    console_key: PublicLinkKey,
    nonce: Nonce,
    exchange: ExchangeKey,
) -> [u8; 32] {
    Transcript::new("tenon/site-link/1")
        .field(&hello.version.to_be_bytes())
        .field(hello.tenant.0.as_bytes())
        .field(hello.site.0.as_bytes())
        .field(hello.console.0.as_bytes())
        .field(&site_key.0)
        .field(&console_key.0)
        .field(&hello.nonce.0)
        .field(&nonce.0)
        .field(&hello.exchange.0)
        .field(&exchange.0)
        .sha256()
}

fn signed_by(who: &str, transcript: &[u8; 32]) -> Vec<u8> {
    Transcript::new(who).field(transcript).bytes().to_vec()
}

fn encode(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).expect("handshake messages have text keys only")
}

pub(crate) fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, CloseReason> {
    if bytes.len() > LARGEST_HANDSHAKE {
        return Err(CloseReason::HandshakeMalformed);
    }
    serde_json::from_slice(bytes).map_err(|_| CloseReason::HandshakeMalformed)
}

#[cfg(test)]
mod tests;
