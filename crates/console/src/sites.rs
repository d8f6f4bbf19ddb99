//! Sites: attached with a code, shown with their links and rules, offboarded; and the store's side of their links.

mod attach;
mod questions;
mod answered;
mod sync;
mod health;
mod pair;
mod witness;
mod late_keys;
mod link;
mod outbox;
mod list;
mod codes;
mod offboard;
mod mirrors;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use answered::{AWAY, answered_otherwise, no_answer};
pub(crate) use late_keys::{LateKeys, run as say_late_keys};
pub(crate) use link::Links;
pub(crate) use outbox::Outbox;
pub(crate) use questions::Questions;
pub(crate) use witness::{NotCompared, run as compare_audits};

use crate::state::Console;

/// Returns the endpoints about sites.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new()
        .routes(routes!(list::list_sites))
        .routes(routes!(list::show_site))
        .routes(routes!(codes::create_attach_code))
        .routes(routes!(offboard::offboard_site))
        .routes(routes!(sync::sync_site))
        .routes(routes!(health::site_health))
        .routes(routes!(pair::pairing_place, pair::pair))
        .routes(routes!(mirrors::list_collections))
        .routes(routes!(mirrors::list_policies))
}
