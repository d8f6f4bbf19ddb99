//! Waiting for the end of an action, for callers that can do nothing else meanwhile, such as scripts.

use std::time::Duration;

use action::{TaskGuid, TenantId};
use console_api::{Change, LiveChange};
use database::DbError;
use service::wake::Topic;
use tokio::time::{Instant, timeout_at};

use crate::{
    live::{NoPlace, OF_ONE},
    problem::Refusal,
    state::Console,
};

/// The longest wait, in seconds: less than an answer may take.
pub(super) const LONGEST: u32 = 25;

/// How often a look is made without a signal.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Returns once an action has ended, and after `seconds` at the latest. It takes the place of an event stream meanwhile.
pub(super) async fn for_end(
    console: &Console,
    tenant: TenantId,
    session: &str,
    task_guid: TaskGuid,
    seconds: u32,
) -> Result<(), Refusal> {
    if seconds > LONGEST {
        let detail = format!("A wait of {seconds} s is asked for.");
        return Err(Refusal::not_valid("wait", detail, format!("Ask for {LONGEST} s at most, and again.")));
    }
    let _place = console.places().take(session).map_err(|none| match none {
        NoPlace::Yours => {
            let detail = format!("This session waits {OF_ONE} times already, which is its share.");
            Refusal::too_many(detail, 30)
        }
        NoPlace::All => Refusal::too_many("Too many callers wait.", 30),
    })?;
    let until = Instant::now() + Duration::from_secs(seconds.into());
    // Late is not wrong: the caller is shown where the action stands.
    match timeout_at(until, ended(console, tenant, task_guid)).await {
        Ok(ended) => Ok(ended?),
        Err(_) => Ok(()),
    }
}

async fn ended(console: &Console, tenant: TenantId, task_guid: TaskGuid) -> Result<(), DbError> {
    let store = console.store();
    // Before the look at the action, so that no change falls in between.
    let mut wakes = store.wakes().listen(Topic::Events);
    let mut after = store.last_change(tenant).await?;
    match store.action(tenant, task_guid).await? {
        Some(row) if !row.action.state.is_concluded() => {}
        _ => return Ok(()),
    }
    loop {
        let changes = console.feeds().after(store, tenant, after).await?;
        if tells_the_end(&changes, task_guid) {
            return Ok(());
        }
        match changes.last() {
            Some(last) => after = last.id,
            None => {
                tokio::select! {
                    () = console.shutdown().begun() => return Ok(()),
                    _ = wakes.wait(LOOK_EVERY) => {}
                }
            }
        }
    }
}

/// Returns whether one of the changes says that the action has ended, or that changes are missing.
fn tells_the_end(changes: &[LiveChange], task_guid: TaskGuid) -> bool {
    changes.iter().any(|live| match &live.change {
        Change::Action(change) => change.task_guid == task_guid && change.state.is_concluded(),
        Change::Reset => true,
        _ => false,
    })
}
