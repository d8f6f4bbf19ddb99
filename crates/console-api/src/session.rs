//! Signing in and out.

use std::fmt;

use action::{TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Grant, Role, schema};

/// A person signs in with a local account.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The tenant's name; needed only where several tenants have a person of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The person's sign-in name.
    pub user: String,
    /// The person's password.
    pub password: String,
    /// Whether to set a cookie, for a page in a browser; otherwise the token is in the answer.
    #[serde(default)]
    pub cookie: bool,
}

/// The first administrator is made, with the one-time code that the console's first start printed.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The one-time code.
    pub code: String,
    /// The name of the first tenant.
    pub tenant: String,
    /// The administrator's sign-in name.
    pub user: String,
    /// The administrator's password, 12 characters or more.
    pub password: String,
}

/// A person is signed in.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct SignedIn {
    /// The session's token, for `Authorization: Bearer`; absent where a cookie carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When the session ends.
    #[schema(schema_with = schema::moment)]
    pub expires: Timestamp,
    /// Who is signed in.
    pub me: Me,
}

/// The caller, as the console knows them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Me {
    /// The person.
    #[schema(schema_with = schema::uuid)]
    pub id: UserId,
    /// The person's sign-in name.
    pub name: String,
    /// The person's name as others see it.
    pub display_name: String,
    /// The person's tenant.
    #[schema(schema_with = schema::uuid)]
    pub tenant: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// The person's role.
    pub role: Role,
    /// The groups that the tenant's provider last named for the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether the person operates the console: makes tenants.
    pub operator: bool,
    /// The names of what the person may do somewhere.
    pub permissions: Vec<String>,
    /// What the person holds, and where.
    pub grants: Vec<Grant>,
    /// For callers with a cookie: the value of the header `X-Tenon-CSRF`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
}

/// A session, as its person and administrators see it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SessionInfo {
    /// The session.
    pub id: Uuid,
    /// Whose it is.
    #[schema(schema_with = schema::uuid)]
    pub user: UserId,
    /// Their sign-in name.
    pub user_name: String,
    /// How they signed in: `local`, or `openid`.
    pub method: String,
    /// From which address.
    pub from: String,
    /// When they signed in.
    #[schema(schema_with = schema::moment)]
    pub created: Timestamp,
    /// When it ends.
    #[schema(schema_with = schema::moment)]
    pub expires: Timestamp,
    /// Whether it is the caller's own, of this very request.
    pub current: bool,
}

/// A person sets a new password.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present password.
    pub current: String,
    /// The new one, 12 characters or more.
    pub new: String,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("tenant", &self.tenant)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("tenant", &self.tenant)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("expires", &self.expires)
            .field("me", &self.me)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordChange").finish_non_exhaustive()
    }
}
