//! A console without sites, for stories about people.

use std::{fs, path::Path, process::Command};

use console_api::{Client, ClientOptions, Me, Setup};
use tempfile::TempDir;

use crate::{Program, binary, eventually, free_port, world::PATIENCE};

/// A console with the tenant `story` and its administrator `ann`.
#[derive(Debug)]
pub struct ConsoleAlone {
    /// Its address.
    pub url: String,
    /// A client that is signed in as the administrator.
    pub client: Client,
    /// The administrator.
    pub me: Me,
    /// The console's process.
    pub program: Program,
    folder: TempDir,
}

impl ConsoleAlone {
    /// The administrator's password.
    pub const PASSWORD: &str = "a password for stories";

    /// Makes the folder of a console that is to answer at the port, before it is started.
    ///
    /// # Panics
    ///
    /// Where there is no room for it.
    pub fn folder() -> (TempDir, String) {
        service::tls::install_provider();
        let folder = tempfile::Builder::new().prefix("tenon-story-").tempdir().expect("a folder");
        (folder, format!("http://127.0.0.1:{}", free_port()))
    }

    /// Starts a console in that folder; `keys` are lines of its configuration.
    ///
    /// # Panics
    ///
    /// Where it does not start.
    pub async fn start(folder: TempDir, url: String, keys: &str) -> Self {
        let files = folder.path();
        fs::create_dir_all(files.join("console")).expect("the console's folder");
        let listen = url.trim_start_matches("http://");
        let text = format!(
            "folder = \"{}\"\nlisten = \"{listen}\"\npublic-url = \"{url}\"\n{keys}",
            files.join("console").display()
        );
        let config = files.join("console.toml");
        fs::write(&config, text).expect("the console's configuration");
        let config = config.to_str().expect("a path in UTF-8");
        let program = Program::start("console", &binary("tenon"), ["console", "--config", config], files);
        let code = eventually("the setup code", async || {
            let printed = program.printed();
            printed.lines().find_map(|line| line.strip_prefix("setup code: ")).map(str::to_owned)
        })
        .await;
        let setup = Setup {
            code,
            tenant: "story".to_owned(),
            user: "ann".to_owned(),
            password: Self::PASSWORD.to_owned(),
        };
        let mut client = client(&url, None);
        let signed_in = client.set_up(&setup).await.expect("the first administrator");
        Self { url, client, me: signed_in.me, program, folder }
    }

    /// Returns the folder of the story.
    pub fn files(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a client with a token.
    pub fn as_token(&self, token: &str) -> Client {
        client(&self.url, Some(token))
    }

    /// Returns a client that nobody is signed in with.
    pub fn stranger(&self) -> Client {
        client(&self.url, None)
    }

    /// Runs `tenon` on this machine, as the person whose configuration lies in `home`; returns whether it succeeded, and
    /// what it printed.
    ///
    /// # Panics
    ///
    /// Where it does not start.
    pub fn tenon(&self, home: &str, args: &[&str]) -> (bool, String, String) {
        let output = Command::new(binary("tenon"))
            .args(args)
            .env("XDG_CONFIG_HOME", self.files().join(home))
            .env_remove("TENON_TOKEN")
            .env("TENON_PASSWORD", Self::PASSWORD)
            .output()
            .expect("tenon starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }
}

fn client(url: &str, token: Option<&str>) -> Client {
    let options = ClientOptions {
        url: url.to_owned(),
        token: token.map(str::to_owned),
        ca_pem: None,
        patience: PATIENCE,
    };
    Client::new(options).expect("a client")
}
