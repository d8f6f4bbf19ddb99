//! The audits of console and site vouch for each other: what somebody changes by hand in one store is found from the other
//! side.

use action::ActionKind;
use database::{Db, Statement, args};
use e2e::{World, WorldOptions, eventually};

#[tokio::test]
async fn an_entry_that_is_changed_at_the_site_is_found_at_the_console() {
    let world = acted().await;
    let site = eventually("the site's audit at the console", async || {
        let kept = world.client.site_audits().await.ok()?.into_iter().next()?;
        (kept.number >= 3).then_some(kept)
    })
    .await;
    assert!(!site.signed.is_empty() && site.broken.is_none(), "{site:?}");
    let (done, out, err) = world.tenon_as("ann", &["audit", "verify"]);
    assert!(done && out.contains("site Story: whole up to entry"), "{out}{err}");
    assert!(
        out.contains("signed by the site's authority"),
        "the site told its root key when it was attached: {out}"
    );
    let heads = world.client.audit(None).await.expect("the audit").items;
    assert!(heads.iter().any(|entry| entry.what == "audit.head" && entry.who == "site Story"), "{heads:#?}");

    let store = world.site.folder.join("authority/authority.db");
    edit(&store, Statement::both("UPDATE audit SET entry = replace(entry, 'done', 'gone') WHERE number = 3"))
        .await;
    let (done, out, err) = world.tenon_as("ann", &["audit", "verify"]);
    assert!(!done && out.contains("entry 3, or one before it, was changed"), "{out}{err}");
    assert!(err.contains("the audit of the site Story is not what it was"), "{err}");
    let found = world.client.audit(None).await.expect("the audit").items;
    assert!(found.iter().any(|entry| entry.result.starts_with("broken: entry 3")), "{found:#?}");
}

#[tokio::test]
async fn an_entry_that_is_removed_at_the_console_is_found_at_the_site() {
    let mut world = acted().await;
    let whole = eventually("the console's audit at the site", async || {
        let (done, out, _) = world.site.try_tenon(&["site", "audit", "verify"]);
        (done && out.contains("the console's audit of tenant")).then_some(out)
    })
    .await;
    assert!(whole.contains("is whole up to entry"), "{whole}");

    let store = world.files().join("console/console.db");
    edit(&store, Statement::both("DELETE FROM audit WHERE number = 2")).await;
    let (done, _, err) = world.tenon_as("ann", &["audit", "verify"]);
    assert!(!done && err.contains("entry 2 is missing"), "{err}");
    // The link of a connector that was started again compares at once; otherwise it takes a minute.
    world.site.stop();
    world.site.start_again();
    eventually("the missing entry at the site", async || {
        let (done, _, err) = world.site.try_tenon(&["site", "audit", "verify"]);
        (!done && err.contains("entry 2 is missing") && err.contains("the console's audit")).then_some(())
    })
    .await;
    let told = world.site.tenon(&["site", "audit", "export"]);
    assert!(told.contains("entry 2 is missing"), "it stands in the site's own audit: {told}");
}

#[tokio::test]
async fn entries_that_are_moved_or_removed_at_the_site_are_found_at_the_console() {
    let world = acted().await;
    let site = eventually("the site's audit at the console", async || {
        let kept = world.client.site_audits().await.ok()?.into_iter().next()?;
        (kept.number >= 4).then_some(kept.site)
    })
    .await;
    let store = world.site.folder.join("authority/authority.db");
    for (edits, expected) in [
        (&SWAPPED[..], "entry 2, or one before it, was changed"),
        (&[Statement::both("DELETE FROM audit WHERE number = 3")][..], "entry 3 is missing"),
    ] {
        for statement in edits {
            edit(&store, *statement).await;
        }
        let broken = world.client.verify_site_audit(site).await.expect("compared").broken.expect("found");
        assert!(broken.contains(expected), "{broken}");
        // Put right again, the two begin anew.
        if edits.len() == SWAPPED.len() {
            for statement in SWAPPED {
                edit(&store, statement).await;
            }
            world.client.forget_site_audit(site).await.expect("forgotten");
            let again = world.client.verify_site_audit(site).await.expect("compared");
            assert_eq!(again.broken, None);
        }
    }
}

#[tokio::test]
async fn entries_that_are_changed_or_moved_at_the_console_are_found_at_the_site() {
    let mut world = acted().await;
    kept(&world).await;
    let store = world.files().join("console/console.db");
    let changed = "UPDATE audit SET who = who || '!' WHERE number = 3";
    for edits in [&SWAPPED[..], &[Statement::both(changed)][..]] {
        for statement in edits {
            edit(&store, *statement).await;
        }
        // The link of a connector that was started again compares at once; otherwise it takes a minute.
        world.site.stop();
        world.site.start_again();
        let told = eventually("the changed entry at the site", async || {
            let (done, _, err) = world.site.try_tenon(&["site", "audit", "verify"]);
            (!done && err.contains("or one before it, was changed")).then_some(err)
        })
        .await;
        assert!(told.contains("the console's audit"), "{told}");
        if edits.len() == SWAPPED.len() {
            for statement in SWAPPED {
                edit(&store, statement).await;
            }
            let tenant = world.client.me().await.expect("signed in").tenant.to_string();
            world.site.tenon(&["site", "audit", "forget", "--tenant", &tenant]);
            world.site.stop();
            world.site.start_again();
            kept(&world).await;
        }
    }
}

/// Waits until the site keeps the hashes of the console's audit, and finds it whole.
async fn kept(world: &World) {
    eventually("the console's audit at the site", async || {
        let (done, out, _) = world.site.try_tenon(&["site", "audit", "verify"]);
        (done && out.contains("the console's audit of tenant")).then_some(())
    })
    .await;
}

/// Two entries change places; done again they are where they were.
const SWAPPED: [Statement; 3] = [
    Statement::both("UPDATE audit SET number = 0 WHERE number = 2"),
    Statement::both("UPDATE audit SET number = 2 WHERE number = 3"),
    Statement::both("UPDATE audit SET number = 3 WHERE number = 0"),
];

/// A world in which something was done that both audits tell of.
async fn acted() -> World {
    let world = World::start(WorldOptions::default()).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    world.ended(task_guid).await;
    world
}

/// Edits a store by hand, beside the program that owns it.
async fn edit(file: &std::path::Path, statement: Statement) {
    let db = Db::open(&format!("sqlite:{}", file.display())).await.expect("the store");
    assert_eq!(db.write(&statement, args![]).await.expect("edited"), 1);
    db.close().await;
}
