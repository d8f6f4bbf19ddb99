//! `tenon action run`.

use std::{process::ExitCode, time::Duration};

use action::{SiteId, State, TaskGuid, Timestamp};
use console_api::{Asked, Client, Draft, NewAction, NewTarget, SignedActions};

use super::{Run, follow, show};
use crate::{
    command::device,
    exit::{self, Stop},
    keys::Keys,
    print,
    session::refused,
};

/// Asks for an action, and follows it where that was asked for.
pub(super) async fn run(client: &Client, asked: Run, json: bool) -> anyhow::Result<ExitCode> {
    let new = new_action(client, &asked).await?;
    // Without a key of the caller's own, one for this invocation makes the client's own repetition harmless.
    let key = asked.idempotency_key.unwrap_or_else(|| service::dice::uuid().to_string());
    let stored = stored(client, &new, &key).await?;
    follow_all(client, stored, asked.wait, json).await
}

/// Prints actions that were asked for, and follows them to their end where that was asked for.
pub(crate) async fn follow_all(
    client: &Client,
    stored: Asked,
    wait: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    if !wait {
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

/// Asks for an action: signed where there is a key for each of its sites. Else nobody signs, and the site decides whether it
/// takes the console's word.
pub(crate) async fn stored(client: &Client, new: &NewAction, key: &str) -> anyhow::Result<Asked> {
    match signed(client, new).await? {
        Some(signed) => client.create_signed(&signed, key).await.map_err(refused),
        None => client.create_action(new, key).await.map_err(refused),
    }
}

/// Signs what an action needs; none where there is no key for one of its sites.
async fn signed(client: &Client, new: &NewAction) -> anyhow::Result<Option<SignedActions>> {
    let keys = Keys::read()?;
    let drafts = client.draft_action(new).await.map_err(refused)?.drafts;
    sign_drafts(&keys, drafts, new, service::clock::now())
}

/// Signs drafts of an action, after comparing them with it; none where there is no key for one of their sites.
pub(crate) fn sign_drafts(
    keys: &Keys,
    drafts: Vec<Draft>,
    new: &NewAction,
    now: Timestamp,
) -> anyhow::Result<Option<SignedActions>> {
    let only = drafts.len() == 1;
    let mut requests = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let request = proof::Request::parse(draft.request.as_bytes()).map_err(|error| not_drafted(&error))?;
        let Some(signer) = keys.signer(&request, now)? else { return Ok(None) };
        let id = new.task_guid.filter(|_| only).unwrap_or_else(|| TaskGuid(service::dice::uuid()));
        let signed = signer.sign(&draft, new, id, now).map_err(|error| not_drafted(&error))?;
        requests.push(String::from_utf8(signed.encode())?);
    }
    Ok(Some(SignedActions { requests }))
}

fn not_drafted(error: &dyn std::error::Error) -> anyhow::Error {
    Stop::error(
        exit::REFUSED,
        format!("nothing was signed: {}", service::error::Chain(error)),
        "ask again; if it stays, do not use this console until its owner has looked",
    )
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
