//! What an ID token proves: that this person asked, at this level, for this key.

use std::time::Duration;

use action::{Timestamp, UserId};
use proof::{Commitment, Hash, Level, PersonKey};
use serde_json::{Value, json};

use super::{
    keys::KeyRing,
    members::Members,
    pinned::PinnedIssuer,
    token::{Token, short},
};

/// How long a key signs at most, counted from when the person signed in.
pub(crate) const LONGEST_LIFE: Duration = Duration::from_hours(8);

/// How far the issuer's clock may be ahead: what clocks differ by without anybody noticing.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(5 * 60);

/// The longest value of the claim that names the person, in bytes.
const LONGEST_SUBJECT: usize = 255;

/// What is shown to have a key bound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    /// The token of the sign-in.
    pub(crate) id_token: &'a str,
    /// A token that the same sign-in was refreshed with.
    pub(crate) refreshed: Option<&'a str>,
    /// What the token of the sign-in must commit to.
    pub(crate) commitment: Commitment,
}

/// Whom a token names, and for how long their key signs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Proven {
    /// The person.
    pub(crate) person: UserId,
    /// Who says so.
    pub(crate) issuer: String,
    /// The value of the claim that names the person.
    pub(crate) subject: String,
    /// What people know the person by; nothing is decided by it.
    pub(crate) name: String,
    /// SHA-256 of the token of the sign-in.
    pub(crate) idh: Hash,
    /// The key signs from then on,
    pub(crate) from: Timestamp,
    /// and until then.
    pub(crate) until: Timestamp,
    /// Whether the newest token has a claim by which the site discovers people.
    pub(crate) permitted: bool,
}

/// Why a token proves nothing here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotProven {
    #[error("the ID token cannot be read: {what}")]
    Form { what: &'static str },
    #[error("the ID token's `alg` is `{said}`, which is not pinned for its issuer")]
    Algorithm { said: String },
    #[error("the ID token is of the issuer `{said}`, which the site's owner has not pinned")]
    Issuer { said: String },
    #[error(
        "the ID token is signed with a key that the site does not know; the issuer's keys were fetched within the last minute"
    )]
    UnknownKey,
    #[error("the ID token's signature is not its issuer's")]
    Signature,
    #[error("the ID token is for the client `{said}`, not for the one that is pinned for the level {}", .level.name())]
    Audience { said: String, level: Level },
    #[error("the level {} is not pinned for this issuer", .level.name())]
    Level { level: Level },
    #[error("the ID token's claim `{claim}` is not the tenant that is pinned")]
    Tenant { claim: String },
    #[error("the binding is for another tenant than the one that the issuer is pinned for")]
    OtherTenant,
    #[error("the ID token has no usable claim `{claim}`")]
    Claim { claim: String },
    #[error("the ID token does not commit to this key: {what}")]
    Commitment { what: &'static str },
    #[error("the ID token ended at {0}")]
    Expired(Timestamp),
    #[error("the ID token is of {iat}, and the site's clock says {now}")]
    FromTheFuture { iat: Timestamp, now: Timestamp },
    #[error("the refreshed ID token is not of the same issuer, person and client")]
    OtherRefreshed,
}

/// Returns the issuer that a token names: which pin it is judged by, and no more than that.
pub(crate) fn issuer_of(token: &Token<'_>) -> Result<String, NotProven> {
    token.claims.text("iss").map(str::to_owned).ok_or(NotProven::Issuer { said: String::new() })
}

/// Judges what is shown against what is pinned, with the issuer's keys.
pub(crate) fn verify(
    pinned: &PinnedIssuer,
    ring: &KeyRing,
    shown: &Shown<'_>,
    now: Timestamp,
) -> Result<Proven, NotProven> {
    let level = shown.commitment.level;
    if shown.commitment.tenant != pinned.for_tenant {
        return Err(NotProven::OtherTenant);
    }
    let first = Checked::of(pinned, ring, shown.id_token, level, now)?;
    commits(&first.claims, &shown.commitment)?;
    let mut ends = first.exp;
    let mut permitted = pinned.permits(&first.claims);
    if let Some(refreshed) = shown.refreshed {
        let later = Checked::of(pinned, ring, refreshed, level, now)?;
        let same = later.subject == first.subject && later.sub == first.sub;
        // A refreshed token repeats the nonce of the sign-in, or has none.
        let of_it = later.claims.get("nonce").is_none_or(|nonce| Some(nonce) == first.claims.get("nonce"));
        if !same || !of_it {
            return Err(NotProven::OtherRefreshed);
        }
        ends = ends.max(later.exp);
        permitted = pinned.permits(&later.claims);
    }
    let until = ends.min(first.iat.plus(LONGEST_LIFE));
    if until <= now {
        return Err(NotProven::Expired(until));
    }
    let name = ["preferred_username", "name"].into_iter().find_map(|claim| first.claims.text(claim));
    Ok(Proven {
        person: proof::person_of(&pinned.issuer, &pinned.person_claim, &first.subject),
        issuer: pinned.issuer.clone(),
        name: short(name.unwrap_or(&first.subject)),
        subject: first.subject,
        idh: Hash::of(shown.id_token.as_bytes()),
        from: first.iat,
        until,
        permitted,
    })
}

/// A token that is its issuer's, for the pinned client, and of the pinned tenant.
struct Checked {
    claims: Members,
    sub: String,
    subject: String,
    iat: Timestamp,
    exp: Timestamp,
}

impl Checked {
    fn of(
        pinned: &PinnedIssuer,
        ring: &KeyRing,
        text: &str,
        level: Level,
        now: Timestamp,
    ) -> Result<Self, NotProven> {
        let token = Token::read(text)?;
        if !pinned.algorithms.contains(&token.algorithm) {
            return Err(NotProven::Algorithm { said: token.algorithm.name().to_owned() });
        }
        if token.claims.text("iss") != Some(&pinned.issuer) {
            let said = short(token.claims.text("iss").unwrap_or_default());
            return Err(NotProven::Issuer { said });
        }
        let kid = token.kid.as_deref();
        let iat = time(&token.claims, "iat")?;
        if !ring.knows(kid, token.algorithm, now) {
            return Err(NotProven::UnknownKey);
        }
        let signed = token.signed.as_bytes();
        let mut keys = ring.verifying(kid, token.algorithm, iat, now);
        if !keys.any(|key| key.verifies(token.algorithm, signed, &token.signature)) {
            return Err(NotProven::Signature);
        }
        let claims = token.claims;
        audience(pinned, &claims, level)?;
        if let Some((claim, value)) = &pinned.tenant_claim
            && claims.text(claim) != Some(value)
        {
            return Err(NotProven::Tenant { claim: claim.clone() });
        }
        let text = |claim: &str| {
            let text = claims.text(claim).filter(|text| text.len() <= LONGEST_SUBJECT);
            text.map(str::to_owned).ok_or(NotProven::Claim { claim: claim.to_owned() })
        };
        let (sub, subject) = (text("sub")?, text(&pinned.person_claim)?);
        if iat > now.plus(CLOCKS_DIFFER_BY) {
            return Err(NotProven::FromTheFuture { iat, now });
        }
        if claims.get("nbf").is_some() && time(&claims, "nbf")? > now.plus(CLOCKS_DIFFER_BY) {
            return Err(NotProven::FromTheFuture { iat: time(&claims, "nbf")?, now });
        }
        let exp = time(&claims, "exp")?;
        Ok(Self { sub, subject, iat, exp, claims })
    }
}

/// The audience is exactly the pinned client: a token that others may use as well is not taken.
fn audience(pinned: &PinnedIssuer, claims: &Members, level: Level) -> Result<(), NotProven> {
    let Some(client) = pinned.client(level) else { return Err(NotProven::Level { level }) };
    let one = match claims.get("aud") {
        Some(Value::String(aud)) => Some(aud.as_str()),
        Some(Value::Array(all)) => match all.as_slice() {
            [Value::String(aud)] => Some(aud.as_str()),
            _ => None,
        },
        _ => None,
    };
    let party = claims.get("azp").is_none_or(|azp| azp.as_str() == Some(client));
    if one == Some(client) && party {
        return Ok(());
    }
    Err(NotProven::Audience { said: short(one.unwrap_or("several")), level })
}

/// Checks that the token was made for this key: by the key itself in `cnf`, else by the nonce that stands for it.
fn commits(claims: &Members, commitment: &Commitment) -> Result<(), NotProven> {
    if let Some(cnf) = claims.get("cnf") {
        let same = cnf.get("jwk").and_then(key_of).is_some_and(|key| key.thumbprint() == commitment.jkt);
        let what = "its `cnf` holds another key";
        return if same { Ok(()) } else { Err(NotProven::Commitment { what }) };
    }
    match claims.text("nonce") {
        Some(said) if said == commitment.nonce() => Ok(()),
        Some(_) => Err(NotProven::Commitment { what: "its `nonce` stands for another key, tenant or level" }),
        None => Err(NotProven::Commitment { what: "it has neither `nonce` nor `cnf`" }),
    }
}

/// Reads a key of ours that a provider writes with members of its own.
fn key_of(jwk: &Value) -> Option<PersonKey> {
    let [kty, crv, x, y] = ["kty", "crv", "x", "y"].map(|name| jwk.get(name).and_then(Value::as_str));
    serde_json::from_value(json!({ "kty": kty?, "crv": crv?, "x": x?, "y": y? })).ok()
}

/// Returns a moment: whole seconds since 1970.
fn time(claims: &Members, claim: &str) -> Result<Timestamp, NotProven> {
    /// The year 9999: later is no moment.
    const LAST: u64 = 253_402_300_799;
    let seconds = match claims.get(claim) {
        Some(Value::Number(number)) => number.as_u64(),
        _ => None,
    };
    let seconds = seconds.filter(|seconds| *seconds <= LAST).and_then(|seconds| i64::try_from(seconds).ok());
    seconds.map(|seconds| Timestamp(seconds * 1000)).ok_or(NotProven::Claim { claim: claim.to_owned() })
}

#[cfg(test)]
mod tests;
