//! `tenon-agent doctor`: what an agent needs, looked at one by one, each with what to do about it.

mod channel;

use std::{path::Path, time::Duration};

use action::Timestamp;
use management_link::{Answer, Call, path};
use proof::{SignedTime, role::SiteRole};
use service::{
    check::{self, Check, Fixes, failed, good, host_and_port, warning},
    clock,
    error::Chain,
    log::Component,
};

use crate::{
    config::Settings,
    credentials::{Credentials, CredentialsError},
    dial,
    identity::IdentityError,
    management::ManagementError,
    program::JOURNAL,
};

/// A certificate that ends sooner was not renewed when it was due, where it is one of weeks.
const SOON: Duration = Duration::from_hours(3 * 24);
/// Clocks that differ by more are noticed: log lines of two hops no longer stand in order.
const NOTICED_MS: u64 = 30_000;
/// Clocks that differ by more break things: certificates begin and end by them.
const TOO_FAR_MS: u64 = 5 * 60_000;

/// What to do where the site cannot be reached.
const WAY: &str =
    "look at DNS, firewall, routes and the key `proxy` of this device; at the site, `tenon doctor site`";

/// Makes all checks of an agent: configuration, folder, disk, journal, enrolment, certificate, proxy, DNS, management
/// point with its TLS, clock and version, notification servers, and whether the agent keeps its channel.
pub async fn examine(settings: &Settings) -> Vec<Check> {
    let config = &settings.config;
    let mut checks = vec![good("configuration", "it is valid")];
    checks.push(check::permissions(&config.folder));
    checks.push(check::disk(&config.folder));
    let credentials = match Credentials::load(&config.folder, config.proxy.clone()) {
        Ok(credentials) => credentials,
        Err(error) => {
            checks.push(not_enrolled(&error));
            return checks;
        }
    };
    checks.push(journal(&config.folder));
    checks.push(good("enrolment", format!("enrolled at {}", credentials.identity.management_url)));
    checks.push(certificate(&credentials, clock::now()));

    let management: Vec<_> = credentials.management_urls().into_iter().map(host_and_port).collect();
    let (tcp, web) = credentials.servers();
    if let Some(target) = management.first() {
        checks.push(check::proxy("proxy", config.proxy.as_ref(), target).await);
    }
    if config.proxy.is_none() {
        // Where there is a proxy, it looks the names up.
        let names: Vec<_> = management.iter().chain(&tcp).cloned().collect();
        checks.push(check::resolves("DNS", &names, WAY).await);
    }
    checks.extend(management_point(&credentials).await);
    checks.push(notification_server(&credentials, &tcp, &web).await);
    let log = settings.logs.folder.join(Component::NOTIFICATION_AGENT.file);
    checks.push(channel::keeps(&std::fs::read_to_string(log).unwrap_or_default()));
    checks
}

fn not_enrolled(error: &CredentialsError) -> Check {
    let fix = match error {
        CredentialsError::Identity(IdentityError::NotEnrolled { .. }) => {
            "run `tenon-agent enrol` with a join token of the site"
        }
        _ => "run it as root, who may read the agent's folder; else enrol the device again",
    };
    failed("enrolment", Chain(error).to_string(), fix)
}

fn journal(folder: &Path) -> Check {
    const NAME: &str = "database";
    let path = folder.join(JOURNAL);
    let fix = "start the agent, which makes it; a damaged one is moved away and made anew by enrolling again";
    match check::is_sqlite(&path) {
        Ok(true) => good(NAME, path.display().to_string()),
        Ok(false) => failed(NAME, format!("{} is no SQLite database", path.display()), fix),
        Err(error) => failed(NAME, format!("{}: {error}", path.display()), fix),
    }
}

fn certificate(credentials: &Credentials, now: Timestamp) -> Check {
    let identity = &credentials.identity;
    let fixes = Fixes {
        ended: "correct this machine's clock; if it is right, look why the agent was not renewed: PolicyAgent.log",
        soon: "the agent renews it long before: look at its way to the management point",
    };
    // One of a short life is renewed in its last third.
    let soon = SOON.min(identity.not_after.since(identity.received) / 6);
    check::life("certificate", identity.not_after, now, soon, fixes)
}

/// The management point: that it is the site's, what time it is there, and its version.
async fn management_point(credentials: &Credentials) -> Vec<Check> {
    const NAME: &str = "management point";
    let mut session = match credentials.management().await {
        Ok(session) => session,
        Err(error) => return vec![unreached(NAME, &error)],
    };
    let mut checks = vec![
        good(NAME, "answers"),
        good("TLS chain", "its certificate is that of a management point of this device's site"),
    ];
    match session.call(&Call::Time).await {
        Ok(Answer::Time(text)) => match SignedTime::verify(&text, &credentials.trust) {
            Ok(time) => checks.push(clock_of(time.time, clock::now())),
            Err(error) => {
                let fix = "the site may have new keys: restart the agent, which fetches the trust document";
                checks.push(failed("clock", Chain(&error).to_string(), fix));
            }
        },
        Ok(_) => checks.push(failed("clock", format!("{} has another's answer", path::TIME), WAY)),
        Err(error) => checks.push(failed("clock", Chain(&error).to_string(), WAY)),
    }
    checks.push(version(session.server_version(), env!("CARGO_PKG_VERSION")));
    checks
}

fn unreached(name: &'static str, error: &ManagementError) -> Check {
    let what = Chain(error).to_string();
    if error.is_distrust() {
        let fix = "a proxy that reads along shows a certificate of its own: let it pass the site's names through; if \
                   there is none, the site has another CA: look at the site, and enrol the device again";
        return failed("TLS chain", what, fix);
    }
    failed(name, what, WAY)
}

fn clock_of(theirs: Timestamp, now: Timestamp) -> Check {
    const NAME: &str = "clock";
    let apart = theirs.0.abs_diff(now.0);
    let found = format!("the site's clock says {theirs}, this machine's {now}: {} s apart", apart / 1000);
    let fix = "have both machines set their clocks by NTP (`timedatectl`)";
    match apart {
        apart if apart <= NOTICED_MS => good(NAME, found),
        apart if apart <= TOO_FAR_MS => warning(NAME, found, fix),
        _ => failed(NAME, found, fix),
    }
}

fn version(theirs: Option<&str>, own: &str) -> Check {
    const NAME: &str = "version";
    match theirs {
        Some(theirs) if theirs == own => good(NAME, format!("the site and this agent have {own}")),
        Some(theirs) => warning(
            NAME,
            format!("the site has {theirs}, this agent {own}"),
            "bring both to the same version, the site first; what one of them does not know is not done meanwhile",
        ),
        None => {
            warning(NAME, "the site does not say its version", "it is older than this agent: update the site")
        }
    }
}

/// A notification server over TCP, or over the WebSocket where TCP is blocked.
async fn notification_server(credentials: &Credentials, tcp: &[String], web: &[String]) -> Check {
    const NAME: &str = "notification server";
    let (site, reach) = (credentials.identity.site, &credentials.reach);
    let mut why = "the site names none".to_owned();
    for address in tcp {
        match dial::server(address, reach, site, &SiteRole::NotificationServer).await {
            Ok(_) => return good(NAME, format!("{address} answers, and is the site's")),
            Err(error) => why = Chain(&error).to_string(),
        }
    }
    let through = match web.first() {
        Some(address) => dial::server(address, reach, site, &SiteRole::NotificationServer).await.is_ok(),
        None => false,
    };
    if through {
        let fix =
            "nothing has to be done; allow port 10123 out of this network to spare the site the WebSocket";
        return warning(NAME, format!("TCP is blocked ({why}); the WebSocket works"), fix);
    }
    failed(NAME, why, WAY)
}

#[cfg(test)]
mod tests {
    use service::check::Outcome;

    use super::*;

    #[test]
    fn clocks_and_versions_that_differ_are_told() {
        let now = Timestamp(1_000_000_000_000);
        for (apart, expected) in [
            (0, Outcome::Good),
            (-30_000, Outcome::Good),
            (31_000, Outcome::Warning),
            (301_000, Outcome::Failed),
        ] {
            assert_eq!(clock_of(Timestamp(now.0 + apart), now).outcome, expected, "{apart}");
        }
        for (theirs, expected) in
            [(Some("1.2.0"), Outcome::Good), (Some("1.3.0"), Outcome::Warning), (None, Outcome::Warning)]
        {
            assert_eq!(version(theirs, "1.2.0").outcome, expected, "{theirs:?}");
        }
    }

    #[test]
    fn a_journal_that_is_none_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(journal(folder.path()).outcome, Outcome::Failed);
        std::fs::write(folder.path().join(JOURNAL), "SQLite format 3\0").expect("written");
        assert_eq!(journal(folder.path()).outcome, Outcome::Good);
    }
}
