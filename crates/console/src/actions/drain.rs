//! How the push of an action drains: asked of its site while the person waits.

use action::TaskGuid;
use axum::{Json, extract::State};
use console_api::{ActionDrain, ServerDrain};
use site_link::{Answer, Drain, Question};

use super::status;
use crate::{
    people::permit::{Permit, ReadDevices},
    problem::Refusal,
    read::Id,
    sites,
    state::Console,
};

/// Show how the push of an action drains: what the notification servers of its site predicted, and how far they are. The site
/// answers now.
#[utoipa::path(get, path = "/api/v1/actions/{task_guid}/drain", tag = "actions",
    params(("task_guid" = uuid::Uuid, Path)), responses((status = 200, body = ActionDrain)))]
pub(crate) async fn show_drain(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Id(task_guid): Id<TaskGuid>,
) -> Result<Json<ActionDrain>, Refusal> {
    let found = status::find(&console, &permit, task_guid).await?;
    let question = Question::Drains { task_guid };
    match console.ask_site(permit.tenant(), found.action.site, question).await? {
        Answer::Drains { drains } => {
            Ok(Json(ActionDrain::from(drains.into_iter().map(server).collect::<Vec<_>>())))
        }
        answer => Err(sites::answered_otherwise(answer)),
    }
}

fn server(drain: Drain) -> ServerDrain {
    let seconds = |milliseconds: u64| std::time::Duration::from_millis(milliseconds).as_secs_f64();
    ServerDrain {
        server: drain.server,
        at: drain.at,
        strategy: drain.strategy,
        param: drain.param,
        clients: drain.clients,
        sent: drain.sent,
        ahead: drain.ahead,
        predicted_seconds: seconds(drain.predicted),
        elapsed_seconds: seconds(drain.elapsed),
        through: drain.through,
    }
}
