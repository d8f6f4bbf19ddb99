//! The site's nonce: its MAC over its time, new each minute, which people sign with their requests. A request that carries
//! one was not made before it.

use std::{fmt, str::FromStr};

use action::{SiteId, Timestamp};
use aws_lc_rs::hmac;
use zeroize::Zeroize as _;

use crate::{
    encoding::{NotEncoded, array_from_base64url, base64url},
    fields::Fields,
};

const WHAT: &str = "tenon/nonce/1";

/// The key under which a site makes its nonces. It never leaves the site. Wiped when it is dropped.
#[derive(Clone)]
pub struct NonceKey(pub [u8; 32]);

/// A nonce. As text: base64url of the time (8 bytes) and the MAC (32 bytes).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SiteNonce {
    /// When the site made it.
    pub time: Timestamp,
    mac: [u8; 32],
}

impl NonceKey {
    /// Makes the nonce of a time.
    pub fn nonce(&self, site: SiteId, time: Timestamp) -> SiteNonce {
        let mut mac = [0; 32];
        mac.copy_from_slice(hmac::sign(&self.hmac(), &bytes(site, time)).as_ref());
        SiteNonce { time, mac }
    }

    /// Returns whether a nonce is this site's.
    pub fn verifies(&self, site: SiteId, nonce: &SiteNonce) -> bool {
        hmac::verify(&self.hmac(), &bytes(site, nonce.time), &nonce.mac).is_ok()
    }

    fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

impl Drop for NonceKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for NonceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceKey")
    }
}

fn bytes(site: SiteId, time: Timestamp) -> Vec<u8> {
    Fields::of(WHAT).uuid(site.0).time(time).into_bytes()
}

impl fmt::Display for SiteNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.time.0.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.mac);
        f.write_str(&base64url(&bytes))
    }
}

impl FromStr for SiteNonce {
    type Err = NotEncoded;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes: [u8; 40] =
            array_from_base64url(text).ok_or(NotEncoded("a nonce of 40 bytes in base64url"))?;
        let (time, mac) = bytes.split_first_chunk::<8>().ok_or(NotEncoded("a nonce"))?;
        let mac = mac.try_into().map_err(|_| NotEncoded("a nonce"))?;
        Ok(Self { time: Timestamp(i64::from_be_bytes(*time)), mac })
    }
}
