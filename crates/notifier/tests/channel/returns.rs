//! Devices that were away, servers that were away, and connections that break.

use action::{ActionKind, OfflinePolicy, Reason, State};
use device_channel::{ReturnCode, ToAgent};

use crate::{
    device::{Device, pushed, receipt_of, response_of},
    site::Site,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_waits_for_a_device_that_is_away() {
    let site = Site::start(1).await;
    let forwarded = site.forward(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    site.lines.containing("Get one push message from database.").await;
    let why = loop {
        if let Some(why) = site.reaches(forwarded, 0, State::Queued).await {
            break why;
        }
    };
    assert!(matches!(why, Reason::DeviceOffline { until: Some(_) }), "{why:?}");
    assert_eq!(site.authority.releases(), 0, "nothing is authorised ahead");

    let mut device = Device::sign_in(&site, 0).await;
    let request = device.task().await;
    device.answer(&request, ReturnCode::SUCCESS).await;
    site.reaches(forwarded, 0, State::Done).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_was_sent_and_not_received_is_pushed_again_under_a_new_number() {
    let site = Site::start(1).await;
    let mut device = Device::sign_in(&site, 0).await;
    let forwarded = site.forward(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    let lost = device.task().await;
    drop(device);

    let mut device = Device::sign_in(&site, 0).await;
    let request = device.task().await;
    assert_eq!((request.task_guid, request.task_id), (lost.task_guid, lost.task_id));
    assert!(request.push_id > lost.push_id);
    device.answer(&request, ReturnCode::SUCCESS).await;
    site.reaches(forwarded, 0, State::Done).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_not_confirmed_is_taken_again_and_confirmed() {
    let site = Site::start(1).await;
    let mut device = Device::sign_in(&site, 0).await;
    let forwarded = site.forward(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    let request = device.task().await;
    device.send(&[receipt_of(&request), response_of(&request, ReturnCode::FAILED)]).await;
    site.reaches(forwarded, 0, State::Failed).await;
    drop(device);

    let mut device = Device::sign_in(&site, 0).await;
    device.send(&[response_of(&request, ReturnCode::FAILED)]).await;
    match device.hear().await {
        ToAgent::Confirm(confirm) => assert_eq!(confirm.answers, [pushed(&request)]),
        other => panic!("not a confirmation: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lost_its_memory_is_right_again() {
    let mut site = Site::start(3).await;
    let mut answered = Device::sign_in(&site, 0).await;
    let mut received = Device::sign_in(&site, 1).await;
    let all = [0, 1, 2];
    let forwarded = site.forward(&all, ActionKind::MACHINE_POLICY, OfflinePolicy::Queue).await;
    let (first, second) = (answered.task().await, received.task().await);
    received.send(&[receipt_of(&second)]).await;
    site.reaches(forwarded, 1, State::Received).await;
    // The answer is in the agent's journal when the server's process ends.
    drop(site.running.take());
    drop((answered, received));
    site.start_server().await;

    let mut away = Device::sign_in(&site, 2).await;
    let third = away.task().await;
    away.answer(&third, ReturnCode::SUCCESS).await;

    let mut answered = Device::sign_in(&site, 0).await;
    answered.send(&[receipt_of(&first), response_of(&first, ReturnCode::SUCCESS)]).await;
    let mut received = Device::sign_in(&site, 1).await;
    received.send(&[response_of(&second, ReturnCode::SUCCESS)]).await;
    for (number, device) in [(0, &mut answered), (1, &mut received)] {
        while !matches!(device.hear().await, ToAgent::Confirm(_)) {}
        site.reaches(forwarded, number, State::Done).await;
    }
    assert_eq!(site.store.counts(forwarded).await.expect("read"), [(State::Done, 3)]);
    assert_eq!(site.closed("unknown_push"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_delivered_in_time_expires_and_is_never_pushed() {
    let site = Site::start(1).await;
    let forwarded = site.forward_within(&[0], ActionKind::MACHINE_POLICY, OfflinePolicy::Queue, 200).await;
    site.reaches(forwarded, 0, State::Expired).await;
    let mut device = Device::sign_in(&site, 0).await;
    let next = site.forward(&[0], ActionKind::PROBE, OfflinePolicy::Queue).await;
    assert_eq!(device.task().await.task_guid, next);
    site.lines.containing("Expired 1 push tasks").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_and_goes_is_stored() {
    let site = Site::start(2).await;
    let one = Device::sign_in(&site, 0).await;
    let other = Device::sign_in(&site, 1).await;
    site.shows_online(0, true).await;
    site.shows_online(1, true).await;
    drop(one);
    site.shows_online(0, false).await;
    site.shows_online(1, true).await;
    drop(other);
}
