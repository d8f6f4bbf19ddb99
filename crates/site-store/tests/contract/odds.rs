//! Settings, a full disk, and a database of a newer program.

use database::{Statement, args};
use site_store::SiteStore;

use crate::support::{TestStore, device, forwarded, guid, notification, stores, update};

#[tokio::test]
async fn settings_are_remembered_and_forgotten() {
    for TestStore { name, store, .. } in stores().await {
        assert_eq!(store.setting::<u64>("throttle").await.expect(name), None, "{name}");
        store.put_setting("throttle", &(1u8, "é")).await.expect(name);
        let before = store.db().commits();
        store.put_setting("throttle", &(1u8, "é")).await.expect(name);
        assert_eq!(store.db().commits(), before, "{name}: the same again is no write");
        let read = store.setting::<(u8, String)>("throttle").await.expect(name);
        assert_eq!(read, Some((1, "é".to_owned())), "{name}");
        let wrong = store.setting::<u64>("throttle").await.expect_err(name);
        assert!(!wrong.is_transient(), "{name}: {wrong}");
        store.forget_setting("throttle").await.expect(name);
        assert_eq!(store.setting::<(u8, String)>("throttle").await.expect(name), None, "{name}");
    }
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_taken_and_it_goes_on_when_there_is_room() {
    let store = testkit::databases::sqlite().await;
    let pages = |count: &'static str| {
        let db = store.db.clone();
        async move {
            let mut transaction = db.begin().await.expect("begins");
            transaction.rows(&Statement::both(count), args![]).await.expect("a pragma");
            transaction.commit().await.expect("commits");
        }
    };
    let site = SiteStore::open(store.db.clone()).await.expect("opens");
    pages("PRAGMA max_page_count = 1").await;
    let mut stored = Vec::new();
    let mut refused = None;
    for number in 1..2_000 {
        match site.take_notification(&notification(number)).await {
            Ok(_) => stored.push(guid(number)),
            Err(error) => {
                refused = Some((number, error));
                break;
            }
        }
    }
    let (number, error) = refused.expect("the disk must fill up");
    assert!(error.is_full() && error.is_transient(), "{error:?}");
    let listed = site.undecided(10_000).await.expect("reads go on");
    assert_eq!(listed.iter().map(|taken| taken.task_guid).collect::<Vec<_>>(), stored);
    assert_eq!(site.history(guid(number), 0, 10).await.expect("reads go on"), []);

    pages("PRAGMA max_page_count = 1000000").await;
    forwarded(&site, number, 3).await;
    assert_eq!(
        site.record(&[update(number, 1, crate::support::done())], crate::support::NOW)
            .await
            .expect("records")
            .moved,
        1
    );
    assert_eq!(site.waiting(guid(number), None, 10).await.expect("reads"), [device(2), device(3)]);
}

#[tokio::test]
async fn a_store_of_a_newer_program_is_refused() {
    for TestStore { name, test, .. } in stores().await {
        let newer = Statement::both("UPDATE migration SET version = 99 WHERE name = 'site'");
        test.db.write(&newer, args![]).await.expect(name);
        let error = SiteStore::open(test.db.clone()).await.expect_err(name);
        assert!(error.to_string().contains("version 99"), "{name}: {error}");
    }
}
