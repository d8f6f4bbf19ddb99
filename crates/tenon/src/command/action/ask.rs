//! `tenon action run`.

use std::{process::ExitCode, time::Duration};

use action::{SiteId, State};
use console_api::{Client, NewAction, NewTarget};

use super::{Run, follow, show};
use crate::{
    command::device,
    exit::{self, Stop},
    print,
    session::refused,
};

/// Asks for an action, and follows it where that was asked for.
pub(super) async fn run(client: &Client, asked: Run, json: bool) -> anyhow::Result<ExitCode> {
    let new = new_action(client, &asked).await?;
    // Without a key of the caller's own, one for this invocation makes the client's own repetition harmless.
    let key = asked.idempotency_key.unwrap_or_else(|| service::dice::uuid().to_string());
    let stored = client.create_action(&new, &key).await.map_err(refused)?;
    if !asked.wait {
        if json {
            print::json(&stored)?;
        } else {
            show::list(&stored.actions)?;
        }
        return Ok(ExitCode::SUCCESS);
    }

    let mut all_done = true;
    let mut ended = Vec::new();
    for action in stored.actions {
        let action = follow::to_the_end(client, action.task_guid, json).await?;
        all_done &= action.state == State::Done;
        ended.push(action);
    }
    if json {
        print::json(&ended)?;
    }
    Ok(ExitCode::from(if all_done { exit::DONE } else { exit::NOT_ALL_DONE }))
}

/// Makes the request.
pub(super) async fn new_action(client: &Client, asked: &Run) -> anyhow::Result<NewAction> {
    let within = asked.deliver_within_minutes.map(|minutes| Duration::from_secs(60 * minutes));
    Ok(NewAction {
        kind: asked.kind,
        target: target(client, asked).await?,
        param: asked.param.clone(),
        deliver_by: within.map(|within| service::clock::now().plus(within)),
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    })
}

async fn target(client: &Client, asked: &Run) -> anyhow::Result<NewTarget> {
    if let Some(collection) = &asked.collection {
        let site = match asked.on_site {
            Some(site) => site,
            None => only_site(client).await?,
        };
        return Ok(NewTarget::Collection { site, collection: collection.clone(), at_most: asked.at_most });
    }
    let mut devices = Vec::with_capacity(asked.devices.len());
    for wanted in &asked.devices {
        devices.push(match wanted.parse() {
            Ok(id) => id,
            Err(_) => device::find(client, wanted).await?.id,
        });
    }
    Ok(match devices[..] {
        [device] => NewTarget::Device { device },
        _ => NewTarget::Devices { devices },
    })
}

/// Returns the tenant's site where it has only one.
pub(crate) async fn only_site(client: &Client) -> anyhow::Result<SiteId> {
    let sites = client.sites().await.map_err(refused)?;
    match &sites[..] {
        [site] => Ok(site.id),
        [] => Err(Stop::error(
            exit::FAILED,
            "the tenant has no site",
            "attach one: `tenon site attach` at the site",
        )),
        _ => Err(Stop::error(
            exit::USAGE,
            "the tenant has several sites",
            "name the collection's site with --on-site",
        )),
    }
}
