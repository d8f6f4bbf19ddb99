//! The secret of one handshake, and the keys that come of it.

use aws_lc_rs::{
    agreement::{PrivateKey, UnparsedPublicKey, X25519, agree},
    hkdf::{HKDF_SHA256, Prk, Salt},
};
use zeroize::Zeroizing;

use crate::{CloseReason, keys::ExchangeKey};

const SITE_TO_CONSOLE: &[u8] = b"tenon/site-link/1 site to console";
const CONSOLE_TO_SITE: &[u8] = b"tenon/site-link/1 console to site";

/// An X25519 key that is made for one handshake.
pub(super) struct Exchange {
    private: PrivateKey,
    pub(super) public: ExchangeKey,
}

/// The MAC keys of a link, one for each direction.
pub(super) struct MacKeys {
    pub(super) site_to_console: Zeroizing<[u8; 32]>,
    pub(super) console_to_site: Zeroizing<[u8; 32]>,
}

impl Exchange {
    /// Makes the key of 32 random bytes.
    pub(super) fn new(random: &Zeroizing<[u8; 32]>) -> Self {
        let private =
            PrivateKey::from_private_key(&X25519, &**random).expect("each 32 bytes are an X25519 key");
        let computed = private.compute_public_key().expect("an X25519 key has a public half");
        let mut public = [0; 32];
        public.copy_from_slice(computed.as_ref());
        Self { private, public: ExchangeKey(public) }
    }

    /// Agrees with the other end's key; `transcript` binds the result to this handshake.
    pub(super) fn agree(&self, theirs: ExchangeKey, transcript: &[u8; 32]) -> Result<MacKeys, CloseReason> {
        let theirs = UnparsedPublicKey::new(&X25519, theirs.0);
        let secret = agree(&self.private, theirs, CloseReason::ExchangeKeyWeak, |shared| {
            // Keys of small order give the same secret to everybody.
            if shared.iter().all(|byte| *byte == 0) {
                return Err(CloseReason::ExchangeKeyWeak);
            }
            Ok(Salt::new(HKDF_SHA256, transcript).extract(shared))
        })?;
        Ok(MacKeys {
            site_to_console: expand(&secret, SITE_TO_CONSOLE),
            console_to_site: expand(&secret, CONSOLE_TO_SITE),
        })
    }
}

fn expand(secret: &Prk, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    secret
        .expand(&[purpose], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *key))
        .expect("32 bytes are within what HKDF-SHA256 gives");
    key
}
