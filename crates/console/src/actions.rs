//! Device actions: asked for, permitted, recorded, and shown with what became of them.
//!
//! `ask` takes the request, or `sign` one that the person has signed; `permit` asks for the person's permission, `record` builds the request of the site and stores
//! it; the link of the site sends it (`sites`), `fold` says what the hops' events make of it, and `status` shows it.

mod ask;
mod vouch;
mod sign;
mod check;
mod targets;
pub(crate) mod permit;
mod record;
pub(crate) mod fold;
mod status;
mod wait;
mod history;
mod cancel;
mod approve;
mod drain;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use ask::ask_for_device;

use crate::state::Console;

/// Returns the endpoints about actions.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new()
        .routes(routes!(status::list_actions, ask::create_action))
        .routes(routes!(check::check_action))
        .routes(routes!(sign::draft_action))
        .routes(routes!(sign::create_signed_actions))
        .routes(routes!(status::show_action))
        .routes(routes!(history::list_targets))
        .routes(routes!(history::list_history))
        .routes(routes!(drain::show_drain))
        .routes(routes!(cancel::cancel_action))
        .routes(routes!(approve::show_request))
        .routes(routes!(approve::approve_action))
}
