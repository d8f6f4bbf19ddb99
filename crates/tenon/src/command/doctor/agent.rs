//! The checks of an agent: those that it makes itself, and the failures that its logs show.

use std::path::Path;

use service::check::{Check, failed};

use super::check::logs;

pub(super) async fn checks(config: &Path) -> Vec<Check> {
    match ::agent::Settings::load(config) {
        Ok(settings) => {
            let mut checks = ::agent::examine(&settings).await;
            checks.extend(logs(settings.logs.folder.clone()).await);
            checks
        }
        Err(error) => {
            let found = service::error::Chain(&error).to_string();
            vec![failed("configuration", found, "correct the file; docs/operate/agent.md has its keys")]
        }
    }
}
