//! The customers of a console.

use action::{TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{NewUser, schema};

/// A tenant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Tenant {
    /// The tenant.
    #[schema(schema_with = schema::uuid)]
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// When it was made.
    #[schema(schema_with = schema::moment)]
    pub created: Timestamp,
}

/// Makes a tenant with its first administrator.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// The tenant's name.
    pub name: String,
    /// Its first administrator; the role must be `Administrator`.
    pub administrator: NewUser,
}
