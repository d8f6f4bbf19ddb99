//! The configuration file of a site: `site.toml`.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use action::ActionKind;
use serde::Deserialize;

use super::user::User;
use crate::exit::{self, Stop};

/// The file of a site, as it is written. Each role's section is read by that role only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SiteFile {
    /// The folder that holds the site's stores, keys and logs.
    pub(crate) folder: PathBuf,
    /// The site's name, as admins see it.
    pub(crate) name: String,
    /// The operational store: `sqlite:PATH` or `postgres://…`; a SQLite file in the folder where it is left out.
    pub(crate) database: Option<String>,
    /// The folder of the log files; `logs` in the site's folder where it is left out.
    pub(crate) log_folder: Option<PathBuf>,
    /// The authority.
    #[serde(default)]
    pub(crate) authority: AuthoritySection,
    /// The connector.
    #[serde(default)]
    pub(crate) connector: ConnectorSection,
    /// The notification server.
    pub(crate) notifier: NotifierSection,
    /// The management point.
    pub(crate) management_point: ManagementPointSection,
    /// Whoever watches the site.
    #[serde(default)]
    pub(crate) metrics: MetricsSection,
}

/// Where metrics and health are read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MetricsSection {
    /// Where the roles of this process listen, such as `127.0.0.1:9464`; nowhere where it is left out.
    pub(crate) listen: Option<SocketAddr>,
    /// Where the authority listens, which is a process of its own; nowhere where it is left out.
    pub(crate) authority_listen: Option<SocketAddr>,
}

/// The authority's section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AuthoritySection {
    /// Its own store; a SQLite file in its own folder where it is left out.
    pub(crate) database: Option<String>,
    /// Its own folder, which nobody else may read; `authority` in the site's folder where it is left out.
    pub(crate) folder: Option<PathBuf>,
    /// Users, by name or number, that the site's other roles run as, beside the authority's own.
    #[serde(default)]
    pub(crate) role_users: Vec<User>,
}

/// The connector's section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ConnectorSection {
    /// An HTTP proxy on the way to the console, such as `http://proxy.example:3128`.
    pub(crate) proxy: Option<String>,
    /// Certificates that are trusted for the console instead of the system's, PEM.
    pub(crate) ca_file: Option<PathBuf>,
}

/// The notification server's section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NotifierSection {
    /// Where it listens for agents, usually port 10123.
    pub(crate) listen: SocketAddr,
    /// Where it listens for agents that cannot reach that port (WebSocket).
    pub(crate) websocket_listen: Option<SocketAddr>,
    /// How agents reach it, such as `site.example:10123`.
    pub(crate) address: String,
    /// How agents reach the fallback, such as `https://site.example:443`.
    pub(crate) websocket_url: Option<String>,
    /// The throttle's strategy: 0 none, 1 a steady rate, 2 a window, 3 a spread.
    #[serde(default = "default_strategy")]
    pub(crate) throttle_strategy: u32,
    /// The strategy's number: clients a second, unanswered tasks, or seconds.
    #[serde(default = "default_param")]
    pub(crate) throttle_param: u32,
    /// Throttles of single kinds of action, by their names, such as `sync-machine-policy`.
    #[serde(default)]
    pub(crate) throttle_by_action: BTreeMap<String, ThrottleSection>,
    /// Seconds between signs of life.
    #[serde(default = "default_keep_alive")]
    pub(crate) keep_alive_seconds: u32,
    /// The most agents that it serves at once; what the system's limit of open files allows where it is left out.
    pub(crate) max_connections: Option<usize>,
}

/// The throttle of one kind of action.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ThrottleSection {
    /// As `throttle-strategy`.
    pub(crate) strategy: u32,
    /// As `throttle-param`.
    pub(crate) param: u32,
}

/// The management point's section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ManagementPointSection {
    /// Where it listens for agents.
    pub(crate) listen: SocketAddr,
    /// How agents reach it, such as `https://site.example:8443`.
    pub(crate) url: String,
}

/// As in the seed.
fn default_strategy() -> u32 {
    1
}

/// As in the seed.
fn default_param() -> u32 {
    42
}

/// Four minutes: below the five to fifteen after which common firewalls forget an idle connection.
fn default_keep_alive() -> u32 {
    240
}

impl NotifierSection {
    /// Returns the server's name among those of its site: its address, as far as the store keeps it.
    fn name(&self) -> String {
        /// The longest name of a server in the store, in bytes.
        const LONGEST: usize = 64;
        self.address.chars().take_while(char::is_ascii).take(LONGEST).collect()
    }

    /// Returns the throttles, of all kinds and of single ones.
    fn throttles(&self) -> anyhow::Result<notifier::Throttles> {
        let throttle = |strategy, param, fix: &str| {
            notifier::Throttle::new(strategy, param)
                .map_err(|error| Stop::error(exit::CONFIG, error.to_string(), fix))
        };
        let fix = "correct `notifier.throttle-strategy` and `-param` in site.toml";
        let mut throttles =
            notifier::Throttles::all(throttle(self.throttle_strategy, self.throttle_param, fix)?);
        for (name, own) in &self.throttle_by_action {
            let kind = ActionKind::named(name).ok_or_else(|| {
                let known: Vec<_> = ActionKind::known().filter_map(ActionKind::name).collect();
                Stop::error(
                    exit::CONFIG,
                    format!("there is no kind of action {name:?}"),
                    format!(
                        "in site.toml, below `notifier.throttle-by-action`, name one of {}",
                        known.join(", ")
                    ),
                )
            })?;
            let fix = format!("correct `notifier.throttle-by-action.{name}` in site.toml");
            throttles.by_kind.insert(kind, throttle(own.strategy, own.param, &fix)?);
        }
        Ok(throttles)
    }
}

impl SiteFile {
    /// Returns the URL of the operational store.
    pub(crate) fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.folder.join("site.db").display()))
    }

    /// Returns the authority's folder.
    pub(crate) fn authority_folder(&self) -> PathBuf {
        self.authority.folder.clone().unwrap_or_else(|| self.folder.join("authority"))
    }

    /// Returns the URL of the authority's store.
    pub(crate) fn authority_database_url(&self) -> String {
        let own = || format!("sqlite:{}", self.authority_folder().join("authority.db").display());
        self.authority.database.clone().unwrap_or_else(own)
    }

    /// Returns the notification servers, as agents reach them.
    pub(crate) fn notification_servers(&self) -> Vec<String> {
        let own = &self.notifier;
        std::iter::once(own.address.clone()).chain(own.websocket_url.clone()).collect()
    }

    /// Returns the notification server's settings.
    pub(crate) fn notifier_config(&self) -> anyhow::Result<notifier::Config> {
        let own = &self.notifier;
        let mut config = notifier::Config::new(own.listen, own.name());
        config.websocket_listen = own.websocket_listen;
        config.throttle = own.throttles()?.into();
        config.keep_alive = Duration::from_secs(own.keep_alive_seconds.into());
        if let Some(most) = own.max_connections {
            config.max_connections = most;
        }
        config.check().map_err(|error| {
            Stop::error(exit::CONFIG, error.to_string(), "correct the section `notifier` in site.toml")
        })?;
        Ok(config)
    }

    /// Returns the folder of the log files.
    pub(crate) fn log_folder(&self) -> PathBuf {
        self.log_folder.clone().unwrap_or_else(|| self.folder.join("logs"))
    }
}

#[cfg(test)]
mod tests {
    use notifier::Throttle;

    use super::*;

    #[track_caller]
    fn check(lines: &str, expected: Result<&[(ActionKind, Throttle)], &str>) {
        let text = format!(
            "folder = \"/s\"\nname = \"s\"\n[management-point]\nlisten = \"127.0.0.1:1\"\nurl = \"https://s\"\n\
             [notifier]\nlisten = \"127.0.0.1:2\"\naddress = \"s:2\"\n{lines}"
        );
        let file: SiteFile = service::config::parse(&text, std::path::Path::new("site.toml"), "the site")
            .expect("a site's file");
        match (file.notifier_config(), expected) {
            (Ok(config), Ok(expected)) => {
                for (kind, throttle) in expected {
                    assert_eq!(config.throttle.get().of(*kind), *throttle, "{kind:?}");
                }
            }
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
            (config, expected) => panic!("{expected:?} was expected, not {config:?}"),
        }
    }

    #[test]
    fn a_kind_of_action_may_have_a_throttle_of_its_own() {
        let usual = Throttle::new(1, 42).expect("a throttle");
        let spread = Throttle::new(3, 600).expect("a throttle");
        check("", Ok(&[(ActionKind::MACHINE_POLICY, usual)]));
        check(
            "[notifier.throttle-by-action]\napp-evaluation = { strategy = 3, param = 600 }",
            Ok(&[(ActionKind::MACHINE_POLICY, usual), (ActionKind::APPLICATIONS, spread)]),
        );
        check(
            "[notifier.throttle-by-action]\nsync-all = { strategy = 1, param = 1 }",
            Err("there is no kind of action \"sync-all\""),
        );
    }
}
