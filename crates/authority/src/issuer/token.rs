//! An ID token as received: a JWS in compact form, not verified yet.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{algorithm::Algorithm, members::Members, verify::NotProven};

/// The largest token, in bytes: with two hundred groups it has some ten thousand.
pub(crate) const LARGEST: usize = 16 << 10;

/// Header members that would have the reader believe a key that comes along, or that change what is signed.
const REFUSED_MEMBERS: [&str; 7] = ["crit", "jku", "jwk", "x5u", "b64", "zip", "enc"];

/// A token, read.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    /// What is signed.
    pub(crate) signed: &'a str,
    /// How.
    pub(crate) algorithm: Algorithm,
    /// The name of the key.
    pub(crate) kid: Option<String>,
    /// What it says. Nothing of it is to be believed before the signature is verified.
    pub(crate) claims: Members,
    /// The signature.
    pub(crate) signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Reads a token.
    pub(crate) fn read(text: &'a str) -> Result<Self, NotProven> {
        let odd = |what: &'static str| NotProven::Form { what };
        if text.len() > LARGEST {
            return Err(odd("it is larger than 16 KiB"));
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(odd("it is no JWS in compact form"))?;
        let (header, claims) = signed.split_once('.').ok_or(odd("it is no JWS in compact form"))?;
        let object = |part: &str, what: &'static str| -> Result<Members, NotProven> {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| odd(what))?;
            serde_json::from_slice(&bytes).map_err(|_| odd(what))
        };
        let header = object(header, "its header is no JSON object with each member once, in base64url")?;
        let algorithm = header.text("alg").unwrap_or_default();
        let Some(algorithm) = Algorithm::of_name(algorithm) else {
            return Err(NotProven::Algorithm { said: short(algorithm) });
        };
        if header.text("typ").is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(odd("its `typ` is not `JWT`"));
        }
        if REFUSED_MEMBERS.iter().any(|name| header.get(name).is_some()) {
            return Err(odd("its header holds a member that is refused (`crit`, `jku`, `jwk`, `x5u`, …)"));
        }
        let kid = header.text("kid").map(str::to_owned);
        let claims = object(claims, "its claims are no JSON object with each member once, in base64url")?;
        let signature =
            BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| odd("its signature is not base64url"))?;
        Ok(Self { signed, algorithm, kid, claims, signature })
    }
}

/// Returns a text from outside as a reason repeats it: a part of it.
pub(crate) fn short(text: &str) -> String {
    const LETTERS: usize = 80;
    text.chars().filter(|c| !c.is_control()).take(LETTERS).collect()
}
