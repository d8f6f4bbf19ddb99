//! A site in one process, as an agent sees it: keys, a management point and a notification server whose every word the
//! test decides.

#![expect(dead_code, unreachable_pub, reason = "each test uses its part of the site")]

mod authority;
mod channel;
mod management;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use agent::{AgentLogs, Config, Cycles, EnrolOptions, Existing, Pace};
use management_link::{Discovery, StateMessage};
use policy::{Access, DevicePath, FileAccess};
use proof::{Hash, JoinToken, ManifestDeployment, Servers, SiteRole};
use service::{
    log::{Component, ComponentLog, Detailed, Lines},
    shutdown::Shutdown,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

pub use authority::{Authority, Doctored};
pub use channel::Device;

/// What the management point answers now, and what it was told.
#[derive(Default)]
pub struct Desk {
    /// Policies: name and document.
    pub policies: Vec<(String, String)>,
    pub generation: u64,
    /// Applications: name and document.
    pub applications: Vec<(String, String)>,
    pub deployments: Vec<ManifestDeployment>,
    /// Content, by its hash.
    pub content: Vec<(Hash, Vec<u8>)>,
    /// What is done to content on its way.
    pub spoiled: Spoiled,
    /// The ranges of content that were asked for.
    pub ranges: Vec<(u64, u32)>,
    pub evaluated: Vec<management_link::ApplicationsReport>,
    /// What is done to a manifest before it is sent.
    pub manifest: Doctored,
    /// Whether documents are replaced by others on their way.
    pub swapped_documents: bool,
    pub compliance: Vec<management_link::ComplianceReport>,
    pub discovery: Vec<Discovery>,
    pub logs: Vec<management_link::LogsPart>,
    pub secrets: Vec<String>,
    pub renewals: usize,
    pub away: bool,
}

/// What is done to content on its way.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Spoiled {
    #[default]
    Nothing,
    /// One byte is another, each time.
    Corrupted,
    /// It ends before its end.
    Truncated,
    /// The connection fails after the first range, once.
    CutOnce,
}

/// A site.
pub struct Site {
    pub authority: Arc<Authority>,
    pub desk: Arc<Mutex<Desk>>,
    pub url: String,
    /// Where nothing listens while TCP is blocked.
    blocked: Option<std::net::SocketAddr>,
    sender: mpsc::Sender<Device>,
    devices: mpsc::Receiver<Device>,
    servers: Vec<JoinHandle<()>>,
    shutdown: Shutdown,
}

/// Something that poses as a management point.
pub struct Impostor {
    pub url: String,
    pub desk: Arc<Mutex<Desk>>,
    server: JoinHandle<()>,
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How a device reaches the notification server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    Tcp,
    /// TCP is blocked: nothing listens there.
    WebSocket,
}

/// A device with its agent.
pub struct Machine {
    pub folder: TempDir,
    pub logs: (Lines, Lines, Lines),
    pub shutdown: Shutdown,
    pub agent: Option<JoinHandle<Result<(), agent::RunError>>>,
    agent_logs: AgentLogs,
}

impl Site {
    pub async fn start(reach: Reach) -> Self {
        Self::with_certificate_life(reach, Duration::from_hours(24)).await
    }

    pub async fn with_certificate_life(reach: Reach, life: Duration) -> Self {
        service::tls::install_provider();
        let shutdown = Shutdown::new();
        let management = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let channel = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://{}", management.local_addr().expect("bound"));
        let channel_address = channel.local_addr().expect("bound").to_string();
        let mut blocked = None;
        let notification = match reach {
            Reach::Tcp => vec![channel_address],
            Reach::WebSocket => {
                let free =
                    TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
                blocked = Some(free);
                vec![free.to_string(), format!("https://{channel_address}")]
            }
        };
        let authority =
            Arc::new(Authority::new(Servers { notification, management: vec![url.clone()] }, life));
        let desk = Arc::new(Mutex::new(Desk { generation: 1, ..Desk::default() }));
        let (sender, devices) = mpsc::channel(4);
        let servers = vec![
            tokio::spawn(management::serve(
                management,
                Arc::clone(&authority),
                SiteRole::ManagementPoint,
                Arc::clone(&desk),
                shutdown.clone(),
            )),
            tokio::spawn(channel::serve(channel, Arc::clone(&authority), sender.clone(), reach)),
        ];
        Self { authority, desk, url, blocked, sender, devices, servers, shutdown }
    }

    /// Lets TCP through where it was blocked.
    pub async fn unblock_tcp(&mut self) {
        let address = self.blocked.expect("TCP is blocked");
        let socket = TcpListener::bind(address).await.expect("the port is still free");
        let serve = channel::serve(socket, Arc::clone(&self.authority), self.sender.clone(), Reach::Tcp);
        self.servers.push(tokio::spawn(serve));
    }

    /// Starts something that has a certificate of this site, but not that of a management point.
    pub async fn impostor(&self) -> Impostor {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://{}", socket.local_addr().expect("bound"));
        let desk = Arc::new(Mutex::new(Desk::default()));
        let shutdown = self.shutdown.clone();
        let role = SiteRole::NotificationServer;
        let server =
            management::serve(socket, Arc::clone(&self.authority), role, Arc::clone(&desk), shutdown);
        Impostor { url, desk, server: tokio::spawn(server) }
    }

    pub fn token(&self) -> JoinToken {
        JoinToken {
            url: self.url.clone(),
            id: "t1".to_owned(),
            secret: proof::join_token::Secret([5; 16]),
            root_key_sha256: self.authority.root.verifying().hash(),
        }
    }

    /// Puts one policy in place of the others; returns the hash of its document.
    pub fn put_policy(&self, document: &str) -> Hash {
        let mut desk = self.desk.lock().expect("not poisoned");
        desk.generation += 1;
        desk.policies = vec![("greeting".to_owned(), document.to_owned())];
        Hash::of(document.as_bytes())
    }

    /// Waits for the next connection that signs in.
    pub async fn device(&mut self) -> Device {
        within(self.devices.recv()).await.expect("the notification server runs")
    }

    /// Waits until the site was told something that `pick` takes.
    pub async fn told<T>(&self, mut pick: impl FnMut(&Desk) -> Option<T>) -> T {
        within(async {
            loop {
                if let Some(told) = pick(&self.desk.lock().expect("not poisoned")) {
                    return told;
                }
                tokio::task::yield_now().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.begin();
        for server in &self.servers {
            server.abort();
        }
    }
}

impl Machine {
    pub fn new() -> Self {
        let detailed = Detailed::default();
        let memory = |component| {
            let (log, lines) = ComponentLog::memory(component);
            (log.detailed_by(&detailed), lines)
        };
        let (notification, first) = memory(Component::NOTIFICATION_AGENT);
        let (scheduler, second) = memory(Component::SCHEDULER);
        let (applications, _) = memory(Component::APP_INTENT_EVAL);
        let (policy, third) = memory(Component::POLICY_AGENT);
        let folder = TempDir::new().expect("a folder");
        let log_folder = folder.path().join("logs");
        Self {
            folder,
            logs: (first, second, third),
            shutdown: Shutdown::new(),
            agent: None,
            agent_logs: AgentLogs {
                notification,
                scheduler,
                policy,
                applications,
                folder: log_folder,
                detailed: detailed.clone(),
            },
        }
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub async fn enrol(&self, token: JoinToken) -> Result<agent::Enrolment, agent::EnrolError> {
        let options = EnrolOptions {
            folder: self.state(),
            token,
            name: Some("kassa-1".to_owned()),
            existing: Existing::Keep,
            proxy: None,
        };
        within(agent::enrol(options)).await
    }

    pub fn start(&mut self) {
        self.start_with(Cycles::default());
    }

    pub fn start_with(&mut self, cycles: Cycles) {
        std::fs::create_dir_all(self.root()).expect("a folder");
        let config = Config {
            folder: self.state(),
            access: Access::files(FileAccess { root: self.root(), allow: vec![DevicePath::root()] }),
            name: Some("kassa-1".to_owned()),
            cycles,
            windows: Vec::new(),
            pace: Pace::Usual,
            content_limit: 64 << 20,
            proxy: None,
        };
        self.shutdown = Shutdown::new();
        self.agent = Some(tokio::spawn(agent::run(config, self.agent_logs.clone(), self.shutdown.clone())));
    }

    /// Ends the agent in an orderly way.
    pub async fn stop(&mut self) {
        self.shutdown.begin();
        if let Some(agent) = self.agent.take() {
            within(agent).await.expect("no panic").expect("an orderly end");
        }
    }

    /// Cuts the agent off, as a kill does.
    pub async fn kill(&mut self) {
        if let Some(agent) = self.agent.take() {
            agent.abort();
            let _ = agent.await;
        }
    }
}

/// Waits for what must come soon.
pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("it comes soon")
}

/// Returns what a state message is, for tests that only look at one kind.
pub fn keep(desk: &mut Desk, message: StateMessage) {
    match message {
        StateMessage::Discovery(discovery) => desk.discovery.push(discovery),
        StateMessage::Applications(report) => desk.evaluated.push(report),
        StateMessage::Compliance(report) => desk.compliance.push(report),
        StateMessage::Logs(part) => desk.logs.push(part),
    }
}
