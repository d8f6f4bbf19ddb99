//! What the operator does at the console's host, on its store directly: `tenon tenant`, and a forgotten password.

use action::{TenantId, UserId};
use console_api::{Role, Tenant};
use database::DbError;
use service::{clock, dice, wake::Wakes};

use crate::{
    people::{checked_name, password},
    problem::Refusal,
    secret,
    store::{Audit, NewPerson, PersonRow, Store},
};

/// Why the operator's wish was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The store failed.
    #[error("the console's store failed")]
    Store(#[from] DbError),
    /// A name or a password cannot be used.
    #[error("{detail} {fix}")]
    NotValid {
        /// What is wrong.
        detail: String,
        /// What to do.
        fix: String,
    },
    /// The name is taken.
    #[error("the name `{0}` is taken")]
    NameTaken(String),
    /// There is no such tenant.
    #[error("there is no tenant `{0}`")]
    NoTenant(String),
    /// There is no such person, or several.
    #[error("there is no one person `{0}`; name the tenant where several have a person of that name")]
    NoPerson(String),
    /// Hashing failed.
    #[error("the password could not be hashed")]
    Hash,
}

/// A person whom the operator made or gave a new password.
#[derive(Clone, Eq, PartialEq)]
pub struct Account {
    /// The person's tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// The person's sign-in name.
    pub name: String,
    /// The password, to be shown this once.
    pub password: String,
    /// Whether accounts of the console could not sign in before, and can again.
    pub local_accounts_allowed: bool,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("user", &self.user).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Makes a new one-time code for the first administrator; `None` where there is somebody already. Only its hash is kept.
///
/// # Errors
///
/// Where the store fails.
pub async fn setup_code(database: &str) -> Result<Option<String>, AdminError> {
    let store = open(database).await?;
    if store.is_set_up().await? {
        return Ok(None);
    }
    let code = secret::fresh(secret::SETUP_PREFIX);
    store.put_setup_code(&secret::sha256(code.as_bytes())).await?;
    Ok(Some(code))
}

/// Lists the tenants.
///
/// # Errors
///
/// Where the store fails.
pub async fn tenants(database: &str) -> Result<Vec<Tenant>, AdminError> {
    Ok(open(database).await?.tenants().await?)
}

/// Makes a tenant and its first administrator, with a password that is made for them.
///
/// # Errors
///
/// Where a name cannot be used or is taken, or the store fails.
pub async fn create_tenant(database: &str, tenant: &str, user: &str) -> Result<Account, AdminError> {
    let store = open(database).await?;
    let now = clock::now();
    let tenant = Tenant {
        id: TenantId(dice::uuid()),
        name: checked_name("the tenant's name", tenant).map_err(not_valid)?,
        created: now,
    };
    let operator = !store.is_set_up().await?;
    let (person, made) = new_administrator(tenant.id, user, operator).await?;
    let entry = entry(tenant.id, "tenant.create", tenant.name.clone());
    match store.create_tenant(&tenant, &person, &[entry]).await {
        Err(error) if error.is_constraint() => return Err(AdminError::NameTaken(tenant.name)),
        stored => stored?,
    }
    Ok(Account {
        tenant: tenant.id,
        user: person.id,
        name: person.name,
        password: made,
        local_accounts_allowed: false,
    })
}

/// Makes another administrator of a tenant, for when nobody can sign in any more.
///
/// # Errors
///
/// Where there is no such tenant, the name cannot be used or is taken, or the store fails.
pub async fn create_administrator(database: &str, tenant: &str, user: &str) -> Result<Account, AdminError> {
    let store = open(database).await?;
    let found = store.tenant_named(tenant).await?.ok_or_else(|| AdminError::NoTenant(tenant.to_owned()))?;
    let (person, made) = new_administrator(found.id, user, false).await?;
    let entry = entry(found.id, "user.create", person.name.clone());
    match store.create_person(&person, &[entry]).await {
        Err(error) if error.is_constraint() => return Err(AdminError::NameTaken(person.name)),
        stored => stored?,
    }
    Ok(Account {
        tenant: found.id,
        user: person.id,
        name: person.name,
        password: made,
        local_accounts_allowed: false,
    })
}

/// Gives a person a new password; all their sessions end, also at a console that runs. Where the tenant had switched
/// accounts of the console off, they can sign in again: this is the way back in.
///
/// # Errors
///
/// Where there is no such person, or the store fails.
pub async fn reset_password(database: &str, tenant: Option<&str>, user: &str) -> Result<Account, AdminError> {
    let store = open(database).await?;
    let mut people: Vec<PersonRow> = store.people_named(user).await?;
    if let Some(tenant) = tenant {
        let found =
            store.tenant_named(tenant).await?.ok_or_else(|| AdminError::NoTenant(tenant.to_owned()))?;
        people.retain(|person| person.tenant == found.id);
    }
    let person = match (people.pop(), people.is_empty()) {
        (Some(person), true) => person,
        _ => return Err(AdminError::NoPerson(user.to_owned())),
    };
    let made = secret::fresh_password();
    let hash = hash(&made).await?;
    let entry = entry(person.tenant, "user.reset_password", person.user.id.to_string());
    store.put_password(person.tenant, person.user.id, &hash, &[entry]).await?;
    let local_accounts_allowed = store.allow_local_accounts(person.tenant).await?;
    Ok(Account {
        tenant: person.tenant,
        user: person.user.id,
        name: person.user.name,
        password: made,
        local_accounts_allowed,
    })
}

async fn open(database: &str) -> Result<Store, DbError> {
    crate::start::open(database, Wakes::new()).await
}

async fn new_administrator(
    tenant: TenantId,
    user: &str,
    operator: bool,
) -> Result<(NewPerson, String), AdminError> {
    let name = checked_name("the sign-in name", user).map_err(not_valid)?;
    let made = secret::fresh_password();
    let person = NewPerson {
        id: UserId(dice::uuid()),
        tenant,
        name: name.clone(),
        display_name: name,
        role: Role::Administrator,
        operator,
        password: hash(&made).await?,
        created: clock::now(),
    };
    Ok((person, made))
}

async fn hash(password: &str) -> Result<String, AdminError> {
    let passwords = password::Passwords::new().map_err(|_| AdminError::Hash)?;
    passwords.hash(password).await.map_err(|_| AdminError::Hash)
}

fn entry(tenant: TenantId, what: &'static str, subject: String) -> Audit {
    Audit {
        tenant,
        at: clock::now(),
        who: "operator at the console's host".to_owned(),
        source: "console".to_owned(),
        what,
        subject,
        devices: String::new(),
        rule: String::new(),
        result: "done".to_owned(),
    }
}

fn not_valid(refusal: Refusal) -> AdminError {
    let (detail, fix) = refusal.texts();
    AdminError::NotValid { detail, fix }
}
