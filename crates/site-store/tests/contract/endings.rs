//! Actions end by their clocks, or because a person withdraws them.

use action::{Event, State};
use site_store::Cancelled;

use crate::support::{
    NOW, TestStore, after, allowed, device, done, forwarded, guid, notification, standing, stores, told,
    update,
};

#[tokio::test]
async fn what_is_not_delivered_in_time_expires_and_what_is_delivered_does_not() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 3).await;
        store
            .record(&[update(1, 1, Event::Received), update(1, 2, Event::Sent)], after(3_500))
            .await
            .expect(name);
        assert_eq!(store.next_deadline().await.expect(name), Some(after(3_600)), "{name}");
        assert_eq!(store.expire(after(3_599)).await.expect(name), 0, "{name}");
        assert_eq!(store.expire(after(3_600)).await.expect(name), 2, "{name}");
        assert_eq!(standing(&store, 1).await, "received 1, expired 2", "{name}");
        assert_eq!(store.next_deadline().await.expect(name), Some(after(3_500 + 600)), "{name}");

        assert_eq!(store.expire(after(3_500 + 600)).await.expect(name), 1, "{name}");
        assert_eq!(standing(&store, 1).await, "expired 3", "{name}");
        assert_eq!(store.next_deadline().await.expect(name), None, "{name}");
        let told = told(&store, 1).await;
        let count = |what: &str| told.iter().filter(|line| line.ends_with(what)).count();
        assert_eq!(count("the device did not receive it in time"), 2, "{name}: {told:?}");
        assert_eq!(count("the device did not finish in time"), 1, "{name}");
        assert_eq!(store.waiting_for(&[device(2)], 10).await.expect(name), [], "{name}: never done later");
    }
}

#[tokio::test]
async fn the_clock_of_a_device_that_works_starts_once() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 2).await;
        store.record(&[update(1, 1, Event::Received)], after(10)).await.expect(name);
        store
            .record(&[update(1, 1, Event::Running), update(1, 2, Event::Running)], after(20))
            .await
            .expect(name);
        assert_eq!(store.expire(after(610)).await.expect(name), 1, "{name}: ten minutes from its receipt");
        assert_eq!(
            store.expire(after(620)).await.expect(name),
            1,
            "{name}: running says that it was received"
        );
        store.record(&[update(1, 1, done())], after(700)).await.expect(name);
        assert_eq!(standing(&store, 1).await, "expired 2", "{name}");
    }
}

#[tokio::test]
async fn more_than_one_batch_expires_in_one_go() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 10_007).await;
        forwarded(&store, 2, 3).await;
        assert_eq!(store.expire(after(4_000)).await.expect(name), 10_010, "{name}");
        assert_eq!(standing(&store, 1).await, "expired 10007", "{name}");
        assert_eq!(store.expire(after(4_000)).await.expect(name), 0, "{name}");
    }
}

#[tokio::test]
async fn a_person_cancels_what_has_not_ended() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 3).await;
        let reported = [update(1, 1, done()), update(1, 2, Event::Received)];
        store.record(&reported, after(1)).await.expect(name);
        let start = store.last_cancel().await.expect(name);
        let before = store.db().commits();
        assert_eq!(
            store.cancel(guid(1), "ada", after(2)).await.expect(name),
            Cancelled::Targets(2),
            "{name}"
        );
        assert_eq!(store.cancel(guid(1), "ada", after(3)).await.expect(name), Cancelled::Nothing, "{name}");
        assert_eq!(store.db().commits() - before, 1, "{name}");
        assert_eq!(standing(&store, 1).await, "done 1, cancelled 2", "{name}");
        let told = told(&store, 1).await;
        assert_eq!(
            told.last().expect("history"),
            "all notification_server cancelled: cancelled by ada",
            "{name}"
        );

        let cancels = store.cancels_after(start, 10).await.expect(name);
        assert_eq!(cancels, [(store.last_cancel().await.expect(name), guid(1))], "{name}");
        let reached = store.cancelled_after_push(guid(1), None, 10).await.expect(name);
        assert_eq!(reached, [device(2)], "{name}: 1 has ended, 3 was never pushed");
        let target = store.target(guid(1), device(3)).await.expect(name).expect(name);
        assert_eq!(target.state, State::Cancelled, "{name}");
    }
}

#[tokio::test]
async fn what_is_cancelled_before_the_decision_is_never_forwarded() {
    for TestStore { name, store, .. } in stores().await {
        assert_eq!(store.cancel(guid(1), "ada", NOW).await.expect(name), Cancelled::Nothing, "{name}");
        store.take_notification(&notification(1)).await.expect(name);
        assert_eq!(store.cancel(guid(1), "ada", NOW).await.expect(name), Cancelled::Undecided, "{name}");
        let forwarded = store.forward(&allowed(1), &[device(1)], &[], NOW).await.expect(name);
        assert_eq!(forwarded, site_store::Forwarded::Before, "{name}");
        assert_eq!(told(&store, 1).await[1], "all service_connector cancelled: cancelled by ada", "{name}");
    }
}
