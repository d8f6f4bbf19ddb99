//! Where the demo keeps its files, and on which ports it listens.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    exit::{self, Stop},
    files,
};

/// The demo's folder.
pub(super) enum Place {
    /// Removed when the demo ends.
    Temporary(tempfile::TempDir),
    /// Kept.
    Kept(PathBuf),
}

/// The demo's files and ports.
pub(super) struct Plan {
    /// The console's configuration file.
    pub(super) console_config: PathBuf,
    /// The site's configuration file.
    pub(super) site_config: PathBuf,
    /// The site's folder.
    pub(super) site: PathBuf,
    /// The agent's configuration file.
    pub(super) agent_config: PathBuf,
    /// The folder that policies may write into on the real agent's device.
    pub(super) device_root: PathBuf,
    /// The demo's folder.
    pub(super) folder: PathBuf,
    /// The console's address.
    pub(super) url: String,
    /// The management point's address.
    pub(super) management_url: String,
}

impl Place {
    /// Makes the folder.
    pub(super) fn make(kept: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = kept else {
            let folder = tempfile::Builder::new().prefix("tenon-demo-").tempdir();
            return Ok(Self::Temporary(folder.context("failed to make a temporary folder")?));
        };
        if path.exists() {
            return Err(Stop::error(
                exit::FAILED,
                format!("the folder {} exists already", path.display()),
                "name one that does not: the demo starts from nothing",
            ));
        }
        files::private_folder(path)?;
        let whole = path.canonicalize().with_context(|| format!("failed to find {}", path.display()))?;
        Ok(Self::Kept(whole))
    }

    /// Returns the folder's path.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}

impl Plan {
    /// Returns the folder in which the command line keeps the administrator's key.
    pub(super) fn config_home(&self) -> PathBuf {
        self.folder.join("config")
    }

    /// Chooses ports on which nothing listens, and writes the configuration files.
    pub(super) fn on_free_ports(folder: &Path, console_port: u16) -> anyhow::Result<Self> {
        let console_port = free(console_port).or_else(|_| free(0))?;
        let (channel, management) = (free(0)?, free(0)?);
        // `localhost` is a secure context for browsers, which an address over plain HTTP is not everywhere.
        let plan = Self {
            console_config: folder.join("console.toml"),
            site_config: folder.join("site.toml"),
            site: folder.join("site"),
            agent_config: folder.join("agent.toml"),
            device_root: folder.join("device"),
            folder: folder.to_owned(),
            url: format!("http://localhost:{console_port}"),
            management_url: format!("https://127.0.0.1:{management}"),
        };
        for path in [folder.join("console"), plan.site.clone(), plan.device_root.clone()] {
            files::private_folder(&path)?;
        }
        write(
            &plan.console_config,
            &format!(
                "folder = \"{}\"\nlisten = \"127.0.0.1:{console_port}\"\npublic-url = \"{}\"\n",
                folder.join("console").display(),
                plan.url
            ),
        )?;
        // Without a throttle: a demo's devices are not worth sparing, and nobody waits.
        write(
            &plan.site_config,
            &format!(
                "folder = \"{}\"\nname = \"Demo site\"\n\n[notifier]\nlisten = \"127.0.0.1:{channel}\"\n\
                 address = \"127.0.0.1:{channel}\"\nthrottle-strategy = 0\nthrottle-param = 0\n\n\
                 [management-point]\nlisten = \"127.0.0.1:{management}\"\nurl = \"{}\"\n",
                plan.site.display(),
                plan.management_url
            ),
        )?;
        write(
            &plan.agent_config,
            &format!(
                "folder = \"{}\"\nlog-folder = \"{}\"\nfile-root = \"{}\"\nname = \"demo-device\"\n",
                folder.join("agent").display(),
                folder.join("agent/logs").display(),
                plan.device_root.display()
            ),
        )?;
        Ok(plan)
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// Returns `port` where nothing listens on it, or any free one for 0.
fn free(port: u16) -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).context("failed to find a free port")?;
    Ok(listener.local_addr().context("failed to read the port's number")?.port())
}
