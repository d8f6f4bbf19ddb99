//! The site's end of the handshake.

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

/// What a site keeps of its attachment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pinned {
    /// The tenant that it was attached to.
    pub tenant: TenantId,
    /// The site itself.
    pub site: SiteId,
    /// The console.
    pub console: ConsoleId,
    /// The console's link key.
    pub console_key: PublicLinkKey,
}

/// A site that has said hello.
pub struct AwaitWelcome {
    hello: Hello,
    exchange: Exchange,
    console_key: PublicLinkKey,
}

/// Says hello. `nonce` and `exchange` are 32 random bytes each, made for this handshake.
pub fn dial(pinned: &Pinned, nonce: [u8; 32], exchange: &Zeroizing<[u8; 32]>) -> (AwaitWelcome, Vec<u8>) {
    let exchange = Exchange::new(exchange);
    let hello = Hello {
        version: VERSION,
        tenant: pinned.tenant,
        site: pinned.site,
        console: pinned.console,
        nonce: Nonce(nonce),
        exchange: exchange.public,
    };
    let message = encode(&hello);
    (AwaitWelcome { hello, exchange, console_key: pinned.console_key }, message)
}

impl AwaitWelcome {
    /// Checks the console's answer with the key that was pinned, and makes the proof. Once the proof is sent the
    /// channel may be used.
    ///
    /// # Errors
    ///
    /// Why the link must be closed.
    pub fn on_message(self, message: &[u8], key: &LinkKey) -> Result<(Channel, Vec<u8>), CloseReason> {
        let welcome: Welcome = decode(message)?;
        let transcript =
            transcript(&self.hello, key.public(), self.console_key, welcome.nonce, welcome.exchange);
        if !self.console_key.verifies(&signed_by(SIGNED_BY_CONSOLE, &transcript), &welcome.signature) {
            return Err(CloseReason::SignatureInvalid);
        }
        let keys = self.exchange.agree(welcome.exchange, &transcript)?;
        let proof = Proof { signature: key.sign(&signed_by(SIGNED_BY_SITE, &transcript)) };
        Ok((Channel::new(&keys.site_to_console, &keys.console_to_site), encode(&proof)))
    }
}

impl fmt::Debug for AwaitWelcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitWelcome").field("hello", &self.hello).finish_non_exhaustive()
    }
}
