//! How pushes drain.

use site_store::{DrainRow, Retention};

use crate::support::{TestStore, after, done, forwarded, guid, stores, update};

#[tokio::test]
async fn each_server_tells_how_a_push_drains_until_the_push_is_swept() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 1).await;
        let task_id = store.push_message(guid(1)).await.expect(name).expect(name).task_id;
        let drain = |sent, through| DrainRow {
            task_id,
            strategy: 1,
            param: 42,
            clients: 10_000,
            sent,
            ahead: 3,
            predicted: 238_000,
            elapsed: sent * 24,
            through,
        };
        let unknown = DrainRow { task_id: action::TaskId(999), ..drain(1, false) };
        let before = store.db().commits();
        store.put_drains("n1", &[drain(1_200, false), unknown], after(1)).await.expect(name);
        assert_eq!(store.db().commits() - before, 1, "{name}: one commit, whatever is told");
        store.put_drains("n2", &[drain(7, false)], after(2)).await.expect(name);
        store.put_drains("n1", &[drain(10_000, true)], after(3)).await.expect(name);
        let told = store.drains(guid(1)).await.expect(name);
        let told: Vec<_> =
            told.iter().map(|told| (told.server.as_str(), told.at, told.drain.clone())).collect();
        assert_eq!(
            told,
            [("n1", after(3), drain(10_000, true)), ("n2", after(2), drain(7, false))],
            "{name}: the last word of each"
        );
        assert_eq!(store.drains(guid(2)).await.expect(name), [], "{name}");

        store.record(&[update(1, 1, done())], after(10)).await.expect(name);
        store.sweep(&Retention::default(), after(365 * 86_400)).await.expect(name);
        assert_eq!(store.drains(guid(1)).await.expect(name), [], "{name}: it goes with its push");
    }
}
