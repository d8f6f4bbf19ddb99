//! Validates a request before the authority is asked: what is not even for this site, or comes too late, costs the
//! authority nothing.

use action::{ActionKind, Reason, Timestamp};
use proof::request::{Request, RequestKind, RequestNotValid, Sent};
use service::error::Chain;
use site_link::handshake::Pinned;
use site_store::Notification;

/// Validates the basic details: that it is a request at all, and the one that the console named. Who has signed it the
/// authority verifies.
pub(crate) fn basics(notification: &Notification) -> Result<Request, Reason> {
    let request = Sent::claimed(&notification.request).map_err(|error| not_valid(&Chain(&error)))?;
    if request.id != notification.task_guid {
        return Err(not_valid(&format_args!("its id is {}", request.id)));
    }
    if request.sub != notification.user {
        return Err(not_valid(&"it was made by another person than the console says"));
    }
    Ok(request)
}

/// Validates the content: that it was made at the console that the site is attached to, for the site itself, and can
/// still be delivered.
pub(crate) fn content(
    request: &Request,
    pinned: Option<&Pinned>,
    now: Timestamp,
) -> Result<ActionKind, Reason> {
    let pinned = pinned.ok_or(Reason::SiteNotAttached)?;
    if request.tenant != pinned.tenant {
        return Err(not_valid(&format_args!("it is meant for a site of the tenant {}", request.tenant)));
    }
    if request.console != pinned.console {
        return Err(not_valid(&format_args!("it was made at the console {}", request.console)));
    }
    request.check_at(pinned.site, now).map_err(|error| match error {
        RequestNotValid::Expired(_) => Reason::NotDeliveredInTime,
        error => not_valid(&error),
    })?;
    match request.kind {
        // The set of action types is open: the agent says which it knows.
        RequestKind::DeviceAction if request.params.task_type > 0 => Ok(ActionKind(request.params.task_type)),
        RequestKind::DeviceAction => Err(not_valid(&"its action type is 0")),
    }
}

fn not_valid(what: &dyn std::fmt::Display) -> Reason {
    Reason::RequestNotValid { what: what.to_string() }
}

#[cfg(test)]
mod tests;
