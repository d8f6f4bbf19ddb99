use super::*;

/// Puts a backup in the place of the site's folder, and starts again.
async fn put_back(site: &mut Site, backup: &std::path::Path) {
    let folder = site.place.path().join("authority");
    std::fs::remove_dir_all(&folder).expect("removed");
    std::fs::rename(backup, &folder).expect("put back");
    let url = format!("sqlite:{}", folder.join("authority.db").display());
    (site.desk, site.log) = desk(&site.place, &url).await;
}

#[tokio::test]
async fn a_backup_that_is_put_back_begins_a_new_epoch() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let operator = site.person(OPERATOR, "SMS00001").await;
    let early = site.trust().await.document().clone();
    let backup = site.place.path().join("backup");
    let call = OwnerCall::Backup { folder: backup.display().to_string() };
    assert_eq!(site.owner(call).await, OwnerAnswer::Done);

    // What happens after the backup, and is then forgotten.
    let request = site.request(operator, devices(&[(device, "shop-1")]));
    let task = site.allowed(&request).await.task_id;
    let push = site.released(request.id, &[device]).await.push_id;
    site.desk.config.site_name = "changed".into();
    site.desk.config.keep_alive_seconds = 60;
    let late = site.trust().await.document().clone();
    let generation = site.desk.site.generation;
    let root = site.desk.keys.root_hash();

    site.now = NOW.minus(MINUTE);
    let before = site.request(operator, devices(&[(device, "shop-1")]));
    site.now = NOW.plus(MINUTE);
    put_back(&mut site, &backup).await;
    site.log.containing("The site was restored from a backup. Epoch 2 begins").await;
    assert_eq!(site.desk.keys.root_hash(), root);

    site.knows_key(operator, Level::Native);
    assert_eq!(site.refused(&before).await, Reason::SiteRestored);
    let after = site.request(operator, devices(&[(device, "shop-1")]));
    assert!(site.allowed(&after).await.task_id > task);
    assert!(site.released(after.id, &[device]).await.push_id > push);
    assert!(site.desk.site.generation > generation);
    let trust = site.trust().await;
    assert_eq!(trust.document().epoch, 2);
    let accepted = trust.accept(Some(&late), site.now).expect("devices that have seen the latest follow");
    assert!(accepted.version > late.version && late.version > early.version);
}

#[tokio::test]
async fn a_store_that_is_put_back_alone_is_noticed() {
    let place = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", place.path().join("store.db").display());
    let (first, _) = desk(&place, &url).await;
    drop(first);
    let (mut started, _) = desk(&place, &url).await;
    let call = Call::Owner { owner: OwnerCall::Halt };
    started.answer(Role::Owner, call, None, NOW).await;
    started.sweep(NOW).await.expect("swept");
    started.store.close().await;
    for file in ["store.db", "store.db-wal", "store.db-shm"] {
        let _ = std::fs::remove_file(place.path().join(file));
    }
    let (again, log) = desk(&place, &url).await;
    assert_eq!(again.numbers.epoch(), 2);
    log.containing("The site was restored").await;
    let (third, _) = desk(&place, &url).await;
    assert_eq!(third.numbers.epoch(), 2, "once");
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_only_its_user_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut site = Site::new().await;
    let backup = site.place.path().join("backup");
    let call = || OwnerCall::Backup { folder: backup.display().to_string() };
    assert_eq!(site.owner(call()).await, OwnerAnswer::Done);
    assert!(matches!(site.owner(call()).await, OwnerAnswer::NotValid { .. }));
    let mode = |path: &std::path::Path| path.metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&backup), 0o700);
    for entry in std::fs::read_dir(&backup).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_failing_store_changes_nothing_in_memory_and_the_site_is_loaded_again() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    let statement = database::Statement::both("DROP TABLE collection");
    site.desk.store.write_for_test(&statement).await;
    let call = OwnerCall::PutCollection {
        name: "Shops".into(),
        query: None,
        members: vec![device],
        include: Vec::new(),
        exclude: Vec::new(),
        limited_to: None,
    };
    let answer = site.call(Role::Owner, Call::Owner { owner: call }).await;
    assert!(matches!(answer, Answer::Failed { .. }), "{answer:?}");
    assert!(site.desk.site.collections.is_empty() && site.desk.stale);
    let answer = site.call(Role::Connector, Call::Mirror).await;
    assert!(matches!(answer, Answer::Failed { transient: true, .. }), "{answer:?}");
}
