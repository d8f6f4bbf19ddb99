//! The checks of a site.

use std::{net::SocketAddr, path::Path, time::Duration};

use authority_link::{OwnerAnswer, OwnerCall};
use connector::{LinkState, Proxy};

use service::check::{
    Check, Fixes, disk, failed, good, host_and_port, listening, permissions, proxy, reached, resolves,
    shown_life, warning,
};

use super::{
    check::{database, logs},
    server,
};
use crate::{
    command::site::{config::SiteFile, roles::SiteRole},
    owner::SiteFolder,
};

/// A push to all devices that takes longer than this starves the actions behind it.
const LONGEST_DRAIN_SECONDS: u64 = 3_600;

/// Makes the checks of a site; those of servers that run on this machine only where they are among `roles`.
pub(in crate::command) async fn checks(config: &Path, roles: &[SiteRole]) -> Vec<Check> {
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
    // All at once: somebody waits, and what does not answer is waited for.
    let url = file.database_url();
    let (stored, authority, console, servers, logs) = tokio::join!(
        database(&url),
        authority(&file),
        console(&file),
        servers(&file, roles),
        logs(file.log_folder())
    );
    checks.push(stored);
    let (authority, devices) = authority;
    checks.push(authority);
    checks.push(throttle(file.notifier.throttle_strategy, file.notifier.throttle_param, devices));
    checks.extend(console);
    checks.extend(servers);
    checks.extend(logs);
    checks
}

/// The site's servers: their names, ports and certificates.
async fn servers(file: &SiteFile, roles: &[SiteRole]) -> Vec<Check> {
    let names = [file.notifier.address.clone(), host_and_port(&file.management_point.url)];
    let fix =
        "correct DNS, or the keys `notifier.address` and `management-point.url`: agents use these names";
    let mut checks = vec![resolves("DNS of the servers", &names, fix).await];
    if roles.contains(&SiteRole::Notifier) {
        let listen = file.notifier.listen;
        let (port, certificate) = tokio::join!(
            listening("notification server", listen),
            shown("certificate of the notification server", listen)
        );
        checks.extend([port, certificate]);
    }
    if roles.contains(&SiteRole::ManagementPoint) {
        let listen = file.management_point.listen;
        let (port, certificate) = tokio::join!(
            listening("management point", listen),
            shown("certificate of the management point", listen)
        );
        checks.extend([port, certificate]);
    }
    checks
}

/// Whether the authority answers, and how many devices there are, where it says so.
async fn authority(file: &SiteFile) -> (Check, u64) {
    const NAME: &str = "authority";
    match (SiteFolder { folder: file.folder.clone() }).ask(OwnerCall::Status).await {
        Ok(OwnerAnswer::Status { devices, halted: false, .. }) => {
            (good(NAME, format!("answers; {devices} devices")), devices)
        }
        Ok(OwnerAnswer::Status { devices, .. }) => {
            let fix = "`tenon site resume`";
            (warning(NAME, "it is halted: nothing is released to any device", fix), devices)
        }
        Ok(_) => {
            let fix = "use the `tenon` of the site's version";
            (failed(NAME, "it answers in another version's words", fix), 0)
        }
        Err(error) => {
            let fix = "start the site, and ask as root or as the authority's own user; SiteAuthority.log says why it ended";
            (failed(NAME, format!("{error:#}"), fix), 0)
        }
    }
}

/// The life of the certificate that a server of the site shows on this machine.
async fn shown(name: &'static str, listen: SocketAddr) -> Check {
    /// The site's servers renew theirs after two thirds of a life of days.
    const SOON: Duration = Duration::from_hours(6);
    let fixes = Fixes {
        ended: "start the site's authority, which renews it: SiteAuthority.log says why it does not",
        soon: "the server renews it long before: look whether the site's authority answers",
    };
    let to = service::check::local(listen).to_string();
    shown_life(name, &to, service::clock::now(), SOON, fixes).await
}

async fn console(file: &SiteFile) -> Vec<Check> {
    const NAME: &str = "link to the console";
    let status = match connector::status(&file.folder) {
        Ok(status) => status,
        Err(error) => {
            let found = service::error::Chain(&error).to_string();
            return vec![failed(NAME, found, "read the folder as the site's own user")];
        }
    };
    let Some(attachment) = &status.attachment else {
        return vec![warning(NAME, "the site is attached to no console", "`tenon site attach`")];
    };
    let url = attachment.console_url.to_string();
    let address = host_and_port(&url);
    let set = file.connector.proxy.as_deref();
    let asked = server::checks(&url, file.connector.ca_file.as_deref(), set);
    let (way, asked) = tokio::join!(way(set, &address), asked);
    let mut checks = way;
    checks.extend(asked);
    checks.push(match status.link {
        LinkState::Connected { since } => good(NAME, format!("connected since {since}")),
        LinkState::Away { since, why } => {
            let fix = "the reason stands beside it; CMGatewayNotificationWorker.log has each attempt";
            failed(NAME, format!("away since {since}: {why}"), fix)
        }
        LinkState::Unknown => failed(NAME, "no connector runs", "start the site"),
    });
    checks
}

/// The way to the console: through the proxy, or by its name and port.
async fn way(set: Option<&str>, address: &str) -> Vec<Check> {
    match set.map(str::parse::<Proxy>).transpose() {
        Err(error) => vec![failed("proxy", error.to_string(), "correct the key `connector.proxy`")],
        // The proxy looks the name up and makes the connection.
        Ok(Some(set)) => vec![proxy("proxy", Some(&set), address).await],
        Ok(None) => {
            let fix = "look at DNS, firewall and routes of this machine, or set `connector.proxy`";
            let names = [address.to_owned()];
            let (none, name, port) = tokio::join!(
                proxy("proxy", None, address),
                resolves("DNS", &names, fix),
                reached("way to the console", address, fix)
            );
            vec![none, name, port]
        }
    }
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
    use service::check::Outcome;

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
        let checks = checks(Path::new("/nonexistent/site.toml"), &SiteRole::ALL).await;
        assert_eq!((checks.len(), checks[0].outcome), (1, Outcome::Failed));
    }
}
