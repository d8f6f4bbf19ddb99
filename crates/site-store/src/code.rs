//! How states are written in the store. The numbers never change; their order is that of the states.

use action::{OfflinePolicy, State};
use database::{DbError, Row};

/// Targets below this number wait for their device: `queued` or `sent`. The index of waiting targets repeats it.
pub(crate) const RECEIVED: i64 = 50;
/// Targets from this number on are concluded.
pub(crate) const CONCLUDED: i64 = 100;

pub(crate) fn code(state: State) -> i64 {
    match state {
        State::Pending => 0,
        State::DeliveredToSite => 10,
        State::Authorized => 20,
        State::Queued => 30,
        State::Sent => 40,
        State::Received => RECEIVED,
        State::Running => 60,
        State::Done => CONCLUDED,
        State::Failed => 110,
        State::NotSupported => 120,
        State::Refused => 130,
        State::Expired => 140,
        State::Cancelled => 150,
    }
}

pub(crate) fn state(row: &Row) -> Result<State, DbError> {
    let number = row.int("state")?;
    State::ALL
        .into_iter()
        .find(|state| code(*state) == number)
        .ok_or_else(|| wrong("state", "the number of a state"))
}

pub(crate) fn offline(policy: OfflinePolicy) -> &'static str {
    match policy {
        OfflinePolicy::Queue => "queue",
        OfflinePolicy::Fail => "fail",
    }
}

pub(crate) fn offline_policy(row: &Row) -> Result<OfflinePolicy, DbError> {
    match row.text("offline")? {
        "queue" => Ok(OfflinePolicy::Queue),
        "fail" => Ok(OfflinePolicy::Fail),
        _ => Err(wrong("offline", "an offline policy")),
    }
}

pub(crate) fn wrong(column: &str, wanted: &'static str) -> DbError {
    DbError::Column { column: column.to_owned(), wanted, found: "something else".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_have_the_order_of_the_states_and_say_who_waits_and_who_ended() {
        let codes = State::ALL.map(code);
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        for state in State::ALL {
            assert_eq!(state.is_concluded(), code(state) >= CONCLUDED, "{state:?}");
            assert_eq!(state < State::Received, code(state) < RECEIVED, "{state:?}");
        }
    }
}
