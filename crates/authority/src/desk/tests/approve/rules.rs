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

#[tokio::test]
async fn what_nobody_has_approved_is_released_only_where_nobody_needs_to() {
    let mut two = TwoPersons::new(Level::Native).await;
    two.remove_rule().await;
    let (shop, office) = (two.site.device("shop-2").await, two.site.device("office-1").await);
    let both = [shop, office];
    two.site.collection("Shops", &[shop]).await;
    two.targets = devices(&[(shop, "shop-2"), (office, "office-1")]);
    let (ann, bob) = (two.ann, two.bob);
    let native = two.probe();
    two.site.allowed(&native).await;
    let level = ProofCall::PutLevel { kind: ActionKind::PROBE, level: Level::Web };
    two.site.owner(OwnerCall::Proofs { call: Box::new(level) }).await;
    two.site.knows_key(ann, Level::Web);
    let web = two.probe();
    two.site.allowed(&web).await;
    two.site.restart().await;

    let missing = vec![(shop, Reason::ApprovalMissing)];
    // The rules have come after the decisions.
    for (of, native_too) in [(Level::Web, false), (Level::Native, true)] {
        put_rule(&mut two, "Shops", of).await;
        for (request, demanded) in [(&web, true), (&native, native_too)] {
            let released = two.site.released(request.id, &both).await;
            let refused = if demanded { missing.clone() } else { Vec::new() };
            assert_eq!(released.refused, refused, "{of} {demanded}");
            assert_eq!(released.devices.len(), 2 - released.refused.len(), "the others get it");
        }
    }
    // What was approved is released to all that it was approved for.
    two.site.knows_key(bob, Level::Native);
    let approved = two.waits().await;
    let approval = two.approval(bob, &approved, Says::Approve);
    assert_eq!(two.say(&approval).await, Ok(true));
    assert_eq!(two.site.released(approved.id, &both).await.devices.len(), 2);
}

#[tokio::test]
async fn what_has_ended_takes_up_room_until_it_is_removed_and_all_of_it_is() {
    let mut two = TwoPersons::new(Level::Native).await;
    let mut first = None;
    let mut people = vec![two.ann];
    for _ in 0..3 {
        people.push(two.site.person(OPERATOR, "SMS00001").await);
    }
    for person in &people {
        two.ann = *person;
        for _ in 0..32 {
            let request = two.waits().await;
            first.get_or_insert(request);
        }
    }
    let first = first.expect("the first one");
    let nobody = UserId(Uuid::nil());
    two.site.now = first.deliver_by;
    assert_eq!(two.site.desk.store.count_waiting(nobody).await.expect("counted"), (128, 0));
    assert!(two.listed().await.is_empty(), "all have ended");

    // Whoever asks next finds room, without waiting for a sweep: what has ended is removed, more than at once.
    two.waits().await;
    assert_eq!(two.site.desk.store.count_waiting(nobody).await.expect("counted"), (1, 0));
    assert_eq!(two.site.refused(&first).await, Reason::ApprovalMissing);
    assert!(two.site.desk.store.verify_audit(0).await.expect("read").is_ok());
}

#[tokio::test]
async fn whoever_approves_may_do_the_same_on_each_device() {
    let mut two = TwoPersons::new(Level::Native).await;
    let (shop, office) = (two.site.device("shop-2").await, two.site.device("office-1").await);
    let elsewhere = two.site.device("elsewhere").await;
    two.site.collection("Shops", &[shop]).await;
    two.site.collection("Both", &[shop, office]).await;
    let clerk = UserId(two.site.id());
    named(&mut two.site, clerk, "clerk", OPERATOR, "Shops").await;
    two.site.knows_key(clerk, Level::Native);
    let asker = two.site.person(OPERATOR, "Both").await;
    two.ann = asker;

    two.targets = devices(&[(shop, "shop-2"), (office, "office-1"), (elsewhere, "elsewhere")]);
    let beyond = two.waits().await;
    let approval = two.approval(clerk, &beyond, Says::Approve);
    let told = two.say(&approval).await;
    assert!(matches!(told, Err(Reason::DeviceOutsideCollections { .. })), "{told:?}");

    // What is refused to both alike is nothing that the one may do and the other may not.
    two.targets = devices(&[(shop, "shop-2"), (elsewhere, "elsewhere")]);
    let same = two.waits().await;
    let approval = two.approval(clerk, &same, Says::Approve);
    assert_eq!(two.say(&approval).await, Ok(true));
}

#[tokio::test]
async fn an_account_is_one_persons_with_any_number_of_others() {
    let mut two = TwoPersons::new(Level::Native).await;
    let (ann, bob, eve) = (two.ann, two.bob, UserId(two.site.id()));
    named(&mut two.site, eve, "eve", OPERATOR, "SMS00001").await;
    for same_as in [bob, eve, eve] {
        let same = ApprovalCall::PutSamePerson { user: ann, same_as };
        assert_eq!(two.ask(same).await, ApprovalAnswer::Done);
    }
    two.site.restart().await;
    let pairs = vec![(ann, bob), (ann, eve)];
    assert_eq!(two.ask(ApprovalCall::ListSamePersons).await, ApprovalAnswer::SamePersons { pairs });
    let request = two.waits().await;
    for account in [bob, eve] {
        two.site.knows_key(account, Level::Native);
        let approval = two.approval(account, &request, Says::Approve);
        let own = "whoever asked cannot approve it, by whatever account";
        assert_eq!(two.say(&approval).await, Err(not_valid(own)), "the first as well as the second");
    }
    assert_eq!(two.ask(ApprovalCall::RemoveSamePerson { user: ann }).await, ApprovalAnswer::Done);
    two.site.restart().await;
    let none = ApprovalAnswer::SamePersons { pairs: Vec::new() };
    assert_eq!(two.ask(ApprovalCall::ListSamePersons).await, none);
}

#[tokio::test]
async fn what_exists_is_changed_also_where_there_is_no_room_for_more() {
    let mut two = TwoPersons::new(Level::Web).await;
    let (ann, bob) = (two.ann, two.bob);
    let same = |user, same_as| ApprovalCall::PutSamePerson { user, same_as };
    assert_eq!(two.ask(same(ann, bob)).await, ApprovalAnswer::Done);
    let approvals = &mut two.site.desk.site.approvals;
    for number in 1..10_000 {
        approvals.put_same(bob, UserId(Uuid::from_u128(1_000 + number)));
    }
    for kind in 1..1_000 {
        let (kind, collection) = (ActionKind(100_000 + kind), "SMS00001".to_owned());
        approvals.put_rule(ApprovalRule { kind, collection, of: Level::Web });
    }
    // More than before is demanded, and what is noted is noted again.
    put_rule(&mut two, "All Devices", Level::Native).await;
    assert_eq!(two.ask(same(ann, bob)).await, ApprovalAnswer::Done);
    let rule =
        ApprovalRule { kind: ActionKind::USER_POLICY, collection: "SMS00001".into(), of: Level::Native };
    for call in [ApprovalCall::PutRule { rule, approval: None }, same(bob, ann)] {
        let told = ask(&mut two.site, call).await;
        assert!(matches!(told, OwnerAnswer::NotValid { .. }), "{told:?}");
    }
}
