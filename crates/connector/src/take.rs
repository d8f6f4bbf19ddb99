//! Takes a request of the console: stores it, so that the console may be told that the site has it.

use action::{TaskGuid, Timestamp, UserId};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use site_store::Notification;

/// Makes the notification that is stored. What cannot be read is stored as it came: the site takes it, refuses it, and
/// that refusal reaches the person who asked.
pub(crate) fn notification(
    task_guid: TaskGuid,
    request: String,
    user: UserId,
    user_name: String,
    received_at: Timestamp,
) -> Notification {
    let request = STANDARD.decode(&request).unwrap_or_else(|_| request.into_bytes());
    Notification { task_guid, request, user, user_name, received_at }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_bytes_are_those_that_were_signed() {
        check("e30=", b"{}");
        check("", b"");
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_it_came() {
        check("e30", b"e30");
        check("{}", b"{}");
    }

    fn check(request: &str, bytes: &[u8]) {
        let (task_guid, user) = (TaskGuid(Uuid::nil()), UserId(Uuid::nil()));
        let taken = notification(task_guid, request.into(), user, "kim".into(), Timestamp(1));
        assert_eq!(taken.request, bytes);
    }
}
