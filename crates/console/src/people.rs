//! People: who is signed in, and what they may do at the console.

pub(crate) mod permission;
pub(crate) mod rights;
mod reach;
pub(crate) mod permit;
pub(crate) mod session;
pub(crate) mod cookie;
pub(crate) mod password;
pub(crate) mod limits;
mod methods;
mod sign_in;
pub(crate) mod openid;
mod sessions;
mod setup;
mod me;
mod tokens;
mod keys;
mod users;
mod tenants;
mod roles;
mod assignments;
mod device_groups;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    problem::{Refusal, short},
    state::Console,
};

/// The longest name of a person, a tenant or a token, in characters: it stands in lists and in log lines.
const LONGEST_NAME: usize = 100;

/// Returns the endpoints about people.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new()
        .routes(routes!(setup::set_up))
        .routes(routes!(methods::list_methods))
        .merge(openid::routes())
        .routes(routes!(sessions::list_sessions, sign_in::sign_in))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(sessions::revoke_session))
        .routes(routes!(sessions::revoke_sessions))
        .routes(routes!(keys::take_id_token))
        .routes(routes!(keys::bind_key))
        .routes(routes!(keys::retire_key))
        .routes(routes!(me::me))
        .routes(routes!(me::change_password))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(users::list_users, users::create_user))
        .routes(routes!(users::change_user))
        .routes(routes!(users::reset_password))
        .routes(routes!(roles::list_permissions))
        .routes(routes!(roles::list_roles, roles::create_role))
        .routes(routes!(roles::put_role, roles::delete_role))
        .routes(routes!(assignments::list_assignments, assignments::create_assignment))
        .routes(routes!(assignments::delete_assignment))
        .routes(routes!(device_groups::list_device_groups, device_groups::create_device_group))
        .routes(routes!(device_groups::put_device_group, device_groups::delete_device_group))
        .routes(routes!(tenants::list_tenants, tenants::create_tenant))
}

/// Checks a name that people see.
pub(crate) fn checked_name(field: &str, name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
        let detail = format!("`{}` is no usable name.", short(name));
        let fix = format!("Use 1 to {LONGEST_NAME} characters, none of them a control character.");
        return Err(Refusal::not_valid(field, detail, fix));
    }
    Ok(name.to_owned())
}
