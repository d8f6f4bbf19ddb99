//! Roles of the console: the built-in ones, and those that a tenant makes.

use axum::{Json, extract::State, http::StatusCode};
use console_api::{ConsoleRole, NewConsoleRole, PermissionInfo, Role};
use uuid::Uuid;

use super::{
    checked_name,
    permission::Permission,
    permit::{ManageRoles, Permit},
    session::Session,
};
use crate::{
    problem::{Refusal, short},
    read::{Body, Id},
    state::Console,
};

/// The most own roles of a tenant, and the longest description, in characters.
const MOST_ROLES: usize = 200;
const LONGEST_DESCRIPTION: usize = 500;

/// The built-in roles that can be assigned. Their ids are the same at every console.
const BUILT_IN: [(Uuid, Role, &str); 3] = [
    (Uuid::from_u128(1), Role::Administrator, "Everything in the tenant."),
    (Uuid::from_u128(2), Role::HelpDeskOperator, "Sees everything, and asks for device actions."),
    (Uuid::from_u128(3), Role::ReadOnlyOperator, "Sees everything."),
];

/// List the permissions that a role can give.
#[utoipa::path(get, path = "/api/v1/permissions", tag = "roles",
    responses((status = 200, body = Vec<PermissionInfo>)))]
pub(crate) async fn list_permissions(_session: Session) -> Json<Vec<PermissionInfo>> {
    let shown = |permission: Permission| PermissionInfo {
        name: permission.name().into_owned(),
        scoped: permission.is_scoped(),
    };
    Json(Permission::for_roles().map(shown).collect())
}

/// List the roles, the built-in ones first.
#[utoipa::path(get, path = "/api/v1/roles", tag = "roles", responses((status = 200, body = Vec<ConsoleRole>)))]
pub(crate) async fn list_roles(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
) -> Result<Json<Vec<ConsoleRole>>, Refusal> {
    let mut roles: Vec<ConsoleRole> = BUILT_IN.iter().map(|(id, ..)| *id).filter_map(built_in).collect();
    roles.extend(console.store().own_roles(permit.tenant()).await?);
    Ok(Json(roles))
}

/// Make a role.
#[utoipa::path(post, path = "/api/v1/roles", tag = "roles", request_body = NewConsoleRole,
    responses((status = 201, body = ConsoleRole)))]
pub(crate) async fn create_role(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
    Body(new): Body<NewConsoleRole>,
) -> Result<(StatusCode, Json<ConsoleRole>), Refusal> {
    if console.store().own_roles(permit.tenant()).await?.len() >= MOST_ROLES {
        let detail = format!("The tenant has {MOST_ROLES} roles of its own already.");
        return Err(Refusal::conflict("too-many-roles", detail, "Remove one that nobody holds."));
    }
    let role = checked(&console, &permit, service::dice::uuid(), new).await?;
    keep(&console, &permit, &role, true).await?;
    Ok((StatusCode::CREATED, Json(role)))
}

/// Change a role of the tenant's own. It counts at once for everybody who holds it.
#[utoipa::path(put, path = "/api/v1/roles/{role}", tag = "roles", request_body = NewConsoleRole,
    params(("role" = Uuid, Path)), responses((status = 200, body = ConsoleRole)))]
pub(crate) async fn put_role(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
    Id(role): Id<Uuid>,
    Body(new): Body<NewConsoleRole>,
) -> Result<Json<ConsoleRole>, Refusal> {
    changeable(role)?;
    let before = find(&console, &permit, role).await?;
    // Who may not give what the role gives now must not decide who holds what instead.
    may_give(&console, &permit, &before).await?;
    let role = checked(&console, &permit, role, new).await?;
    keep(&console, &permit, &role, false).await?;
    Ok(Json(role))
}

/// Remove a role of the tenant's own, with its assignments.
#[utoipa::path(delete, path = "/api/v1/roles/{role}", tag = "roles", params(("role" = Uuid, Path)),
    responses((status = 204, description = "The role is gone, and nobody holds it.")))]
pub(crate) async fn delete_role(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
    Id(role): Id<Uuid>,
) -> Result<StatusCode, Refusal> {
    changeable(role)?;
    let entry = permit.audit("role.remove", role.to_string(), console.now());
    if console.store().delete_role(permit.tenant(), role, &[entry]).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::not_found("role", role))
    }
}

/// Returns a role that the tenant has: a built-in one, or its own.
pub(super) async fn find(
    console: &Console,
    permit: &Permit<ManageRoles>,
    role: Uuid,
) -> Result<ConsoleRole, Refusal> {
    if let Some(built_in) = built_in(role) {
        return Ok(built_in);
    }
    let own = console.store().own_role(permit.tenant(), role).await?;
    own.ok_or_else(|| Refusal::not_found("role", role))
}

/// Checks that the caller has all that a role gives: nobody gives more than they have.
pub(super) async fn may_give(
    console: &Console,
    permit: &Permit<ManageRoles>,
    role: &ConsoleRole,
) -> Result<(), Refusal> {
    permit
        .session()
        .may_give(console, role.permissions.iter().filter_map(|name| Permission::named(name)))
        .await
}

/// Returns a built-in role.
pub(crate) fn built_in(id: Uuid) -> Option<ConsoleRole> {
    let (id, role, description) = BUILT_IN.into_iter().find(|(known, ..)| *known == id)?;
    let permissions = Permission::of_role(role, false);
    Some(ConsoleRole {
        id,
        name: role.name().to_owned(),
        description: description.to_owned(),
        built_in: true,
        permissions: permissions.into_iter().map(|permission| permission.name().into_owned()).collect(),
    })
}

fn changeable(role: Uuid) -> Result<(), Refusal> {
    match built_in(role) {
        None => Ok(()),
        Some(role) => {
            let detail = format!("`{}` comes with the console.", role.name);
            Err(Refusal::conflict(
                "built-in-role",
                detail,
                "Make a role of your own with what it should give.",
            ))
        }
    }
}

async fn checked(
    console: &Console,
    permit: &Permit<ManageRoles>,
    id: Uuid,
    new: NewConsoleRole,
) -> Result<ConsoleRole, Refusal> {
    let name = checked_name("name", &new.name)?;
    if Role::ALL.iter().any(|role| role.name().eq_ignore_ascii_case(&name)) {
        return Err(super::users::name_taken("name", &name));
    }
    let description = new.description.trim().to_owned();
    if description.chars().count() > LONGEST_DESCRIPTION || description.chars().any(char::is_control) {
        let fix = format!("Use {LONGEST_DESCRIPTION} characters at most, none of them a control character.");
        return Err(Refusal::not_valid("description", "The description is not usable.", fix));
    }
    let permissions = checked_permissions("permissions", &new.permissions)?;
    permit.session().may_give(console, permissions.iter().copied()).await?;
    let permissions = permissions.into_iter().map(|permission| permission.name().into_owned()).collect();
    Ok(ConsoleRole { id, name, description, built_in: false, permissions })
}

/// Reads names of permissions that a role or a token can have.
pub(super) fn checked_permissions(field: &str, names: &[String]) -> Result<Vec<Permission>, Refusal> {
    let mut permissions = Vec::new();
    if names.is_empty() || names.len() > MOST_ROLES {
        let detail = format!("`{field}` names {} permissions.", names.len());
        return Err(Refusal::not_valid(field, detail, format!("Name 1 to {MOST_ROLES}.")));
    }
    for name in names {
        match Permission::named(name).filter(|permission| *permission != Permission::ManageTenants) {
            Some(permission) if permissions.contains(&permission) => {}
            Some(permission) => permissions.push(permission),
            None => {
                let detail = format!("There is no permission `{}` that can be given.", short(name));
                return Err(Refusal::not_valid(field, detail, "Use names of `GET /api/v1/permissions`."));
            }
        }
    }
    Ok(permissions)
}

async fn keep(
    console: &Console,
    permit: &Permit<ManageRoles>,
    role: &ConsoleRole,
    new: bool,
) -> Result<(), Refusal> {
    let what = if new { "role.create" } else { "role.change" };
    let subject = format!("{} {}: {}", role.id, role.name, role.permissions.join(", "));
    let entry = permit.audit(what, subject, console.now());
    match console.store().put_role(permit.tenant(), role, new, &[entry]).await {
        Err(error) if error.is_constraint() => Err(super::users::name_taken("name", &role.name)),
        Ok(false) => Err(Refusal::not_found("role", role.id)),
        stored => Ok(stored.map(|_| ())?),
    }
}
