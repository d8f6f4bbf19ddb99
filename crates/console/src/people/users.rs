//! The people of a tenant.

use action::UserId;
use axum::{Json, extract::State, http::StatusCode};
use console_api::{CreatedUser, NewUser, PasswordReset, ResetPassword, User, UserChange};

use super::{
    checked_name, password,
    permission::Permission,
    permit::{ManageUsers, Permit},
};
use crate::{
    problem::Refusal,
    read::{Body, Id},
    secret,
    state::Console,
    store::{NewPerson, PersonRow},
};

/// List the people of the tenant.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", responses((status = 200, body = Vec<User>)))]
pub(crate) async fn list_users(
    State(console): State<Console>,
    permit: Permit<ManageUsers>,
) -> Result<Json<Vec<User>>, Refusal> {
    Ok(Json(console.store().people(permit.tenant()).await?))
}

/// Make a person's account. A password that the console makes is shown this once.
#[utoipa::path(post, path = "/api/v1/users", tag = "people", request_body = NewUser,
    responses((status = 201, body = CreatedUser)))]
pub(crate) async fn create_user(
    State(console): State<Console>,
    permit: Permit<ManageUsers>,
    Body(new): Body<NewUser>,
) -> Result<(StatusCode, Json<CreatedUser>), Refusal> {
    let now = console.now();
    may_give_role(&console, &permit, new.role).await?;
    let (person, made) = account(&console, &new, permit.tenant(), "").await?;
    let entry = permit.audit("user.create", person.name.clone(), now);
    match console.store().create_person(&person, &[entry]).await {
        Err(error) if error.is_constraint() => return Err(name_taken("name", &person.name)),
        stored => stored?,
    }
    let found = find(&console, &permit, person.id).await?;
    Ok((StatusCode::CREATED, Json(CreatedUser { user: found.user, password: made })))
}

/// Change what a person may do, shut them out, or let them in again.
#[utoipa::path(patch, path = "/api/v1/users/{user}", tag = "people", request_body = UserChange,
    params(("user" = uuid::Uuid, Path)), responses((status = 200, body = User)))]
pub(crate) async fn change_user(
    State(console): State<Console>,
    permit: Permit<ManageUsers>,
    Id(user): Id<UserId>,
    Body(change): Body<UserChange>,
) -> Result<Json<User>, Refusal> {
    let person = find(&console, &permit, user).await?;
    let role = change.role.unwrap_or(person.user.role);
    // Who may not give what the person has must not take it away or take their place either.
    may_give_role(&console, &permit, person.user.role).await?;
    may_give_role(&console, &permit, role).await?;
    let disabled = change.disabled.unwrap_or(person.user.disabled);
    let entry = permit.audit("user.change", user.to_string(), console.now());
    if !console.store().change_person(permit.tenant(), user, role, disabled, &[entry]).await? {
        let detail = "The tenant would be left without an administrator.";
        return Err(Refusal::conflict(
            "last-administrator",
            detail,
            "Make another person an administrator first.",
        ));
    }
    Ok(Json(find(&console, &permit, user).await?.user))
}

/// Give a person a new password; all their sessions end.
#[utoipa::path(post, path = "/api/v1/users/{user}/password", tag = "people", request_body = ResetPassword,
    params(("user" = uuid::Uuid, Path)), responses((status = 200, body = PasswordReset)))]
pub(crate) async fn reset_password(
    State(console): State<Console>,
    permit: Permit<ManageUsers>,
    Id(user): Id<UserId>,
    Body(reset): Body<ResetPassword>,
) -> Result<Json<PasswordReset>, Refusal> {
    let person = find(&console, &permit, user).await?;
    if person.user.issuer.is_some() {
        let detail = "The person signs in by the tenant's provider and has no password here.";
        return Err(Refusal::conflict("no-password", detail, "Reset the password at the provider."));
    }
    may_give_role(&console, &permit, person.user.role).await?;
    let (password, made) = given_or_made("password", reset.password.as_deref(), &person.user.name)?;
    let hash = console.passwords().hash(&password).await?;
    let entry = permit.audit("user.reset_password", user.to_string(), console.now());
    console.store().put_password(permit.tenant(), user, &hash, &[entry]).await?;
    Ok(Json(PasswordReset { password: made }))
}

/// Makes an account of what was asked; with the password, where the console made it. `under` is the path of the
/// request's members.
pub(super) async fn account(
    console: &Console,
    new: &NewUser,
    tenant: action::TenantId,
    under: &str,
) -> Result<(NewPerson, Option<String>), Refusal> {
    let name = checked_name(&format!("{under}name"), &new.name)?;
    let display_name = match &new.display_name {
        Some(display_name) => checked_name(&format!("{under}display_name"), display_name)?,
        None => name.clone(),
    };
    let (password, made) = given_or_made(&format!("{under}password"), new.password.as_deref(), &name)?;
    let person = NewPerson {
        id: UserId(service::dice::uuid()),
        tenant,
        name,
        display_name,
        role: new.role,
        operator: false,
        password: console.passwords().hash(&password).await?,
        created: console.now(),
    };
    Ok((person, made))
}

/// Checks that the caller has all that a role gives.
async fn may_give_role(
    console: &Console,
    permit: &Permit<ManageUsers>,
    role: console_api::Role,
) -> Result<(), Refusal> {
    permit.session().may_give(console, Permission::of_role(role, false).into_iter()).await
}

fn given_or_made(field: &str, given: Option<&str>, name: &str) -> Result<(String, Option<String>), Refusal> {
    match given {
        Some(given) => {
            password::check(field, given, name)?;
            Ok((given.to_owned(), None))
        }
        None => {
            let made = secret::fresh_password();
            Ok((made.clone(), Some(made)))
        }
    }
}

async fn find(console: &Console, permit: &Permit<ManageUsers>, user: UserId) -> Result<PersonRow, Refusal> {
    let person = console.store().person(permit.tenant(), user).await?;
    person.ok_or_else(|| Refusal::not_found("person", user))
}

/// Says that a name is taken.
pub(super) fn name_taken(field: &str, name: &str) -> Refusal {
    let detail = format!("`{}` is taken.", crate::problem::short(name));
    Refusal::conflict("name-taken", detail, "Choose another name.").field(field)
}
