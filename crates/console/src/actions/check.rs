//! Says what would become of an action, before anybody asks for it. Nothing is stored, here or at the site.

use action::{Forecast, Pace, Timestamp};
use axum::{Json, extract::State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use console_api::{ActionCheck, CheckedSite, NewAction, RefusedTarget, ThrottleForecast, Why};
use site_link::{Answer, DryRun, Question};

use super::{ask, permit::ActPermit, record, targets};
use crate::{problem::Refusal, read::Body, sites, state::Console};

/// Say what would become of an action: for how many devices, how many of them are online, which the site would refuse and
/// why, how long it would take and when it would end. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/actions/check", tag = "actions", request_body = NewAction,
    responses((status = 200, body = ActionCheck)))]
pub(crate) async fn check_action(
    State(console): State<Console>,
    permit: ActPermit,
    Body(new): Body<NewAction>,
) -> Result<Json<ActionCheck>, Refusal> {
    let now = console.now();
    let clocks = ask::checked(&new, now)?;
    let mut sites = Vec::new();
    for at_site in targets::resolve(&console, &permit, new.kind.0, &new.target).await? {
        let asked = record::Ask { new: &new, clocks, now };
        let site = at_site.site;
        let request = record::text(&record::request(&console, &permit, &asked, &at_site))?;
        let question = Question::DryRun {
            request: STANDARD.encode(&request),
            user: permit.user(),
            user_name: permit.user_name().to_owned(),
        };
        let told = match console.ask_site(permit.tenant(), site, question).await {
            Ok(Answer::DryRun(told)) => Ok(*told),
            Ok(other) => Err(sites::answered_otherwise(other)),
            Err(refusal) => Err(refusal),
        };
        sites.push(match told {
            Ok(told) => told_by(site, told, now),
            Err(refusal) => {
                let (detail, fix) = refusal.texts();
                let unanswered = Some(format!("{detail} {fix}"));
                CheckedSite { unanswered, ..CheckedSite::unknown(site) }
            }
        });
    }
    let sum = |count: fn(&CheckedSite) -> u64| sites.iter().map(count).sum();
    Ok(Json(ActionCheck {
        allowed: !sites.is_empty() && sites.iter().all(|site| site.allowed),
        devices: sum(|site| site.devices),
        online: sum(|site| site.online),
        refused: sum(|site| site.refused_count),
        deliver_by: clocks.deliver_by,
        sites,
    }))
}

fn told_by(site: action::SiteId, told: DryRun, now: Timestamp) -> CheckedSite {
    let refused = told.refused.into_iter();
    CheckedSite {
        site,
        unanswered: None,
        allowed: told.reason.is_none(),
        rule: told.rule,
        why: told.reason.as_ref().map(Why::from),
        devices: told.count,
        online: told.online,
        refused: refused.map(|(device, reason)| RefusedTarget { device, why: Why::from(&reason) }).collect(),
        refused_count: told.refused_count,
        waits: told.waits.as_ref().map(Why::from),
        throttle: told.throttle.map(|throttle| ThrottleForecast {
            strategy: throttle.strategy,
            param: throttle.param,
            ahead: throttle.ahead,
            seconds: Pace::of(throttle.strategy, throttle.param).and_then(|pace| {
                let forecast = Forecast { ahead: throttle.ahead, pace };
                forecast.seconds_for(told.online)
            }),
        }),
        sent_by: told.sent_by.filter(|sent_by| *sent_by >= now),
        ends_by: Some(told.ends_by),
    }
}
