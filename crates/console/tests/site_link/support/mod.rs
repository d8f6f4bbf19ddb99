//! A console in process, and a site that the test plays.

mod console;
mod site;

use std::{future::Future, time::Duration};

pub(crate) use console::Running;
pub(crate) use site::{Site, SiteLink, device, now, post};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen.
pub(crate) async fn within<F: Future>(what: &'static str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {} s", PATIENCE.as_secs()),
    }
}
