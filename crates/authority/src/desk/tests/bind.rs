//! Issuers that are pinned, and keys that their tokens bind.

use std::sync::Arc;

use action::ConsoleId;
use authority_link::IssuerPin;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use outside::{Addresses, LookUp};
use proof::{
    Level, PersonSigningKey,
    key_binding::{For, KeyBinding, Retirement},
};
use serde_json::{Value, json};

use super::*;
use crate::issuer::{Fetched, read_set};

const ISSUER: &str = "https://id.example";
const TENANT: TenantId = TenantId(Uuid::from_u128(4));

/// An issuer that is pinned, and a person of it with a key.
struct People {
    site: Site,
    issuer: EcdsaKeyPair,
}

impl People {
    async fn new() -> Self {
        let issuer = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let mut site = Site::new().await;
        let pinned = site.owner(OwnerCall::PutIssuer { pin: Box::new(pin(&issuer)) }).await;
        assert_eq!(pinned, OwnerAnswer::Done);
        let mut people = Self { site, issuer };
        people.know("4711", "Bo").await;
        people
    }

    async fn know(&mut self, subject: &str, name: &str) {
        let user = proof::person_of(ISSUER, "sub", subject);
        assert_eq!(
            self.site.owner(OwnerCall::KnowPerson { user, name: name.into() }).await,
            OwnerAnswer::Done
        );
    }

    /// Writes what a key and a token say, with these claims changed; `null` takes one away.
    fn binding(&self, key: &PersonSigningKey, subject: &str, changes: &Value) -> String {
        let binding = KeyBinding {
            key: key.public(),
            rz: [9; 32],
            tenant: TENANT,
            console: ConsoleId(Uuid::from_u128(3)),
            level: Level::Native,
            iat: self.site.now,
            id_token: String::new(),
            refreshed: None,
        };
        let iat = self.site.now.0 / 1000;
        let mut claims = json!({
            "iss": ISSUER, "aud": "cli", "sub": subject, "iat": iat, "exp": iat + 3600,
            "nonce": binding.commitment().nonce(),
        });
        let claims = claims.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            claims.insert(name.clone(), value.clone());
        }
        claims.retain(|_, value| !value.is_null());
        let header = json!({ "alg": "ES256", "kid": "k1" }).to_string();
        let signed = format!("{}.{}", encode(header), encode(json!(claims).to_string()));
        let signature = self.issuer.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
        let id_token = format!("{signed}.{}", encode(signature.as_ref()));
        KeyBinding { id_token, ..binding }.sign(For::Sites, key)
    }

    async fn bind(&mut self, binding: String) -> Answer {
        self.site.call(Role::Connector, Call::BindKey { binding }).await
    }

    async fn refused(&mut self, binding: String, expected: &str) {
        let before = self.audited().await;
        match self.bind(binding).await {
            Answer::KeyNotBound { reason } => {
                let reason = reason.to_string();
                assert!(reason.contains(expected), "`{reason}` is not `{expected}`");
            }
            other => panic!("not refused: {other:?}"),
        }
        assert_eq!(self.audited().await, before + 1, "a refusal stands in the audit");
    }

    async fn audited(&mut self) -> u64 {
        match self.site.owner(OwnerCall::VerifyAudit).await {
            OwnerAnswer::AuditVerified { last, broken: None, .. } => last,
            other => panic!("no audit: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_person_is_discovered_by_a_permitted_claim_and_by_nothing_else() {
    let mut people = People::new().await;
    let discover = vec![("groups".to_owned(), "operators".to_owned())];
    let pin = IssuerPin { discover, ..pin(&people.issuer) };
    assert_eq!(people.site.owner(OwnerCall::PutIssuer { pin: Box::new(pin) }).await, OwnerAnswer::Done);
    let unknown = "the site does not know this person; it takes in whoever signs in with the claim \
                   groups=operators; a role can be granted by the site's owner";
    for claims in [
        json!({}),
        json!({ "groups": "operator" }),
        json!({ "groups": ["helpdesk", 7] }),
        json!({ "groups": { "operators": true } }),
        json!({ "group": "operators" }),
    ] {
        let binding = people.binding(&key(7), "4712", &claims);
        people.refused(binding, unknown).await;
    }
    let before = people.audited().await;
    let claims = json!({ "groups": ["helpdesk", "operators"], "preferred_username": "kim\u{1b}[31m" });
    let binding = people.binding(&key(7), "4712", &claims);
    let Answer::KeyBound(bound) = people.bind(binding).await else { panic!("not bound") };
    let kim = proof::person_of(ISSUER, "sub", "4712");
    assert_eq!((bound.user, &*bound.user_name), (kim, "kim[31m"), "control characters are left out");
    assert_eq!(people.audited().await, before + 2, "the discovery stands in the audit beside the key");

    // It is the same after a restart.
    people.site.desk.stale = true;
    let OwnerAnswer::People { people: known } = people.site.owner(OwnerCall::ListPeople).await else {
        panic!("no people")
    };
    let of_kim = known.iter().find(|person| person.user == kim).expect("known");
    assert_eq!(of_kim.discovered.as_deref(), Some(ISSUER));
    let by_hand = known.iter().find(|person| person.user != kim).expect("Bo");
    assert_eq!(by_hand.discovered, None);
    let binding = people.binding(&key(8), "4711", &json!({}));
    assert!(matches!(people.bind(binding).await, Answer::KeyBound(_)), "whom the owner named needs no claim");

    // The group is taken away at the provider; the owner can still name the person.
    let binding = people.binding(&key(9), "4712", &json!({ "groups": ["helpdesk"] }));
    people.refused(binding.clone(), unknown).await;
    people.know("4712", "Kim").await;
    assert!(matches!(people.bind(binding).await, Answer::KeyBound(_)));
}

#[tokio::test]
async fn a_token_binds_a_key_and_the_key_retires_itself() {
    let mut people = People::new().await;
    let key = key(7);
    let binding = people.binding(&key, "4711", &json!({}));
    let Answer::KeyBound(bound) = people.bind(binding.clone()).await else { panic!("not bound") };
    assert_eq!((bound.user_name.as_str(), bound.level.as_str()), ("Bo", "native"));
    assert_eq!(bound.user, proof::person_of(ISSUER, "sub", "4711"));
    assert_eq!(bound.jkt, key.public().thumbprint().to_string());
    assert_eq!(bound.until.since(people.site.now), Duration::from_hours(1));
    assert_eq!(people.bind(binding.clone()).await, Answer::KeyBound(bound.clone()), "twice is once");
    people.site.desk.stale = true;
    assert_eq!(people.bind(binding.clone()).await, Answer::KeyBound(bound), "a restart forgets nothing");

    let jkt = key.public().thumbprint();
    let said = Retirement { jkt, tenant: TENANT, iat: people.site.now };
    let forged = said.sign(&self::key(8));
    let unknown = people.site.call(Role::Connector, Call::RetireKey { retirement: forged }).await;
    assert!(matches!(unknown, Answer::KeyNotBound { reason: Reason::KeyUnknown { .. } }), "{unknown:?}");
    let retirement = said.sign(&key);
    for _ in 0..2 {
        let call = Call::RetireKey { retirement: retirement.clone() };
        assert_eq!(people.site.call(Role::Connector, call).await, Answer::Done);
    }
    people.refused(binding, "the key was ended").await;
}

#[tokio::test]
async fn a_token_that_is_not_the_persons_binds_nothing() {
    let mut people = People::new().await;
    let key = key(7);
    for (changes, expected) in [
        (json!({ "iss": "https://evil.example" }), "which the site's owner has not pinned"),
        (json!({ "aud": "page" }), "for the client `page`"),
        (json!({ "nonce": "another" }), "does not commit to this key"),
        (json!({ "exp": people.site.now.0 / 1000 - 1 }), "expired"),
    ] {
        let binding = people.binding(&key, "4711", &changes);
        people.refused(binding, expected).await;
    }
    let binding = people.binding(&key, "stranger", &json!({}));
    people.refused(binding, "the site does not know this person").await;
    let binding = people.binding(&key, "4711", &json!({}));
    let (jws, token) = binding.split_once('~').expect("a token");
    let other = people.binding(&key, "4712", &json!({}));
    let (_, other) = other.split_once('~').expect("a token");
    people.refused(format!("{jws}~{other}"), "not those that were signed for").await;
    people.refused(format!("{jws}~{token}~{token}~{token}"), "not those that were signed for").await;
    people.refused(String::new(), "not of the form").await;
}

#[tokio::test]
async fn a_key_belongs_to_one_person() {
    let mut people = People::new().await;
    people.know("4712", "Kim").await;
    let key = key(7);
    let first = people.binding(&key, "4711", &json!({}));
    assert!(matches!(people.bind(first).await, Answer::KeyBound(_)));
    let second = people.binding(&key, "4712", &json!({}));
    people.refused(second, "the key belongs to another person").await;
}

#[tokio::test]
async fn what_is_pinned_is_checked_and_shown() {
    let mut people = People::new().await;
    let good = pin(&people.issuer);
    let wrong = |change: &dyn Fn(&mut IssuerPin)| {
        let mut pin = good.clone();
        change(&mut pin);
        pin
    };
    for (pin, expected) in [
        (wrong(&|pin| pin.issuer = "http://id.example".into()), "no https address"),
        (wrong(&|pin| pin.algorithms = vec!["none".into()]), "`none` is not believed"),
        (wrong(&|pin| pin.algorithms = vec!["HS256".into()]), "`HS256` is not believed"),
        (wrong(&|pin| pin.algorithms.clear()), "no algorithm"),
        (wrong(&|pin| pin.person_claim = "email".into()), "does not name a person for good"),
        (wrong(&|pin| pin.web_client = pin.native_client.clone()), "both levels have the same client"),
        (wrong(&|pin| (pin.web_client, pin.native_client) = (None, None)), "no client is pinned"),
        (wrong(&|pin| pin.jwks = Some("{}".into())), "no JSON Web Key Set"),
        (wrong(&|pin| pin.jwks = Some(r#"{"keys":[]}"#.into())), "holds no key"),
        (wrong(&|pin| pin.jwks = None), "its keys were not fetched"),
    ] {
        match people.site.owner(OwnerCall::PutIssuer { pin: Box::new(pin) }).await {
            OwnerAnswer::NotValid { what, .. } => assert!(what.contains(expected), "{what}"),
            other => panic!("taken: {other:?}"),
        }
    }
    people.site.desk.stale = true;
    let OwnerAnswer::Issuers { issuers } = people.site.owner(OwnerCall::ListIssuers).await else {
        panic!("no issuers");
    };
    let [one] = &*issuers else { panic!("{issuers:?}") };
    assert_eq!((&one.pin, one.keys, one.retired), (&good, 1, 0));
    let gone = OwnerCall::RemoveIssuer { issuer: ISSUER.into() };
    assert_eq!(people.site.owner(gone.clone()).await, OwnerAnswer::Done);
    assert!(matches!(people.site.owner(gone).await, OwnerAnswer::NotValid { .. }));
    let binding = people.binding(&key(7), "4711", &json!({}));
    people.refused(binding, "has not pinned").await;
}

#[tokio::test]
async fn keys_are_fetched_for_a_key_that_is_not_known_and_once_a_minute() {
    let mut people = People::new().await;
    let fetched = pin(&people.issuer);
    let pin = IssuerPin { jwks: None, private_addresses: true, ..fetched.clone() };
    let call = Call::Owner { owner: OwnerCall::PutIssuer { pin: Box::new(pin) } };
    let now = people.site.now;
    let wanted = people.site.desk.wants(&call, now).expect("an owner's pin is fetched");
    assert!(wanted.private_addresses);
    // The issuer has another key by now.
    let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let keys = |key: &EcdsaKeyPair, kid: &str| Fetched {
        issuer: ISSUER.into(),
        keys: read_set(set(key, kid).as_bytes()),
    };
    let put = people.site.desk.answer(Role::Owner, call, Some(keys(&other, "k0")), now).await;
    assert_eq!(put, Answer::Owner(Box::new(OwnerAnswer::Done)));

    people.site.now = now.plus(MINUTE);
    let now = people.site.now;
    let binding = people.binding(&key(7), "4711", &json!({}));
    let call = || Call::BindKey { binding: binding.clone() };
    assert!(people.site.desk.wants(&call(), now).is_some());
    assert!(people.site.desk.wants(&call(), now).is_none(), "a flood of tokens causes one fetch");
    people.refused(binding.clone(), "a key that the site does not know").await;
    let away = Fetched { issuer: ISSUER.into(), keys: Err("it did not answer".into()) };
    let answer = people.site.desk.answer(Role::Connector, call(), Some(away), now).await;
    assert!(format!("{answer:?}").contains("they cannot be fetched: it did not answer"), "{answer:?}");
    let found = Some(keys(&people.issuer, "k1"));
    let answer = people.site.desk.answer(Role::Connector, call(), found, now).await;
    assert!(matches!(answer, Answer::KeyBound(_)), "{answer:?}");
}

#[tokio::test]
async fn an_issuer_at_an_address_that_is_not_of_the_internet_is_not_dialled() {
    let people = People::new().await;
    for host in ["169.254.169.254", "127.0.0.1", "[::1]", "10.0.0.1", "localhost"] {
        let issuer = format!("https://{host}");
        let pin = IssuerPin { issuer, jwks: None, ..pin(&people.issuer) };
        let wanted = crate::issuer::Wanted::of(&pin).expect("keys are fetched");
        let fetched = crate::issuer::Fetcher::default().fetch(wanted).await;
        let why = fetched.keys.expect_err("not dialled");
        assert!(why.contains("is not dialled"), "{why}");
    }
    // A name of the internet that is bound anew to what stands beside the site.
    let rebound = crate::issuer::Fetcher::by(Arc::new(Rebound));
    let wanted = crate::issuer::Wanted::of(&IssuerPin { jwks: None, ..pin(&people.issuer) });
    let why = rebound.fetch(wanted.expect("keys are fetched")).await.keys.expect_err("not dialled");
    assert!(why.contains("`id.example` is not dialled"), "{why}");
}

/// Names lead to the address at which clouds tell their machines' secrets.
#[derive(Debug)]
struct Rebound;

impl LookUp for Rebound {
    fn look_up(&self, _: String) -> Addresses {
        Box::pin(async { Ok(vec![[169, 254, 169, 254].into()]) })
    }
}

fn pin(issuer: &EcdsaKeyPair) -> IssuerPin {
    IssuerPin {
        issuer: ISSUER.into(),
        tenant: TENANT,
        algorithms: vec!["ES256".into()],
        tenant_claim: None,
        person_claim: "sub".into(),
        native_client: Some("cli".into()),
        web_client: Some("page".into()),
        ca: None,
        jwks: Some(set(issuer, "k1")),
        private_addresses: false,
        discover: Vec::new(),
    }
}

fn set(key: &EcdsaKeyPair, kid: &str) -> String {
    let point = key.public_key().as_ref();
    let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
    json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y }] }).to_string()
}

fn key(number: u8) -> PersonSigningKey {
    PersonSigningKey::from_secret(&[number; 32]).expect("a key")
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
