//! Which rules count: what they loosen, when they are looked at, and what they take up.

use super::*;

/// Has probes on a collection wait.
async fn put_rule(two: &mut TwoPersons, collection: &str, of: Level) {
    let rule = ApprovalRule { kind: ActionKind::PROBE, collection: collection.into(), of };
    assert_eq!(two.ask(ApprovalCall::PutRule { rule, approval: None }).await, ApprovalAnswer::Done);
}

fn needs_native() -> Reason {
    Reason::ProofLevelTooLow { needed: "native".into() }
}

#[tokio::test]
async fn less_proof_is_enough_for_a_persons_key_on_the_devices_of_the_rule_alone() {
    let mut two = TwoPersons::new(Level::Web).await;
    two.remove_rule().await;
    let (shop, office) = (two.site.device("shop-2").await, two.site.device("office-1").await);
    two.site.collection("Shops", &[shop]).await;
    put_rule(&mut two, "Shops", Level::Web).await;
    let ann = two.ann;
    two.site.knows_key(ann, Level::Web);

    let both = devices(&[(shop, "shop-2"), (office, "office-1")]);
    for beyond in [both, collection("SMS00001", 5)] {
        two.targets = beyond;
        let request = two.probe();
        assert_eq!(two.site.refused(&request).await, needs_native(), "{:?}", two.targets);
    }
    two.targets = devices(&[(shop, "shop-2")]);
    two.waits().await;

    // Not what the console vouches for.
    let grant = ProofCall::PutGrant {
        user: ann,
        name: String::new(),
        token: None,
        collection: "Shops".into(),
        per_hour: 5,
        valid_seconds: 3600,
    };
    let granted = two.site.owner(OwnerCall::Proofs { call: Box::new(grant) }).await;
    assert!(matches!(granted, OwnerAnswer::Proofs { .. }), "{granted:?}");
    let params = two.probe().params;
    let vouched = Request { params, ..two.site.vouched(ann, two.targets.clone()) };
    assert_eq!(two.site.refused(&vouched).await, needs_native());

    // Nor what a service signs.
    let jkt = key_of(ann).public().thumbprint();
    let mut service = two.site.desk.site.proofs.key(jkt).expect("a key").clone();
    service.service = Some(authority_link::ServiceKey {
        kinds: vec![ActionKind::PROBE],
        collection: two.site.desk.site.collection_id("Shops").expect("known"),
        valid_seconds: 60,
    });
    two.site.desk.site.proofs.put_key(service);
    let request = two.probe();
    assert_eq!(two.site.refused(&request).await, needs_native());
}
