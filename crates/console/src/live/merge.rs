//! Joins changes for one viewer: of many changes of one thing, the last says it all.

use std::collections::BTreeMap;

use console_api::{Change, DevicesChange, LiveChange};

/// The most devices that one change names; a page that shows more reads its list again.
const NAMED: usize = 100;

/// Returns the changes with one for each action, each site and the devices of each site, in the order of their last
/// numbers.
pub(crate) fn merge(changes: Vec<LiveChange>) -> Vec<LiveChange> {
    let mut merged: BTreeMap<String, LiveChange> = BTreeMap::new();
    for change in changes {
        let key = match &change.change {
            Change::Action(action) => format!("action {}", action.task_guid),
            Change::Devices(devices) => format!("devices {}", devices.site),
            Change::Site(site) => format!("site {}", site.site),
            Change::Reset => "reset".to_owned(),
        };
        let joined = match (merged.remove(&key), change) {
            (
                Some(LiveChange { change: Change::Devices(before), .. }),
                LiveChange { id, change: Change::Devices(last) },
            ) => LiveChange { id, change: Change::Devices(join(before, last)) },
            (_, last) => last,
        };
        merged.insert(key, joined);
    }
    let mut merged: Vec<LiveChange> = merged.into_values().collect();
    merged.sort_by_key(|change| change.id);
    merged
}

fn join(before: DevicesChange, last: DevicesChange) -> DevicesChange {
    let mut joined = before;
    joined.more |= last.more;
    for device in last.devices {
        if joined.devices.contains(&device) {
            continue;
        }
        if joined.devices.len() >= NAMED {
            joined.more = true;
            break;
        }
        joined.devices.push(device);
    }
    joined
}

#[cfg(test)]
mod tests {
    use action::{DeviceId, SiteId, State, TaskGuid};
    use console_api::{ActionChange, Counts};
    use uuid::Uuid;

    use super::*;

    fn action(id: u64, number: u128, state: State) -> LiveChange {
        let (task_guid, site) = (TaskGuid(Uuid::from_u128(number)), SiteId(Uuid::nil()));
        let change = ActionChange { task_guid, site, state, counts: Counts::new(), total: 1, concluded: 0 };
        LiveChange { id, change: Change::Action(change) }
    }

    fn devices(id: u64, site: u128, numbers: std::ops::Range<u128>) -> LiveChange {
        let devices = numbers.map(|number| DeviceId(Uuid::from_u128(number))).collect();
        let change = DevicesChange { site: SiteId(Uuid::from_u128(site)), devices, more: false };
        LiveChange { id, change: Change::Devices(change) }
    }

    #[test]
    fn the_last_of_each_thing_is_left() {
        let merged = merge(vec![
            action(1, 1, State::Pending),
            action(2, 2, State::Pending),
            devices(3, 1, 0..2),
            action(4, 1, State::Done),
            devices(5, 1, 1..3),
            devices(6, 2, 0..1),
        ]);
        let expected = [
            action(2, 2, State::Pending),
            action(4, 1, State::Done),
            devices(5, 1, 0..3),
            devices(6, 2, 0..1),
        ];
        assert_eq!(merged, expected);
    }

    #[test]
    fn a_thousand_changes_of_a_fleet_are_a_few_events() {
        let changes = (0..1_000u64).map(|id| devices(id, id as u128 % 2, u128::from(id)..u128::from(id) + 1));
        let merged = merge(changes.collect());
        assert_eq!(merged.len(), 2);
        for change in merged {
            let Change::Devices(devices) = change.change else { panic!("{change:?}") };
            assert!(devices.devices.len() == NAMED && devices.more);
        }
    }
}
