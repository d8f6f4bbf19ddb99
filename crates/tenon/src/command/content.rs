//! `tenon content`: the files of applications, put at the site's host into the site's own store.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use database::Db;
use proof::{Hash, Hasher};
use service::clock;
use site_store::{CONTENT_CHUNK, LARGEST_CONTENT_FILE, SiteStore};

use crate::{
    command::site::config::SiteFile,
    exit::{self, Stop},
    print,
};

/// `tenon content`.
#[derive(Debug, clap::Args)]
pub(crate) struct Content {
    /// The site's configuration file
    #[arg(long, default_value = "/etc/tenon/site.toml", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Put a file at the site, and print its entry for an application's document
    Put {
        /// The file
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the files
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a file; devices that have it keep it
    Remove {
        /// Its SHA-256
        sha256: String,
    },
}

/// Runs `tenon content`.
pub(crate) async fn run(content: Content) -> anyhow::Result<()> {
    let site: SiteFile = service::config::load(&content.config, "site")?;
    let store = SiteStore::open(Db::open(&site.database_url()).await?).await?;
    match content.what {
        What::Put { file, json } => put(&store, &file, json).await,
        What::List { json } => list(&store, json).await,
        What::Remove { sha256 } => {
            if store.remove_content_file(&sha256).await? {
                print::line(&format!("{sha256} is removed"))?;
                return Ok(());
            }
            let what = format!("the site has no content {sha256}");
            Err(Stop::error(exit::FAILED, what, "look it up: `tenon content list`"))
        }
    }
}

/// Puts a file in chunks. One that broke off goes on where it was.
async fn put(store: &SiteStore, path: &Path, json: bool) -> anyhow::Result<()> {
    let named = || path.display().to_string();
    let mut file = File::open(path).with_context(|| format!("failed to open {}", named()))?;
    let (sha256, size) = hash(&mut file).with_context(|| format!("failed to read {}", named()))?;
    if size == 0 || size > LARGEST_CONTENT_FILE {
        let what = format!("{} is empty, or larger than {} GiB", named(), LARGEST_CONTENT_FILE >> 30);
        return Err(Stop::error(exit::FAILED, what, "put another file"));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let digits = sha256.hex();
    let begun = store.begin_content_file(&digits, &name, size, clock::now()).await?;
    let (chunks, complete) = begun.map_or((0, false), |row| (row.chunks, row.complete));
    if !complete {
        upload(store, &mut file, sha256, chunks)
            .await
            .with_context(|| format!("failed to put {}", named()))?;
        if !store.complete_content_file(&digits, size).await? {
            let what = format!("{} was put by somebody else at the same time", named());
            return Err(Stop::error(exit::FAILED, what, "put it again"));
        }
    }
    if json {
        return print::json(&serde_json::json!({ "name": name, "sha256": digits, "size": size }));
    }
    print::line("content:")?;
    print::line(&format!("  - name: {name}"))?;
    print::line(&format!("    sha256: {digits}"))?;
    print::line(&format!("    size: {size}"))?;
    Ok(())
}

/// Puts the chunks from `first` on. The file is hashed again on the way: one that is being written meanwhile is refused.
async fn upload(store: &SiteStore, file: &mut File, sha256: Hash, first: u64) -> anyhow::Result<()> {
    file.rewind()?;
    let mut hasher = Hasher::default();
    for number in 0.. {
        let mut chunk = Vec::with_capacity(CONTENT_CHUNK);
        file.by_ref().take(CONTENT_CHUNK as u64).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            break;
        }
        hasher.update(&chunk);
        if number >= first && !store.put_content_chunk(&sha256.hex(), number, &chunk).await? {
            let what = "another process puts the same file";
            return Err(Stop::error(exit::FAILED, what, "wait for it, then put the file again"));
        }
    }
    if hasher.finish() != sha256 {
        store.remove_content_file(&sha256.hex()).await?;
        let what = "the file changed while it was read";
        return Err(Stop::error(exit::FAILED, what, "put it again when nobody writes it"));
    }
    Ok(())
}

fn hash(file: &mut File) -> std::io::Result<(Hash, u64)> {
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; CONTENT_CHUNK];
    let mut size: u64 = 0;
    loop {
        let length = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        size += length as u64;
    }
    Ok((hasher.finish(), size))
}

async fn list(store: &SiteStore, json: bool) -> anyhow::Result<()> {
    let files = store.content_files().await?;
    if json {
        let files = files.iter().map(|file| {
            serde_json::json!({
                "sha256": file.sha256, "name": file.name, "size": file.size, "complete": file.complete,
            })
        });
        return print::json(&files.collect::<Vec<_>>());
    }
    let rows: Vec<_> = files
        .into_iter()
        .map(|file| {
            let state = if file.complete { "complete" } else { "incomplete" };
            vec![file.name, file.size.to_string(), state.to_owned(), file.sha256]
        })
        .collect();
    print::table(&["NAME", "BYTES", "STATE", "SHA-256"], &rows)?;
    Ok(())
}
