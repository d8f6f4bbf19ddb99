//! The checks of a site.

use std::path::Path;

use authority_link::{OwnerAnswer, OwnerCall};
use connector::LinkState;

use super::{
    check::{
        Check, database, disk, failed, good, host_and_port, listening, logs, permissions, reached, warning,
    },
    server,
};
use crate::{command::site::config::SiteFile, owner::SiteFolder};

/// A push to all devices that takes longer than this starves the actions behind it.
const LONGEST_DRAIN_SECONDS: u64 = 3_600;

pub(super) async fn checks(config: &Path) -> Vec<Check> {
    let file: SiteFile = match service::config::load(config, "site") {
        Ok(file) => file,
        Err(error) => {
            let found = service::error::Chain(&error).to_string();
            return vec![failed(
                "configuration",
                found,
                "correct the file; docs/operate/site.md has its keys",
            )];
        }
    };
    let mut checks = vec![good("configuration", config.display().to_string())];
    checks.push(permissions(&file.folder));
    checks.push(disk(&file.folder));
    checks.push(database(&file.database_url()).await);
    let devices = authority(&file, &mut checks).await;
    checks.push(throttle(file.notifier.throttle_strategy, file.notifier.throttle_param, devices));
    console(&file, &mut checks).await;
    checks.push(listening("notification server", file.notifier.listen).await);
    checks.push(listening("management point", file.management_point.listen).await);
    checks.extend(logs(file.log_folder()).await);
    checks
}

/// Returns how many devices there are, where the authority says.
async fn authority(file: &SiteFile, checks: &mut Vec<Check>) -> u64 {
    const NAME: &str = "authority";
    match (SiteFolder { folder: file.folder.clone() }).ask(OwnerCall::Status).await {
        Ok(OwnerAnswer::Status { devices, halted: false, .. }) => {
            checks.push(good(NAME, format!("answers; {devices} devices")));
            devices
        }
        Ok(OwnerAnswer::Status { devices, .. }) => {
            checks.push(warning(
                NAME,
                "it is halted: nothing is released to any device",
                "`tenon site resume`",
            ));
            devices
        }
        Ok(_) => {
            checks.push(failed(
                NAME,
                "it answers in another version's words",
                "use the `tenon` of the site's version",
            ));
            0
        }
        Err(error) => {
            let fix = "start the site, and ask as root or as the authority's own user; SiteAuthority.log says why it ended";
            checks.push(failed(NAME, format!("{error:#}"), fix));
            0
        }
    }
}

async fn console(file: &SiteFile, checks: &mut Vec<Check>) {
    const NAME: &str = "link to the console";
    let status = match connector::status(&file.folder) {
        Ok(status) => status,
        Err(error) => {
            checks.push(failed(
                NAME,
                service::error::Chain(&error).to_string(),
                "read the folder as the site's own user",
            ));
            return;
        }
    };
    let Some(attachment) = &status.attachment else {
        checks.push(warning(NAME, "the site is attached to no console", "`tenon site attach`"));
        return;
    };
    let way = file.connector.proxy.clone().unwrap_or_else(|| attachment.console_url.to_string());
    checks.push(
        reached(
            "way to the console",
            &host_and_port(&way),
            "look at DNS, firewall and proxy of this machine",
        )
        .await,
    );
    let url = attachment.console_url.to_string();
    checks.extend(server::checks(&url, file.connector.ca_file.as_deref()).await);
    checks.push(match status.link {
        LinkState::Connected { since } => good(NAME, format!("connected since {since}")),
        LinkState::Away { since, why } => {
            let fix = "the reason stands beside it; CMGatewayNotificationWorker.log has each attempt";
            failed(NAME, format!("away since {since}: {why}"), fix)
        }
        LinkState::Unknown => failed(NAME, "no connector runs", "start the site"),
    });
}

/// Whether a push to all devices goes through in a time that people wait.
fn throttle(strategy: u32, param: u32, devices: u64) -> Check {
    const NAME: &str = "throttle";
    let seconds = match strategy {
        // A steady rate: clients a second.
        1 => devices / u64::from(param.max(1)),
        // A spread over seconds.
        3 => u64::from(param),
        _ => 0,
    };
    let found =
        format!("strategy {strategy}, param {param}: a push to {devices} devices takes {seconds} s at least");
    if seconds > LONGEST_DRAIN_SECONDS {
        return warning(NAME, found, "raise `notifier.throttle-param`, or push to smaller collections");
    }
    good(NAME, found)
}

#[cfg(test)]
mod tests {
    use super::super::check::Outcome;
    use super::*;

    #[test]
    fn a_throttle_that_starves_is_a_warning() {
        for (strategy, param, devices, expected) in [
            (1, 42, 100_000, Outcome::Good),
            (1, 42, 200_000, Outcome::Warning),
            (3, 7_200, 10, Outcome::Warning),
            (0, 0, 1_000_000, Outcome::Good),
        ] {
            assert_eq!(throttle(strategy, param, devices).outcome, expected, "{strategy} {param} {devices}");
        }
    }

    #[tokio::test]
    async fn a_configuration_that_is_not_there_is_the_one_thing_said() {
        let checks = checks(Path::new("/nonexistent/site.toml")).await;
        assert_eq!((checks.len(), checks[0].outcome), (1, Outcome::Failed));
    }
}
