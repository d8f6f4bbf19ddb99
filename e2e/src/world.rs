//! A console, a site and agents, started as an administrator would start them.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tokio::time::Instant;

use action::UserId;
use console_api::{Client, ClientOptions, Device, DeviceQuery, Setup, SignInSettings, Signer};
use proof::Level;
use tempfile::TempDir;
use testkit::network::Proxy;

use crate::{Lines, OpenIdProvider, Program, asking, binary, free_port};

/// How long anything in a story may take. Generous: machines are shared, and a connector that shares no process with the
/// notification server looks for changed devices once a minute.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How often a story looks whether what it waits for is there.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The administrator's password in every story.
pub(crate) const PASSWORD: &str = "a password for stories";

/// What differs between stories.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// The URL of the site's operational store; SQLite in the site's folder where it is left out.
    pub site_database: Option<String>,
    /// The URL of the authority's store.
    pub authority_database: Option<String>,
    /// The URL of the console's store.
    pub console_database: Option<String>,
    /// Whether the administrator gets a role at the site.
    pub may_act: bool,
    /// The throttle: strategy and parameter.
    pub throttle: (u32, u32),
    /// The site's folder, where it must lie on a certain disk.
    pub site_folder: Option<PathBuf>,
    /// Which roles of the site share a process.
    pub processes: Processes,
    /// Whether agents find the device channel's port closed, and have the WebSocket instead.
    pub blocked_channel: bool,
    /// Whether the site's owner lets the console vouch for the administrator's sessions: for stories of callers who do not
    /// sign.
    pub vouched: bool,
    /// Whether the site reaches the console through [`World::link`], which can be cut.
    pub fragile_link: bool,
    /// Whether console, site and authority tell their metrics, at [`World::metrics`].
    pub metrics: bool,
    /// Where the console hands on the traces of ended actions, and which share of them.
    pub traces: Option<(String, f64)>,
    /// More lines of the section `[notifier]` of the site's configuration.
    pub notifier_lines: String,
    /// Whether the tenant signs in at a provider, [`World::provider`].
    pub with_provider: bool,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            site_database: None,
            authority_database: None,
            console_database: None,
            may_act: true,
            throttle: (1, 42),
            site_folder: None,
            processes: Processes::Together,
            blocked_channel: false,
            vouched: false,
            fragile_link: false,
            metrics: false,
            traces: None,
            notifier_lines: String::new(),
            with_provider: false,
        }
    }
}

/// Which roles of a site share a process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Processes {
    /// All, with the authority as a child.
    Together,
    /// All but the authority, which was started on its own.
    AuthorityApart,
    /// None (only on PostgreSQL).
    Apart,
}

impl Processes {
    /// Returns the roles of each process, the authority's first where it is one of its own.
    fn roles(self) -> &'static [&'static str] {
        match self {
            Processes::Together => &["authority,connector,notifier,management-point"],
            Processes::AuthorityApart => &["authority", "connector,notifier,management-point"],
            Processes::Apart => &["authority", "connector", "notifier", "management-point"],
        }
    }
}

/// A console with an attached site.
#[derive(Debug)]
pub struct World {
    /// The console's process.
    pub console: Program,
    /// The site's processes.
    pub site: Site,
    /// A client that is signed in as the administrator.
    pub client: Client,
    /// The administrator.
    pub admin: UserId,
    /// The administrator's key, native.
    pub signer: Signer,
    /// The console's address.
    pub url: String,
    /// What lies between site and console, where that was asked for.
    pub link: Option<Proxy>,
    /// Where console, site and authority tell their metrics, where that was asked for.
    pub metrics: Option<[SocketAddr; 3]>,
    /// The tenant's identity provider, where that was asked for.
    pub provider: Option<OpenIdProvider>,
    folder: TempDir,
}

/// A site: its processes and its files.
#[derive(Debug)]
pub struct Site {
    /// Its processes, each with the roles that it has.
    pub programs: Vec<(String, Program)>,
    /// Its folder.
    pub folder: PathBuf,
    config: PathBuf,
    management_url: String,
    channel: u16,
    files: PathBuf,
}

/// A real agent on a device that is a folder of this machine.
#[derive(Debug)]
pub struct AgentOnDevice {
    /// Its process.
    pub program: Program,
    /// The folder that its policies may write into.
    pub root: PathBuf,
    /// Its name.
    pub name: String,
    /// Its configuration file.
    pub config: PathBuf,
    folder: PathBuf,
}

impl World {
    /// Starts a console and a site, attaches it, and gives the administrator a role there.
    pub async fn start(options: WorldOptions) -> Self {
        service::tls::install_provider();
        let folder = tempfile::Builder::new().prefix("tenon-story-").tempdir().expect("a folder");
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let metrics =
            options.metrics.then(|| [(); 3].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port()))));
        let provider = options.with_provider.then(|| OpenIdProvider::start(folder.path(), &url));
        let keys = provider.as_ref().map_or_else(String::new, OpenIdProvider::console_keys);
        write_console_config(folder.path(), port, &url, options.console_database.as_deref(), &keys);
        if let Some((endpoint, share)) = &options.traces {
            let lines = format!("[traces]\nendpoint = \"{endpoint}\"\nshare = {share:.1}\n");
            append(&folder.path().join("console.toml"), &lines);
        }
        if let Some([console, ..]) = metrics {
            append(&folder.path().join("console.toml"), &format!("[metrics]\nlisten = \"{console}\"\n"));
        }
        let console = start_console(folder.path());
        let code = wait_for("the setup code", || setup_code(&console.printed()));
        let setup =
            Setup { code, tenant: "story".to_owned(), user: "ann".to_owned(), password: PASSWORD.to_owned() };
        let signed_in = eventually("the console", async || {
            let mut stranger = client(&url, None);
            stranger.set_up(&setup).await.ok()
        })
        .await;
        let client = client(&url, signed_in.token.as_deref());
        if let Some(provider) = &provider {
            let settings = SignInSettings { local_accounts: true, openid: Some(provider.settings()) };
            client.put_sign_in_settings(&settings).await.expect("the provider can be used");
        }
        let watched = metrics.map_or_else(String::new, |[_, site, authority]| {
            format!("[metrics]\nlisten = \"{site}\"\nauthority-listen = \"{authority}\"\n")
        });
        let site = Site::start(folder.path(), &options, &watched);
        let attach = client.create_attach_code().await.expect("an attach code");
        let link = match options.fragile_link {
            true => Some(Proxy::start(SocketAddr::from(([127, 0, 0, 1], port))).await.expect("a proxy")),
            false => None,
        };
        let dialled = link.as_ref().map_or(url.clone(), |link| format!("http://{}", link.address()));
        site.tenon(&["site", "attach", "--console", &dialled, "--code", &attach.code]);
        if options.may_act {
            let user = signed_in.me.id.to_string();
            site.tenon(&["role", "assign", "Operations Administrator", "--user", &user, "--name", "ann"]);
        }
        if options.vouched {
            site.vouch_for(signed_in.me.id, "SMS00001");
        }
        let signer = asking::pair(&client, &site, signed_in.me.id, Level::Native).await;
        Self { console, site, client, admin: signed_in.me.id, signer, url, link, metrics, provider, folder }
    }

    /// Starts the console again after it was ended.
    pub fn restart_console(&mut self) {
        self.console.kill();
        self.console = start_console(self.folder.path());
    }

    /// Returns the console's log.
    pub fn console_log(&self) -> Lines {
        Lines::of(&self.folder.path().join("console/logs"), "AdminCenter.log")
    }

    /// Enrols an agent and starts it.
    pub fn add_agent(&self, name: &str) -> AgentOnDevice {
        self.add_agent_with(name, "")
    }

    /// Enrols an agent whose configuration has more lines, and starts it.
    pub fn add_agent_with(&self, name: &str, lines: &str) -> AgentOnDevice {
        AgentOnDevice::enrol(self.folder.path(), name, name, &self.join_token(1), lines)
    }

    /// Enrols an agent whose files lie in the folder `folder` of the story, and starts it.
    pub fn add_agent_named(&self, folder: &str, name: &str) -> AgentOnDevice {
        AgentOnDevice::enrol(self.folder.path(), folder, name, &self.join_token(1), "")
    }

    /// Enrols an agent with a token, and starts it.
    pub fn add_agent_by(&self, name: &str, token: &str) -> AgentOnDevice {
        AgentOnDevice::enrol(self.folder.path(), name, name, token, "")
    }

    /// Returns the address of the site's management point.
    pub fn management_url(&self) -> String {
        self.site.management_url.clone()
    }

    /// Makes a join token that admits some devices.
    pub fn join_token(&self, devices: u32) -> String {
        let (url, uses) = (&*self.site.management_url, devices.to_string());
        self.site.tenon(&["join-token", "create", "--url", url, "--uses", &uses]).trim().to_owned()
    }

    /// Returns the administrator's password.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Returns a folder for the story's own files.
    pub fn files(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until the console shows the device of that name, as `wanted` accepts it.
    pub async fn device(&self, name: &str, wanted: impl Fn(&Device) -> bool) -> Device {
        let query = DeviceQuery { filter: Some(format!("name = \"{name}\"")), ..DeviceQuery::default() };
        eventually(&format!("the device {name} at the console"), async || {
            let devices = self.client.devices(&query).await.ok()?.items;
            devices.into_iter().find(|device| wanted(device))
        })
        .await
    }
}

impl Site {
    fn start(files: &Path, options: &WorldOptions, more: &str) -> Self {
        let folder = options.site_folder.clone().unwrap_or_else(|| files.join("site"));
        let (channel, management) = (free_port(), free_port());
        let management_url = format!("https://127.0.0.1:{management}");
        let config = files.join("site.toml");
        let (strategy, param) = options.throttle;
        let database =
            options.site_database.as_ref().map_or_else(String::new, |url| format!("database = \"{url}\"\n"));
        let own = options.authority_database.as_ref();
        let authority = own.map_or_else(String::new, |url| format!("[authority]\ndatabase = \"{url}\"\n"));
        // Nothing listens on port 1 of this machine: an agent that is given it finds the channel closed.
        let (told, fallback) = match options.blocked_channel {
            true => {
                let port = free_port();
                let keys = format!(
                    "websocket-listen = \"127.0.0.1:{port}\"\nwebsocket-url = \"https://127.0.0.1:{port}\"\n"
                );
                (1, keys)
            }
            false => (channel, String::new()),
        };
        let text = format!(
            "folder = \"{}\"\nname = \"Story\"\n{database}{authority}[notifier]\nlisten = \"127.0.0.1:{channel}\"\n\
             address = \"127.0.0.1:{told}\"\n{fallback}throttle-strategy = {strategy}\nthrottle-param = {param}\n\
             {}[management-point]\nlisten = \"127.0.0.1:{management}\"\nurl = \"{management_url}\"\n{more}",
            folder.display(),
            options.notifier_lines
        );
        fs::write(&config, text).expect("the site's configuration");
        let mut site =
            Self { programs: Vec::new(), folder, config, management_url, channel, files: files.to_owned() };
        for roles in options.processes.roles() {
            let program = site.start_roles(roles);
            site.programs.push(((*roles).to_owned(), program));
            if *roles == "authority" {
                site.wait_for_authority();
            }
        }
        for (name, program) in &site.programs {
            if name != "authority" {
                wait_for(name, || program.printed().contains("is ready").then_some(()));
            }
        }
        site
    }

    /// Lets the console vouch for a person's sessions on a collection.
    pub fn vouch_for(&self, user: UserId, collection: &str) {
        let user = user.to_string();
        let grant =
            ["site", "vouch", "add", "--user", &user, "--collection", collection, "--per-hour", "1000"];
        self.tenon(&grant);
    }

    /// Starts a process with some roles of the site.
    pub fn start_roles(&self, roles: &str) -> Program {
        let config = self.config.to_str().expect("a path in UTF-8");
        let name = format!("site-{}", roles.split(',').next().unwrap_or_default());
        Program::start(&name, &binary("tenon"), ["site", "--config", config, "--roles", roles], &self.files)
    }

    /// Kills the site's process number `index` as `kill -9` does, and starts it again.
    pub fn kill_and_restart(&mut self, index: usize) {
        self.programs[index].1.kill();
        let roles = self.programs[index].0.clone();
        self.programs[index].1 = self.start_roles(&roles);
    }

    /// Ends the site's processes, as an administrator does.
    pub fn stop(&mut self) {
        for (_, program) in &mut self.programs {
            program.terminate();
        }
    }

    /// Starts the site's processes again, and waits until they are ready.
    pub fn start_again(&mut self) {
        for index in 0..self.programs.len() {
            self.kill_and_restart(index);
        }
        self.wait_for_authority();
    }

    /// Returns the hosts and ports of its notification server and its management point.
    pub fn servers(&self) -> [String; 2] {
        [format!("127.0.0.1:{}", self.channel), self.management_url.replace("https://", "")]
    }

    /// Returns a log of the site.
    pub fn log(&self, name: &str) -> Lines {
        Lines::of(&self.folder.join("logs"), name)
    }

    /// Runs `tenon` at the site's host and returns what it prints.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn tenon(&self, args: &[&str]) -> String {
        let (done, out, err) = self.try_tenon(args);
        assert!(done, "`tenon {}` failed:\n{out}{err}", args.join(" "));
        out
    }

    /// Runs `tenon` at the site's host; returns whether it succeeded, and what it printed.
    pub fn try_tenon(&self, args: &[&str]) -> (bool, String, String) {
        let output = Command::new(binary("tenon"))
            .args(args)
            .env("TENON_SITE", &self.folder)
            .env("XDG_CONFIG_HOME", self.files.join("config"))
            .output()
            .expect("tenon starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    fn wait_for_authority(&self) {
        wait_for("the site authority", || self.try_tenon(&["site", "status"]).0.then_some(()));
    }
}

impl AgentOnDevice {
    fn enrol(files: &Path, folder: &str, name: &str, token: &str, lines: &str) -> Self {
        let folder = files.join(folder);
        let root = folder.join("root");
        fs::create_dir_all(&root).expect("the device's file root");
        let config = folder.join("agent.toml");
        let text = format!(
            "folder = \"{}\"\nlog-folder = \"{}\"\nfile-root = \"{}\"\nname = \"{name}\"\n{lines}",
            folder.join("state").display(),
            folder.join("logs").display(),
            root.display()
        );
        fs::write(&config, text).expect("the agent's configuration");
        let output = Command::new(binary("tenon-agent"))
            .args(["enrol", "--config"])
            .arg(&config)
            .args(["--token", token])
            .output()
            .expect("tenon-agent starts");
        assert!(output.status.success(), "enrolment failed: {}", String::from_utf8_lossy(&output.stderr));
        let program = start_agent(&config, name, &folder);
        Self { program, root, name: name.to_owned(), config, folder }
    }

    /// Starts the agent again after it was ended.
    pub fn restart(&mut self) {
        self.program.kill();
        self.program = start_agent(&self.config, &self.name, &self.folder);
    }

    /// Returns a log of the agent.
    pub fn log(&self, name: &str) -> Lines {
        Lines::of(&self.folder.join("logs"), name)
    }
}

fn start_agent(config: &Path, name: &str, folder: &Path) -> Program {
    let config = config.to_str().expect("a path in UTF-8");
    Program::start(name, &binary("tenon-agent"), ["run", "--config", config], folder)
}

fn write_console_config(files: &Path, port: u16, url: &str, database: Option<&str>, keys: &str) {
    let folder = files.join("console");
    fs::create_dir_all(&folder).expect("the console's folder");
    let database = database.map_or_else(String::new, |url| format!("database = \"{url}\"\n"));
    let text = format!(
        "folder = \"{}\"\nlisten = \"127.0.0.1:{port}\"\npublic-url = \"{url}\"\n{database}{keys}",
        folder.display()
    );
    fs::write(files.join("console.toml"), text).expect("the console's configuration");
}

fn append(file: &Path, text: &str) {
    let before = fs::read_to_string(file).expect("a configuration");
    fs::write(file, before + text).expect("a configuration");
}

fn start_console(files: &Path) -> Program {
    let config = files.join("console.toml");
    let config = config.to_str().expect("a path in UTF-8");
    Program::start("console", &binary("tenon"), ["console", "--config", config], files)
}

/// Returns the one-time code for the first administrator, where the console has printed it.
fn setup_code(printed: &str) -> Option<String> {
    let code = printed.lines().find_map(|line| line.strip_prefix("setup code: "))?;
    Some(code.trim().to_owned())
}

pub(crate) fn client(url: &str, token: Option<&str>) -> Client {
    let options = ClientOptions {
        url: url.to_owned(),
        token: token.map(str::to_owned),
        ca_pem: None,
        patience: PATIENCE,
    };
    Client::new(options).expect("a client")
}

fn wait_for<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what} is not there after {} s", PATIENCE.as_secs());
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Waits until `look` finds what a story needs.
///
/// # Panics
///
/// When it is not there within a minute.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what} is not there after {} s", PATIENCE.as_secs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
