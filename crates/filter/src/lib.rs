//! The one filter language: query collections, device search and device groups are all written in it.
//!
//! `name startsWith "shop-" and os contains "Debian" and not online = false`
//!
//! A text is split into words by `token`, [`Filter::parse`] makes a filter of them, checked against the fields of its
//! owner, and the filter is then asked about one device at a time ([`Filter::matches`]) or turned into
//! a condition for a database ([`Filter::to_sql`]). All three agree: text is compared without regard to the case of
//! ASCII letters and ordered by its bytes, and a field without a value satisfies no comparison but `!=`.

mod field;
mod error;
mod token;
mod parse;
mod expression;
mod display;
mod matches;
mod sql;

pub use error::{FilterError, Problem};
pub use expression::{Filter, Operator};
pub use field::{Field, Kind, device};
pub use matches::Value;
pub use sql::{Condition, Dialect, SqlValue};

/// The longest filter, in bytes, as it is written and as it is shown: longer than anybody types, short enough to store
/// with each collection.
pub const LONGEST_FILTER: usize = 4 << 10;

/// How deep `not` and parentheses may nest: the parser calls itself at each level.
pub const DEEPEST_NESTING: usize = 32;

/// The most comparisons in one filter: keeps the condition that a database has to plan small.
pub const MOST_COMPARISONS: usize = 100;

/// The most values in one `in (…)`, and in one filter: each is a bound value of a statement.
pub const MOST_VALUES: usize = 500;
