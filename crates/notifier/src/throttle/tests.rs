use proptest::prelude::*;

use super::*;

const START: Duration = Duration::from_secs(100);

#[test]
fn numbers_are_strategies() {
    for (strategy, param) in [(0, 0), (1, 42), (2, 1), (3, 3_600)] {
        let throttle = Throttle::new(strategy, param).expect("a throttle");
        assert_eq!((throttle.strategy(), throttle.param()), (strategy, param));
    }
    assert_eq!(Throttle::default(), Throttle::new(1, 42).expect("the seed's"));
    assert_eq!(Throttle::new(4, 1), Err(ThrottleError::Strategy(4)));
    for strategy in 1..=3 {
        assert_eq!(Throttle::new(strategy, 0), Err(ThrottleError::Param(strategy)));
    }
}

#[test]
fn a_rate_lets_through_so_many_a_second() {
    for rate in [1, 42, 999, 5_000] {
        let mut gate = gate(1, rate);
        let passed = run(&mut gate, Duration::from_secs(10));
        let expected = usize::try_from(rate).expect("small") * 10;
        assert!(passed.abs_diff(expected) <= expected / 50 + 2, "{passed} at {rate} a second");
    }
}

#[test]
fn a_rate_does_not_save_up_while_nothing_is_to_do() {
    let mut gate = gate(1, 1_000);
    run(&mut gate, Duration::from_secs(1));
    gate.idle();
    let later = START + Duration::from_secs(3_600);
    assert!(gate.room(later, 0) <= 51, "{}", gate.room(later, 0));
    let mut slow = gate_at(1, 1);
    assert_eq!(slow.room(later, 0), 1);
    slow.passed(later);
    slow.idle();
    assert_eq!(slow.room(later, 0), 0);
    assert!(slow.opens(later).is_some_and(|at| at > later));
}

#[test]
fn a_busy_rate_makes_up_for_a_pass_that_came_late() {
    let mut gate = gate(1, 1_000);
    run(&mut gate, Duration::from_secs(1));
    let late = START + Duration::from_millis(1_400);
    assert!((395..=405).contains(&gate.room(late, 0)), "{}", gate.room(late, 0));
    let much_later = START + Duration::from_secs(60);
    assert_eq!(gate.room(much_later, 0), 1_001, "a second's worth at most");
}

#[test]
fn a_window_opens_with_answers() {
    let gate = gate(2, 10);
    for (unanswered, room) in [(0, 10), (9, 1), (10, 0), (50, 0)] {
        assert_eq!(gate.room(START, unanswered), room);
    }
    assert_eq!(gate.opens(START), None, "time alone does not open it");
}

#[test]
fn a_spread_gives_each_client_its_own_moment() {
    let spread = Throttle::new(3, 60).expect("a throttle");
    for (unit, seconds) in [(0.0, 0), (0.5, 30), (1.0, 60), (9.0, 60)] {
        assert_eq!(spread.due(Lane::Many, START, unit), START + Duration::from_secs(seconds));
    }
    assert_eq!(spread.due(Lane::Single, START, 1.0), START, "one device is no storm");
    assert_eq!(Throttle::DEFAULT.due(Lane::Many, START, 1.0), START);
}

#[test]
fn the_time_to_drain_is_told_where_it_can_be() {
    assert_eq!(Throttle::DEFAULT.drain(420), Some(Duration::from_secs(10)));
    assert_eq!(Throttle::None.drain(420), Some(Duration::ZERO));
    assert_eq!(Throttle::new(3, 60).expect("a throttle").drain(420), Some(Duration::from_secs(60)));
    assert_eq!(Throttle::new(2, 60).expect("a throttle").drain(420), None);
}

#[test]
fn a_kind_may_have_a_throttle_of_its_own() {
    let by_kind = BTreeMap::from([(ActionKind::PROBE, Throttle::None)]);
    let throttles = Throttles { by_kind, ..Throttles::default() };
    assert_eq!(throttles.of(ActionKind::PROBE), Throttle::None);
    assert_eq!(throttles.of(ActionKind::MACHINE_POLICY), Throttle::DEFAULT);
    assert_eq!(throttles.key(ActionKind::MACHINE_POLICY), throttles.key(ActionKind::USER_POLICY));
}

proptest! {
    #[test]
    fn a_rate_is_never_exceeded(rate in 1u32..2_000, steps in prop::collection::vec(1u64..400, 1..60)) {
        let mut gate = gate(1, rate);
        let (mut now, mut passed) = (START, 0u64);
        for step in steps {
            now += Duration::from_millis(step);
            for _ in 0..gate.room(now, 0) {
                gate.passed(now);
                passed += 1;
            }
            let elapsed = (now - START + MADE_UP).as_nanos() as u64;
            prop_assert!(passed <= elapsed * u64::from(rate) / 1_000_000_000 + 2);
        }
    }
}

/// Lets through what there is room for, asking again whenever the gate says that it opens.
fn run(gate: &mut Gate, time: Duration) -> usize {
    let (mut now, mut passed) = (START, 0);
    while now < START + time {
        for _ in 0..gate.room(now, 0) {
            gate.passed(now);
            passed += 1;
        }
        now = gate.opens(now).expect("a rate").max(now + Duration::from_millis(1));
    }
    passed
}

fn gate(strategy: u32, param: u32) -> Gate {
    let mut gate = gate_at(strategy, param);
    gate.next = START;
    gate
}

fn gate_at(strategy: u32, param: u32) -> Gate {
    Gate::new(Throttle::new(strategy, param).expect("a throttle"))
}
