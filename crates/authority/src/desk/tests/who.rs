use authority_link::Explained;

use super::*;

async fn explain(site: &mut Site, user: &str, device: &str) -> Explained {
    let kind = ActionKind::MACHINE_POLICY;
    match site.owner(OwnerCall::Explain { user: user.into(), kind, device: device.into() }).await {
        OwnerAnswer::Explained(explained) => *explained,
        other => panic!("not explained: {other:?}"),
    }
}

async fn put(site: &mut Site, name: &str, query: Option<&str>, limited_to: Option<&str>) -> String {
    let call = OwnerCall::PutCollection {
        name: name.into(),
        query: query.map(str::to_owned),
        members: Vec::new(),
        include: Vec::new(),
        exclude: Vec::new(),
        limited_to: limited_to.map(str::to_owned),
    };
    match site.owner(call).await {
        OwnerAnswer::Collection { id } => id,
        other => panic!("no collection: {other:?}"),
    }
}

#[tokio::test]
async fn three_refusals_are_told_apart_and_each_says_who_can_help() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let office = site.device("office-1").await;
    let shops = site.collection("Shops", &[device]).await;
    let bea = UserId(site.id());
    let give = OwnerCall::Assign {
        user: bea,
        name: "Bea".into(),
        role: "Full Administrator".into(),
        collections: vec!["SMS00001".into()],
        scopes: Vec::new(),
    };
    assert_eq!(site.owner(give).await, OwnerAnswer::Done);
    let (stranger, known) = (UserId(site.id()), UserId(site.id()));
    let know = OwnerCall::KnowPerson { user: known, name: "Kim".into() };
    assert_eq!(site.owner(know).await, OwnerAnswer::Done);
    let operator = site.person(OPERATOR, &shops).await;
    for (user, target, name, expected) in [
        (stranger, device, "shop-1", "the site does not know this person; a role can be granted by Bea"),
        (
            known,
            device,
            "shop-1",
            "the site's rules give this person no role with the permission `Collection / Notify Resource`; \
             it can be granted by Bea",
        ),
        (
            operator,
            office,
            "office-1",
            "the device is outside the collections of the role (Shops); a collection that holds it can be granted \
             by Bea",
        ),
    ] {
        let request = site.request(user, devices(&[(target, name)]));
        let reason = site.refused(&request).await;
        assert_eq!(reason.to_string(), expected);
        let explained = explain(&mut site, &user.to_string(), name).await;
        assert_eq!(explained.reason, Some(reason), "the explanation gives the reason of the refusal");
    }
}

#[tokio::test]
async fn an_explanation_says_what_each_role_does() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let shops = site.collection("Shops", &[device]).await;
    let empty = site.collection("Empty", &[]).await;
    let ann = site.person("Read-only Analyst", &shops).await;
    site.assign(ann, OPERATOR, &empty).await;
    let explained = explain(&mut site, "ann", "shop-1").await;
    let held: Vec<_> = explained
        .held
        .iter()
        .map(|held| (&*held.name, held.roles.join(" "), held.holds_device, held.missing.as_deref()))
        .collect();
    assert_eq!(
        held,
        [
            ("Shops", "Read-only Analyst".into(), true, Some("Collection / Notify Resource")),
            ("Empty", OPERATOR.into(), false, None),
        ]
    );
    assert!(matches!(explained.reason, Some(Reason::RoleLacksPermission { .. })), "{:?}", explained.reason);
    site.assign(ann, OPERATOR, &shops).await;
    let explained = explain(&mut site, &ann.to_string(), &device.to_string()).await;
    assert_eq!(explained.rule, Some(format!("role {OPERATOR} on collection {shops}")));
}

#[tokio::test]
async fn those_who_may_are_listed_with_their_rule() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let shops = site.collection("Shops", &[device]).await;
    site.person("Read-only Analyst", &shops).await;
    let operator = site.person(OPERATOR, &shops).await;
    let kind = ActionKind::MACHINE_POLICY;
    let told = site.owner(OwnerCall::WhoCan { kind, device: "shop-1".into() }).await;
    let OwnerAnswer::WhoCan { people, .. } = told else { panic!("{told:?}") };
    let rule = format!("role {OPERATOR} on collection {shops}");
    let told: Vec<_> = people.into_iter().map(|person| (person.user, person.rule)).collect();
    assert_eq!(told, [(operator, rule)]);
    let nothing = site.owner(OwnerCall::WhoCan { kind, device: "shop-9".into() }).await;
    assert!(matches!(nothing, OwnerAnswer::NotValid { .. }));
}

#[tokio::test]
async fn a_role_on_the_outer_collection_covers_the_inner_one() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    site.device("office-1").await;
    let shops = put(&mut site, "Shops", Some("name startsWith \"shop\""), None).await;
    let tills = put(&mut site, "First", Some("name contains \"1\""), Some("Shops")).await;
    let operator = site.person(OPERATOR, &shops).await;
    let request = site.request(operator, collection(&tills, 5));
    let allowed = site.allowed(&request).await;
    assert_eq!((allowed.count, allowed.rule), (1, format!("role {OPERATOR} on collection {shops}")));
    let released = site.released(request.id, &[device]).await;
    assert_eq!(released.devices.len(), 1);
    for (call, what) in [
        (OwnerCall::RemoveCollection { collection: "Shops".into() }, "is in the rules of `First`"),
        (
            OwnerCall::PutCollection {
                name: "Shops".into(),
                query: None,
                members: Vec::new(),
                include: vec!["First".into()],
                exclude: Vec::new(),
                limited_to: None,
            },
            "which builds on it",
        ),
    ] {
        match site.owner(call).await {
            OwnerAnswer::NotValid { what: told, .. } => assert!(told.contains(what), "{told}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_person_who_is_forgotten_holds_nothing() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let ann = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(ann, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;
    assert_eq!(site.owner(OwnerCall::ForgetPerson { user: ann }).await, OwnerAnswer::Done);
    let released = site.released(request.id, &[device]).await;
    assert_eq!(released.refused, [(device, stranger_here(OWNER))]);
    assert_eq!(site.owner(OwnerCall::ListPeople).await, OwnerAnswer::People { people: Vec::new() });
    // It is the same after a restart.
    site.desk.stale = true;
    site.owner(OwnerCall::Status).await;
    let request = site.request(ann, devices(&[(device, "shop-1")]));
    assert_eq!(site.refused(&request).await, stranger_here(OWNER));
}
