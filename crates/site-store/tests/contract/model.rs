//! Whatever is reported, in whatever order, the store agrees with a few lines of memory, and the history that it
//! wrote tells the same states.

use std::{cell::Cell, collections::BTreeMap};

use action::{Conclusion, Event, Reason, State, Timestamp};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use site_store::{Cancelled, Waiters};

use crate::support::{TestStore, after, device, done, failed, forwarded, guid, stores, update};

const DEVICES: u64 = 4;

/// What happens to an action.
#[derive(Clone, Debug)]
enum Step {
    /// These events of these devices are reported together.
    Record(Vec<(u64, Event)>),
    /// These devices are found offline.
    Offline(Vec<u64>),
    /// A person withdraws it.
    Cancel,
    /// So many seconds pass, and the reaper comes.
    Pass(u64),
}

/// What a target should look like.
#[derive(Clone, Debug)]
struct Expected {
    state: State,
    why: Option<Reason>,
    finish_by: Option<Timestamp>,
}

#[test]
fn the_store_agrees_with_a_model_of_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let stores = runtime.block_on(stores());
    for TestStore { name, store, .. } in &stores {
        let action = Cell::new(0);
        let mut runner =
            TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        let tried = runner.run(&vec(step(), 1..25), |steps| {
            // Each run has an action of its own, so that a smaller one can be tried on the same store.
            action.set(action.get() + 1);
            runtime.block_on(walk(store, action.get(), &steps))
        });
        if let Err(error) = tried {
            panic!("{name}: {error}");
        }
    }
}

async fn walk(store: &site_store::SiteStore, action: u64, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut model: BTreeMap<u64, Expected> = BTreeMap::new();
    for number in 1..=DEVICES {
        model.insert(number, Expected { state: State::Queued, why: None, finish_by: None });
    }
    // What the run before has left open would end together with this one.
    for open in store.open_push_messages(0, 10).await.expect("reads") {
        store.cancel(open.task_guid, "the next run", after(0)).await.expect("cancels");
    }
    forwarded(store, action, DEVICES).await;
    let mut seconds = 0;
    for step in steps {
        let now = after(seconds);
        match step {
            Step::Record(events) => {
                let updates: Vec<_> =
                    events.iter().map(|(number, event)| update(action, *number, event.clone())).collect();
                store.record(&updates, now).await.expect("records");
                for (number, event) in events {
                    model.get_mut(number).expect("a target").on(event, now);
                }
            }
            Step::Offline(numbers) => {
                let devices: Vec<_> = numbers.iter().map(|number| device(*number)).collect();
                let reason = Reason::DeviceOffline { until: None };
                let waiters = Waiters::Devices(&devices);
                store.waiting_because(guid(action), waiters, &reason, now).await.expect("stores");
                for number in numbers {
                    let target = model.get_mut(number).expect("a target");
                    if target.state < State::Received {
                        target.on(&Event::Queued { reason: Some(reason.clone()) }, now);
                    }
                }
            }
            Step::Cancel => {
                let cancelled = store.cancel(guid(action), "ada", now).await.expect("cancels");
                let open: Vec<_> = model.values_mut().filter(|target| !target.state.is_concluded()).collect();
                let expected = match open.len() {
                    0 => Cancelled::Nothing,
                    count => Cancelled::Targets(count as u64),
                };
                prop_assert_eq!(cancelled, expected);
                let reason = Reason::CancelledBy { who: "ada".into() };
                for target in open {
                    target.on(&Event::Concluded(Conclusion::Cancelled { reason: reason.clone() }), now);
                }
            }
            Step::Pass(by) => {
                seconds += by;
                let now = after(seconds);
                let mut ended = 0;
                for target in model.values_mut().filter(|target| target.is_due(now)) {
                    target.on(
                        &Event::Concluded(Conclusion::Expired { reason: Reason::NotDeliveredInTime }),
                        now,
                    );
                    ended += 1;
                }
                prop_assert_eq!(store.expire(now).await.expect("expires"), ended);
            }
        }
    }
    agree(store, action, &model).await
}

/// Compares the store, the model, and the states that the history tells.
async fn agree(
    store: &site_store::SiteStore,
    action: u64,
    model: &BTreeMap<u64, Expected>,
) -> Result<(), TestCaseError> {
    let history = store.history(guid(action), 0, 100_000).await.expect("history");
    let targets = store.targets(guid(action), None, 100).await.expect("targets");
    prop_assert_eq!(targets.len(), model.len());
    for (target, (number, expected)) in targets.iter().zip(model) {
        prop_assert_eq!(target.device, device(*number));
        prop_assert_eq!((target.state, &target.why), (expected.state, &expected.why), "device {}", number);
        let told = history
            .iter()
            .filter(|(_, entry)| entry.device.is_none_or(|of| of == target.device))
            .fold(State::Pending, |state, (_, entry)| state.after(entry.event.state()).unwrap_or(state));
        prop_assert_eq!(told, target.state, "what the history tells of device {}", number);
    }
    let unfinished = model.values().filter(|target| !target.state.is_concluded()).count() as u64;
    let message = store.push_message(guid(action)).await.expect("reads").expect("a message");
    prop_assert_eq!(message.unfinished, unfinished);
    let open = store.open_push_messages(0, 10_000).await.expect("reads");
    prop_assert_eq!(open.iter().any(|open| open.task_guid == guid(action)), unfinished > 0);
    Ok(())
}

impl Expected {
    fn on(&mut self, event: &Event, now: Timestamp) {
        let next = self.state.after(event.state()).expect("the site has taken it");
        if let (State::Queued, Event::Queued { reason }) = (next, event) {
            self.why = reason.clone();
        } else if next != self.state {
            self.why = None;
        }
        if matches!(next, State::Received | State::Running) && self.state < State::Received {
            self.finish_by = Some(now.plus(std::time::Duration::from_secs(600)));
        }
        self.state = next;
    }

    fn is_due(&self, now: Timestamp) -> bool {
        match self.state {
            State::Queued | State::Sent => after(3_600) <= now,
            State::Received | State::Running => self.finish_by.is_some_and(|finish_by| finish_by <= now),
            _ => false,
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let number = || 1..=DEVICES;
    prop_oneof![
        6 => vec((number(), event()), 0..8).prop_map(Step::Record),
        2 => vec(number(), 0..4).prop_map(Step::Offline),
        1 => Just(Step::Cancel),
        2 => prop_oneof![1u64..900, 1_000u64..4_000].prop_map(Step::Pass),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Sent),
        3 => Just(Event::Received),
        2 => Just(Event::Running),
        1 => Just(Event::Queued { reason: None }),
        1 => Just(Event::Queued { reason: Some(Reason::Throttled { ahead: 3 }) }),
        1 => Just(Event::DeliveredToSite { reason: None }),
        2 => Just(done()),
        1 => (1..5i32).prop_map(failed),
    ]
}
