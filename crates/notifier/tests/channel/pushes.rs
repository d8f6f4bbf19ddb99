//! The main path: a task reaches its device, and its answer the store.

use std::{num::NonZeroU32, sync::atomic::Ordering};

use action::{ActionKind, Hop, OfflinePolicy, State};
use device_channel::{Cancel, Progress, ReturnCode, ToAgent, ToServer};
use notifier::Throttle;

use crate::{
    device::{Device, pushed, receipt_of, response_of},
    site::{Site, device},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_pushed_answered_and_stored_in_one_commit_on_every_database() {
    for db in testkit::databases().await {
        let name = db.name;
        let site = Site::start_on(db, 1, Throttle::DEFAULT).await;
        let mut device = Device::sign_in(&site, 0).await;
        site.shows_online(0, true).await;
        let forwarded = site.forward(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
        let commits = site.store.db().commits();

        let request = device.task().await;
        assert_eq!(request.task_guid, forwarded);
        device.verify(&site, request.clone());
        device.answer(&request, ReturnCode::SUCCESS).await;

        assert_eq!(site.store.db().commits() - commits, 1, "on {name}: receipt and answer share a commit");
        assert_eq!(site.reaches(forwarded, 0, State::Done).await, None);
        let history = site.store.history(forwarded, 0, 100).await.expect("read");
        let events: Vec<(Hop, State)> =
            history.iter().map(|(_, entry)| (entry.hop, entry.event.state())).collect();
        let expected = [
            (Hop::NotificationServer, State::Sent),
            (Hop::Agent, State::Received),
            (Hop::Agent, State::Done),
        ];
        assert!(events.ends_with(&expected), "on {name}: {events:?}");

        let (push, task) = (request.push_id, request.task_id);
        let finished = format!("Finished sending push task (PushID: {push} TaskID: {task}) to 1 clients");
        site.lines.containing(&finished).await;
        let about: Vec<_> = site.lines.all().into_iter().filter(|line| line.task_guid.is_some()).collect();
        let texts: Vec<&str> = about.iter().map(|line| line.text.as_str()).collect();
        let starting = format!(
            "Starting to send push task (PushID: {push} TaskID: {task} TaskGUID: {} TaskType: 1 TaskParam: ) to 1 clients with \
             throttling (strategy: 1 param: 42)",
            forwarded.upper()
        );
        assert_eq!(texts, ["Get one push message from database.", &starting, &finished]);
        assert!(about.iter().all(|line| line.task_guid == Some(forwarded)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_ends_the_action_in_its_own_way() {
    let site = Site::start(1).await;
    let mut device = Device::sign_in(&site, 0).await;
    for (code, state) in [
        (ReturnCode::FAILED, State::Failed),
        (ReturnCode::NOT_SUPPORTED, State::NotSupported),
        (ReturnCode::EXPIRED, State::Expired),
        (ReturnCode::REFUSED, State::Refused),
        (ReturnCode(-3), State::Failed),
    ] {
        let forwarded = site.forward(&[0], ActionKind(4711), OfflinePolicy::Queue).await;
        let request = device.task().await;
        device.answer(&request, code).await;
        site.reaches(forwarded, 0, state).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_task_is_seen_at_each_step() {
    let site = Site::start(1).await;
    let mut device = Device::sign_in(&site, 0).await;
    let forwarded = site.forward(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    let request = device.task().await;
    site.reaches(forwarded, 0, State::Sent).await;
    device.send(&[receipt_of(&request)]).await;
    site.reaches(forwarded, 0, State::Received).await;
    let progress = Progress { at: service::clock::now(), task: pushed(&request), percent: 50 };
    device.send(&[ToServer::Progress(progress)]).await;
    site.reaches(forwarded, 0, State::Running).await;
    device.send(&[response_of(&request, ReturnCode::SUCCESS)]).await;
    site.reaches(forwarded, 0, State::Done).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_is_one_push_with_one_signature() {
    let rate = Throttle::Rate(NonZeroU32::new(500).expect("not zero"));
    let site = Site::start_on(testkit::databases::memory().await, 30, rate).await;
    let mut devices = Vec::new();
    for number in 0..30 {
        devices.push(Device::sign_in(&site, number).await);
        site.shows_online(number, true).await;
    }
    let all: Vec<u32> = (0..30).collect();
    let forwarded = site.forward(&all, ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    let mut pushes = std::collections::BTreeSet::new();
    for device in &mut devices {
        let request = device.task().await;
        pushes.insert((request.push_id, request.tree_size));
        device.verify(&site, request.clone());
        device.answer(&request, ReturnCode::SUCCESS).await;
    }
    assert_eq!((pushes.len(), pushes.first().map(|(_, size)| *size)), (1, Some(30)));
    assert_eq!(site.authority.releases(), 1);
    assert_eq!(site.store.counts(forwarded).await.expect("read"), [(State::Done, 30)]);
    site.lines.containing("to 30 clients with throttling (strategy: 1 param: 500)").await;
    site.lines.containing(") to 30 clients").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_is_told_how_a_throttled_push_drained() {
    let one = Throttle::Window(NonZeroU32::new(1).expect("not zero"));
    let site = Site::start_on(testkit::databases::memory().await, 3, one).await;
    let mut devices = Vec::new();
    for number in 0..3 {
        devices.push(Device::sign_in(&site, number).await);
        site.shows_online(number, true).await;
    }
    let small = site.forward(&[0], ActionKind::PROBE, OfflinePolicy::Queue).await;
    let request = devices[0].task().await;
    devices[0].answer(&request, ReturnCode::SUCCESS).await;
    site.reaches(small, 0, State::Done).await;
    let many = site.forward(&[0, 1, 2], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    let answers = devices.iter_mut().map(async |device| {
        let request = device.task().await;
        device.answer(&request, ReturnCode::SUCCESS).await;
    });
    futures_util::future::join_all(answers).await;
    let told = async {
        loop {
            match site.store.drains(many).await.expect("read").pop() {
                Some(told) if told.drain.through => return told.drain,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(20), told).await.expect("it is told");
    assert_eq!((told.strategy, told.param, told.clients, told.sent), (2, 1, 3, 3));
    assert_eq!(told.predicted, 4_000, "the third waits for two that take 2 s each");
    assert_eq!(site.store.drains(small).await.expect("read"), [], "it costs a single device no commit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_device_is_not_stuck_behind_a_push_to_many() {
    let slow = Throttle::Window(NonZeroU32::new(1).expect("not zero"));
    let site = Site::start_on(testkit::databases::memory().await, 3, slow).await;
    let mut devices = Vec::new();
    for number in 0..3 {
        devices.push(Device::sign_in(&site, number).await);
        site.shows_online(number, true).await;
    }
    let many = site.forward(&[0, 1, 2], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    site.lines.containing("to 3 clients with throttling (strategy: 2 param: 1)").await;
    let single = site.forward(&[2], ActionKind::PROBE, OfflinePolicy::Queue).await;
    // Nobody has answered the push to many, which may have only one task on its way.
    let request = loop {
        let request = devices[2].task().await;
        if request.task_guid == single {
            break request;
        }
    };
    devices[2].answer(&request, ReturnCode::SUCCESS).await;
    site.reaches(single, 2, State::Done).await;
    let on_their_way = site.store.counts(many).await.expect("read");
    assert!(on_their_way.iter().all(|(state, _)| *state < State::Received), "{on_their_way:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_authority_refuses_at_release_is_refused() {
    let site = Site::start(2).await;
    let _gone = Device::sign_in(&site, 0).await;
    let mut stays = Device::sign_in(&site, 1).await;
    site.authority.forget(device(0));
    let forwarded = site.forward(&[0, 1], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    site.reaches(forwarded, 0, State::Refused).await;
    let request = stays.task().await;
    stays.answer(&request, ReturnCode::SUCCESS).await;
    site.reaches(forwarded, 1, State::Done).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_is_away_delays_and_loses_nothing() {
    let site = Site::start(1).await;
    let mut device = Device::sign_in(&site, 0).await;
    site.authority.halted.store(true, Ordering::Relaxed);
    let forwarded = site.forward(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    site.lines.containing("Failed to release push task").await;
    site.authority.halted.store(false, Ordering::Relaxed);
    let request = device.task().await;
    assert_eq!(request.task_guid, forwarded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_authority_holds_back_waits_says_why_and_is_pushed_later() {
    let site = Site::start(1).await;
    let mut device = Device::sign_in(&site, 0).await;
    site.authority.stopped.store(true, Ordering::Relaxed);
    let forwarded = site.forward(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    let target = site.waits_for(forwarded, 0, &action::Reason::SiteHalted).await;
    assert_eq!(target.state, State::Queued);
    site.authority.stopped.store(false, Ordering::Relaxed);
    let request = device.task().await;
    assert_eq!(request.task_guid, forwarded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_action_is_told_to_the_device_that_has_it() {
    let site = Site::start(1).await;
    let mut device = Device::sign_in(&site, 0).await;
    let forwarded = site.forward(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    let request = device.task().await;
    device.send(&[receipt_of(&request)]).await;
    site.reaches(forwarded, 0, State::Received).await;
    site.store.cancel(forwarded, "admin", service::clock::now()).await.expect("cancelled");
    site.wakes.wake(service::wake::Topic::Cancels);
    assert_eq!(device.hear().await, ToAgent::Cancel(Cancel { task_guid: forwarded }));
    // The answer comes all the same, is kept as late, and confirmed.
    device.answer(&request, ReturnCode::SUCCESS).await;
    site.reaches(forwarded, 0, State::Cancelled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_actions_at_once_are_all_done_once() {
    let site = Site::start(2).await;
    let mut devices = [Device::sign_in(&site, 0).await, Device::sign_in(&site, 1).await];
    let mut forwarded = Vec::new();
    for number in 0..200 {
        forwarded.push(site.forward(&[number % 2], ActionKind::PROBE, OfflinePolicy::Queue).await);
    }
    for device in &mut devices {
        let mut seen = std::collections::BTreeSet::new();
        let mut confirmed = 0;
        while confirmed < 100 {
            match device.hear().await {
                ToAgent::Request(request) => {
                    assert!(seen.insert(request.task_guid), "pushed twice on one connection");
                    device.send(&[receipt_of(&request), response_of(&request, ReturnCode::SUCCESS)]).await;
                }
                ToAgent::Confirm(confirm) => confirmed += confirm.answers.len(),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(seen.len(), 100);
    }
    for (number, task_guid) in (0..).zip(forwarded) {
        site.reaches(task_guid, number % 2, State::Done).await;
    }
}
