//! The console's end of the handshake.

use std::fmt;

use action::{ConsoleId, SiteId, TenantId};
use zeroize::Zeroizing;

use super::{
    Hello, Proof, SIGNED_BY_CONSOLE, SIGNED_BY_SITE, Welcome, decode, encode, secret::Exchange, signed_by,
    transcript,
};
use crate::{
    Channel, CloseReason, VERSION,
    keys::{LinkKey, Nonce, PublicLinkKey},
};

/// A hello that was heard. Nothing in it is proved.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    hello: Hello,
}

/// A site as the console knows it since it was attached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownSite {
    /// The tenant that it was attached to.
    pub tenant: TenantId,
    /// The site's link key.
    pub key: PublicLinkKey,
}

/// A console that has answered a hello.
pub struct AwaitProof {
    site: SiteId,
    known: KnownSite,
    transcript: [u8; 32],
    channel: Channel,
}

/// A site that has proved its key.
#[derive(Debug)]
pub struct Admitted {
    /// The tenant, as the console knows it.
    pub tenant: TenantId,
    /// The site.
    pub site: SiteId,
    /// The link.
    pub channel: Channel,
}

/// Reads a site's hello, at the console `console`.
///
/// # Errors
///
/// Why the link must be closed.
pub fn hear(console: ConsoleId, message: &[u8]) -> Result<Heard, CloseReason> {
    let hello: Hello = decode(message)?;
    if hello.version != VERSION {
        return Err(CloseReason::VersionUnknown);
    }
    if hello.console != console {
        return Err(CloseReason::ConsoleNotMeant);
    }
    Ok(Heard { hello })
}

impl Heard {
    /// Returns the site that the other end says it is: whose key the console must look up.
    pub fn site(&self) -> SiteId {
        self.hello.site
    }

    /// Answers the hello. `known` is what the console has pinned for [`Heard::site`]; `nonce` and `exchange` are 32
    /// random bytes each, made for this handshake.
    ///
    /// # Errors
    ///
    /// Why the link must be closed.
    pub fn answer(
        self,
        known: Option<KnownSite>,
        key: &LinkKey,
        nonce: [u8; 32],
        exchange: &Zeroizing<[u8; 32]>,
    ) -> Result<(AwaitProof, Vec<u8>), CloseReason> {
        let known = known.ok_or(CloseReason::SiteNotAttached)?;
        if known.tenant != self.hello.tenant {
            return Err(CloseReason::TenantDiffers);
        }
        let exchange = Exchange::new(exchange);
        let transcript = transcript(&self.hello, known.key, key.public(), Nonce(nonce), exchange.public);
        let keys = exchange.agree(self.hello.exchange, &transcript)?;
        let welcome = Welcome {
            nonce: Nonce(nonce),
            exchange: exchange.public,
            signature: key.sign(&signed_by(SIGNED_BY_CONSOLE, &transcript)),
        };
        let channel = Channel::new(&keys.console_to_site, &keys.site_to_console);
        Ok((AwaitProof { site: self.hello.site, known, transcript, channel }, encode(&welcome)))
    }
}

impl AwaitProof {
    /// Checks the site's proof.
    ///
    /// # Errors
    ///
    /// Why the link must be closed.
    pub fn on_message(self, message: &[u8]) -> Result<Admitted, CloseReason> {
        let proof: Proof = decode(message)?;
        if !self.known.key.verifies(&signed_by(SIGNED_BY_SITE, &self.transcript), &proof.signature) {
            return Err(CloseReason::SignatureInvalid);
        }
        Ok(Admitted { tenant: self.known.tenant, site: self.site, channel: self.channel })
    }
}

impl fmt::Debug for AwaitProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitProof")
            .field("site", &self.site)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}
