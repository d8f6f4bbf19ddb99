//! What people sign, and how their keys become known.

use action::SiteId;
use proof::{
    Approval, NonceKey, PersonKey, PersonSigningKey, SignedRequest, SiteNonce,
    join_token::Secret,
    key_binding::{For, KeyBinding, Retirement},
    pairing::{PairingAnswer, PairingCode, PairingKeys, UnverifiedPairing},
    request::Sent,
};

/// Signed requests. One that is read has these bytes and no others, and only the corpus holds what the key has signed.
pub(super) fn signed_request(bytes: &[u8]) {
    if let Ok(signed) = SignedRequest::parse(bytes) {
        assert_eq!(signed.encode(), bytes);
        if let Ok(key) = PersonSigningKey::from_secret(&[7; 32])
            && let Ok(request) = signed.verify(&key.public())
        {
            assert_eq!(signed.claimed().ok(), Some(request));
        }
    }
    let _ = Sent::claimed(bytes);
}

/// Keys and nonces. One that is read gives itself back.
pub(super) fn person_key(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<PersonKey>() {
        assert_eq!(key.text(), text);
    }
    if let Ok(nonce) = text.parse::<SiteNonce>() {
        assert_eq!(nonce.to_string(), text);
        let _ = NonceKey([9; 32]).verifies(SiteId(uuid::Uuid::nil()), &nonce);
    }
}

/// Pairing codes and both messages of a pairing.
pub(super) fn pairing(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(code) = text.parse::<PairingCode>() {
        assert_eq!(code.text(), text);
    }
    let code = PairingCode { id: "p3".to_owned(), secret: Secret([5; 16]), fingerprint: [0; 16] };
    if let Ok(message) = UnverifiedPairing::parse(text)
        && let Ok(request) = message.verify(&PairingKeys::of(message.id(), &code.secret))
    {
        let _ = PairingAnswer::verify(text, &code, &request);
    }
}

/// What binds a key, and what ends it. One that is read says the same when it is read again.
pub(super) fn key_binding(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for whom in [For::Sites, For::Console] {
        if let Ok(binding) = KeyBinding::verify(whom, text) {
            assert!(text.ends_with(binding.refreshed.as_deref().unwrap_or(&binding.id_token)));
            let _ = binding.commitment().nonce();
        }
    }
    if let Ok(key) = PersonSigningKey::from_secret(&[7; 32])
        && let Ok(retirement) = Retirement::verify(text, &key.public())
    {
        assert_eq!(Retirement::key_of(text).ok(), Some(retirement.jkt));
    }
}

/// What a second person says of a request. Who has signed it is found before it is read.
pub(super) fn approval(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = PersonSigningKey::from_secret(&[7; 32])
        && let Ok(approval) = Approval::verify(text, &key.public())
    {
        assert_eq!(Approval::key_of(text).ok(), Some(approval.jkt));
    }
}
