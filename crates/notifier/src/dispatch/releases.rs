//! Asks the authority to authorise and sign what is about to be pushed. It answers beside the pass, so that one action
//! that it is slow with, or refuses, holds up no other.

use action::{Conclusion, DeviceId, Event, Reason, State, TaskGuid};
use authority_link::Results;
use service::{clock, error::Chain, wake::Topic};
use site_store::{TargetUpdate, Waiters};
use tokio::task::{JoinError, JoinSet};

use super::Site;
use crate::{
    authority::AuthorityError,
    backlog::{Backlog, Wanted},
    release::{NotARelease, Outcome, Release},
};

/// What the authority is asked for now.
#[derive(Debug, Default)]
pub(super) struct Releases(JoinSet<Answer>);

/// What came of one question.
#[derive(Debug)]
pub(super) struct Answer {
    wanted: Wanted,
    outcome: Result<Outcome, NoRelease>,
}

/// Why there is no release.
#[derive(Debug, thiserror::Error)]
enum NoRelease {
    #[error("failed to have a push released")]
    Withheld(#[from] AuthorityError),
    #[error("what the authority released cannot be pushed")]
    Unusable(#[from] NotARelease),
    #[error("failed to store or read what became of the push")]
    Store(#[from] database::DbError),
}

impl Releases {
    /// Asks for what is wanted now.
    pub(super) fn start(&mut self, site: &Site, backlog: &mut Backlog) {
        for wanted in backlog.take_releases(site.now(), clock::now()) {
            let site = site.clone();
            self.0.spawn(async move {
                let outcome = ask(&site, &wanted).await;
                Answer { wanted, outcome }
            });
        }
    }

    /// Waits for the next answer; for ever where nothing is asked. Safe to cancel.
    pub(super) async fn next(&mut self) -> Result<Answer, JoinError> {
        match self.0.join_next().await {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

/// Takes an answer into the backlog.
pub(super) fn take(site: &Site, backlog: &mut Backlog, answer: Result<Answer, JoinError>) {
    let Answer { wanted, outcome } = match answer {
        Ok(answer) => answer,
        Err(error) => return site.log.error(format_args!("Failed to ask for a release: {error}")),
    };
    let now = site.now();
    match outcome {
        Ok(outcome) => {
            let in_rings = outcome.held.iter().any(|(_, why)| matches!(why, Reason::RingWaits { .. }));
            backlog.held(&wanted, outcome.held.iter().map(|(device, _)| *device), in_rings, now);
            let valid_for = outcome.release.as_ref().map(|release| release.valid_until.since(clock::now()));
            backlog.released(&wanted, outcome.release, now, valid_for.unwrap_or_default());
        }
        Err(error) => {
            let wait = backlog.not_released(&wanted, now);
            let text = format!(
                "Failed to release push task (TaskGUID: {}) to {} clients, next attempt in {} ms: {}",
                wanted.task_guid.upper(),
                wanted.devices.len(),
                wait.as_millis(),
                Chain(&error)
            );
            let line = site.log.about(wanted.task_guid);
            match error {
                NoRelease::Withheld(error) if error.is_transient() => line.warn(text),
                NoRelease::Withheld(_) | NoRelease::Unusable(_) | NoRelease::Store(_) => line.error(text),
            }
        }
    }
}

async fn ask(site: &Site, wanted: &Wanted) -> Result<Outcome, NoRelease> {
    let results = if wanted.in_rings { Some(results(site, wanted.task_guid).await?) } else { None };
    let released = site.authority.release(wanted.task_guid, wanted.devices.clone(), results).await?;
    let outcome = Release::build(site.site, wanted.task_guid, released)?;
    say_why_held(site, wanted.task_guid, &outcome.held).await?;
    if outcome.refused.is_empty() {
        return Ok(outcome);
    }
    let at = clock::now();
    let update = |(device, reason): &(DeviceId, Reason)| TargetUpdate {
        task_guid: wanted.task_guid,
        device: *device,
        hop: reason.hop(),
        at,
        event: Event::Concluded(conclusion(reason.clone())),
        push_id: None,
    };
    let updates: Vec<TargetUpdate> = outcome.refused.iter().map(update).collect();
    site.store.record(&updates, at).await?;
    site.wakes.wake(Topic::Events);
    Ok(outcome)
}

/// Counts what has become of an action so far.
async fn results(site: &Site, task_guid: TaskGuid) -> Result<Results, database::DbError> {
    let mut results = Results::default();
    for (state, count) in site.store.counts(task_guid).await? {
        match state {
            State::Sent | State::Received | State::Running => {}
            State::Done => results.done += count,
            State::Failed | State::NotSupported => results.failed += count,
            State::Pending
            | State::DeliveredToSite
            | State::Authorized
            | State::Queued
            | State::Refused
            | State::Expired
            | State::Cancelled => continue,
        }
        results.sent += count;
    }
    Ok(results)
}

/// Stores what devices wait for that the authority holds back: one commit for each reason that is new.
async fn say_why_held(
    site: &Site,
    task_guid: TaskGuid,
    held: &[(DeviceId, Reason)],
) -> Result<(), database::DbError> {
    let mut reasons: Vec<(&Reason, Vec<DeviceId>)> = Vec::new();
    for (device, reason) in held {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, devices)) => devices.push(*device),
            None => reasons.push((reason, vec![*device])),
        }
    }
    for (reason, devices) in reasons {
        let waiters = Waiters::Devices(&devices);
        if site.store.waiting_because(task_guid, waiters, reason, clock::now()).await? > 0 {
            site.wakes.wake(Topic::Events);
        }
    }
    Ok(())
}

/// What came too late was not refused by anybody.
fn conclusion(reason: Reason) -> Conclusion {
    match reason {
        Reason::NotDeliveredInTime => Conclusion::Expired { reason },
        reason => Conclusion::Refused { reason },
    }
}
