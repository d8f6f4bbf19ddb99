//! Secrets: made of 256 random bits, kept as their hash, compared in constant time.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// What a session's token begins with, so that people and scanners know it.
pub(crate) const SESSION_PREFIX: &str = "tns_";

/// What an API token begins with.
pub(crate) const API_TOKEN_PREFIX: &str = "tna_";

/// What the one-time code for the first administrator begins with.
pub(crate) const SETUP_PREFIX: &str = "TS1.";

/// Makes a secret: 256 random bits behind a prefix.
pub(crate) fn fresh(prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(service::dice::bytes::<32>()))
}

/// Returns SHA-256 in hexadecimal: what is kept of a secret. Its 256 random bits need no slow hash.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

/// Returns whether two texts are the same, in a time that says nothing about where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// Returns what a caller with a cookie must send in a header: only a page that read an answer of the API knows it.
pub(crate) fn csrf(session_token: &str) -> String {
    sha256(format!("tenon/csrf/1 {session_token}").as_bytes())
}

/// Makes a password for an account: 100 random bits, in groups that can be read out.
pub(crate) fn fresh_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = || char::from(LETTERS[usize::try_from(service::dice::below(32)).unwrap_or(0)]);
    let group = || (0..5).map(|_| letter()).collect::<String>();
    [group(), group(), group(), group()].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_differ() {
        let (one, other) = (fresh(SESSION_PREFIX), fresh(SESSION_PREFIX));
        assert_eq!(one.len(), SESSION_PREFIX.len() + 43);
        assert!(one != other && !same(&one, &other) && same(&one, &one));
        assert_eq!(fresh_password().len(), 23);
        assert_ne!(csrf(&one), csrf(&other));
    }
}
