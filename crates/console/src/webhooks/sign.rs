//! Signs what a webhook is sent, in the form of the Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.

use action::Timestamp;
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// Makes a secret of 256 random bits.
pub(crate) fn fresh_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(service::dice::bytes::<32>()))
}

/// The headers of a delivery.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Signed {
    pub(crate) id: String,
    /// Seconds since 1970: the receiver refuses what is old.
    pub(crate) timestamp: String,
    pub(crate) signature: String,
}

/// Signs a body.
pub(crate) fn sign(secret: &str, id: String, at: Timestamp, body: &str) -> Signed {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).unwrap_or_default();
    let timestamp = (at.0 / 1000).to_string();
    let signed = format!("{id}.{timestamp}.{body}");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
    Signed { id, timestamp, signature: format!("v1,{}", STANDARD.encode(tag.as_ref())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signature was computed by another implementation of HMAC-SHA256 (Python).
    #[test]
    fn a_signature_is_what_others_compute() {
        let secret = format!("{PREFIX}{}", STANDARD.encode([7; 32]));
        let signed = sign(&secret, "msg_1".into(), Timestamp(1_700_000_000_123), "{\"a\":1}");
        assert_eq!(signed.timestamp, "1700000000");
        assert_eq!(signed.signature, "v1,LInk7lWC3DLGgRP3k/Xpm933fgj/SEGrik4mpkLgnKE=");
        assert!(fresh_secret().len() == PREFIX.len() + 44 && fresh_secret() != fresh_secret());
    }
}
