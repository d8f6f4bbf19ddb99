//! The commitment: a nonce that stands for a key, so that the provider's token names the key without the provider's help.

use action::TenantId;
use serde::Serialize;

use crate::{Hash, Level, Thumbprint, canonical, encoding::base64url};

/// What a sign-in commits to. Its [`nonce`](Commitment::nonce) is what the provider puts into the token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Commitment {
    /// The key.
    pub jkt: Thumbprint,
    /// Random bytes: who sees the nonce learns nothing of the key.
    pub rz: [u8; 32],
    /// The tenant.
    pub tenant: TenantId,
    /// The level.
    pub level: Level,
}

#[derive(Serialize)]
struct Written {
    v: &'static str,
    alg: &'static str,
    jkt: Thumbprint,
    rz: String,
    tenant: TenantId,
    level: Level,
}

impl Commitment {
    /// Returns the nonce: base64url of the SHA-256 of the commitment in the form of RFC 8785.
    pub fn nonce(&self) -> String {
        let Self { jkt, rz, tenant, level } = *self;
        let written = Written { v: "1", alg: "ES256", jkt, rz: base64url(&rz), tenant, level };
        base64url(&Hash::of(&canonical::encode(&written)).0)
    }
}
