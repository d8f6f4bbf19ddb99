//! A console in process.

use std::{net::SocketAddr, time::Duration};

use action::{ActionKind, DeviceId, State, TaskGuid};
use console::Config;
use console_api::{Client, ClientOptions, Kind, NewAction, NewTarget, SignIn};
use service::{
    log::{Component, ComponentLog, Lines},
    shutdown::Shutdown,
};

use super::within;

/// A console that runs, with an administrator who is signed in.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    pub(crate) lines: Lines,
    shutdown: Shutdown,
    running: service::running::Running,
    _folder: tempfile::TempDir,
}

impl Running {
    pub(crate) async fn start() -> Self {
        service::tls::install_provider();
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("console.db").display());
        let account = console::admin::create_tenant(&database, "Contoso", "ann").await.expect("a tenant");
        let (log, lines) = ComponentLog::memory(Component::ADMIN_CENTER);
        let shutdown = Shutdown::new();
        let config = Config::new(([127, 0, 0, 1], 0).into(), "http://localhost", &database);
        let running = console::start(config, log, shutdown.clone()).await.expect("it starts");
        let address = running.address.expect("it listens");

        let url = format!("http://{address}");
        let options = ClientOptions { url, token: None, ca_pem: None, patience: Duration::from_secs(20) };
        let mut client = Client::new(options).expect("a client");
        let sign_in = SignIn {
            tenant: None,
            user: account.name.clone(),
            password: account.password.clone(),
            cookie: false,
        };
        client.sign_in(&sign_in).await.expect("signed in");
        Self { address, client, lines, shutdown, running, _folder: folder }
    }

    /// Makes an attach code.
    pub(crate) async fn code(&self) -> site_link::AttachCode {
        let code = self.client.create_attach_code().await.expect("a code");
        code.code.parse().expect("a code")
    }

    /// Asks for an action on a device.
    pub(crate) async fn ask(&self, device: DeviceId) -> TaskGuid {
        let new = NewAction {
            kind: Kind(ActionKind::MACHINE_POLICY),
            target: NewTarget::Device { device },
            param: String::new(),
            deliver_by: None,
            finish_within_seconds: None,
            offline: None,
            task_guid: None,
        };
        let key = service::dice::uuid().to_string();
        let asked = self.client.create_action(&new, &key).await.expect("asked");
        asked.actions.first().expect("one action").task_guid
    }

    /// Waits until an action is in a state.
    pub(crate) async fn becomes(&self, task_guid: TaskGuid, state: State) {
        let reached = async {
            while self.client.action(task_guid).await.expect("shown").state != state {
                tokio::task::yield_now().await;
            }
        };
        within("a state", reached).await;
    }

    pub(crate) async fn stop(self) {
        self.shutdown.begin();
        self.running.join().await.expect("an orderly end");
    }
}
