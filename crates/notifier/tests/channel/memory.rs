//! The written budget of `docs/operate/memory.md`, counted: bytes of the heap for each idle connection, and allocations
//! for each task on its way to a device and back. What is counted is the whole process, so that each of these tests
//! needs a process of its own, as the test runner gives it.

use std::alloc::System;

use action::{ActionKind, OfflinePolicy, State};
use device_channel::ReturnCode;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::{
    device::{Device, IdleSocket},
    site::Site,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Connections that are measured: enough that what is the server's own does not matter.
const CONNECTIONS: u32 = 200;

/// The budget of one idle connection, by TCP.
const IDLE_BYTES: isize = 6_912;

/// The budget of one task: from the backlog to the socket, and its answer from the socket into the commit, with the
/// store's own part and the client's of this test.
const TASK_ALLOCATIONS: usize = 900;

/// Returns whether this process runs one test only.
fn is_alone() -> bool {
    std::env::var_os("NEXTEST").is_some()
}

#[tokio::test]
async fn an_idle_connection_keeps_to_its_budget() {
    if !is_alone() {
        return;
    }
    let site = Site::start(CONNECTIONS + 1).await;
    site.has_ticket_keys().await;
    // What the first connection makes for all: buffers of the thread, the signed time, the list of the revoked.
    let _first = IdleSocket::sign_in(&site, CONNECTIONS).await;
    let mut sockets = Vec::with_capacity(usize::try_from(CONNECTIONS).expect("small"));
    let region = Region::new(ALLOCATOR);
    for number in 0..CONNECTIONS {
        sockets.push(IdleSocket::sign_in(&site, number).await);
    }
    site.shows_online(CONNECTIONS - 1, true).await;
    let change = region.change();
    let held = isize::try_from(change.bytes_allocated).expect("small")
        - isize::try_from(change.bytes_deallocated).expect("small");
    let each = held / isize::try_from(CONNECTIONS).expect("small");
    assert!(each <= IDLE_BYTES, "{each} bytes for each idle connection, where the budget is {IDLE_BYTES}");
    assert!(each > 1_000, "{each} bytes: what is counted cannot be the connections");
}

#[tokio::test]
async fn a_task_keeps_to_its_budget_of_allocations() {
    if !is_alone() {
        return;
    }
    const DEVICES: u32 = 50;
    let site = Site::start(DEVICES).await;
    let mut devices = Vec::new();
    for number in 0..DEVICES {
        devices.push(Device::sign_in(&site, number).await);
    }
    let targets: Vec<u32> = (0..DEVICES).collect();
    push(&site, &targets, &mut devices).await;
    let commits = site.store.db().commits();
    let region = Region::new(ALLOCATOR);
    push(&site, &targets, &mut devices).await;
    let each = region.change().allocations / usize::try_from(DEVICES).expect("small");
    assert!(
        each <= TASK_ALLOCATIONS,
        "{each} allocations for each task, where the budget is {TASK_ALLOCATIONS}"
    );
    let commits = site.store.db().commits() - commits;
    assert!(commits <= u64::from(DEVICES) + 3, "{commits} commits for {DEVICES} answers");
}

async fn push(site: &Site, targets: &[u32], devices: &mut [Device]) {
    let forwarded = site.forward(targets, ActionKind::PROBE, OfflinePolicy::Queue).await;
    for device in devices.iter_mut() {
        let request = device.task().await;
        device.answer(&request, ReturnCode::SUCCESS).await;
    }
    for number in targets {
        site.reaches(forwarded, *number, State::Done).await;
    }
}
