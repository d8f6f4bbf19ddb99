mod rates;

use std::num::NonZeroU32;

use action::{Clocks, OfflinePolicy, TaskId};
use uuid::Uuid;

use super::*;
use crate::throttle::Throttle;

const START: Duration = Duration::from_secs(100);
const WALL: Timestamp = Timestamp(1_000_000);
const VALID_FOR: Duration = Duration::from_secs(900);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn what_waits_is_released_then_sent_once() {
    let mut backlog = with(Throttle::None, &[(1, 3)]);
    let wanted = backlog.take_releases(START, WALL);
    assert_eq!((wanted.len(), wanted[0].devices.len()), (1, 3));
    assert!(backlog.take_releases(START, WALL).is_empty(), "asked once");
    assert!(backlog.take_sends(START).is_empty(), "nothing is released");

    release(&mut backlog, &wanted[0], START);
    assert_eq!(sent(&mut backlog, START), [3]);
    assert_eq!(sent(&mut backlog, START), [0]);
    let finished = backlog.finished();
    assert_eq!((finished.len(), finished[0].sent), (1, 3));
    assert!(backlog.knows(guid(1)), "three are on their way");
    (0..3).for_each(|number| backlog.said(guid(1), device(1, number), Said::Answered, START));
    backlog.finished();
    assert!(!backlog.knows(guid(1)));
}

#[test]
fn a_device_that_is_known_is_not_pushed_twice_on_one_connection() {
    let mut backlog = with(Throttle::None, &[(1, 1)]);
    push_all(&mut backlog, START);
    assert!(backlog.arrived(guid(1), device(1, 0), 1, START, 0.0));
    assert!(backlog.take_releases(START, WALL).is_empty(), "it has it on this connection");
    backlog.arrived(guid(1), device(1, 0), 2, START, 0.0);
    assert_eq!(
        backlog.take_releases(START, WALL).len(),
        1,
        "its older connection is gone, and the task with it"
    );
}

#[test]
fn what_was_received_is_not_pushed_again() {
    let mut backlog = with(Throttle::None, &[(1, 1)]);
    push_all(&mut backlog, START);
    backlog.said(guid(1), device(1, 0), Said::Received, START);
    backlog.arrived(guid(1), device(1, 0), 2, START, 0.0);
    assert!(backlog.take_releases(START, WALL).is_empty());
}

#[test]
fn a_task_that_nobody_confirms_is_pushed_again_after_a_while() {
    let mut backlog = with(Throttle::None, &[(1, 1)]);
    push_all(&mut backlog, START);
    backlog.sweep(START + 299 * SECOND, |_| Some(1));
    assert!(backlog.take_releases(START + 299 * SECOND, WALL).is_empty());
    backlog.sweep(START + 300 * SECOND, |_| Some(1));
    assert_eq!(backlog.take_releases(START + 300 * SECOND, WALL).len(), 1);
}

#[test]
fn a_window_waits_for_answers_and_not_for_those_who_left() {
    let window = Throttle::Window(NonZeroU32::new(2).expect("not zero"));
    let mut backlog = with(window, &[(1, 6)]);
    let wanted = backlog.take_releases(START, WALL);
    release(&mut backlog, &wanted[0], START);
    assert_eq!(sent(&mut backlog, START), [2]);
    assert_eq!(sent(&mut backlog, START), [0]);
    backlog.said(guid(1), device(1, 0), Said::Received, START);
    assert_eq!(sent(&mut backlog, START), [0], "received is not answered");
    backlog.said(guid(1), device(1, 0), Said::Answered, START);
    assert_eq!(sent(&mut backlog, START), [1]);
    backlog.sweep(START, |_| None);
    assert_eq!(sent(&mut backlog, START), [2]);
}

#[test]
fn a_rate_is_shared_in_turn_and_a_single_device_does_not_wait() {
    let mut backlog = with(Throttle::new(1, 10).expect("a throttle"), &[(1, 500), (2, 500)]);
    backlog.add(&message(3, 1), [(device(3, 0), 1)], START, || 0.0);
    for wanted in backlog.take_releases(START, WALL) {
        release(&mut backlog, &wanted, START);
    }
    let mut by_push = BTreeMap::new();
    let mut now = START;
    while now < START + 10 * SECOND {
        for number in steps(&mut backlog, now) {
            *by_push.entry(number).or_insert(0) += 1;
            if number == 3 {
                assert_eq!(now, START, "the single device goes at once");
            }
        }
        now = backlog.next(now).expect("there is more").max(now + Duration::from_millis(1));
    }
    assert_eq!(by_push[&3], 1);
    assert!((49..=52).contains(&by_push[&1]) && (49..=52).contains(&by_push[&2]), "{by_push:?}");
}

#[test]
fn a_spread_gives_each_device_its_moment() {
    let mut units = (0..100).map(|step| f64::from(step) / 100.0);
    let mut backlog = Backlog::new(Throttles::all(Throttle::new(3, 100).expect("a throttle")));
    let devices = (0..100).map(|number| (device(1, number), 1));
    backlog.add(&message(1, 100), devices, START, || units.next().expect("enough"));
    for wanted in backlog.take_releases(START, WALL) {
        release(&mut backlog, &wanted, START);
    }
    for (after, count) in [(0, 1), (10, 10), (50, 40), (99, 49), (100, 0)] {
        assert_eq!(sent(&mut backlog, START + after * SECOND), [count], "after {after} s");
    }
}

#[test]
fn a_release_that_has_grown_old_is_asked_for_again() {
    let mut backlog = with(Throttle::new(1, 1).expect("a throttle"), &[(1, 100)]);
    let wanted = backlog.take_releases(START, WALL);
    release(&mut backlog, &wanted[0], START);
    assert_eq!(sent(&mut backlog, START), [1]);
    let late = START + VALID_FOR;
    assert_eq!(sent(&mut backlog, late), [0]);
    assert_eq!(backlog.finished().len(), 1);
    assert_eq!(backlog.take_releases(late, WALL)[0].devices.len(), 99);
}

#[test]
fn a_release_that_fails_is_tried_again_later_and_holds_up_nobody() {
    let mut backlog = with(Throttle::None, &[(1, 2), (2, 2)]);
    let wanted = backlog.take_releases(START, WALL);
    let wait = backlog.not_released(&wanted[0], START);
    assert!(wait > Duration::ZERO);
    release(&mut backlog, &wanted[1], START);
    assert_eq!(sent(&mut backlog, START), [2]);
    assert!(backlog.take_releases(START, WALL).is_empty());
    assert_eq!(backlog.next(START), Some(START + wait));
    assert_eq!(backlog.take_releases(START + wait, WALL).len(), 1);
}

#[test]
fn what_was_withdrawn_or_is_overdue_is_not_sent() {
    let mut backlog = with(Throttle::None, &[(1, 2), (2, 2)]);
    let wanted = backlog.take_releases(START, WALL);
    backlog.cancel(guid(1));
    for wanted in &wanted {
        release(&mut backlog, wanted, START);
    }
    assert_eq!(steps(&mut backlog, START), [2, 2]);

    let mut backlog = with(Throttle::None, &[(1, 2)]);
    let deadline = message(1, 2).clocks.deliver_by;
    assert!(backlog.take_releases(START, deadline).is_empty());
    backlog.finished();
    assert!(!backlog.knows(guid(1)));
}

#[test]
fn an_answer_from_an_earlier_connection_saves_the_push() {
    let mut backlog = with(Throttle::None, &[(1, 2)]);
    let wanted = backlog.take_releases(START, WALL);
    backlog.said(guid(1), device(1, 0), Said::Answered, START);
    release(&mut backlog, &wanted[0], START);
    assert_eq!(sent(&mut backlog, START), [1]);
}

#[test]
fn who_is_busy_or_gone_is_put_back_or_forgotten() {
    let mut backlog = with(Throttle::None, &[(1, 2)]);
    let wanted = backlog.take_releases(START, WALL);
    release(&mut backlog, &wanted[0], START);
    let mut count = 0;
    for step in backlog.take_sends(START) {
        let Step::Send { number, release, index, device } = step else { continue };
        if count == 0 {
            backlog.busy(number, &release, index, device, START);
        } else {
            backlog.gone(number, device);
        }
        count += 1;
    }
    assert_eq!(count, 2);
    assert!(backlog.finished().is_empty(), "one is still to be sent");
    assert_eq!(backlog.next(START), Some(START + SECOND));
    assert_eq!(sent(&mut backlog, START + SECOND), [1]);
    assert_eq!(backlog.finished()[0].sent, 2, "one was handed over and lost");
}

#[test]
fn a_long_wait_is_shown_once_with_how_many_are_ahead() {
    let mut backlog = with(Throttle::DEFAULT, &[(1, 1_000)]);
    assert!(backlog.throttled(START).is_empty(), "it may be quick");
    let shown = backlog.throttled(START + 3 * SECOND);
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].devices.len(), &shown[0].reason), (1_000, &Reason::Throttled { ahead: 1_000 }));
    assert!(backlog.throttled(START + 4 * SECOND).is_empty());
    assert!(with(Throttle::None, &[(1, 1_000)]).throttled(START + 3 * SECOND).is_empty());
}

#[test]
fn a_large_push_is_released_in_pages_while_it_is_sent() {
    let mut backlog = with(Throttle::None, &[(1, 25_000)]);
    let pages: Vec<usize> =
        backlog.take_releases(START, WALL).iter().map(|wanted| wanted.devices.len()).collect();
    assert_eq!(pages, [10_000, 10_000, 5_000]);
    let mut slow = with(Throttle::new(1, 2).expect("a throttle"), &[(1, 25_000)]);
    let pages: Vec<usize> =
        slow.take_releases(START, WALL).iter().map(|wanted| wanted.devices.len()).collect();
    assert_eq!(pages, [600], "what is sent within five minutes");
}

/// Makes a backlog with pushes of these numbers to so many devices each.
fn with(throttle: Throttle, pushes: &[(u64, u32)]) -> Backlog {
    let mut backlog = Backlog::new(Throttles::all(throttle));
    for (number, count) in pushes {
        let devices = (0..*count).map(|index| (device(*number, index), 1));
        backlog.add(&message(*number, count.to_owned().max(2).into()), devices, START, || 0.5);
    }
    backlog
}

fn push_all(backlog: &mut Backlog, now: Duration) {
    for wanted in backlog.take_releases(now, WALL) {
        release(backlog, &wanted, now);
    }
    sent(backlog, now);
    backlog.finished();
}

fn release(backlog: &mut Backlog, wanted: &Wanted, now: Duration) {
    let release = crate::release::tests::release_to(wanted.number, wanted.task_guid, &wanted.devices);
    backlog.released(wanted, Some(release), now, VALID_FOR);
}

/// Sends what may be sent, and returns how many it were.
fn sent(backlog: &mut Backlog, now: Duration) -> [usize; 1] {
    [steps(backlog, now).len()]
}

/// Sends what may be sent, and returns the number of the push message of each.
fn steps(backlog: &mut Backlog, now: Duration) -> Vec<u64> {
    let mut numbers = Vec::new();
    for step in backlog.take_sends(now) {
        if let Step::Send { number, device, .. } = step {
            backlog.queued(number, device, 1, now);
            numbers.push(number);
        }
    }
    numbers
}

fn message(number: u64, targets: u64) -> PushMessage {
    PushMessage {
        number,
        task_guid: guid(number),
        task_id: TaskId(number),
        kind: ActionKind::MACHINE_POLICY,
        param: String::new(),
        clocks: Clocks { deliver_by: Timestamp(WALL.0 + 86_400_000), finish_within_seconds: 3_600 },
        offline: OfflinePolicy::Queue,
        targets,
        unfinished: targets,
        forwarded_at: WALL,
    }
}

fn guid(number: u64) -> TaskGuid {
    TaskGuid(Uuid::from_u128(number.into()))
}

fn device(push: u64, number: u32) -> DeviceId {
    DeviceId(Uuid::from_u128(u128::from(push) << 64 | u128::from(number)))
}
