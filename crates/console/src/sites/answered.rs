//! Asks a site of a tenant, and says in a person's words why there is no answer.

use action::{Reason, SiteId, TenantId};
use axum::http::StatusCode;
use console_api::{Site, SiteState};
use site_link::{Answer, Question};

use super::questions::NoAnswer;
use crate::{
    problem::{Refusal, sentence},
    state::Console,
};

impl Console {
    /// Asks a site and waits for its answer.
    pub(crate) async fn ask_site(
        &self,
        tenant: TenantId,
        site: SiteId,
        question: Question,
    ) -> Result<Answer, Refusal> {
        let found = self.store().site(tenant, site).await?;
        let found = found.ok_or_else(|| Refusal::not_found("site", site))?;
        if found.state != SiteState::Attached {
            let reason = Reason::SiteNotAttached;
            return Err(Refusal::conflict("site-not-attached", sentence(&reason), reason.fix()));
        }
        self.questions().ask(site, question).await.map_err(|none| no_answer(none, &found))
    }
}

/// Returns the refusal for an answer that did not come.
pub(crate) fn no_answer(none: NoAnswer, site: &Site) -> Refusal {
    match none {
        NoAnswer::Away => away(&Reason::ConnectorAway { since: site.link.since }),
        NoAnswer::Busy => Refusal::too_many("The site is asked as much as it can answer.", 2),
        NoAnswer::Late => {
            let detail = format!("Site `{}` did not answer in time.", site.name);
            let fix = "Look at the link with `tenon site status` at the site, and try again.";
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, "site-late", "The site did not answer", detail, fix)
        }
    }
}

/// The word of the problem that a site's connector is away.
pub(crate) const AWAY: &str = "connector-away";

fn away(reason: &Reason) -> Refusal {
    let title = "The site's connector is away";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, AWAY, title, sentence(reason), reason.fix())
}

/// Returns the refusal for an answer that does not fit the question.
pub(crate) fn answered_otherwise(answer: Answer) -> Refusal {
    match answer {
        Answer::Refused { reason } => {
            let title = "The site refuses";
            Refusal::new(StatusCode::FORBIDDEN, "refused-by-site", title, sentence(&reason), reason.fix())
        }
        Answer::Failed { what } => {
            let fix =
                "Try again; if it stays, ask the site's owner to look into CMGatewayNotificationWorker.log.";
            let (status, title) = (StatusCode::BAD_GATEWAY, "The site could not answer");
            Refusal::new(status, "site-failed", title, sentence(&what), fix)
        }
        Answer::Done
        | Answer::DryRun(_)
        | Answer::Device(_)
        | Answer::Logs(_)
        | Answer::Health(_)
        | Answer::Paired { .. }
        | Answer::KeyBound(_)
        | Answer::Approved { .. }
        | Answer::Audit(_)
        | Answer::Trust { .. }
        | Answer::Drains { .. }
        | Answer::Unknown => {
            let fix = "Bring the site and the console to the same version.";
            let (status, title) = (StatusCode::BAD_GATEWAY, "The site answered something else");
            Refusal::new(status, "site-failed", title, "The site answered what was not asked.", fix)
        }
    }
}
