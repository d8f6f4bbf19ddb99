//! A person withdraws an action.

use action::TaskGuid;
use axum::{Json, extract::State};
use console_api::CancelledAction;

use super::{
    permit::{ActPermit, may_cancel},
    status::{find, shown},
};
use crate::{problem::Refusal, read::Id, state::Console, store::Cancelled};

/// Withdraw an action: it ends here where the site has not been told of it, else the site is asked to end it.
#[utoipa::path(post, path = "/api/v1/actions/{task_guid}/cancel", tag = "actions",
    params(("task_guid" = uuid::Uuid, Path)), responses((status = 200, body = CancelledAction)))]
pub(crate) async fn cancel_action(
    State(console): State<Console>,
    permit: ActPermit,
    Id(task_guid): Id<TaskGuid>,
) -> Result<Json<CancelledAction>, Refusal> {
    let now = console.now();
    may_cancel(&console, &permit, &find(&console, &permit, task_guid).await?).await?;
    let entry = permit.audit("action.cancel", task_guid.to_string(), now);
    let ended = match console.store().cancel(&permit, task_guid, now, &[entry]).await? {
        Cancelled::Ended => true,
        Cancelled::Asked => false,
        Cancelled::TooLate => {
            let detail = "The action has ended for all of its targets.";
            return Err(Refusal::conflict("ended-already", detail, "Look at the action for how it ended."));
        }
        Cancelled::Unknown => return Err(Refusal::not_found("action", task_guid)),
    };
    let what = if ended { "Cancelled device action." } else { "Asked the site to cancel the device action." };
    let line = console.log().about(task_guid).field("user", permit.user());
    line.info(format_args!("{what} TaskGuid: {task_guid} AADUserID: {}", permit.user()));
    let action = shown(find(&console, &permit, task_guid).await?);
    Ok(Json(CancelledAction { ended, action }))
}
