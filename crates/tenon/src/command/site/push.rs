//! `tenon site push`: from the number of a push to its action, out of the site's own store.

use std::path::PathBuf;

use action::PushId;
use anyhow::Context as _;
use database::Db;
use serde::Serialize;
use site_store::SiteStore;

use super::config::SiteFile;
use crate::{
    exit::{self, Stop},
    print,
};

/// Entries of the history that are shown.
const MOST: u32 = 1_000;

/// `tenon site push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Push {
    /// The number of the push, as log lines and answers name it
    push_id: u64,
    /// The site's configuration file
    #[arg(long, default_value = "/etc/tenon/site.toml", value_name = "FILE")]
    config: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Found {
    push_id: u64,
    task_id: u64,
    task_guid: action::TaskGuid,
    kind: String,
    forwarded_at: action::Timestamp,
    targets: u64,
    unfinished: u64,
    history: Vec<action::Entry>,
}

/// Runs `tenon site push`.
pub(super) async fn run(asked: Push) -> anyhow::Result<()> {
    let file: SiteFile = service::config::load(&asked.config, "site").map_err(|error| {
        let told = service::error::Chain(&error).to_string();
        Stop::error(
            exit::CONFIG,
            told,
            "name the site's file with --config; docs/operate/site.md has its keys",
        )
    })?;
    let db = Db::open(&file.database_url()).await.context("failed to open the site's store")?;
    let store = SiteStore::open(db).await.context("failed to open the site's store")?;
    let push_id = asked.push_id;
    let Some(message) = store.push_message_of(PushId(push_id)).await? else {
        return Err(Stop::error(
            exit::FAILED,
            format!("the site's store knows no push {push_id}"),
            "it may be older than the site keeps its history; `tenon diagnose` reads old logs",
        ));
    };
    let history = store.history(message.task_guid, 0, MOST).await?;
    let found = Found {
        push_id,
        task_id: message.task_id.0,
        task_guid: message.task_guid,
        kind: message.kind.template(),
        forwarded_at: message.forwarded_at,
        targets: message.targets,
        unfinished: message.unfinished,
        history: history.into_iter().map(|(_, entry)| entry).collect(),
    };
    if asked.json {
        return print::json(&found);
    }
    print::line(&format!(
        "push {push_id} is of the action {} ({}), task {}, forwarded at {}: {} targets, {} have not ended",
        found.task_guid, found.kind, found.task_id, found.forwarded_at, found.targets, found.unfinished
    ))?;
    let rows: Vec<_> = found
        .history
        .iter()
        .map(|entry| {
            vec![
                entry.at.to_string(),
                entry.hop.name().to_owned(),
                entry.event.state().name().to_owned(),
                entry.device.map(|device| device.to_string()).unwrap_or_default(),
                entry.event.reason().map(|reason| print::clean(&reason.to_string())).unwrap_or_default(),
            ]
        })
        .collect();
    Ok(print::table(&["AT", "HOP", "STATE", "DEVICE", "WHY"], &rows)?)
}
