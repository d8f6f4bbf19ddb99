//! The life of an action on some devices.

use action::{Conclusion, Event, Reason, State};

use super::world::World;
use crate::store::{Outgoing, Sending};

#[tokio::test]
async fn an_action_is_stored_sent_followed_and_ended() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 2).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");

        let before = world.store().commits();
        let task_guid = world.ask(&devices).await;
        assert_eq!(world.store().commits() - before, 1, "{}: one commit before the answer", world.name);

        let sent = world.outbox().next_requests(site, 0, 10).await.expect("the store works");
        let [Outgoing { number: 1, sending: Sending::Request { request, user_name, .. }, .. }] = &*sent
        else {
            panic!("{}: {sent:?}", world.name);
        };
        let request = proof::request::Request::parse(request).expect("what the site reads");
        assert_eq!((request.id, request.site, &**user_name), (task_guid, site, "ann"));
        assert_eq!(world.outbox().next_requests(site, 1, 10).await.expect("the store works"), []);

        let before = world.store().commits();
        world.outbox().receipt(site, task_guid);
        assert_eq!(world.store().commits(), before, "a receipt costs no commit");
        let [one, other] = [devices[0], devices[1]];
        let reason = Some(Reason::DeviceOffline { until: None });
        let entries = [
            world.event(task_guid, None, Event::DeliveredToSite { reason: None }),
            world.event(task_guid, None, Event::Authorized { rule: "rule 1".into() }),
            world.event(task_guid, Some(one), Event::Queued { reason: None }),
            world.event(task_guid, Some(other), Event::Queued { reason }),
            world.event(task_guid, Some(one), Event::Sent),
        ];
        assert_eq!(world.outbox().apply_events(site, 5, &entries).await.expect("stored"), 5);
        assert_eq!(world.store().commits() - before, 1, "{}: one commit for a batch", world.name);
        assert_eq!(world.outbox().next_requests(site, 0, 10).await.expect("the store works"), [], "taken");

        let action = world.action(task_guid).await;
        assert_eq!((action.state, action.total, action.concluded), (State::Queued, 2, 0), "{}", world.name);
        assert_eq!(action.why.map(|why| why.reason).as_deref(), Some("device_offline"));
        assert_eq!(action.counts.get("sent"), Some(&1));
        assert_eq!(action.proof, "vouched by the console");

        let done =
            Event::Concluded(Conclusion::Done { detail: "2 of 2 resources in the desired state".into() });
        let failed = Reason::AgentFailed { code: 5, detail: "no such file".into() };
        let entries = [
            world.event(task_guid, Some(one), Event::Received),
            world.event(task_guid, Some(one), done),
            world.event(task_guid, Some(other), Event::Concluded(Conclusion::Failed { reason: failed })),
        ];
        world.outbox().apply_events(site, 8, &entries).await.expect("stored");
        let action = world.action(task_guid).await;
        assert_eq!((action.state, action.total, action.concluded), (State::Failed, 2, 2), "{}", world.name);
        assert!(action.why.expect("a reason").text.contains("no such file"));
        assert_eq!(action.counts.values().sum::<u64>(), 2, "{:?}", action.counts);
        let states: Vec<_> = action.targets.iter().map(|target| target.state).collect();
        assert_eq!(states, [State::Done, State::Failed]);
        let told: Vec<_> = action.history.iter().map(|entry| entry.event.name()).collect();
        assert_eq!(
            told,
            [
                "pending",
                "delivered_to_site",
                "authorized",
                "queued",
                "queued",
                "sent",
                "received",
                "done",
                "failed"
            ]
        );
        assert!(world.lines.texts().iter().any(|line| line.contains(&task_guid.to_string())));
    }
}

#[tokio::test]
async fn a_batch_that_comes_again_changes_nothing() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let task_guid = world.ask(&devices).await;
        let entries = [
            world.event(task_guid, None, Event::DeliveredToSite { reason: None }),
            world.event(task_guid, Some(devices[0]), Event::Received),
        ];
        world.outbox().apply_events(site, 2, &entries).await.expect("stored");
        let (commits, first) = (world.store().commits(), world.action(task_guid).await);
        assert_eq!(world.outbox().apply_events(site, 2, &entries).await.expect("stored"), 2);
        assert_eq!(world.outbox().apply_events(site, 1, &entries[..1]).await.expect("stored"), 2);
        assert_eq!(world.store().commits(), commits, "{}", world.name);
        // The site lost our answer, and cuts its batches anew.
        world.outbox().apply_events(site, 3, &entries).await.expect("stored");
        let again = world.action(task_guid).await;
        assert_eq!(again.history, first.history, "{}", world.name);
        assert_eq!(again.state, State::Received);
    }
}

#[tokio::test]
async fn a_late_answer_is_kept_and_marked() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let task_guid = world.ask(&devices).await;
        let late = Conclusion::Expired { reason: Reason::FinishedTooLate };
        let entries = [
            world.event(task_guid, None, Event::DeliveredToSite { reason: None }),
            world.event(task_guid, Some(devices[0]), Event::Received),
            world.event(task_guid, Some(devices[0]), Event::Concluded(late)),
            world.event(
                task_guid,
                Some(devices[0]),
                Event::Concluded(Conclusion::Done { detail: "ok".into() }),
            ),
        ];
        world.outbox().apply_events(site, 4, &entries).await.expect("stored");
        let action = world.action(task_guid).await;
        assert_eq!(action.state, State::Expired, "{}: the first conclusion stands", world.name);
        assert!(action.targets[0].late_answer);
        assert!(action.history.last().is_some_and(|entry| entry.late && entry.event == State::Done));
    }
}

#[tokio::test]
async fn a_site_is_believed_about_its_own_actions_and_their_devices_only() {
    for world in World::each().await {
        let (site, other) = (world.site(&world.ann, 1).await, world.site(&world.ann, 2).await);
        let devices = world.devices(site, 2).await;
        world.devices(other, 1).await;
        let task_guid = world.ask(&devices[..1]).await;
        let theirs = [world.event(task_guid, Some(devices[0]), Event::DeliveredToSite { reason: None })];
        world.outbox().apply_events(other, 1, &theirs).await.expect("stored");
        let strange = [world.event(task_guid, Some(devices[1]), Event::DeliveredToSite { reason: None })];
        world.outbox().apply_events(site, 1, &strange).await.expect("stored");
        let early = [world.event(task_guid, Some(devices[0]), Event::Sent)];
        world.outbox().apply_events(site, 2, &early).await.expect("stored");
        let action = world.action(task_guid).await;
        assert_eq!((action.state, action.total), (State::Pending, 1), "{}", world.name);
        let warned = world.lines.texts().iter().filter(|line| line.contains("Left out 1 events")).count();
        assert_eq!(warned, 3, "{}", world.name);
    }
}

#[tokio::test]
async fn what_a_site_has_is_unknown_while_its_connector_is_away() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    let waiting = world.ask(&devices).await;
    let action = world.action(waiting).await;
    assert_eq!((action.state, action.unknown), (State::Pending, None));
    assert_eq!(action.why.map(|why| why.reason).as_deref(), Some("connector_away"));

    world.outbox().link_up(site, world.clock.now()).await.expect("stored");
    let entries = [world.event(waiting, None, Event::DeliveredToSite { reason: None })];
    world.outbox().apply_events(site, 1, &entries).await.expect("stored");
    assert_eq!(world.action(waiting).await.why, None);
    let since = world.clock.now();
    world.outbox().link_down(site, since).await.expect("stored");
    let action = world.action(waiting).await;
    assert_eq!(action.unknown.and_then(|unknown| unknown.connector_away_since), Some(since));
    assert!(action.why.expect("a reason").text.contains("is away since"));
}
