//! The checks of an agent.

use std::path::Path;

use action::Timestamp;

use super::check::{Check, disk, failed, good, host_and_port, logs, permissions, reached, warning};

/// A certificate that ends sooner was not renewed when it was due.
const RENEWED_BEFORE_MS: i64 = 3 * 24 * 3_600 * 1_000;

pub(super) async fn checks(config: &Path) -> Vec<Check> {
    let settings = match ::agent::Settings::load(config) {
        Ok(settings) => settings,
        Err(error) => {
            let found = service::error::Chain(&error).to_string();
            return vec![failed(
                "configuration",
                found,
                "correct the file; docs/operate/agent.md has its keys",
            )];
        }
    };
    let mut checks = vec![good("configuration", config.display().to_string())];
    let folder = &settings.config.folder;
    checks.push(permissions(folder));
    checks.push(disk(folder));
    let identity = std::fs::read(folder.join("identity.json"));
    let identity = identity.ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let text = |name: &str| identity.as_ref().and_then(|value| value.get(name)?.as_str().map(str::to_owned));
    let Some(url) = text("management_url") else {
        let fix = "run `tenon-agent enrol` with a join token; read the folder as root";
        checks.push(failed("enrolment", "this device is not enrolled, or its folder cannot be read", fix));
        return checks;
    };
    checks.push(good("enrolment", format!("enrolled at {url}")));
    checks.push(certificate(text("not_after").and_then(|at| at.parse().ok()), service::clock::now()));
    let fix = "look at DNS, firewall and routes of this device; at the site, `tenon doctor site`";
    checks.push(reached("management point", &host_and_port(&url), fix).await);
    checks.extend(logs(settings.logs.folder.clone()).await);
    checks
}

fn certificate(ends: Option<Timestamp>, now: Timestamp) -> Check {
    const NAME: &str = "certificate";
    let Some(ends) = ends else {
        return warning(NAME, "its end is not known", "use the `tenon` of the agent's version");
    };
    let found = format!("valid until {ends}, by this machine's clock it is {now}");
    match ends.0 - now.0 {
        ..0 => failed(
            NAME,
            found,
            "correct this machine's clock; if it is right, look why the agent was not renewed: PolicyAgent.log",
        ),
        0..RENEWED_BEFORE_MS => {
            warning(NAME, found, "the agent renews it long before: look at its way to the management point")
        }
        _ => good(NAME, found),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Outcome;
    use super::*;

    #[test]
    fn a_certificate_that_was_not_renewed_is_told_before_it_ends() {
        let now = Timestamp(1_000_000_000_000);
        for (after, expected) in
            [(-1, Outcome::Failed), (3_600_000, Outcome::Warning), (30 * 24 * 3_600_000, Outcome::Good)]
        {
            assert_eq!(certificate(Some(Timestamp(now.0 + after)), now).outcome, expected, "{after}");
        }
        assert_eq!(certificate(None, now).outcome, Outcome::Warning);
    }
}
