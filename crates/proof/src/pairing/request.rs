//! From the person's program to the site: the new key, and whom it is for.

use action::{ConsoleId, SiteId, TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{LARGEST, PairingError, PairingKeys, check_mac, is_id, mac_of};
use crate::{
    Hash, Level, PersonKey, PersonSigningKey, canonical,
    encoding::{base64url, decimal, from_base64url},
    fields::Fields,
    person_key::PersonSignature,
};

const WHAT: &str = "tenon/pair/1";

/// What the person's program says: the message T.
///
/// As text `id.T.signature.MAC`, the last three in base64url: the id finds the code, the MAC is checked over the bytes of T
/// before they are read, and the signature shows that the new key is there.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairingRequest {
    /// The version of this form.
    #[serde(with = "decimal")]
    pub v: u32,
    /// The code's id.
    pub pid: String,
    /// The tenant at whose console the person is.
    pub tenant: TenantId,
    /// The site.
    pub site: SiteId,
    /// The console.
    pub console: ConsoleId,
    /// The person.
    pub user: UserId,
    /// The level of the key.
    pub level: Level,
    /// The new key.
    pub jwk: PersonKey,
    /// 32 random bytes, hexadecimal.
    pub rc: Hash,
    /// When it was made.
    pub iat: Timestamp,
}

/// A message T that nobody has checked yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnverifiedPairing {
    id: String,
    payload: Vec<u8>,
    signature: PersonSignature,
    mac: String,
}

impl PairingRequest {
    /// The version that this crate writes and reads.
    pub const VERSION: u32 = 1;

    /// Writes the message with the new key's signature and the code's MAC.
    pub fn text(&self, key: &PersonSigningKey, keys: &PairingKeys) -> String {
        let payload = canonical::encode(self);
        let signature = key.sign(&signed(&payload));
        let mac = mac_of(&keys.to_site, &payload);
        format!("{}.{}.{signature}.{mac}", self.pid, base64url(&payload))
    }

    /// Returns the hash of the message's bytes, which the answer repeats.
    pub fn hash(&self) -> Hash {
        Hash::of(&canonical::encode(self))
    }
}

impl UnverifiedPairing {
    /// Reads the form, and the code's id.
    ///
    /// # Errors
    ///
    /// It has another form.
    pub fn parse(text: &str) -> Result<Self, PairingError> {
        let parts: Vec<&str> = text.split('.').collect();
        let [id, payload, signature, mac] = parts[..] else { return Err(PairingError::Shape) };
        if text.len() > LARGEST || !is_id(id) {
            return Err(PairingError::Shape);
        }
        let payload = from_base64url(payload).ok_or(PairingError::Shape)?;
        let signature = signature.parse().map_err(|_| PairingError::Shape)?;
        Ok(Self { id: id.to_owned(), payload, signature, mac: mac.to_owned() })
    }

    /// Returns the id of the code that it is said to be for.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Checks the MAC, then reads the message, then checks the new key's signature.
    ///
    /// # Errors
    ///
    /// Says which failed; only [`PairingError::Mac`] means that somebody guesses.
    pub fn verify(&self, keys: &PairingKeys) -> Result<PairingRequest, PairingError> {
        check_mac(&keys.to_site, &self.payload, &self.mac)?;
        let request: PairingRequest =
            canonical::decode(&self.payload, LARGEST).map_err(|_| PairingError::Content)?;
        if request.v != PairingRequest::VERSION || request.pid != self.id {
            return Err(PairingError::Content);
        }
        if !request.jwk.verifies(&signed(&self.payload), &self.signature) {
            return Err(PairingError::Signature);
        }
        Ok(request)
    }
}

fn signed(payload: &[u8]) -> Vec<u8> {
    Fields::of(WHAT).bytes(payload).into_bytes()
}
