//! What would become of a request: the authority decides, the store says who is online and what waits.

use action::{ActionKind, Forecast, Pace};
use authority_link::{MOST_ONLINE, Vouch};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proof::request::Sent;
use site_link::{Answer, DryRun, MOST_REFUSED, Throttle};
use site_store::ThrottleSetting;

use super::Unanswered;
use crate::serve::Site;

pub(super) async fn answer(site: &Site, request: String, vouch: Vouch) -> Result<Answer, Unanswered> {
    let throttle = throttle(site, kind(&request)).await?;
    let forecast = throttle.and_then(|throttle| {
        let pace = Pace::of(throttle.strategy, throttle.param)?;
        Some(Forecast { ahead: throttle.ahead, pace })
    });
    let online = site.store.online_resources(u32::try_from(MOST_ONLINE).unwrap_or(u32::MAX)).await?;
    let told = site.authority.dry_run(request, vouch, online, forecast).await?;
    let refused_count = told.refused.len() as u64;
    let mut refused = told.refused;
    refused.truncate(MOST_REFUSED);
    Ok(Answer::DryRun(Box::new(DryRun {
        rule: told.rule,
        reason: told.reason,
        count: told.count,
        online: told.online,
        refused,
        refused_count,
        waits: told.waits,
        throttle,
        sent_by: told.sent_by,
        ends_by: told.ends_by,
    })))
}

/// Returns the throttle that a kind of action meets now; none where no notification server has said what it is.
async fn throttle(site: &Site, kind: ActionKind) -> Result<Option<Throttle>, Unanswered> {
    let Some(setting) = site.store.setting::<ThrottleSetting>(ThrottleSetting::NAME).await? else {
        return Ok(None);
    };
    let (strategy, param) = setting.of(kind);
    Ok(Some(Throttle { strategy, param, ahead: site.store.tasks_ahead().await? }))
}

/// Returns the kind of a request; whether it can be read at all, the authority says.
fn kind(request: &str) -> ActionKind {
    let bytes = STANDARD.decode(request).unwrap_or_default();
    Sent::claimed(&bytes).map_or(ActionKind(0), |request| ActionKind(request.params.task_type))
}
