//! Keys of people, and what they say of each other's requests: carried to the authority, which alone judges them.

use authority_link::KeyBound;
use service::wake::Topic;
use site_link::Answer;

use super::Unanswered;
use crate::serve::Site;

/// Has a key believed.
pub(super) async fn bind(site: &Site, binding: String) -> Result<Answer, Unanswered> {
    Ok(match site.authority.bind_key(binding).await? {
        Ok(bound) => {
            let KeyBound { user, user_name, jkt, level, until } = bound;
            Answer::KeyBound(site_link::KeyBound { user, user_name, jkt, level, until })
        }
        Err(reason) => Answer::Refused { reason },
    })
}

/// Carries what a second person says of a request that waits.
pub(super) async fn approve(site: &Site, approval: String) -> Result<Answer, Unanswered> {
    let said = site.authority.approve(approval).await?;
    // What was approved is looked at now rather than at the next pass.
    site.wakes.wake(Topic::Requests);
    Ok(match said {
        Ok(allowed) => Answer::Approved { allowed },
        Err(reason) => Answer::Refused { reason },
    })
}

/// Has a key believed no more.
pub(super) async fn retire(site: &Site, retirement: String) -> Result<Answer, Unanswered> {
    Ok(match site.authority.retire_key(retirement).await? {
        Ok(()) => Answer::Done,
        Err(reason) => Answer::Refused { reason },
    })
}
