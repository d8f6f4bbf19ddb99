//! Numbers that grow in the order of commits.
//!
//! A sequence of PostgreSQL is handed out before the commit, so that a reader who has seen 8 may meet 7 later. A row
//! that is locked until the commit cannot: whoever has read up to a number never misses a lower one.

use database::{DbError, Statement, Transaction, args};

/// A sequence of numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counter {
    /// Cancelled push messages.
    Cancel,
    /// Changes of devices.
    Device,
    /// Events. Taken last in a transaction, because others wait for it until the commit.
    Event,
    /// Push messages.
    PushMessage,
}

const TAKE: Statement =
    Statement::both("UPDATE counter SET value = value + $2 WHERE name = $1 RETURNING value");

/// Takes `count` numbers; returns the first.
pub(crate) async fn take(
    transaction: &mut Transaction,
    counter: Counter,
    count: usize,
) -> Result<u64, DbError> {
    let name = match counter {
        Counter::Cancel => "cancel",
        Counter::Device => "device",
        Counter::Event => "event",
        Counter::PushMessage => "push_message",
    };
    let count = count as u64;
    let last = match transaction.row(&TAKE, args![name, count]).await? {
        Some(row) => row.unsigned("value")?,
        None => 0,
    };
    Ok((last + 1).saturating_sub(count))
}
