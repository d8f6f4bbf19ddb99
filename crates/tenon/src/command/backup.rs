//! `tenon backup`: a copy of stores and keys, in a folder that does not exist yet.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use authority_link::{OwnerAnswer, OwnerCall};
use database::{Db, Engine};

use super::{console::config::ConsoleFile, site::config::SiteFile};
use crate::{
    exit::{self, Stop},
    files,
    owner::{self, unexpected},
    print,
};

/// `tenon backup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Copy a console's store and keys
    Console {
        /// The console's configuration file
        #[arg(long, default_value = "/etc/tenon/console.toml")]
        config: PathBuf,
        /// The folder, which must not exist yet
        folder: PathBuf,
    },
    /// Copy a site's stores and keys; the site must run, for its authority copies its own
    Site {
        /// The site's configuration file
        #[arg(long, default_value = "/etc/tenon/site.toml")]
        config: PathBuf,
        /// The folder, which must not exist yet
        folder: PathBuf,
    },
}

/// Runs `tenon backup`. The copies are taken while the programs run; keys are in them: guard the folder as the site.
pub(crate) async fn run(backup: Backup) -> anyhow::Result<()> {
    match backup.what {
        What::Console { config, folder } => {
            let file: ConsoleFile = service::config::load(&config, "console")?;
            make(&folder)?;
            store(&file.database_url(), &folder.join("console.db")).await?;
            keys(&file.folder, &folder)?;
            print::line(&format!("the console is copied into {}", folder.display()))?;
        }
        What::Site { config, folder } => {
            let file: SiteFile = service::config::load(&config, "site")?;
            make(&folder)?;
            let whole =
                folder.canonicalize().with_context(|| format!("failed to find {}", folder.display()))?;
            // The authority first: what it has decided since then is asked again, and answered from its own record.
            let authority = whole.join("authority").display().to_string();
            let site = owner::SiteFolder { folder: file.folder.clone() };
            match site.ask(OwnerCall::Backup { folder: authority }).await? {
                OwnerAnswer::Done => {}
                other => return Err(unexpected(&other)),
            }
            store(&file.database_url(), &folder.join("site.db")).await?;
            keys(&file.folder, &folder)?;
            print::line(&format!("the site is copied into {}", folder.display()))?;
        }
    }
    Ok(())
}

fn make(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        return Err(Stop::error(
            exit::FAILED,
            format!("{} exists already", folder.display()),
            "name a folder that does not: a backup never overwrites another",
        ));
    }
    files::private_folder(folder)
}

async fn store(url: &str, to: &Path) -> anyhow::Result<()> {
    if Db::engine_of(url)? == Engine::Postgres {
        print::line("the store is in PostgreSQL: copy it with pg_dump, after this command")?;
        return Ok(());
    }
    let db = Db::open(url).await?;
    db.backup(to).await?;
    db.close().await;
    Ok(())
}

/// Copies the small files beside the stores: keys, attachment, counters.
fn keys(from: &Path, to: &Path) -> anyhow::Result<()> {
    /// Keys and settings are far smaller; logs and stores are larger, and not copied this way.
    const LARGEST: u64 = 256 << 10;
    let entries = std::fs::read_dir(from).with_context(|| format!("failed to read {}", from.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("failed to read {}", from.display()))?;
        let metadata =
            entry.metadata().with_context(|| format!("failed to read {}", entry.path().display()))?;
        let name = entry.file_name();
        let is_store = name.to_string_lossy().contains(".db");
        if !metadata.is_file() || is_store || metadata.len() > LARGEST {
            continue;
        }
        let content = std::fs::read(entry.path())
            .with_context(|| format!("failed to read {}", entry.path().display()))?;
        files::write_private(&to.join(name), &content)?;
    }
    Ok(())
}
