//! Roles that are limited to security scopes.

use authority_link::{AssignmentEntry, Explained, ScopeCall, ScopeEntry};

use super::*;

/// A site with the scopes `Retail` and `Offices`, and the collections Shops, Tills (within Shops) and Desks.
struct Scoped {
    site: Site,
    till: DeviceId,
    desk: DeviceId,
    shops: String,
    tills: String,
    desks: String,
}

impl Scoped {
    async fn new() -> Self {
        let mut site = Site::new().await;
        let (till, desk) = (site.device("till-1").await, site.device("desk-1").await);
        let shops = site.collection("Shops", &[till]).await;
        let tills = inner(&mut site, "Tills", till, "Shops").await;
        let desks = site.collection("Desks", &[desk]).await;
        let mut scoped = Self { site, till, desk, shops, tills, desks };
        for name in ["Retail", "Offices"] {
            let put = ScopeCall::Put { name: name.into(), description: format!("for {name}") };
            assert_eq!(scoped.scopes(put).await, OwnerAnswer::Done);
        }
        scoped
    }

    async fn scopes(&mut self, call: ScopeCall) -> OwnerAnswer {
        self.site.owner(OwnerCall::Scopes { call }).await
    }

    async fn carry(&mut self, collection: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|&name| name.to_owned()).collect();
        let carry = ScopeCall::Carry { collection: collection.to_owned(), scopes };
        assert_eq!(self.scopes(carry).await, OwnerAnswer::Done);
    }

    /// Makes a person who holds a role on a collection, limited to scopes.
    async fn person(&mut self, role: &str, collection: &str, scopes: &[&str]) -> UserId {
        let user = UserId(self.site.id());
        let assign = assign(user, role, collection, scopes);
        assert_eq!(self.site.owner(assign).await, OwnerAnswer::Done);
        user
    }

    /// Returns the rule that allows a person the device, or the reason that refuses it.
    async fn told(&mut self, user: UserId, device: DeviceId, name: &str) -> String {
        let request = self.site.request(user, devices(&[(device, name)]));
        match self.site.decide(&request).await {
            Decision::Allowed(allowed) => allowed.rule,
            Decision::Refused { reason } => reason.to_string(),
            Decision::Waits { reason, .. } => format!("waits: {reason}"),
        }
    }

    async fn explained(&mut self, user: UserId, device: &str) -> Explained {
        let call = OwnerCall::Explain {
            user: user.to_string(),
            kind: ActionKind::MACHINE_POLICY,
            device: device.to_owned(),
        };
        match self.site.owner(call).await {
            OwnerAnswer::Explained(explained) => *explained,
            other => panic!("not explained: {other:?}"),
        }
    }
}

fn assign(user: UserId, role: &str, collection: &str, scopes: &[&str]) -> OwnerCall {
    OwnerCall::Assign {
        user,
        name: "ann".into(),
        role: role.into(),
        collections: vec![collection.into()],
        scopes: scopes.iter().map(|&name| name.into()).collect(),
    }
}

async fn inner(site: &mut Site, name: &str, member: DeviceId, outer: &str) -> String {
    let call = OwnerCall::PutCollection {
        name: name.into(),
        query: None,
        members: vec![member],
        include: Vec::new(),
        exclude: Vec::new(),
        limited_to: Some(outer.into()),
    };
    match site.owner(call).await {
        OwnerAnswer::Collection { id } => id,
        other => panic!("no collection: {other:?}"),
    }
}

#[tokio::test]
async fn a_role_that_is_limited_to_a_scope_reaches_the_collections_within_its_own_that_carry_it() {
    let mut scoped = Scoped::new().await;
    let (till, desk, tills) = (scoped.till, scoped.desk, scoped.tills.clone());
    let ann = scoped.person(OPERATOR, "SMS00001", &["Retail"]).await;
    let nowhere = "the device is outside the collections of the role (All Devices; limited to the scopes: Retail); a \
                   collection that holds it can be granted by the site's owner";
    assert_eq!(scoped.told(ann, till, "till-1").await, nowhere, "nothing carries the scope yet");

    scoped.carry(&tills, &["Retail"]).await;
    let rule = format!("role {OPERATOR} on collection {tills} of the scope Retail");
    assert_eq!(scoped.told(ann, till, "till-1").await, rule);
    let outside = "the device is outside the collections of the role (Tills, All Devices; limited to the scopes: \
                   Retail); a collection that holds it can be granted by the site's owner";
    assert_eq!(scoped.told(ann, desk, "desk-1").await, outside);
    // A collection that the role reaches only in part is not reached as a whole.
    let (whole, shops) = (collection("SMS00001", 9), collection(&scoped.shops, 9));
    for targets in [whole, shops] {
        let request = scoped.site.request(ann, targets);
        assert_eq!(scoped.site.refused(&request).await.to_string(), outside);
    }
    let request = scoped.site.request(ann, collection(&tills, 9));
    assert_eq!(scoped.site.allowed(&request).await.rule, rule);

    // The scope is taken away while the action waits.
    scoped.carry(&tills, &["Offices"]).await;
    let released = scoped.site.released(request.id, &[till]).await;
    assert_eq!(released.refused.first().map(|(_, reason)| reason.to_string()).as_deref(), Some(nowhere));
}

#[tokio::test]
async fn a_scope_reaches_no_further_than_the_collections_of_the_role() {
    let mut scoped = Scoped::new().await;
    let (shops, tills, desks) = (scoped.shops.clone(), scoped.tills.clone(), scoped.desks.clone());
    for id in [&tills, &desks] {
        scoped.carry(id, &["Retail", "Offices"]).await;
    }
    let ann = scoped.person(OPERATOR, &shops, &["Offices"]).await;
    let (till, desk) = (scoped.till, scoped.desk);
    assert!(scoped.told(ann, till, "till-1").await.starts_with("role "));
    assert!(scoped.told(ann, desk, "desk-1").await.starts_with("the device is outside"));
    // What carries no scope carries the default one.
    let kim = scoped.person(OPERATOR, &shops, &["Default"]).await;
    let rule = format!("role {OPERATOR} on collection {shops} of the scope Default");
    assert_eq!(scoped.told(kim, till, "till-1").await, rule);
    // A role without a limit counts whatever a collection carries.
    let bo = scoped.person(OPERATOR, &tills, &[]).await;
    assert_eq!(scoped.told(bo, till, "till-1").await, format!("role {OPERATOR} on collection {tills}"));
    let told = scoped
        .site
        .owner(OwnerCall::WhoCan { kind: ActionKind::MACHINE_POLICY, device: "till-1".into() })
        .await;
    let OwnerAnswer::WhoCan { people, .. } = told else { panic!("{told:?}") };
    assert_eq!(people.len(), 3, "{people:?}");
}

#[tokio::test]
async fn three_refusals_stay_apart_where_scopes_limit() {
    let mut scoped = Scoped::new().await;
    let (till, tills) = (scoped.till, scoped.tills.clone());
    scoped.carry(&tills, &["Retail"]).await;
    let stranger = UserId(scoped.site.id());
    let reader = scoped.person("Read-only Analyst", "SMS00001", &["Retail"]).await;
    let elsewhere = scoped.person(OPERATOR, "SMS00001", &["Offices"]).await;
    for (user, expected) in [
        (stranger, "user_unknown_to_site"),
        (reader, "role_lacks_permission"),
        (elsewhere, "device_outside_collections"),
    ] {
        let request = scoped.site.request(user, devices(&[(till, "till-1")]));
        assert_eq!(scoped.site.refused(&request).await.name(), expected);
    }
    let explained = scoped.explained(elsewhere, "till-1").await;
    let held = explained.held.first().expect("held");
    assert_eq!((&*held.name, held.out_of_scope, held.missing.as_deref()), ("All Devices", true, None));
    assert_eq!(held.roles, [format!("{OPERATOR} (scope Offices)")]);
    let explained = scoped.explained(reader, "till-1").await;
    let of_tills = explained.held.iter().find(|held| held.collection == tills).expect("reached");
    assert_eq!(of_tills.missing.as_deref(), Some("Collection / Notify Resource"));
}

#[tokio::test]
async fn scopes_are_kept_listed_and_removed_only_where_nothing_needs_them() {
    let mut scoped = Scoped::new().await;
    let (tills, desks) = (scoped.tills.clone(), scoped.desks.clone());
    scoped.carry(&tills, &["Retail"]).await;
    let ann = scoped.person(OPERATOR, &desks, &["Offices", "Default", "Offices"]).await;
    scoped.site.restart().await;
    let expected = [("Default", "Shops Desks", 1), ("Offices", "", 1), ("Retail", "Tills", 0)];
    let OwnerAnswer::Scopes { scopes } = scoped.scopes(ScopeCall::List).await else { panic!("no scopes") };
    let told: Vec<_> = scopes
        .iter()
        .map(|ScopeEntry { name, collections, assignments, .. }| {
            (&**name, collections.join(" "), *assignments)
        })
        .collect();
    let expected: Vec<_> =
        expected.iter().map(|(name, of, count)| (*name, (*of).to_owned(), *count)).collect();
    assert_eq!(told, expected);
    let OwnerAnswer::Assignments { assignments } = scoped.site.owner(OwnerCall::ListAssignments).await else {
        panic!("no assignments")
    };
    let held: Vec<&AssignmentEntry> = assignments.iter().filter(|held| held.user == ann).collect();
    assert_eq!(held[0].scopes, ["Default", "Offices"]);

    // A collection whose rule is changed keeps its scopes.
    let till = scoped.till;
    assert_eq!(inner(&mut scoped.site, "Tills", till, "Shops").await, tills);
    for (call, says) in [
        (ScopeCall::Put { name: "All".into(), description: String::new() }, "every site has"),
        (ScopeCall::Put { name: "a,b".into(), description: String::new() }, "comma"),
        (ScopeCall::Put { name: String::new(), description: String::new() }, "a name is empty"),
        (ScopeCall::Put { name: "Fine".into(), description: "a\nb".into() }, "control characters"),
        (ScopeCall::Remove { name: "Retail".into() }, "carries the scope"),
        (ScopeCall::Remove { name: "Offices".into() }, "is limited to it"),
        (ScopeCall::Remove { name: "Default".into() }, "no scope `Default`"),
        (ScopeCall::Carry { collection: "Shops".into(), scopes: vec!["All".into()] }, "no scope `All`"),
        (
            ScopeCall::Carry { collection: "SMS00001".into(), scopes: vec!["Retail".into()] },
            "default scope only",
        ),
        (ScopeCall::Carry { collection: "None".into(), scopes: Vec::new() }, "no collection `None`"),
    ] {
        match scoped.scopes(call.clone()).await {
            OwnerAnswer::NotValid { what, .. } => assert!(what.contains(says), "{call:?}: {what}"),
            other => panic!("{call:?}: {other:?}"),
        }
    }
    let unknown = assign(ann, OPERATOR, &desks, &["Nowhere"]);
    assert!(matches!(scoped.site.owner(unknown).await, OwnerAnswer::NotValid { .. }));
    scoped.carry(&tills, &[]).await;
    assert_eq!(scoped.scopes(ScopeCall::Remove { name: "Retail".into() }).await, OwnerAnswer::Done);
}
