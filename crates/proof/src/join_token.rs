//! The join token: what a device needs to find its site and to be let in.

use std::{fmt, str::FromStr};

use zeroize::Zeroize as _;

use crate::{
    Hash,
    encoding::{array_from_base64url, base64url, from_base64url},
};

/// The longest URL, in bytes: what DNS names and ports need, several times over.
const LONGEST_URL: usize = 512;

/// The longest id, in letters.
const LONGEST_ID: usize = 32;

/// Lets devices into a site until it ends or is used up. As text: `TJ1.` and four parts.
#[derive(Clone, Eq, PartialEq)]
pub struct JoinToken {
    /// The management point's URL, as the device reaches it.
    pub url: String,
    /// The token's id: small letters and digits.
    pub id: String,
    /// The token's secret.
    pub secret: Secret,
    /// SHA-256 of the site's root key: the device believes only what this key leads to.
    pub root_key_sha256: Hash,
}

/// The secret of a join token: 128 bits. Not shown, and wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(pub [u8; 16]);

/// A text that is no join token. Says nothing of the text: it may hold a secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a join token: {0}")]
pub struct NotAJoinToken(&'static str);

impl Secret {
    /// Returns the secret as it is sent: base64url.
    pub fn text(&self) -> String {
        base64url(&self.0)
    }

    /// Reads a secret as it is sent.
    pub fn from_text(text: &str) -> Option<Self> {
        array_from_base64url(text).map(Self)
    }

    /// Returns the SHA-256 of the secret, as the site keeps it.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.0)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for Secret {}

impl JoinToken {
    /// Returns the token as text. It holds the secret.
    pub fn text(&self) -> String {
        let url = base64url(self.url.as_bytes());
        format!("TJ1.{url}.{}.{}.{}", self.id, self.secret.text(), base64url(&self.root_key_sha256.0))
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinToken")
            .field("url", &self.url)
            .field("id", &self.id)
            .field("root_key_sha256", &self.root_key_sha256)
            .finish_non_exhaustive()
    }
}

impl FromStr for JoinToken {
    type Err = NotAJoinToken;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("TJ1.").ok_or(NotAJoinToken("it does not begin with `TJ1.`"))?;
        let parts: Vec<&str> = rest.split('.').collect();
        let [url, id, secret, root] = parts[..] else {
            return Err(NotAJoinToken("it has not four parts; was it copied whole?"));
        };
        let url = from_base64url(url).and_then(|bytes| String::from_utf8(bytes).ok());
        let url = url.filter(|url| is_url(url)).ok_or(NotAJoinToken("its URL cannot be read"))?;
        if !is_id(id) {
            return Err(NotAJoinToken("its id cannot be read"));
        }
        let secret = Secret::from_text(secret).ok_or(NotAJoinToken("its secret is not complete"))?;
        let root = array_from_base64url(root).ok_or(NotAJoinToken("its last part is not complete"))?;

        Ok(Self { url, id: id.to_owned(), secret, root_key_sha256: Hash(root) })
    }
}

/// Returns whether a text can be the URL of a join token.
pub fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("https://");
    host.is_some_and(|host| !host.is_empty())
        && text.len() <= LONGEST_URL
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_id(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> JoinToken {
        JoinToken {
            url: "https://mp.example:8443".into(),
            id: "k3".into(),
            secret: Secret([5; 16]),
            root_key_sha256: Hash([9; 32]),
        }
    }

    #[test]
    fn a_token_is_a_text() {
        let text = "TJ1.aHR0cHM6Ly9tcC5leGFtcGxlOjg0NDM.k3.BQUFBQUFBQUFBQUFBQUFBQ.\
                    CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk";
        assert_eq!(token().text(), text);
        assert_eq!(text.parse(), Ok(token()));
    }

    #[test]
    fn its_secret_is_not_shown() {
        let shown = format!("{:?} {:?}", token(), token().secret);
        assert!(!shown.contains(&token().secret.text()) && !shown.contains("5, 5"), "{shown}");
    }

    #[test]
    fn what_is_no_token_is_refused_without_being_repeated() {
        let good = token().text();
        let parts: Vec<&str> = good.split('.').collect();
        let with = |place: usize, part: &str| {
            let mut parts = parts.clone();
            parts[place] = part;
            parts.join(".")
        };
        check("", "`TJ1.`");
        check(&with(0, "TJ2"), "`TJ1.`");
        check(&good[..good.len() - 1], "last part");
        check(good.rsplit_once('.').expect("parts").0, "four parts");
        check(&with(1, &base64url(b"http://mp.example")), "URL");
        check(&with(1, &base64url(b"https://mp example")), "URL");
        check(&with(2, "K3"), "id");
        check(&with(2, ""), "id");
        check(&with(3, "BQUF"), "secret");
    }

    #[track_caller]
    fn check(text: &str, says: &str) {
        let error = text.parse::<JoinToken>().expect_err("no token").to_string();
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("BQUF"), "{error}");
    }
}
