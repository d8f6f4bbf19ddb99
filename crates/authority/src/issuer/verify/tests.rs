//! Tokens that are whole, and tokens with one thing wrong.

use action::TenantId;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use proof::PersonSigningKey;
use serde_json::{Map, json};
use uuid::Uuid;

use super::*;
use crate::issuer::{algorithm::Algorithm, jwk::read_set};

const ISSUER: &str = "https://id.example";
const NOW: Timestamp = Timestamp(1_579_621_423_000);
const IAT: u64 = 1_579_621_400;

/// An issuer with one key, and what is shown to the site.
struct World {
    issuer: EcdsaKeyPair,
    pinned: PinnedIssuer,
    ring: KeyRing,
    commitment: Commitment,
}

impl World {
    fn new() -> Self {
        let issuer = key();
        let mut ring = KeyRing::default();
        ring.fetched(read_set(&set(&issuer, "k1")).expect("a set"), NOW);
        let pinned = PinnedIssuer {
            issuer: ISSUER.to_owned(),
            for_tenant: TenantId(Uuid::from_u128(4)),
            algorithms: [Algorithm::Es256].into(),
            tenant_claim: Some(("tid".to_owned(), "t1".to_owned())),
            person_claim: "sub".to_owned(),
            native_client: Some("cli".to_owned()),
            web_client: Some("page".to_owned()),
            keys_given: false,
            discover: std::collections::BTreeSet::new(),
        };
        let jkt = PersonSigningKey::from_secret(&[7; 32]).expect("a key").public().thumbprint();
        let tenant = TenantId(Uuid::from_u128(4));
        let commitment = Commitment { jkt, rz: [9; 32], tenant, level: Level::Native };
        Self { issuer, pinned, ring, commitment }
    }

    fn claims(&self) -> Map<String, Value> {
        let claims = json!({
            "iss": ISSUER, "aud": "cli", "sub": "4711", "tid": "t1", "iat": IAT, "exp": IAT + 3600,
            "nonce": self.commitment.nonce(), "preferred_username": "bo\u{1b}[31m",
        });
        claims.as_object().expect("an object").clone()
    }

    /// Writes a token with these members changed; `null` takes one away.
    fn token(&self, changes: Value) -> String {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().expect("an object") {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        sign(&self.issuer, &json!({ "alg": "ES256", "kid": "k1", "typ": "JWT" }), &json!(claims).to_string())
    }

    fn verify(&self, id_token: &str, refreshed: Option<&str>, now: Timestamp) -> Result<Proven, NotProven> {
        let shown = Shown { id_token, refreshed, commitment: self.commitment };
        verify(&self.pinned, &self.ring, &shown, now)
    }

    #[track_caller]
    fn refused(&self, id_token: &str, expected: &str) {
        let error = self.verify(id_token, None, NOW).expect_err("refused");
        assert!(error.to_string().contains(expected), "`{error}` is not `{expected}`");
    }
}

#[test]
fn a_token_that_commits_to_the_key_proves_the_person() {
    let world = World::new();
    let token = world.token(json!({}));
    let proven = world.verify(&token, None, NOW).expect("proven");
    assert_eq!(proven.person, proof::person_of(ISSUER, "sub", "4711"));
    assert_eq!((proven.issuer.as_str(), proven.subject.as_str()), (ISSUER, "4711"));
    assert_eq!(proven.name, "bo[31m", "what people read has no control characters");
    assert_eq!(proven.until, Timestamp(1_579_621_400_000).plus(Duration::from_hours(1)));
    assert_eq!(proven.idh, Hash::of(token.as_bytes()));
    let confirmed = json!({ "kty": "EC", "kid": "mine" });
    let key = serde_json::to_value(PersonSigningKey::from_secret(&[7; 32]).expect("a key").public());
    let mut jwk = key.expect("a key").as_object().expect("an object").clone();
    jwk.extend(confirmed.as_object().expect("an object").clone());
    let bound_by_provider = world.token(json!({ "nonce": null, "cnf": { "jwk": jwk } }));
    assert!(world.verify(&bound_by_provider, None, NOW).is_ok());
    assert!(world.verify(&world.token(json!({ "aud": ["cli"], "azp": "cli" })), None, NOW).is_ok());
}

#[test]
fn each_thing_that_is_wrong_has_its_reason() {
    let world = World::new();
    let other = PersonSigningKey::from_secret(&[8; 32]).expect("a key").public();
    let other_nonce = Commitment { jkt: other.thumbprint(), ..world.commitment }.nonce();
    let web_nonce = Commitment { level: Level::Web, ..world.commitment }.nonce();
    for (changes, expected) in [
        (json!({ "iss": "https://evil.example" }), "of the issuer `https://evil.example`"),
        (json!({ "iss": null }), "of the issuer ``"),
        (json!({ "aud": "page" }), "for the client `page`"),
        (json!({ "aud": ["cli", "page"] }), "for the client `several`"),
        (json!({ "aud": [] }), "for the client `several`"),
        (json!({ "aud": null }), "for the client `several`"),
        (json!({ "azp": "page" }), "for the client `cli`"),
        (json!({ "tid": "t2" }), "`tid` is not the tenant that is pinned"),
        (json!({ "tid": null }), "`tid` is not the tenant that is pinned"),
        (json!({ "sub": null }), "no usable claim `sub`"),
        (json!({ "sub": "x".repeat(256) }), "no usable claim `sub`"),
        (json!({ "sub": 4711 }), "no usable claim `sub`"),
        (json!({ "nonce": null }), "neither `nonce` nor `cnf`"),
        (json!({ "nonce": other_nonce }), "stands for another key"),
        (json!({ "nonce": web_nonce }), "stands for another key"),
        (json!({ "cnf": { "jwk": other } }), "`cnf` holds another key"),
        (json!({ "cnf": {} }), "`cnf` holds another key"),
        (json!({ "iat": null }), "no usable claim `iat`"),
        (json!({ "iat": 1.5 }), "no usable claim `iat`"),
        (json!({ "exp": null }), "no usable claim `exp`"),
        (json!({ "exp": IAT + 10 }), "ended at"),
        (json!({ "iat": IAT - 9 * 3600, "exp": IAT + 3600 }), "ended at"),
        (json!({ "iat": IAT + 3600, "exp": IAT + 7200 }), "the site's clock says"),
        (json!({ "nbf": IAT + 3600 }), "the site's clock says"),
    ] {
        world.refused(&world.token(changes), expected);
    }
}

#[test]
fn a_signature_that_is_not_the_issuers_is_refused() {
    let world = World::new();
    let claims = json!(world.claims()).to_string();
    let (own, foreign) = (&world.issuer, key());
    world.refused(&sign(&foreign, &json!({ "alg": "ES256", "kid": "k1" }), &claims), "not its issuer's");
    world.refused(&sign(own, &json!({ "alg": "ES256", "kid": "k2" }), &claims), "does not know");
    for algorithm in ["none", "None", "HS256", "RS512", ""] {
        world.refused(&sign(own, &json!({ "alg": algorithm, "kid": "k1" }), &claims), "`alg`");
    }
    world.refused(&sign(own, &json!({ "alg": "RS256", "kid": "k1" }), &claims), "`alg` is `RS256`");
    for member in ["crit", "jku", "jwk", "x5u", "b64"] {
        let header = json!({ "alg": "ES256", "kid": "k1", member: ["x"] });
        world.refused(&sign(own, &header, &claims), "member that is refused");
    }
    world.refused(&sign(own, &json!({ "alg": "ES256", "kid": "k1", "typ": "at+jwt" }), &claims), "`typ`");
    let good = world.token(json!({}));
    let (signed, _) = good.rsplit_once('.').expect("a signature");
    for text in
        [format!("{signed}."), signed.to_owned(), format!("{good}."), format!("{good}="), String::new()]
    {
        assert!(world.verify(&text, None, NOW).is_err(), "{text}");
    }
    let twice = claims.replacen('{', r#"{"sub":"4712","#, 1);
    world.refused(&sign(own, &json!({ "alg": "ES256", "kid": "k1" }), &twice), "each member once");
    world.refused(&"x".repeat(20_000), "larger");
    assert!(
        world.verify(&sign(own, &json!({ "alg": "ES256" }), &claims), None, NOW).is_ok(),
        "without a name"
    );
}

#[test]
fn a_public_key_is_no_shared_secret() {
    // The oldest trick: the issuer's public key used as the secret of an HMAC.
    let world = World::new();
    let claims = json!(world.claims()).to_string();
    let header = json!({ "alg": "HS256", "kid": "k1", "typ": "JWT" }).to_string();
    let signed = format!("{}.{}", encode(header), encode(claims));
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, world.issuer.public_key().as_ref());
    let mac = aws_lc_rs::hmac::sign(&secret, signed.as_bytes());
    world.refused(&format!("{signed}.{}", encode(mac.as_ref())), "`alg` is `HS256`");
}

#[test]
fn a_refreshed_token_lengthens_a_keys_life_up_to_eight_hours() {
    let world = World::new();
    let first = world.token(json!({}));
    let later = NOW.plus(Duration::from_hours(2));
    assert_eq!(
        world.verify(&first, None, later),
        Err(NotProven::Expired(Timestamp(1_579_621_400_000).plus(Duration::from_hours(1))))
    );
    let refreshed = |changes: Value| {
        let mut all = json!({ "iat": IAT + 7000, "exp": IAT + 50_000, "nonce": null });
        all.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        world.token(all)
    };
    let proven = world.verify(&first, Some(&refreshed(json!({}))), later).expect("proven");
    assert_eq!(proven.until, Timestamp(1_579_621_400_000).plus(LONGEST_LIFE));
    let repeats = json!({ "nonce": world.commitment.nonce() });
    assert!(world.verify(&first, Some(&refreshed(repeats)), later).is_ok());
    for changes in [json!({ "sub": "4712" }), json!({ "nonce": "another" })] {
        let outcome = world.verify(&first, Some(&refreshed(changes)), later);
        assert_eq!(outcome, Err(NotProven::OtherRefreshed));
    }
    let others = [json!({ "aud": "page" }), json!({ "iss": "https://evil.example" }), json!({ "tid": "t2" })];
    for changes in others {
        assert!(world.verify(&first, Some(&refreshed(changes)), later).is_err());
    }
}

#[test]
fn a_level_that_is_not_pinned_and_another_tenant_are_refused() {
    let mut world = World::new();
    let token = world.token(json!({}));
    world.commitment.tenant = TenantId(Uuid::from_u128(5));
    assert_eq!(world.verify(&token, None, NOW), Err(NotProven::OtherTenant));
    let mut world = World::new();
    let token = world.token(json!({}));
    world.pinned.native_client = None;
    assert_eq!(world.verify(&token, None, NOW), Err(NotProven::Level { level: Level::Native }));
    let mut world = World::new();
    world.commitment.level = Level::Web;
    let token = world.token(json!({}));
    world.refused(&token, "for the client `cli`, not for the one that is pinned for the level web");
}

#[test]
fn each_pinned_signature_is_verified() {
    // Ed25519: RFC 8037, appendix A; the key signs here.
    let pair = Ed25519KeyPair::from_seed_unchecked(&[3; 32]).expect("a key");
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) });
    let key = read_set(json!({ "keys": [jwk] }).to_string().as_bytes()).expect("a set").remove(0);
    let signature = pair.sign(b"bytes");
    assert!(key.verifies(Algorithm::EdDsa, b"bytes", signature.as_ref()));
    assert!(!key.verifies(Algorithm::EdDsa, b"byte", signature.as_ref()));
    assert!(!key.verifies(Algorithm::Rs256, b"bytes", signature.as_ref()));
    // RSA: RFC 7515, appendix A.2.
    let signed = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let jwk = json!({
        "kty": "RSA", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    });
    let key = read_set(json!({ "keys": [jwk] }).to_string().as_bytes()).expect("a set").remove(0);
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    assert!(key.verifies(Algorithm::Rs256, signed.as_bytes(), &signature));
    assert!(!key.verifies(Algorithm::Ps256, signed.as_bytes(), &signature), "PKCS #1 is not PSS");
    assert!(!key.verifies(Algorithm::Rs256, &signed.as_bytes()[1..], &signature));
}

fn key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")
}

fn set(key: &EcdsaKeyPair, kid: &str) -> Vec<u8> {
    let point = key.public_key().as_ref();
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": encode(&point[1..33]), "y": encode(&point[33..]),
    });
    json!({ "keys": [jwk, { "kty": "oct", "k": "AAAA" }, { "kty": "EC", "use": "enc" }] })
        .to_string()
        .into_bytes()
}

fn sign(key: &EcdsaKeyPair, header: &Value, claims: &str) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims));
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
    format!("{signed}.{}", encode(signature.as_ref()))
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
