//! What the tests stand on: a site with its connector, and the two programs that it talks to.

mod authority;
mod console;
mod site;

use std::{future::Future, time::Duration};

pub(crate) use authority::Authority;
pub(crate) use console::{Console, ConsoleLink};
pub(crate) use site::{Site, device, request, site, task_guid, tenant};

/// How long the connector may take for anything: it waits up to a second between attempts.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen.
pub(crate) async fn within<F: Future>(what: &'static str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {} s", PATIENCE.as_secs()),
    }
}
