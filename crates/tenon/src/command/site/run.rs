//! Runs the roles of a site in this process, and the authority beside them in one of its own.

use std::{io::Read as _, net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use database::{Db, Engine};
use service::{
    call::Endpoint,
    lock::LockFile,
    log::{Component, ComponentLog, LogSettings},
    metrics::Metrics,
    observe::Observed,
    running::{self, Running},
    shutdown::Shutdown,
    wake::Wakes,
};
use site_store::{SiteStore, ThrottleSetting};
use tokio::{sync::oneshot, task::JoinSet};

use super::{
    authority::AuthorityProcess, config::SiteFile, config_path, log_settings, observe, reload::Reload,
    roles::SiteRole, user::User,
};
use crate::{
    cli::ServerOptions,
    command::doctor,
    exit::{self, Stop},
    files,
    owner::SOCKET,
    print,
};

/// Where the configuration file stands unless the command line says otherwise.
const CONFIG: &str = "/etc/tenon/site.toml";
/// The lock in a site's folder.
const LOCK: &str = "site.lock";

/// Runs the roles until the process is told to end.
pub(super) async fn run(
    options: ServerOptions,
    roles: Vec<SiteRole>,
    until_stdin_closes: bool,
) -> anyhow::Result<()> {
    let path = config_path(&options, CONFIG);
    let file: SiteFile = service::config::load(&path, "site").map_err(|error| {
        let told = service::error::Chain(&error).to_string();
        Stop::error(exit::CONFIG, told, "see docs/operate/site.md for its keys")
    })?;
    let shutdown = Shutdown::on_signals().context("failed to listen for signals")?;
    if until_stdin_closes {
        return authority_alone(&file, &options, shutdown, stdin_closed()).await;
    }
    if roles == [SiteRole::Authority] {
        return authority_alone(&file, &options, shutdown, std::future::pending()).await;
    }

    files::private_folder(&file.folder)?;
    let beside = roles.contains(&SiteRole::Authority);
    let roles: Vec<_> = roles.into_iter().filter(|role| *role != SiteRole::Authority).collect();
    let _lock = lock(&file, &roles)?;
    let socket = file.folder.join(SOCKET);
    let authority =
        if beside { Some(AuthorityProcess::start(&path, options.log_format, &socket).await?) } else { None };
    let site = Site::open(&file, path, roles.clone(), &options, socket).await?;
    let outcome = site.run(&file, &roles, authority, shutdown).await;
    outcome.map_err(|error| error.context(format!("the site {} ended", file.name)))
}

async fn authority_alone(
    file: &SiteFile,
    options: &ServerOptions,
    shutdown: Shutdown,
    parent_gone: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    files::private_folder(&file.folder)?;
    let log =
        ComponentLog::open(&log_settings(file.log_folder(), options.log_format)?, Component::AUTHORITY)?;
    let role_users = file.authority.role_users.iter().map(User::number).collect::<anyhow::Result<_>>()?;
    let config = authority::Config {
        folder: file.authority_folder(),
        socket: file.folder.join(SOCKET),
        database_url: file.authority_database_url(),
        site_name: file.name.clone(),
        keep_alive_seconds: file.notifier.keep_alive_seconds,
        notification_servers: file.notification_servers(),
        management_points: vec![file.management_point.url.clone()],
        role_users,
        metrics: Metrics::new(),
    };
    let observed = observe::authority(config.metrics.clone());
    let mut running = authority::start(config, log.clone(), shutdown.clone()).await?;
    watch(&mut running, file.metrics.authority_listen, observed, &log, &shutdown).await?;
    let mut join = std::pin::pin!(running.join());
    tokio::select! {
        ended = &mut join => return Ok(ended?),
        () = parent_gone => shutdown.begin(),
    }
    Ok(join.await?)
}

/// Lets the process be watched, where its file says so.
async fn watch(
    running: &mut Running,
    listen: Option<SocketAddr>,
    observed: Observed,
    log: &ComponentLog,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let Some(address) = listen else { return Ok(()) };
    let (address, serving) =
        service::observe::listen(address, observed, log.clone(), shutdown.clone()).await?;
    log.info(format_args!("Metrics and health are told on {address}."));
    running.part("metrics", serving);
    Ok(())
}

/// Waits until standard input is closed: the process that started this one is gone.
async fn stdin_closed() {
    let (closed, wait) = oneshot::channel::<()>();
    // A thread of its own: nothing can take a read of standard input back, and the runtime must not wait for it at the end.
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        let mut bytes = [0; 64];
        while matches!(stdin.read(&mut bytes), Ok(count) if count > 0) {}
        drop(closed);
    });
    // The sender is dropped, never used.
    let _ = wait.await;
}

/// On SQLite one process has the site's store; on PostgreSQL any number may.
fn lock(file: &SiteFile, roles: &[SiteRole]) -> anyhow::Result<Option<LockFile>> {
    match Db::engine_of(&file.database_url())? {
        Engine::Sqlite => Ok(Some(LockFile::take(&file.folder, LOCK)?)),
        Engine::Postgres => {
            let names: Vec<_> = roles.iter().map(ToString::to_string).collect();
            Ok(Some(LockFile::take(&file.folder, &format!("{}.lock", names.join("+")))?))
        }
    }
}

/// What the roles of one process share.
struct Site {
    config: PathBuf,
    roles: Vec<SiteRole>,
    store: SiteStore,
    wakes: Wakes,
    logs: LogSettings,
    authority: Endpoint,
    metrics: Metrics,
}

impl Site {
    async fn open(
        file: &SiteFile,
        config: PathBuf,
        roles: Vec<SiteRole>,
        options: &ServerOptions,
        socket: PathBuf,
    ) -> anyhow::Result<Self> {
        let db = Db::open(&file.database_url()).await.context("failed to open the site's store")?;
        Ok(Self {
            config,
            roles,
            store: SiteStore::open(db).await.context("failed to open the site's store")?,
            wakes: Wakes::new(),
            logs: log_settings(file.log_folder(), options.log_format)?,
            authority: Endpoint::Unix(socket),
            metrics: Metrics::new(),
        })
    }

    /// Starts the roles, waits until they have ended, and ends the authority after them.
    async fn run(
        self,
        file: &SiteFile,
        roles: &[SiteRole],
        mut authority: Option<AuthorityProcess>,
        shutdown: Shutdown,
    ) -> anyhow::Result<()> {
        let mut programs = JoinSet::new();
        for role in roles {
            let running = self.start(file, *role, shutdown.clone()).await?;
            let name = role.to_string();
            programs.spawn(async move { running.join().await.with_context(|| format!("the {name} ended")) });
        }
        if let Some(running) = self.watched(file, &shutdown).await? {
            programs.spawn(async move { running.join().await.context("the listener for metrics ended") });
        }
        running::tell_ready();
        print::line(&format!("the site {} is ready", print::clean(&file.name)))?;
        let mut outcome = Ok(());
        loop {
            let authority_ended = async {
                match &mut authority {
                    Some(process) => process.ended().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ended = programs.join_next() => match ended {
                    None => break,
                    Some(Ok(ended)) => outcome = outcome.and(ended),
                    Some(Err(panicked)) => outcome = outcome.and(Err(panicked.into())),
                },
                told = authority_ended, if !shutdown.has_begun() => {
                    outcome = Err(anyhow::anyhow!(told));
                    authority = None;
                }
            }
            // One role that ends takes the others with it: whoever started the process starts all of them anew.
            shutdown.begin();
        }
        if let Some(process) = authority {
            process.end().await?;
        }
        outcome
    }

    /// Starts what lets the roles of this process be watched, where the site's file says so.
    async fn watched(&self, file: &SiteFile, shutdown: &Shutdown) -> anyhow::Result<Option<Running>> {
        if file.metrics.listen.is_none() {
            return Ok(None);
        }
        let log = ComponentLog::open(&self.logs, Component::EXECUTIVE)?;
        let (metrics, store, authority) = (self.metrics.clone(), self.store.clone(), self.authority.clone());
        let observed = observe::roles(metrics, store, authority, log.clone());
        let mut running = Running::new(None, shutdown.clone());
        watch(&mut running, file.metrics.listen, observed, &log, shutdown).await?;
        Ok(Some(running))
    }

    async fn start(&self, file: &SiteFile, role: SiteRole, shutdown: Shutdown) -> anyhow::Result<Running> {
        let (store, wakes, authority) = (self.store.clone(), self.wakes.clone(), self.authority.clone());
        Ok(match role {
            SiteRole::Authority => anyhow::bail!("the authority is a process of its own"),
            SiteRole::Connector => {
                let (path, here) = (self.config.clone(), self.roles.clone());
                let look = move || {
                    let (path, here) = (path.clone(), here.clone());
                    async move { doctor::site::checks(&path, &here).await }
                };
                let proxy = file.connector.proxy.as_ref().map(|proxy| proxy.parse()).transpose();
                let config = connector::Config {
                    folder: file.folder.clone(),
                    proxy: proxy.context("failed to read the key `connector.proxy`")?,
                    ca_file: file.connector.ca_file.clone(),
                    metrics: self.metrics.clone(),
                    health: Some(connector::HealthSource::new(look)),
                };
                let logs = connector::ConnectorLogs::open(&self.logs)?;
                connector::start(config, store, wakes, logs, authority, shutdown).await?
            }
            SiteRole::ManagementPoint => {
                let mut config = management_point::Config::listening(file.management_point.listen);
                config.metrics = self.metrics.clone();
                let log = ComponentLog::open(&self.logs, Component::MANAGEMENT_POINT)?;
                management_point::start(config, store, wakes, log, authority, shutdown).await?
            }
            SiteRole::Notifier => {
                let mut config = file.notifier_config()?;
                config.metrics = self.metrics.clone();
                // Read by the connector, which tells people how long an action would take.
                store.put_setting(ThrottleSetting::NAME, &setting(&config.throttle.get())).await?;
                let log = ComponentLog::open(&self.logs, Component::BGB_SERVER)?;
                let reload = Reload {
                    config: self.config.clone(),
                    throttles: config.throttle.clone(),
                    store: store.clone(),
                    log: log.clone(),
                    shutdown: shutdown.clone(),
                };
                let mut running = notifier::start(config, store, wakes, log, authority, shutdown).await?;
                running.part("settings", reload.run());
                running
            }
        })
    }
}

/// Returns the throttles as the site's store keeps them.
pub(super) fn setting(throttles: &notifier::Throttles) -> ThrottleSetting {
    let numbers = |throttle: &notifier::Throttle| (throttle.strategy(), throttle.param());
    let by_kind = throttles.by_kind.iter();
    ThrottleSetting {
        default: numbers(&throttles.default),
        by_kind: by_kind.map(|(kind, throttle)| (kind.0, numbers(throttle))).collect(),
    }
}
