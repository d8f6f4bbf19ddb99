//! Whether a console is who it should be, has the same time, and speaks the same version.

use std::{path::Path, time::Duration};

use action::Timestamp;
use console_api::{Client, ClientOptions};
use service::check::{Check, failed, good, warning};

/// How long the console may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Clocks that differ by more are noticed: log lines of two hops no longer stand in order.
const NOTICED_MS: u64 = 30_000;
/// Clocks that differ by more break things: requests from the future are refused.
const TOO_FAR_MS: u64 = 5 * 60_000;

/// Asks a console, over the way that people and sites use, through a proxy where there is one.
pub(super) async fn checks(url: &str, ca_file: Option<&Path>, proxy: Option<&str>) -> Vec<Check> {
    const NAME: &str = "TLS chain";
    let fix = "read the cause: an expired certificate, a name that is not in it, a chain that is not whole, or a proxy that reads along and shows a certificate of its own";
    let ca_pem = match ca_file.map(std::fs::read).transpose() {
        Ok(pem) => pem,
        Err(error) => return vec![failed(NAME, error.to_string(), "correct the key `ca-file`")],
    };
    let options = ClientOptions { url: url.to_owned(), token: None, ca_pem, patience: PATIENCE };
    let server = match Client::through(options, proxy) {
        Ok(client) => client.server().await,
        Err(error) => Err(error),
    };
    let server = match server {
        Ok(server) => server,
        Err(error) => return vec![failed(NAME, service::error::Chain(&error).to_string(), fix)],
    };
    let shown = if url.starts_with("https://") { "the certificate is trusted" } else { "none: plain HTTP" };
    let own = env!("CARGO_PKG_VERSION");
    vec![
        good(NAME, shown),
        clock(server.clock, service::clock::now()),
        version(server.version.as_deref(), own),
    ]
}

fn clock(theirs: Option<Timestamp>, now: Timestamp) -> Check {
    const NAME: &str = "clock";
    let Some(theirs) = theirs else {
        return warning(
            NAME,
            "the console does not say what time it is",
            "look at what stands in front of it",
        );
    };
    let apart = theirs.0.abs_diff(now.0);
    let found = format!("the console's clock says {theirs}, this machine's {now}: {} s apart", apart / 1000);
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
        Some(theirs) if theirs == own => good(NAME, format!("console and this machine have {own}")),
        Some(theirs) => warning(
            NAME,
            format!("the console has {theirs}, this machine {own}"),
            "bring both to the same version, the console first; messages of later versions are skipped meanwhile",
        ),
        None => warning(
            NAME,
            "the console does not say its version",
            "it is older than 0.1, or something stands in front of it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use service::check::Outcome;

    use super::*;

    #[test]
    fn clocks_that_differ_are_told() {
        let now = Timestamp(1_000_000_000_000);
        for (apart, expected) in [
            (0, Outcome::Good),
            (-30_000, Outcome::Good),
            (31_000, Outcome::Warning),
            (-300_000, Outcome::Warning),
            (301_000, Outcome::Failed),
        ] {
            assert_eq!(clock(Some(Timestamp(now.0 + apart)), now).outcome, expected, "{apart}");
        }
        assert_eq!(clock(None, now).outcome, Outcome::Warning);
    }

    #[test]
    fn versions_that_differ_are_told() {
        for (theirs, expected) in
            [(Some("1.2.0"), Outcome::Good), (Some("1.3.0"), Outcome::Warning), (None, Outcome::Warning)]
        {
            assert_eq!(version(theirs, "1.2.0").outcome, expected, "{theirs:?}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_a_failure_with_its_cause() {
        let checks = checks("http://127.0.0.1:1", None, None).await;
        assert_eq!((checks.len(), checks[0].outcome), (1, Outcome::Failed), "{checks:?}");
    }
}
