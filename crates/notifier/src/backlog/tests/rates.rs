//! Each strategy holds its rate within 5 %, as it was forecast, on a clock that the test moves.

use super::*;
use crate::throttle::{Pace, forecast};

/// As many as one server holds by the open files of a usual process.
const CLIENTS: u32 = 18_000;

/// How long a device takes to answer here.
const ANSWER: Duration = Duration::from_millis(200);

/// How late passes come on a busy machine.
const PASS_EVERY: Duration = Duration::from_millis(40);

#[test]
fn a_rate_a_window_and_a_spread_take_as_long_as_was_forecast() {
    let pace = Pace { unthrottled_per_second: u32::MAX, answered_within: ANSWER };
    for (strategy, param) in [(1, 420), (1, 5_000), (2, 500), (3, 60)] {
        let throttle = Throttle::new(strategy, param).expect("a throttle");
        let mut backlog = Backlog::new(Throttles::all(throttle));
        // Throws of the dice that fall evenly.
        let mut units = (0..CLIENTS).map(|step| f64::from(step) / f64::from(CLIENTS));
        let devices = (0..CLIENTS).map(|number| (device(1, number), 1));
        backlog.add(&message(1, CLIENTS.into()), devices, START, || units.next().unwrap_or(1.0));
        let took = drain(&mut backlog, CLIENTS, |_, _| {});
        let predicted = forecast(throttle, CLIENTS.into(), 0, pace);
        let off = took.as_secs_f64() / predicted.as_secs_f64() - 1.0;
        assert!(off.abs() <= 0.05, "{throttle:?}: took {took:?}, {predicted:?} was forecast");
    }
}

#[test]
fn without_a_throttle_all_go_in_one_pass_each() {
    let took = drain(&mut with(Throttle::None, &[(1, CLIENTS)]), CLIENTS, |_, _| {});
    assert!(took <= PASS_EVERY, "{took:?}");
}

#[test]
fn a_throttle_that_is_changed_holds_at_once() {
    let rate = |rate| Throttle::new(1, rate).expect("a throttle");
    for before in
        [rate(10), Throttle::new(3, 3_600).expect("a throttle"), Throttle::new(2, 1).expect("a throttle")]
    {
        let mut backlog = with(before, &[(1, 4_000)]);
        let change_at = START + 10 * SECOND;
        let mut sent_before = 0;
        let took = drain(&mut backlog, 4_000, |backlog, step| match step {
            Moment::Pass(now) if now == change_at => {
                backlog.set_throttles(Throttles::all(rate(200)), now, || 0.5);
            }
            Moment::Sent(now) if now < change_at => sent_before += 1,
            Moment::Pass(_) | Moment::Sent(_) => {}
        });
        let rest = f64::from(4_000 - sent_before) / 200.0 + 10.0;
        let off = took.as_secs_f64() / rest - 1.0;
        assert!(off.abs() <= 0.05, "{before:?}: took {took:?}, {rest} s were expected");
    }
}

#[test]
fn a_drain_is_told_while_it_runs_and_when_it_is_through() {
    let rate = Throttle::new(1, 100).expect("a throttle");
    let mut backlog = with(rate, &[(1, 1_000), (2, 500)]);
    let (running, through) = backlog.drains(START);
    assert!(through.is_empty());
    let of =
        |drain: &Drain| (drain.clients, drain.sent, drain.ahead, drain.predicted.as_secs(), drain.is_through);
    assert_eq!(
        running.iter().map(of).collect::<Vec<_>>(),
        [(1_000, 0, 0, 10, false), (500, 0, 1_000, 15, false)]
    );
    let mut told = Vec::new();
    drain(&mut backlog, 1_500, |backlog, moment| {
        if let Moment::Pass(now) = moment {
            told.extend(backlog.drains(now).1);
        }
    });
    told.extend(backlog.drains(START).1);
    assert_eq!(told.len(), 2, "each is told once");
    assert!(told.iter().all(|drain| drain.is_through && drain.sent == drain.clients), "{told:?}");
    let took = told.iter().map(|drain| drain.elapsed.as_secs_f64()).fold(0.0, f64::max);
    assert!((14.2..=15.8).contains(&took), "{took} s for both");
}

/// What happens on the way.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Pass(Duration),
    Sent(Duration),
}

/// Runs passes until so many tasks are sent; returns how long that took. Devices answer, and passes come late.
fn drain(backlog: &mut Backlog, tasks: u32, mut on: impl FnMut(&mut Backlog, Moment)) -> Duration {
    let (mut now, mut last, mut count) = (START, START, 0);
    let mut answers: BTreeMap<Duration, Vec<(u64, DeviceId)>> = BTreeMap::new();
    while count < tasks {
        while let Some(first) = answers.first_entry().filter(|first| *first.key() <= now) {
            for (number, device) in first.remove() {
                backlog.said(guid(number), device, Said::Answered, now);
            }
        }
        on(backlog, Moment::Pass(now));
        for wanted in backlog.take_releases(now, WALL) {
            release(backlog, &wanted, now);
        }
        for step in backlog.take_sends(now) {
            let Step::Send { number, device, .. } = step else { continue };
            backlog.queued(number, device, 1, now);
            answers.entry(now + ANSWER).or_default().push((number, device));
            (last, count) = (now, count + 1);
            on(backlog, Moment::Sent(now));
        }
        backlog.finished();
        now += PASS_EVERY;
        assert!(now < START + Duration::from_secs(3_600), "{count} of {tasks} were sent in an hour");
    }
    last - START
}
