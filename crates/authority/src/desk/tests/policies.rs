//! Policies: their versions, whom they are for, and what they describe differently.

use super::*;

fn document(path: &str, content: &str) -> String {
    format!(
        "$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json\nresources:\n- name: it\n  type: \
         Tenon.Linux/File\n  properties: {{path: {path}, content: {content}}}\n"
    )
}

fn put(name: &str, document: String, collection: &str, users: &[&str], priority: Option<u32>) -> OwnerCall {
    let users = users.iter().map(|&user| user.into()).collect();
    OwnerCall::PutPolicy {
        name: name.into(),
        document,
        collections: vec![collection.into()],
        users,
        priority,
    }
}

async fn history(site: &mut Site, name: &str) -> String {
    match site.owner(OwnerCall::PolicyHistory { name: name.into() }).await {
        OwnerAnswer::PolicyVersions { versions } => {
            let shown = versions.iter().map(|version| format!("{} {}", version.entry.version, version.what));
            shown.collect::<Vec<_>>().join(", ")
        }
        other => panic!("{other:?}"),
    }
}

async fn conflicts(site: &mut Site) -> Vec<String> {
    match site.owner(OwnerCall::PolicyConflicts).await {
        OwnerAnswer::PolicyConflicts { conflicts } => conflicts
            .into_iter()
            .map(|conflict| {
                let names: Vec<_> = conflict.policies.into_iter().map(|(name, ..)| name).collect();
                format!("{}: {} → {:?}", conflict.target, names.join(" "), conflict.stands)
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_change_is_a_version_and_each_version_can_come_back() {
    let mut site = Site::new().await;
    site.owner(put("motd", document("/a", "one"), "SMS00001", &[], None)).await;
    site.owner(put("motd", document("/a", "two"), "SMS00001", &[], None)).await;
    let assign = |users: Vec<String>| OwnerCall::AssignPolicy {
        name: "motd".into(),
        collections: None,
        users: Some(users),
        priority: Some(7),
    };
    site.owner(assign(vec!["anna".into()])).await;
    site.owner(OwnerCall::RemovePolicy { name: "motd".into() }).await;
    let back = OwnerCall::RollBackPolicy { name: "motd".into(), version: 1 };
    assert!(matches!(site.owner(back).await, OwnerAnswer::Policy { version: 5, .. }));
    assert_eq!(
        history(&mut site, "motd").await,
        "5 rolled back to version 1, 4 removed, 3 assigned, 2 put, 1 put"
    );
    for (version, content) in [(None, "one"), (Some(1), "one"), (Some(2), "two"), (Some(3), "two")] {
        let show = OwnerCall::ShowPolicy { name: "motd".into(), version };
        let OwnerAnswer::PolicyDocument { document: shown, policy } = site.owner(show).await else {
            panic!("no document");
        };
        assert_eq!(shown, document("/a", content), "{version:?}");
        let is_third = version == Some(3);
        assert_eq!((policy.entry.users.len(), policy.entry.priority == 7), (usize::from(is_third), is_third));
    }
}

#[tokio::test]
async fn what_policies_describe_differently_is_shown_where_a_device_has_both() {
    let mut site = Site::new().await;
    let (shop, office) = (site.device("shop-1").await, site.device("office-1").await);
    site.collection("Shops", &[shop]).await;
    site.collection("Offices", &[office]).await;
    site.owner(put("a", document("/etc/motd", "one"), "Shops", &[], None)).await;
    site.owner(put("b", document("/etc/motd", "two"), "Offices", &[], None)).await;
    assert_eq!(conflicts(&mut site).await, [""; 0], "no device has both");
    site.owner(put("b", document("/etc/motd", "two"), "SMS00001", &[], None)).await;
    assert_eq!(conflicts(&mut site).await, ["the file `/etc/motd`: a b → None"]);
    site.owner(put("b", document("/etc/motd", "two"), "SMS00001", &[], Some(200))).await;
    assert_eq!(conflicts(&mut site).await, ["the file `/etc/motd`: a b → Some(\"b\")"]);
    site.owner(put("b", document("/etc/motd", "two"), "SMS00001", &["*"], None)).await;
    assert_eq!(conflicts(&mut site).await, [""; 0], "one is applied as users");
}

#[tokio::test]
async fn what_is_no_assignment_is_refused_and_a_secret_is_warned_of() {
    let mut site = Site::new().await;
    for (users, collections, says) in [
        (vec!["root"], vec!["SMS00001"], "`root` is no user"),
        (vec!["a b"], vec!["SMS00001"], "`a b` is no user"),
        (vec![""], vec!["SMS00001"], "`` is no user"),
        (vec![], vec![], "at least one collection"),
    ] {
        let call = OwnerCall::PutPolicy {
            name: "x".into(),
            document: document("/a", "one"),
            collections: collections.into_iter().map(str::to_owned).collect(),
            users: users.into_iter().map(str::to_owned).collect(),
            priority: None,
        };
        match site.owner(call).await {
            OwnerAnswer::NotValid { what, .. } => assert!(what.contains(says), "{what}"),
            other => panic!("not refused for `{says}`: {other:?}"),
        }
    }
    for call in [
        OwnerCall::RollBackPolicy { name: "x".into(), version: 1 },
        OwnerCall::ShowPolicy { name: "x".into(), version: None },
        OwnerCall::PolicyHistory { name: "x".into() },
        OwnerCall::AssignPolicy { name: "x".into(), collections: None, users: None, priority: Some(1) },
    ] {
        match site.owner(call).await {
            OwnerAnswer::NotValid { what, .. } => assert_eq!(what, "the site has no policy `x`"),
            other => panic!("not refused: {other:?}"),
        }
    }
    let secret = format!("{}variables: {{password: hunter2}}\n", document("/a", "one"));
    match site.owner(put("x", secret, "SMS00001", &[], None)).await {
        OwnerAnswer::Policy { warnings, .. } => {
            assert!(warnings.len() == 1 && warnings[0].contains("looks like a secret"), "{warnings:?}");
        }
        other => panic!("{other:?}"),
    }
    let gone = OwnerCall::RollBackPolicy { name: "x".into(), version: 9 };
    match site.owner(gone).await {
        OwnerAnswer::NotValid { what, .. } => assert_eq!(what, "the policy `x` has no version 9"),
        other => panic!("not refused: {other:?}"),
    }
}
