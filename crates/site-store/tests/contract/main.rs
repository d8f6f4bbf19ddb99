//! The contract of the site's store, held to on SQLite in memory, SQLite in a file and PostgreSQL.

mod support;
mod devices;
mod upload;
mod path;
mod waiting;
mod drains;
mod endings;
mod history;
mod sweep;
mod applications;
mod device_logs;
mod content;
mod odds;
mod model;
mod crash;
