//! Codes with which sites attach themselves.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use console_api::AttachCode;
use site_link::CodeId;

use crate::{
    people::permit::{AttachSites, Permit},
    problem::Refusal,
    state::Console,
    store::StoredCode,
};

/// How long a code may be used: it is carried to a terminal at the site and typed there.
const LASTS: Duration = Duration::from_hours(1);

/// Make a code with which one site attaches itself, once. The code is shown this once.
#[utoipa::path(post, path = "/api/v1/attach-codes", tag = "sites", responses((status = 201, body = AttachCode)))]
pub(crate) async fn create_attach_code(
    State(console): State<Console>,
    permit: Permit<AttachSites>,
) -> Result<(StatusCode, Json<AttachCode>), Refusal> {
    let now = console.now();
    let id = CodeId(service::dice::uuid());
    let code = site_link::AttachCode::new(permit.tenant(), id, service::dice::bytes());
    let expires = now.plus(LASTS);
    let key = *code.key().expose();
    let stored = StoredCode { id: id.to_string(), tenant: permit.tenant(), key, expires };
    let entry = permit.audit("attach_code.create", id.to_string(), now);
    if !console.store().create_code(&stored, &[entry]).await? {
        let fix = "Use one of them, or wait until they expire.";
        return Err(Refusal::conflict("too-many-codes", "There are too many unused attach codes.", fix));
    }
    Ok((StatusCode::CREATED, Json(AttachCode { code: code.reveal(), expires })))
}
