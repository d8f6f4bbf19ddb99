//! Who holds which role of the console, and where.

use axum::{Json, extract::State, http::StatusCode};
use console_api::{Assignment, Holder, NewAssignment};
use uuid::Uuid;

use super::{
    permit::{ManageRoles, Permit},
    rights::Place,
    roles,
};
use crate::{
    problem::Refusal,
    read::{Body, Id},
    state::Console,
    store::AssignmentRow,
};

/// The most assignments of a tenant: a list shows them all.
const MOST_ASSIGNMENTS: i64 = 1000;

/// The most sites and groups that one assignment or token names: each is a value of a statement.
const MOST_SITES: usize = 100;
const MOST_GROUPS: usize = 20;

/// The longest name of a provider's group, in bytes.
const LONGEST_GROUP: usize = 256;

/// List who holds which role where, the oldest first.
#[utoipa::path(get, path = "/api/v1/assignments", tag = "roles", responses((status = 200, body = Vec<Assignment>)))]
pub(crate) async fn list_assignments(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
) -> Result<Json<Vec<Assignment>>, Refusal> {
    let found = console.store().assignments(permit.tenant()).await?;
    Ok(Json(found.into_iter().map(shown).collect()))
}

/// Give a role to a person or to a group of the tenant's provider.
#[utoipa::path(post, path = "/api/v1/assignments", tag = "roles", request_body = NewAssignment,
    responses((status = 201, body = Assignment)))]
pub(crate) async fn create_assignment(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
    Body(new): Body<NewAssignment>,
) -> Result<(StatusCode, Json<Assignment>), Refusal> {
    let now = console.now();
    let role = match roles::find(&console, &permit, new.role).await {
        Ok(role) => role,
        Err(refusal) => return Err(refusal.field("role")),
    };
    roles::may_give(&console, &permit, &role).await?;
    let holder_name = holder_name(&console, &permit, &new.holder).await?;
    let place = Place { sites: new.sites, groups: new.device_groups };
    check_place(&console, &permit, &place).await?;
    if console.store().assignment_count(permit.tenant()).await? >= MOST_ASSIGNMENTS {
        let detail = format!("The tenant has {MOST_ASSIGNMENTS} assignments already.");
        return Err(Refusal::conflict("too-many-assignments", detail, "Assign to groups instead of people."));
    }
    let assignment = Assignment {
        id: service::dice::uuid(),
        role: role.id,
        role_name: role.name,
        holder: new.holder,
        holder_name,
        sites: place.sites,
        device_groups: place.groups,
        given_by: permit.user_name().to_owned(),
        created: now,
    };
    let entry = permit.audit("role.assign", subject(&assignment), now);
    console.store().assign(permit.tenant(), &assignment, &[entry]).await?;
    Ok((StatusCode::CREATED, Json(assignment)))
}

/// Take a role away. It counts at once.
#[utoipa::path(delete, path = "/api/v1/assignments/{assignment}", tag = "roles",
    params(("assignment" = Uuid, Path)), responses((status = 204, description = "The role is taken away.")))]
pub(crate) async fn delete_assignment(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
    Id(assignment): Id<Uuid>,
) -> Result<StatusCode, Refusal> {
    let entry = permit.audit("role.unassign", assignment.to_string(), console.now());
    if console.store().unassign(permit.tenant(), assignment, &[entry]).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::not_found("assignment", assignment))
    }
}

async fn holder_name(
    console: &Console,
    permit: &Permit<ManageRoles>,
    holder: &Holder,
) -> Result<String, Refusal> {
    match holder {
        Holder::User { user } => {
            let person = console.store().person(permit.tenant(), *user).await?;
            let person = person.ok_or_else(|| Refusal::not_found("person", user).field("holder.user"))?;
            Ok(person.user.name)
        }
        Holder::Group { group } => {
            if group.is_empty() || group.len() > LONGEST_GROUP || group.chars().any(char::is_control) {
                let fix = format!("Use 1 to {LONGEST_GROUP} bytes, as the provider's tokens name the group.");
                return Err(Refusal::not_valid("holder.group", "The group's name is not usable.", fix));
            }
            Ok(group.clone())
        }
    }
}

/// Checks that the tenant has the sites and groups of a place.
pub(super) async fn check_place<G>(
    console: &Console,
    permit: &Permit<G>,
    place: &Place,
) -> Result<(), Refusal> {
    check_place_of(console, permit.tenant(), place).await
}

/// The same, for the tenant of a caller.
pub(super) async fn check_place_of(
    console: &Console,
    tenant: action::TenantId,
    place: &Place,
) -> Result<(), Refusal> {
    if place.sites.len() > MOST_SITES {
        let detail = format!("`sites` names {} sites.", place.sites.len());
        return Err(Refusal::not_valid(
            "sites",
            detail,
            format!("Name {MOST_SITES} at most, or none for all."),
        ));
    }
    if place.groups.len() > MOST_GROUPS {
        let detail = format!("`device_groups` names {} groups.", place.groups.len());
        return Err(Refusal::not_valid("device_groups", detail, format!("Name {MOST_GROUPS} at most.")));
    }
    if !place.sites.is_empty() {
        let known = console.store().sites(tenant).await?;
        if let Some(site) = place.sites.iter().find(|site| known.iter().all(|known| known.id != **site)) {
            return Err(Refusal::not_found("site", site).field("sites"));
        }
    }
    if !place.groups.is_empty() {
        let known = console.store().device_groups(tenant).await?;
        if let Some(group) = place.groups.iter().find(|group| known.iter().all(|known| known.id != **group)) {
            return Err(Refusal::not_found("device group", group).field("device_groups"));
        }
    }
    Ok(())
}

fn subject(assignment: &Assignment) -> String {
    let place = match (assignment.sites.len(), assignment.device_groups.len()) {
        (0, 0) => "everywhere".to_owned(),
        (sites, groups) => format!("at {sites} sites, {groups} device groups"),
    };
    format!("{} to {} {place} ({})", assignment.role_name, assignment.holder_name, assignment.id)
}

fn shown(row: AssignmentRow) -> Assignment {
    let built_in = || roles::built_in(row.role).map(|role| role.name);
    let role_name = row.own_role.clone().or_else(built_in).unwrap_or_default();
    let holder_name = match &row.holder {
        Holder::Group { group } => group.clone(),
        Holder::User { .. } => row.person.unwrap_or_default(),
    };
    Assignment {
        id: row.id,
        role: row.role,
        role_name,
        holder: row.holder,
        holder_name,
        sites: row.place.sites,
        device_groups: row.place.groups,
        given_by: row.given_by,
        created: row.created,
    }
}
