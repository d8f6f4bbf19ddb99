//! How a push drains, from what the site's notification servers have told.

use action::TaskGuid;
use site_link::{Answer, Drain, MOST_SERVERS};

use super::Unanswered;
use crate::serve::Site;

pub(super) async fn answer(site: &Site, task_guid: TaskGuid) -> Result<Answer, Unanswered> {
    let told = site.store.drains(task_guid).await?;
    let drains = told.into_iter().take(MOST_SERVERS).map(|told| Drain {
        server: told.server,
        at: told.at,
        strategy: told.drain.strategy,
        param: told.drain.param,
        clients: told.drain.clients,
        sent: told.drain.sent,
        ahead: told.drain.ahead,
        predicted: told.drain.predicted,
        elapsed: told.drain.elapsed,
        through: told.drain.through,
    });
    Ok(Answer::Drains { drains: drains.collect() })
}
