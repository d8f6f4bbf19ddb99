use super::*;

/// Checks that the owner is told that this is not possible, and why.
async fn refused(site: &mut Site, call: OwnerCall, says: &str) {
    let before = site.desk.store.commits();
    match site.owner(call).await {
        OwnerAnswer::NotValid { what, fix } => {
            assert!(what.contains(says), "{what}");
            assert!(!fix.is_empty());
        }
        other => panic!("not refused for `{says}`: {other:?}"),
    }
    assert_eq!(site.desk.store.commits(), before, "a refusal changes nothing");
}

#[tokio::test]
async fn what_is_not_valid_is_named() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    site.collection("Shops", &[device]).await;
    let operator = site.person(OPERATOR, "Shops").await;
    let unknown = DeviceId(Uuid::from_u128(4711));
    let put = |name: &str, query: Option<&str>, members: Vec<DeviceId>| OwnerCall::PutCollection {
        name: name.into(),
        query: query.map(str::to_owned),
        members,
        include: Vec::new(),
        exclude: Vec::new(),
        limited_to: None,
    };
    let policy = |document: &str, collection: &str| OwnerCall::PutPolicy {
        name: "motd".into(),
        document: document.into(),
        collections: vec![collection.into()],
        users: Vec::new(),
        priority: None,
    };
    let role = |name: &str, permission: &str| OwnerCall::PutRole {
        name: name.into(),
        permissions: vec![permission.into()],
    };
    let assign = |role: &str, collections: &[&str]| OwnerCall::Assign {
        user: operator,
        name: "ann".into(),
        role: role.into(),
        collections: collections.iter().map(|&name| name.into()).collect(),
        scopes: Vec::new(),
    };
    let token = |url: &str, uses, valid_seconds, collection: Option<&str>| OwnerCall::CreateJoinToken {
        url: url.into(),
        uses,
        valid_seconds,
        collection: collection.map(str::to_owned),
        approval: false,
    };
    let mp = "https://mp.example";
    for (call, says) in [
        (put("", None, vec![]), "a name is empty"),
        (put("All Devices", None, vec![]), "cannot be changed"),
        (put("TEN00005", None, vec![]), "looks like the id"),
        (put("SMS00002", None, vec![]), "looks like the id"),
        (put("X", Some("nonsense ="), vec![]), "the query is not valid"),
        (put("X", None, vec![unknown]), "has no device"),
        (OwnerCall::RemoveCollection { collection: "SMS00001".into() }, "cannot be removed"),
        (OwnerCall::RemoveCollection { collection: "Shops".into() }, "is in use"),
        (OwnerCall::RemoveCollection { collection: "None".into() }, "has no collection `None`"),
        (OwnerCall::ListMembers { collection: "None".into() }, "has no collection `None`"),
        (policy("{", "Shops"), "the policy document is not valid"),
        (policy(include_str!("motd.json"), "None"), "has no collection `None`"),
        (OwnerCall::RemovePolicy { name: "none".into() }, "has no policy `none`"),
        (role("Full Administrator", "Collection / Read"), "is built in"),
        (role("x", "Collection / Anything"), "is no permission"),
        (OwnerCall::PutRole { name: "x".into(), permissions: Vec::new() }, "at least one permission"),
        (assign("none", &["Shops"]), "has no role `none`"),
        (assign(OPERATOR, &[]), "at least one collection"),
        (assign(OPERATOR, &["None"]), "has no collection `None`"),
        (OwnerCall::Unassign { user: operator, role: "none".into() }, "does not hold the role"),
        (OwnerCall::RevokeDevice { device: unknown }, "has no device"),
        (token("http://mp.example", 1, 60, None), "is no address"),
        (token(mp, 0, 60, None), "a token is for 1 to"),
        (token(mp, 1, 0, None), "a token is for 1 to"),
        (token(mp, 1, 60, Some("None")), "has no collection `None`"),
        (OwnerCall::RevokeJoinToken { id: "j99".into() }, "no valid join token"),
        (OwnerCall::Backup { folder: "relative".into() }, "is not absolute"),
        (OwnerCall::Backup { folder: "/".into() }, "exists already"),
    ] {
        refused(&mut site, call, says).await;
    }
}

#[tokio::test]
async fn policies_reach_the_devices_of_their_collections() {
    let mut site = Site::new().await;
    let (shop, office) = (site.device("shop-1").await, site.device("office-1").await);
    site.collection("Shops", &[shop]).await;
    let document = include_str!("motd.json");
    let put = OwnerCall::PutPolicy {
        name: "motd".into(),
        document: document.into(),
        collections: vec!["Shops".into()],
        users: Vec::new(),
        priority: None,
    };
    let OwnerAnswer::Policy { sha256, version: 1, .. } = site.owner(put.clone()).await else {
        panic!("no policy");
    };
    let first = manifest(&mut site, shop).await;
    assert_eq!(first.policies.len(), 1);
    assert_eq!(first.policies[0].sha256.hex(), sha256);
    assert_eq!(manifest(&mut site, office).await.policies, []);
    let call = Call::Document { sha256 };
    let expected = Answer::Document { document: document.into() };
    assert_eq!(site.call(Role::ManagementPoint, call).await, expected);
    let unknown = Call::Document { sha256: "ab".repeat(32) };
    denied(site.call(Role::ManagementPoint, unknown).await);

    let OwnerAnswer::Policy { version: 2, .. } = site.owner(put).await else { panic!("no second version") };
    let second = manifest(&mut site, shop).await;
    assert!(second.generation > first.generation);
    site.owner(OwnerCall::RemovePolicy { name: "motd".into() }).await;
    let third = manifest(&mut site, shop).await;
    assert!(third.generation > second.generation && third.policies.is_empty());

    site.owner(OwnerCall::RevokeDevice { device: shop }).await;
    denied(site.call(Role::ManagementPoint, Call::Manifest { device: shop }).await);
}

#[tokio::test]
async fn a_manifest_that_changes_has_a_higher_generation_whatever_changed_it() {
    let mut site = Site::new().await;
    let token = site.token(1, None).await;
    let own_csr = csr();
    let device = enrolled(site.enrol(&token, &own_csr, "office-1").await).device;
    let query = Some("name startsWith \"shop-\"".to_owned());
    site.owner(OwnerCall::PutCollection {
        name: "Shops".into(),
        query,
        members: Vec::new(),
        include: Vec::new(),
        exclude: Vec::new(),
        limited_to: None,
    })
    .await;
    let document = include_str!("motd.json").to_owned();
    site.owner(OwnerCall::PutPolicy {
        name: "motd".into(),
        document,
        collections: vec!["Shops".into()],
        users: Vec::new(),
        priority: None,
    })
    .await;
    let mut last = manifest(&mut site, device).await;
    for name in ["shop-1", "office-1"] {
        site.call(Role::ManagementPoint, Call::PutFacts { facts: vec![(device, facts(name))] }).await;
        let next = manifest(&mut site, device).await;
        assert_ne!(next.policies, last.policies);
        assert!(next.generation > last.generation, "by facts");
        last = next;
    }
    enrolled(site.enrol(&token, &own_csr, "shop-1").await);
    let next = manifest(&mut site, device).await;
    assert_ne!(next.policies, last.policies);
    assert!(next.generation > last.generation, "by enrolling again");
}

async fn manifest(site: &mut Site, device: DeviceId) -> proof::Manifest {
    let Answer::Manifest { manifest } = site.call(Role::ManagementPoint, Call::Manifest { device }).await
    else {
        panic!("no manifest");
    };
    let trust = site.trust().await;
    proof::Manifest::verify(&manifest, trust.document(), device).expect("signed by the policy key")
}

#[tokio::test]
async fn a_role_of_the_sites_own_is_used_at_once_and_after_a_restart() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let permissions = ["Collection / Notify Resource", "Collection / Read", "Collection / Read Resource"];
    let permissions: Vec<_> = permissions.iter().map(|&name| name.to_owned()).collect();
    let put = |permissions: &[String]| OwnerCall::PutRole {
        name: "Pusher".into(),
        permissions: permissions.to_vec(),
    };
    assert_eq!(site.owner(put(&permissions[..2])).await, OwnerAnswer::Done);
    let user = site.person("Pusher", "SMS00001").await;
    let request = site.request(user, devices(&[(device, "shop-1")]));
    let reason = site.refused(&request).await;
    let missing = |reason: &Reason| match reason {
        Reason::RoleLacksPermission { permission, .. } => permission.clone(),
        other => panic!("another reason: {other}"),
    };
    assert_eq!(missing(&reason), "Collection / Read Resource");

    assert_eq!(site.owner(put(&permissions)).await, OwnerAnswer::Done);
    let request = site.request(user, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;
    site.desk.site = SiteState::load(&site.desk.store).await.expect("loaded");
    let request = site.request(user, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;

    assert_eq!(site.owner(put(&permissions[2..])).await, OwnerAnswer::Done);
    let request = site.request(user, devices(&[(device, "shop-1")]));
    assert_eq!(missing(&site.refused(&request).await), "Collection / Notify Resource");
}

#[tokio::test]
async fn the_console_is_shown_names_and_counts() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    site.collection("Shops", &[device]).await;
    let Answer::Mirror(mirror) = site.call(Role::Connector, Call::Mirror).await else { panic!("no mirror") };
    let shown: Vec<_> =
        mirror.collections.iter().map(|collection| (collection.name.as_str(), collection.count)).collect();
    assert_eq!(shown, [("All Devices", 1), ("Shops", 1)]);
    assert_eq!(mirror.roles, ["Full Administrator", "Operations Administrator", "Read-only Analyst"]);
    site.device("shop-2").await;
    let Answer::Mirror(later) = site.call(Role::Connector, Call::Mirror).await else { panic!("no mirror") };
    assert!(later.generation > mirror.generation);
}

#[tokio::test]
async fn what_the_owner_did_is_there_after_a_restart() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    site.collection("Shops", &[device]).await;
    site.person(OPERATOR, "Shops").await;
    site.owner(OwnerCall::Halt).await;
    let lists = [
        OwnerCall::Status,
        OwnerCall::ListCollections,
        OwnerCall::ListMembers { collection: "Shops".into() },
        OwnerCall::ListRoles,
        OwnerCall::ListAssignments,
        OwnerCall::ListPolicies,
        OwnerCall::ListJoinTokens,
    ];
    let mut before = Vec::new();
    for list in lists.clone() {
        before.push(site.owner(list).await);
    }
    assert!(matches!(&before[0], OwnerAnswer::Status { devices: 1, halted: true, epoch: 1, .. }));
    site.desk.site = SiteState::load(&site.desk.store).await.expect("loaded");
    for (list, before) in lists.into_iter().zip(before) {
        assert_eq!(site.owner(list).await, before);
    }
}
