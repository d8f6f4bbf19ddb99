use super::*;

#[tokio::test]
async fn who_may_act_on_what() {
    let mut site = Site::new().await;
    let (shop, office) = (site.device("shop-1").await, site.device("office-1").await);
    let shops = site.collection("Shops", &[shop]).await;
    let operator = site.person(OPERATOR, "Shops").await;
    let analyst = site.person("Read-only Analyst", "SMS00001").await;
    let everywhere = site.person("Full Administrator", "All Devices").await;
    let stranger = UserId(site.id());

    let lacks = |role: &str| Reason::RoleLacksPermission {
        permission: "Collection / Notify Resource".into(),
        role: Some(role.into()),
        grantor: Some("ann".into()),
    };
    let both = || devices(&[(shop, "shop-1"), (office, "office-1")]);
    let renamed = || Reason::TargetRenamed { signed: "shop-2".into(), actual: "shop-1".into() };
    let unknown = DeviceId(Uuid::from_u128(4711));
    let no_collection = || Reason::RequestNotValid { what: "the site has no collection `TEN09999`".into() };
    let grew = || Reason::CollectionGrew { at_most: 1, actual: 2 };
    for (who, targets, expected) in [
        (operator, devices(&[(shop, "shop-1")]), Ok(1)),
        (operator, devices(&[(office, "office-1")]), Err(outside(&["Shops"], "ann"))),
        (operator, devices(&[(shop, "shop-2")]), Err(renamed())),
        (operator, devices(&[(unknown, "x")]), Err(Reason::DeviceUnknown)),
        (operator, both(), Ok(1)),
        (operator, collection(&shops, 1), Ok(1)),
        (operator, collection("SMS00001", 2), Err(outside(&["Shops"], "ann"))),
        (operator, collection("TEN09999", 2), Err(no_collection())),
        (everywhere, both(), Ok(2)),
        (everywhere, collection("SMS00001", 2), Ok(2)),
        (everywhere, collection("SMS00001", 1), Err(grew())),
        (everywhere, collection(&shops, 1), Ok(1)),
        (analyst, devices(&[(shop, "shop-1")]), Err(lacks("Read-only Analyst"))),
        (analyst, collection("SMS00001", 2), Err(lacks("Read-only Analyst"))),
        (stranger, devices(&[(shop, "shop-1")]), Err(stranger_here("ann"))),
    ] {
        let request = site.request(who, targets.clone());
        let decision = match site.decide(&request).await {
            Decision::Allowed(allowed) => Ok(allowed.count),
            Decision::Refused { reason } => Err(reason),
            Decision::Waits { until, .. } => panic!("waits until {until}"),
        };
        assert_eq!(decision, expected, "{targets:?}");
    }
}

#[tokio::test]
async fn a_target_that_is_refused_does_not_hold_up_the_others() {
    let mut site = Site::new().await;
    let (shop, office) = (site.device("shop-1").await, site.device("office-1").await);
    site.collection("Shops", &[shop]).await;
    let operator = site.person(OPERATOR, "Shops").await;
    let request = site.request(operator, devices(&[(shop, "shop-1"), (office, "office-1")]));
    let allowed = site.allowed(&request).await;
    assert_eq!(allowed.refused, [(office, outside(&["Shops"], OWNER))]);
    assert_eq!(allowed.rule, "role Operations Administrator on collection TEN00001");
    let targets = Call::Targets { task_guid: request.id, after: None, limit: 10 };
    let Answer::Targets { targets } = site.call(Role::Connector, targets).await else { panic!("no targets") };
    assert_eq!(targets.iter().map(|target| target.device).collect::<Vec<_>>(), [shop]);
}

#[tokio::test]
async fn a_decision_takes_one_commit_and_stands() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, devices(&[(device, "shop-1")]));
    let before = site.desk.store.commits();
    let first = site.decide(&request).await;
    assert_eq!(site.desk.store.commits() - before, 1);

    // Whatever has changed since, the same request gets the same answer, and nothing is written.
    let taken = OwnerCall::Unassign { user: operator, role: OPERATOR.into() };
    assert_eq!(site.owner(taken).await, OwnerAnswer::Done);
    let before = site.desk.store.commits();
    assert_eq!(site.decide(&request).await, first);
    assert_eq!(site.desk.store.commits(), before);

    let again = site.request(operator, devices(&[(device, "shop-1")]));
    assert_eq!(site.refused(&again).await, holds_nothing());
}

#[tokio::test]
async fn a_collection_is_paged_and_never_becomes_more_than_was_asked_for() {
    let mut site = Site::new().await;
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(site.device(&format!("shop-{number}")).await);
    }
    all.sort();
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, collection("SMS00001", 5));
    assert_eq!(site.allowed(&request).await.count, 5);
    assert_eq!(pages(&mut site, request.id).await, all);

    let late = site.device("late").await;
    let now = pages(&mut site, request.id).await;
    assert_eq!(now.len(), 5, "{late} has joined since");
}

async fn pages(site: &mut Site, task_guid: TaskGuid) -> Vec<DeviceId> {
    let mut all: Vec<DeviceId> = Vec::new();
    loop {
        let call = Call::Targets { task_guid, after: all.last().copied(), limit: 2 };
        let Answer::Targets { targets } = site.call(Role::Connector, call).await else {
            panic!("no targets")
        };
        all.extend(targets.iter().map(|target| target.device));
        if targets.len() < 2 {
            return all;
        }
    }
}

#[tokio::test]
async fn query_collections_follow_what_devices_say() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
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
    let operator = site.person(OPERATOR, "Shops").await;
    let request = site.request(operator, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;

    let put = Call::PutFacts { facts: vec![(device, facts("office-1"))] };
    assert_eq!(site.call(Role::ManagementPoint, put).await, Answer::Done);
    let request = site.request(operator, devices(&[(device, "office-1")]));
    assert_eq!(site.refused(&request).await, outside(&["Shops"], OWNER));
}

#[tokio::test]
async fn a_request_that_is_not_valid_is_refused_with_what_is_wrong() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    let targets = || devices(&[(device, "shop-1")]);
    let base = site.request(operator, targets());
    let nil = action::SiteId(Uuid::nil());
    type Spoil = fn(&mut Request);
    let cases: [(&str, Spoil); 4] = [
        ("it is meant for the site", |request| {
            request.site = action::SiteId(Uuid::nil());
            request.iss = Request::paired_at(request.site);
        }),
        ("it was made at", |request| {
            request.iat = NOW.plus(DAY);
            request.exp = NOW.plus(2 * DAY);
            request.deliver_by = NOW.plus(2 * DAY);
        }),
        ("it ended at", |request| {
            request.iat = NOW.minus(DAY);
            request.exp = NOW.minus(MINUTE);
            request.deliver_by = NOW.minus(MINUTE);
        }),
        ("is not within a day", |request| {
            request.deliver_by = request.iat.plus(2 * DAY);
            request.iss = Request::vouched_by(request.console);
            request.jkt.clear();
            request.site_nonce.clear();
        }),
    ];
    assert_ne!(site.desk.site(), nil);
    for (says, spoil) in cases {
        let mut request = Request { id: TaskGuid(site.id()), ..base.clone() };
        spoil(&mut request);
        let reason = site.refused(&request).await;
        assert!(matches!(&reason, Reason::RequestNotValid { what } if what.contains(says)), "{reason:?}");
    }
    for bytes in [&b""[..], b"{}", b"not json"] {
        let decision = site.decide_bytes(bytes, operator).await;
        assert!(
            matches!(decision, Decision::Refused { reason: Reason::RequestNotValid { .. } }),
            "{decision:?}"
        );
    }
}

#[tokio::test]
async fn an_empty_collection_is_no_target() {
    let mut site = Site::new().await;
    site.collection("Empty", &[]).await;
    let operator = site.person(OPERATOR, "Empty").await;
    let request = site.request(operator, collection("TEN00001", 5));
    let what = "the collection `TEN00001` holds no device".to_owned();
    assert_eq!(site.refused(&request).await, Reason::RequestNotValid { what });
}

#[tokio::test]
async fn the_audit_says_who_and_by_which_rule() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(operator, devices(&[(device, "shop-1")]));
    site.allowed(&request).await;
    let signed = format!("signed with the native key {}, paired at the site", request.jkt);
    let line = site.log.containing(&format!("Asked by ann, {signed}")).await;
    assert_eq!(line.task_guid, Some(request.id));
    let entries = site.desk.store.audit_entries().await;
    let last = entries.last().expect("an entry");
    assert_eq!(last.who, format!("ann ({operator}), {signed}"));
    assert_eq!(last.what, "device action RequestMachinePolicy");
    assert_eq!(last.rule, "role Operations Administrator on collection SMS00001");
    assert_eq!((last.subject.as_str(), last.result.as_str()), (request.id.to_string().as_str(), "allowed"));
    assert!(site.desk.store.verify_audit(0).await.expect("read").is_ok());
}
