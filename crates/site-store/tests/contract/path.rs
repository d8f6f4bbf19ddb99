//! An action's path through the store, and what it costs.

use action::{Conclusion, Event, PushId, Reason, State, TaskId};
use site_store::{Forwarded, Recorded, Taken};

use crate::support::{
    NOW, TestStore, after, allowed, device, done, failed, forwarded, guid, notification, standing, stores,
    told, update,
};

#[tokio::test]
async fn an_action_goes_its_way_with_three_commits() {
    for TestStore { name, store, .. } in stores().await {
        let before = store.db().commits();
        assert_eq!(store.take_notification(&notification(1)).await.expect(name), Taken::New, "{name}");
        assert_eq!(store.db().commits() - before, 1, "{name}: taking it");
        assert_eq!(store.undecided(10).await.expect(name), [notification(1)], "{name}");

        let forwarded = store.forward(&allowed(1), &[device(1)], &[], NOW).await.expect(name);
        assert_eq!((forwarded, store.db().commits() - before), (Forwarded::New, 2), "{name}: forwarding it");
        assert_eq!(store.undecided(10).await.expect(name), [], "{name}");

        let message = store.next_push_message(0).await.expect(name).expect(name);
        assert_eq!((message.task_guid, message.task_id, message.targets), (guid(1), TaskId(1), 1), "{name}");
        assert_eq!(message.clocks, allowed(1).clocks, "{name}");
        assert_eq!(store.next_push_message(message.number).await.expect(name), None, "{name}");
        assert_eq!(store.waiting(guid(1), None, 10).await.expect(name), [device(1)], "{name}");

        let answer = [update(1, 1, Event::Sent), update(1, 1, Event::Received), update(1, 1, done())];
        let recorded = store.record(&answer, after(1)).await.expect(name);
        assert_eq!(recorded, Recorded { moved: 3, ended: 1, ..Recorded::default() }, "{name}");
        assert_eq!(store.db().commits() - before, 3, "{name}: recording its answer");

        assert_eq!(store.waiting(guid(1), None, 10).await.expect(name), [], "{name}");
        assert_eq!(store.open_push_messages(0, 10).await.expect(name), [], "{name}");
        let expected = [
            "all service_connector delivered_to_site",
            "all authority authorized",
            "all service_connector queued",
            "1 notification_server sent",
            "1 agent received",
            "1 agent done",
        ];
        assert_eq!(told(&store, 1).await, expected, "{name}");
    }
}

#[tokio::test]
async fn what_comes_again_changes_nothing_and_costs_nothing() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 1).await;
        let answer = [update(1, 1, Event::Sent), update(1, 1, Event::Received), update(1, 1, done())];
        store.record(&answer, after(1)).await.expect(name);
        let before = (store.db().commits(), told(&store, 1).await);
        assert_eq!(store.take_notification(&notification(1)).await.expect(name), Taken::Seen, "{name}");
        assert_eq!(
            store.forward(&allowed(1), &[device(1)], &[], NOW).await.expect(name),
            Forwarded::Before,
            "{name}"
        );
        assert!(
            !store
                .refuse(
                    guid(1),
                    &Reason::UserUnknownToSite { discovers: Vec::new(), grantor: None },
                    None,
                    NOW
                )
                .await
                .expect(name),
            "{name}"
        );
        let recorded = store.record(&answer, after(2)).await.expect(name);
        assert_eq!(recorded, Recorded { repeated: 3, ..Recorded::default() }, "{name}");
        assert_eq!((store.db().commits(), told(&store, 1).await), before, "{name}");
    }
}

#[tokio::test]
async fn a_refused_request_ends_for_all_of_its_targets() {
    for TestStore { name, store, .. } in stores().await {
        store.take_notification(&notification(1)).await.expect(name);
        assert!(
            store
                .refuse(
                    guid(1),
                    &Reason::UserUnknownToSite { discovers: Vec::new(), grantor: None },
                    None,
                    after(1)
                )
                .await
                .expect(name),
            "{name}"
        );
        assert_eq!(store.undecided(10).await.expect(name), [], "{name}");
        let forwarded = store.forward(&allowed(1), &[device(1)], &[], NOW).await.expect(name);
        assert_eq!(forwarded, Forwarded::Before, "{name}: what was refused is never forwarded");
        let told = told(&store, 1).await;
        assert_eq!(told[1], "all authority refused: the site does not know this person", "{name}");
        assert_eq!(store.next_push_message(0).await.expect(name), None, "{name}");
    }
}

#[tokio::test]
async fn what_waits_for_a_second_person_says_so_once_until_it_is_decided() {
    for TestStore { name, store, .. } in stores().await {
        store.take_notification(&notification(1)).await.expect(name);
        let missing = Reason::ApprovalMissing;
        assert!(!store.has_waited(guid(1), &missing).await.expect(name), "{name}");
        assert!(store.waits(guid(1), &missing, after(1)).await.expect(name), "{name}");
        let before = store.db().commits();
        assert!(!store.waits(guid(1), &missing, after(2)).await.expect(name), "{name}");
        assert_eq!(store.db().commits(), before, "{name}: it is asked about every few seconds");
        assert!(store.has_waited(guid(1), &missing).await.expect(name), "{name}");
        assert_eq!(store.undecided(10).await.expect(name), [notification(1)], "{name}");
        // Nobody has approved it in time: that is an end by the clock.
        assert!(store.refuse(guid(1), &missing, None, after(3)).await.expect(name), "{name}");
        let expected = [
            "all service_connector delivered_to_site",
            "all authority delivered_to_site: the approval of a second person is missing",
            "all authority expired: the approval of a second person is missing",
        ];
        assert_eq!(told(&store, 1).await, expected, "{name}");
        store.take_notification(&notification(2)).await.expect(name);
        store.cancel(guid(2), "ann", after(1)).await.expect(name);
        assert!(!store.waits(guid(2), &missing, after(2)).await.expect(name), "{name}: it was withdrawn");
    }
}

#[tokio::test]
async fn targets_are_refused_one_by_one_and_the_others_go_on() {
    for TestStore { name, store, .. } in stores().await {
        store.take_notification(&notification(1)).await.expect(name);
        let refused = [(device(2), Reason::DeviceUnknown)];
        store.forward(&allowed(1), &[device(3), device(1)], &refused, NOW).await.expect(name);
        assert_eq!(standing(&store, 1).await, "queued 2, refused 1", "{name}");
        let expected = "2 authority refused: the site does not know this device";
        assert!(told(&store, 1).await.contains(&expected.to_owned()), "{name}");

        store.take_notification(&notification(2)).await.expect(name);
        store.forward(&allowed(2), &[], &refused, NOW).await.expect(name);
        let open = store.open_push_messages(0, 10).await.expect(name);
        assert_eq!(open.iter().map(|message| message.task_guid).collect::<Vec<_>>(), [guid(1)], "{name}");
        assert!(!told(&store, 2).await.contains(&"all service_connector queued".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn the_first_conclusion_stands_and_a_late_answer_is_kept_beside_it_once() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 1).await;
        let expired = Conclusion::Expired { reason: Reason::NotDeliveredInTime };
        store.record(&[update(1, 1, Event::Concluded(expired))], after(1)).await.expect(name);
        assert_eq!(standing(&store, 1).await, "expired 1", "{name}");

        forwarded(&store, 2, 1).await;
        store.cancel(guid(2), "ada", after(1)).await.expect(name);
        let late =
            store.record(&[update(2, 1, failed(7)), update(2, 1, done())], after(2)).await.expect(name);
        assert_eq!(late, Recorded { late: 1, repeated: 1, ..Recorded::default() }, "{name}");
        let again = store.record(&[update(2, 1, done())], after(3)).await.expect(name);
        assert_eq!(again.repeated, 1, "{name}: the agent's own first answer stands, too");
        assert_eq!(standing(&store, 2).await, "cancelled 1", "{name}");
        let told = told(&store, 2).await;
        let end = told.last().expect("a history");
        assert_eq!(end, "1 agent failed: the agent failed with code 7: no", "{name}");
    }
}

#[tokio::test]
async fn an_answer_finds_its_action_after_a_restart_and_an_unknown_one_hurts_nobody() {
    for TestStore { name, store, test } in stores().await {
        forwarded(&store, 1, 2).await;
        store.record(&[update(1, 1, Event::Sent)], after(1)).await.expect(name);
        let store = site_store::SiteStore::open(test.db.clone()).await.expect("opens again");
        assert_eq!(store.task_of_push(PushId(101), TaskId(1)).await.expect(name), Some(guid(1)), "{name}");
        assert_eq!(store.task_of_push(PushId(101), TaskId(2)).await.expect(name), None, "{name}");
        assert_eq!(
            store.tasks_of(&[TaskId(1), TaskId(9)]).await.expect(name),
            [(TaskId(1), guid(1))],
            "{name}"
        );

        let updates = [update(1, 9, done()), update(8, 1, done()), update(1, 2, done())];
        let recorded = store.record(&updates, after(2)).await.expect(name);
        assert_eq!(recorded.unknown, [(guid(1), device(9)), (guid(8), device(1))], "{name}");
        assert_eq!((recorded.moved, standing(&store, 1).await), (1, "sent 1, done 1".into()), "{name}");
        let target = store.target(guid(1), device(1)).await.expect(name).expect(name);
        assert_eq!((target.state, target.push_id), (State::Sent, Some(PushId(101))), "{name}");
    }
}
