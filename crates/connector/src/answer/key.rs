//! Keys of people: carried to the authority, which alone says whose they are.

use authority_link::KeyBound;
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

/// Has a key believed no more.
pub(super) async fn retire(site: &Site, retirement: String) -> Result<Answer, Unanswered> {
    Ok(match site.authority.retire_key(retirement).await? {
        Ok(()) => Answer::Done,
        Err(reason) => Answer::Refused { reason },
    })
}
