//! A second person approves what another has asked for. The console shows them the request as it is sent, and carries what
//! they sign; it can make and change neither.

use action::TaskGuid;
use axum::{Json, extract::State};
use console_api::{Approved, NewApproval, SentRequest};
use proof::{Approval, approval::LARGEST};
use service::error::Chain;
use site_link::{Answer, Question};

use super::{permit::ActPermit, status::find};
use crate::{
    problem::{Refusal, sentence},
    read::{Body, Id},
    sites,
    state::Console,
};

/// Show the request of an action as it is sent to its site, with the nonce that an approval carries.
#[utoipa::path(get, path = "/api/v1/actions/{task_guid}/request", tag = "actions",
    params(("task_guid" = uuid::Uuid, Path)), responses((status = 200, body = SentRequest)))]
pub(crate) async fn show_request(
    State(console): State<Console>,
    permit: ActPermit,
    Id(task_guid): Id<TaskGuid>,
) -> Result<Json<SentRequest>, Refusal> {
    let site = find(&console, &permit, task_guid).await?.action.site;
    let sent = console.store().sent_request(permit.tenant(), task_guid).await?;
    let request = sent.ok_or_else(|| Refusal::not_found("action", task_guid))?;
    Ok(Json(SentRequest { site, request, site_nonce: console.store().nonce(site).await? }))
}

/// Carry what a second person says of an action that waits for their approval to its site, which alone decides.
#[utoipa::path(post, path = "/api/v1/actions/{task_guid}/approval", tag = "actions",
    params(("task_guid" = uuid::Uuid, Path)), request_body = NewApproval,
    responses((status = 200, body = Approved)))]
pub(crate) async fn approve_action(
    State(console): State<Console>,
    permit: ActPermit,
    Id(task_guid): Id<TaskGuid>,
    Body(NewApproval { approval }): Body<NewApproval>,
) -> Result<Json<Approved>, Refusal> {
    let site = find(&console, &permit, task_guid).await?.action.site;
    // Only the form is looked at here, so that the site is not asked in vain.
    if approval.len() > LARGEST {
        let detail = format!("The approval is longer than {LARGEST} bytes.");
        return Err(Refusal::not_valid("approval", detail, "Use `tenon approve`."));
    }
    if let Err(error) = Approval::key_of(&approval) {
        return Err(Refusal::not_valid("approval", sentence(&Chain(&error)), "Use `tenon approve`."));
    }
    let answer = console.ask_site(permit.tenant(), site, Question::Approve { approval }).await?;
    let now = console.now();
    let entry = permit.audit("action.approval", format!("{task_guid} site {site}"), now);
    console.store().audit(&[entry]).await?;
    match answer {
        Answer::Approved { allowed } => Ok(Json(Approved { allowed })),
        other => Err(sites::answered_otherwise(other)),
    }
}
