//! What is proven and what is not: each attack is refused with its reason, and audited.

use authority_link::{ProofAnswer, ProofCall};
use proof::{
    Hash, SiteNonce,
    pairing::{PairingAnswer, PairingCode, PairingRequest},
};

use super::*;

async fn ask(site: &mut Site, call: ProofCall) -> ProofAnswer {
    match site.owner(OwnerCall::Proofs { call: Box::new(call) }).await {
        OwnerAnswer::Proofs { said } => *said,
        other => panic!("not about proofs: {other:?}"),
    }
}

async fn operator_and_device(site: &mut Site) -> (UserId, Targets) {
    let device = site.device("shop-1").await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    (operator, devices(&[(device, "shop-1")]))
}

async fn last_audit(site: &Site) -> crate::store::AuditEntry {
    site.desk.store.audit_entries().await.pop().expect("an entry")
}

/// Refuses a request, and finds it in the audit as refused.
async fn refused(site: &mut Site, request: &Request) -> Reason {
    let reason = site.refused(request).await;
    let last = last_audit(site).await;
    assert_eq!((last.subject, last.result.as_str()), (request.id.to_string(), "refused"), "{reason}");
    reason
}

#[tokio::test]
async fn a_key_signs_for_its_person_place_and_time_only() {
    let mut site = Site::new().await;
    let (ann, targets) = operator_and_device(&mut site).await;
    let bob = site.person(OPERATOR, "SMS00001").await;
    let not_valid = |what: &str| Reason::SignatureNotValid { what: what.into() };

    let good = site.request(ann, targets.clone());
    site.allowed(&good).await;

    // Bob's request, signed by Ann's key.
    let mut by_another = site.request(ann, targets.clone());
    by_another.sub = bob;
    let bytes = SignedRequest::sign(&by_another, &key_of(ann)).expect("signed").encode();
    site.signed.push((by_another.clone(), bytes));
    assert_eq!(refused(&mut site, &by_another).await, not_valid("the key belongs to another person"));

    for spoil in [(|request| request.tenant = TenantId(Uuid::nil())) as fn(&mut Request), |request| {
        request.console = ConsoleId(Uuid::nil())
    }] {
        let mut elsewhere = site.request(ann, targets.clone());
        spoil(&mut elsewhere);
        assert_eq!(refused(&mut site, &elsewhere).await, not_valid("the key is for another console"));
    }

    let stranger = site.person(OPERATOR, "SMS00001").await;
    let mut unknown = site.request(stranger, targets.clone());
    let key = PersonSigningKey::from_secret(&[9; 32]).expect("a key");
    unknown.jkt = key.public().thumbprint().to_string();
    let bytes = SignedRequest::sign(&unknown, &key).expect("signed").encode();
    site.signed.push((unknown.clone(), bytes));
    assert_eq!(refused(&mut site, &unknown).await, Reason::KeyUnknown { key: unknown.jkt.clone() });

    // Ended by the owner, and at its own end.
    let ended = ProofCall::SignOut { user: bob };
    let late = site.request(bob, targets.clone());
    assert_eq!(ask(&mut site, ended).await, ProofAnswer::Ended { keys: 1 });
    assert_eq!(refused(&mut site, &late).await, Reason::ProofExpired);
    site.now = site.now.plus(91 * DAY);
    let later = site.request(ann, targets);
    assert_eq!(refused(&mut site, &later).await, Reason::ProofExpired);
}

#[tokio::test]
async fn what_was_changed_after_it_was_signed_is_refused() {
    let mut site = Site::new().await;
    let (ann, targets) = operator_and_device(&mut site).await;
    let other = site.device("shop-2").await;
    let good = site.request(ann, targets);
    let bytes = String::from_utf8(site.sent(&good)).expect("text");
    let parts: Vec<&str> = bytes.split('.').collect();
    let changes: [fn(&mut Request, DeviceId); 5] = [
        |request, other| request.targets = devices(&[(other, "shop-2")]),
        |request, _| request.params.task_type = 1002,
        |request, _| request.params.task_param = "other".into(),
        |request, _| request.deliver_by = request.iat.plus(MINUTE),
        |request, _| {
            if let Targets::Devices { devices } = &mut request.targets {
                devices[0].name = "another".into();
            }
        },
    ];
    for change in changes {
        let mut changed = good.clone();
        change(&mut changed, other);
        let signed = SignedRequest::sign(&changed, &key_of(ann)).expect("signed").encode();
        let signed = String::from_utf8(signed).expect("text");
        let payload = signed.split('.').nth(1).expect("a payload").to_owned();
        let forged = format!("{}.{payload}.{}", parts[0], parts[2]);
        let Decision::Refused { reason } = site.decide_bytes(forged.as_bytes(), ann).await else {
            panic!("a forged request is allowed: {changed:?}");
        };
        assert!(matches!(reason, Reason::SignatureNotValid { .. }), "{reason}");
        let last = last_audit(&site).await;
        assert_eq!((last.who, last.result.as_str()), (format!("said to be {ann}, not proven"), "refused"));
    }
    // Nothing of that took the id: what was signed is still taken.
    site.allowed(&good).await;
}

#[tokio::test]
async fn an_id_is_good_for_one_request() {
    let mut site = Site::new().await;
    let (ann, targets) = operator_and_device(&mut site).await;
    let first = site.request(ann, targets.clone());
    site.allowed(&first).await;
    let again = Request { id: first.id, offline: OfflinePolicy::Fail, ..site.request(ann, targets) };
    assert_eq!(refused(&mut site, &again).await, Reason::RequestReplayed);
    assert_eq!(site.allowed(&first).await.task_id, site.allowed(&first).await.task_id, "the same once more");
}

#[tokio::test]
async fn a_web_key_signs_what_needs_no_more() {
    let mut site = Site::new().await;
    let (ann, targets) = operator_and_device(&mut site).await;
    site.knows_key(ann, Level::Web);
    let of_kind = |site: &mut Site, kind: ActionKind| {
        let params = Params { task_type: kind.0, task_param: String::new() };
        Request { params, ..site.request(ann, targets.clone()) }
    };
    for kind in [ActionKind::MACHINE_POLICY, ActionKind::USER_POLICY, ActionKind::APPLICATIONS] {
        let request = of_kind(&mut site, kind);
        site.allowed(&request).await;
    }
    let needs_native = Reason::ProofLevelTooLow { needed: "native".into() };
    let probe = of_kind(&mut site, ActionKind::PROBE);
    assert_eq!(refused(&mut site, &probe).await, needs_native);
    for (kind, level) in [(ActionKind::PROBE, Level::Web), (ActionKind::MACHINE_POLICY, Level::Native)] {
        assert_eq!(ask(&mut site, ProofCall::PutLevel { kind, level }).await, ProofAnswer::Done);
    }
    let probe = of_kind(&mut site, ActionKind::PROBE);
    site.allowed(&probe).await;
    let policy = of_kind(&mut site, ActionKind::MACHINE_POLICY);
    assert_eq!(refused(&mut site, &policy).await, needs_native);
}

#[tokio::test]
async fn nothing_is_signed_ahead_or_held_back() {
    let mut site = Site::new().await;
    let (ann, targets) = operator_and_device(&mut site).await;
    let nonce = site.nonce().await;
    assert_eq!(site.nonce().await, nonce, "one a minute");
    let too_early = Reason::SignedTooEarly { nonces: 10 };

    // Signed now for a moment that comes in an hour.
    let hour = 60 * MINUTE;
    let mut ahead = site.request(ann, targets.clone());
    (ahead.iat, ahead.site_nonce) = (site.now.plus(hour), nonce.clone());
    ahead.deliver_by = ahead.iat.plus(hour);
    ahead.exp = ahead.deliver_by;
    let reason = refused(&mut site, &ahead).await;
    assert!(
        matches!(&reason, Reason::RequestNotValid { what } if what.contains("it was made at")),
        "{reason}"
    );
    ahead.id = TaskGuid(site.id());
    // Held back by whoever carries it, for ten minutes of the site's link and then one more.
    let mut held = site.request(ann, targets.clone());
    held.site_nonce = nonce.clone();
    let mut in_time = held.clone();
    in_time.id = TaskGuid(site.id());
    for _ in 0..10 {
        site.now = site.now.plus(MINUTE);
        assert_ne!(site.nonce().await, nonce);
    }
    site.allowed(&in_time).await;
    site.now = site.now.plus(MINUTE);
    site.nonce().await;
    assert_eq!(refused(&mut site, &held).await, too_early);
    for _ in 0..50 {
        site.now = site.now.plus(MINUTE);
        site.nonce().await;
    }
    assert_eq!(refused(&mut site, &ahead).await, too_early);

    // During an outage no nonce is made, and what carries the newest one from before it is taken after it.
    let before = site.nonce().await;
    site.now = site.now.plus(5 * hour);
    let mut asked = site.request(ann, targets.clone());
    asked.site_nonce = before;
    asked.iat = site.now.minus(2 * hour);
    (asked.exp, asked.deliver_by) = (asked.iat.plus(DAY), asked.iat.plus(DAY));
    site.nonce().await;
    site.allowed(&asked).await;

    // A nonce of nobody's making.
    let forged: SiteNonce = proof::NonceKey([1; 32]).nonce(site.desk.site(), site.now);
    let mut request = site.request(ann, targets);
    request.site_nonce = forged.to_string();
    let what = "its nonce is not this site's".to_owned();
    assert_eq!(refused(&mut site, &request).await, Reason::SignatureNotValid { what });
}

#[tokio::test]
async fn a_collection_whose_rule_was_changed_is_not_what_was_signed() {
    let mut site = Site::new().await;
    let (ann, _) = operator_and_device(&mut site).await;
    let device = site.device("shop-2").await;
    let shops = site.collection("Shops", &[device]).await;
    let request = site.request(ann, collection(&shops, 5));
    let other = site.device("shop-3").await;
    site.collection("Shops", &[device, other]).await;
    assert_eq!(refused(&mut site, &request).await, Reason::CollectionChanged { signed: 1, actual: 2 });
    let request = site.request(ann, Targets::Collection { collection: shops, at_most: 1, version: 2 });
    assert_eq!(refused(&mut site, &request).await, Reason::CollectionGrew { at_most: 1, actual: 2 });
}

#[tokio::test]
async fn what_an_included_collection_holds_is_part_of_what_was_signed() {
    let mut site = Site::new().await;
    let (ann, _) = operator_and_device(&mut site).await;
    let (device, other) = (site.device("shop-2").await, site.device("shop-3").await);
    let inner = site.collection("Inner", &[device]).await;
    let outer = OwnerCall::PutCollection {
        name: "Outer".into(),
        query: None,
        members: Vec::new(),
        include: vec![inner],
        exclude: Vec::new(),
        limited_to: None,
    };
    let OwnerAnswer::Collection { id: outer } = site.owner(outer).await else { panic!("no collection") };
    let request = site.request(ann, collection(&outer, 5));
    site.collection("Inner", &[other]).await;
    let changed = Reason::CollectionChanged { signed: 1, actual: 2 };
    assert_eq!(refused(&mut site, &request).await, changed);
    site.desk.site = SiteState::load(&site.desk.store).await.expect("a site");
    let request = site.request(ann, collection(&outer, 5));
    assert_eq!(refused(&mut site, &request).await, changed, "after a restart as well");
}

#[tokio::test]
async fn what_proves_nothing_does_not_fill_the_audit() {
    let mut site = Site::new().await;
    let (ann, targets) = operator_and_device(&mut site).await;
    let before = site.desk.store.audit_entries().await.len();
    let flood = async |site: &mut Site, number: usize| match number % 3 {
        0 => {
            let request = site.vouched(ann, targets.clone());
            assert_eq!(site.refused(&request).await, Reason::ProofMissing);
        }
        1 => {
            assert!(matches!(site.decide_bytes(b"no request", ann).await, Decision::Refused { .. }));
        }
        _ => {
            let binding = Call::BindKey { binding: "a.b.c".into() };
            assert!(matches!(site.call(Role::Connector, binding).await, Answer::KeyNotBound { .. }));
        }
    };
    for number in 0..300 {
        flood(&mut site, number).await;
    }
    assert_eq!(site.desk.store.audit_entries().await.len() - before, 120);
    // What is proven is decided and written down all the while.
    let good = site.request(ann, targets.clone());
    site.allowed(&good).await;
    assert_eq!(last_audit(&site).await.subject, good.id.to_string());

    site.now = site.now.plus(60 * MINUTE);
    let now = site.now;
    site.desk.sweep(now).await.expect("swept");
    let last = last_audit(&site).await;
    assert_eq!((&*last.what, &*last.subject), ("texts that prove nothing", "180 more within an hour"));
}

#[tokio::test]
async fn the_console_vouches_only_where_the_owner_has_granted_it() {
    let mut site = Site::new().await;
    let (ann, targets) = operator_and_device(&mut site).await;
    let office = site.device("office-1").await;
    let Targets::Devices { devices: shop } = targets.clone() else { panic!("devices") };
    let shops = site.collection("Shops", &[shop[0].device]).await;

    let request = site.vouched(ann, targets.clone());
    assert_eq!(refused(&mut site, &request).await, Reason::ProofMissing);

    let token = Uuid::from_u128(77);
    for token in [None, Some(token)] {
        let grant = ProofCall::PutGrant {
            user: ann,
            name: String::new(),
            token,
            collection: "Shops".into(),
            per_hour: 2,
            valid_seconds: 24 * 3600,
        };
        assert!(matches!(ask(&mut site, grant).await, ProofAnswer::Granted { .. }));
    }
    let request = site.vouched(ann, targets.clone());
    site.allowed(&request).await;
    let last = last_audit(&site).await;
    assert_eq!(last.who, format!("ann ({ann}), vouched by the console (grant g1)"));

    let mut probe = site.vouched(ann, targets.clone());
    probe.params.task_type = ActionKind::PROBE.0;
    assert_eq!(refused(&mut site, &probe).await, Reason::ProofLevelTooLow { needed: "native".into() });
    let (collections, scopes) = (vec!["Shops".into()], Vec::new());
    let outside = Reason::DeviceOutsideCollections { collections, scopes, grantor: None };
    for targets in [devices(&[(office, "office-1")]), collection("SMS00001", 5)] {
        let request = site.vouched(ann, targets);
        assert_eq!(refused(&mut site, &request).await, outside);
    }
    let request = site.vouched(ann, collection(&shops, 5));
    site.allowed(&request).await;

    let request = site.vouched(ann, targets.clone());
    assert_eq!(refused(&mut site, &request).await, Reason::VouchedTooOften { per_hour: 2 });
    let for_token = |site: &mut Site, token| {
        let iss = Request::vouched_for_token(CONSOLE, token);
        Request { iss, ..site.vouched(ann, targets.clone()) }
    };
    let request = for_token(&mut site, token);
    site.allowed(&request).await;
    let request = for_token(&mut site, Uuid::from_u128(78));
    assert_eq!(refused(&mut site, &request).await, Reason::ProofMissing);
    site.now = site.now.plus(61 * MINUTE);
    let request = site.vouched(ann, targets.clone());
    site.allowed(&request).await;

    assert_eq!(ask(&mut site, ProofCall::EndGrant { id: "g2".into() }).await, ProofAnswer::Done);
    let request = for_token(&mut site, token);
    assert_eq!(refused(&mut site, &request).await, Reason::ProofMissing);
    site.now = site.now.plus(DAY);
    let request = site.vouched(ann, targets);
    assert_eq!(refused(&mut site, &request).await, Reason::ProofMissing);
}

#[tokio::test]
async fn what_the_rules_refuse_counts_against_the_grant_too() {
    let mut site = Site::new().await;
    let (_, targets) = operator_and_device(&mut site).await;
    let reader = site.person("Read-only Analyst", "SMS00001").await;
    let grant = ProofCall::PutGrant {
        user: reader,
        name: String::new(),
        token: None,
        collection: "All Devices".into(),
        per_hour: 2,
        valid_seconds: 24 * 3600,
    };
    assert!(matches!(ask(&mut site, grant).await, ProofAnswer::Granted { .. }));
    for _ in 0..2 {
        let request = site.vouched(reader, targets.clone());
        for _ in 0..2 {
            let reason = refused(&mut site, &request).await;
            assert!(
                matches!(reason, Reason::RoleLacksPermission { .. }),
                "{reason}: the same bytes count once"
            );
        }
    }
    let request = site.vouched(reader, targets);
    assert_eq!(refused(&mut site, &request).await, Reason::VouchedTooOften { per_hour: 2 });
}

async fn pairing_code(site: &mut Site, user: UserId, level: Level) -> PairingCode {
    match ask(site, ProofCall::CreatePairing { user, name: String::new(), level, service: None }).await {
        ProofAnswer::Pairing { code, .. } => code.parse().expect("a code"),
        other => panic!("no code: {other:?}"),
    }
}

fn pairing_request(site: &Site, code: &PairingCode, user: UserId, level: Level) -> PairingRequest {
    PairingRequest {
        v: PairingRequest::VERSION,
        pid: code.id.clone(),
        tenant: TENANT,
        site: site.desk.site(),
        console: CONSOLE,
        user,
        level,
        jwk: key_of(user).public(),
        rc: Hash([1; 32]),
        iat: site.now,
    }
}

async fn pair(site: &mut Site, message: String) -> Result<String, String> {
    match site.call(Role::Connector, Call::Pair { message }).await {
        Answer::Paired { message } => Ok(message),
        Answer::NotPaired { reason: Reason::PairingRefused { what } } => Err(what),
        other => panic!("no answer to a pairing: {other:?}"),
    }
}

#[tokio::test]
async fn a_code_pairs_one_key_of_its_person() {
    let mut site = Site::new().await;
    let (ann, targets) = operator_and_device(&mut site).await;
    let code = pairing_code(&mut site, ann, Level::Native).await;
    let request = pairing_request(&site, &code, ann, Level::Native);
    let text = request.text(&key_of(ann), &code.keys());
    let before = site.desk.store.commits();
    let answer = pair(&mut site, text.clone()).await.expect("paired");
    assert_eq!(site.desk.store.commits() - before, 1, "the code goes in the commit that brings the key");
    let answer = PairingAnswer::verify(&answer, &code, &request).expect("by the site");
    assert_eq!(answer.root, site.desk.keys.root.verifying());
    assert_eq!(answer.expires, site.now.plus(90 * DAY));
    assert_eq!(last_audit(&site).await.who, format!("ann ({ann})"));

    let used = "the code was used, has ended, or never was";
    assert_eq!(pair(&mut site, text).await, Err(used.into()));
    // The key is in the store: it is known after a restart.
    site.desk.site = SiteState::load(&site.desk.store).await.expect("a site");
    let request = site.request(ann, targets);
    site.allowed(&request).await;

    let code = pairing_code(&mut site, ann, Level::Native).await;
    site.now = site.now.plus(10 * MINUTE);
    let late = pairing_request(&site, &code, ann, Level::Native).text(&key_of(ann), &code.keys());
    assert_eq!(pair(&mut site, late).await, Err(used.into()));
}

#[tokio::test]
async fn a_code_is_for_its_person_level_and_site() {
    let mut site = Site::new().await;
    let (ann, bob) = (UserId(site.id()), UserId(site.id()));
    let code = pairing_code(&mut site, ann, Level::Web).await;
    let good = pairing_request(&site, &code, ann, Level::Web);
    for (request, says) in [
        (PairingRequest { user: bob, ..good.clone() }, "the code is for another person"),
        (PairingRequest { level: Level::Native, ..good.clone() }, "the code is for the level `web`"),
        (PairingRequest { site: action::SiteId(Uuid::nil()), ..good.clone() }, "it is for another site"),
        (
            PairingRequest { iat: site.now.minus(6 * MINUTE), ..good.clone() },
            "it was made at another time; is the clock right?",
        ),
    ] {
        let text = request.text(&key_of(ann), &code.keys());
        assert_eq!(pair(&mut site, text).await, Err(says.into()));
    }
    let text = good.text(&key_of(ann), &code.keys());
    assert!(pair(&mut site, text).await.is_ok(), "the code is not used up by what is refused");
}

#[tokio::test]
async fn three_guesses_end_a_code() {
    let mut site = Site::new().await;
    let ann = UserId(site.id());
    let code = pairing_code(&mut site, ann, Level::Native).await;
    let request = pairing_request(&site, &code, ann, Level::Native);
    let guess = PairingCode { secret: proof::join_token::Secret([0; 16]), ..code.clone() };
    for _ in 0..3 {
        let said = pair(&mut site, request.text(&key_of(ann), &guess.keys())).await;
        assert_eq!(said, Err("the message was not made with this code".into()));
        assert!(last_audit(&site).await.result.starts_with("refused"));
    }
    let text = request.text(&key_of(ann), &code.keys());
    assert_eq!(pair(&mut site, text).await, Err("the code was used, has ended, or never was".into()));
}
