//! Who may do what at the console, and where: roles, assignments, device groups. What they may do at a site, the site
//! decides.

use action::{SiteId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::schema;

/// A role of the console: a set of permissions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ConsoleRole {
    /// The role.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it comes with the console, and cannot be changed.
    pub built_in: bool,
    /// The permissions that it gives.
    pub permissions: Vec<String>,
}

/// Makes a role, or changes one.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsoleRole {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The permissions that it gives, as `GET /api/v1/permissions` names them.
    pub permissions: Vec<String>,
}

/// A permission that a role can give.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PermissionInfo {
    /// Its name, as roles, tokens and refusals show it.
    pub name: String,
    /// Whether it can be given for some sites and device groups only. The others hold in the whole tenant.
    pub scoped: bool,
}

/// To whom a role is given.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Holder {
    /// A person of the tenant.
    User {
        /// The person.
        #[schema(schema_with = schema::uuid)]
        user: UserId,
    },
    /// All whom the tenant's provider says to be in a group.
    Group {
        /// The group, as the provider's tokens name it.
        group: String,
    },
}

/// A role that is given to somebody.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Assignment {
    /// The assignment.
    pub id: Uuid,
    /// The role.
    pub role: Uuid,
    /// The role's name.
    pub role_name: String,
    /// Who holds it.
    pub holder: Holder,
    /// The holder's name.
    pub holder_name: String,
    /// The sites for which it holds; all where there are none.
    #[schema(schema_with = schema::uuids)]
    pub sites: Vec<SiteId>,
    /// The device groups for which it holds; all devices where there are none. With sites, a device must be at one of the
    /// sites and in one of the groups.
    pub device_groups: Vec<Uuid>,
    /// Who gave it.
    pub given_by: String,
    /// When.
    #[schema(schema_with = schema::moment)]
    pub created: Timestamp,
}

/// Gives a role to somebody.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssignment {
    /// The role.
    pub role: Uuid,
    /// Who is to hold it.
    pub holder: Holder,
    /// The sites for which it is to hold; all where there are none.
    #[serde(default)]
    #[schema(schema_with = schema::uuids, required = false)]
    pub sites: Vec<SiteId>,
    /// The device groups for which it is to hold; all devices where there are none.
    #[serde(default)]
    pub device_groups: Vec<Uuid>,
}

/// A group of devices, by what they are. It grants at the console only: a site has collections of its own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct DeviceGroup {
    /// The group.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Which devices: `name startsWith "shop-"`.
    pub filter: String,
}

/// Makes a device group, or changes one.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeviceGroup {
    /// Its name.
    pub name: String,
    /// Which devices, in the filter language.
    pub filter: String,
}

/// What somebody may do, and where.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Grant {
    /// The role from which it comes.
    pub role: String,
    /// The permissions.
    pub permissions: Vec<String>,
    /// The sites; all where there are none.
    #[schema(schema_with = schema::uuids)]
    pub sites: Vec<SiteId>,
    /// The device groups; all devices where there are none.
    pub device_groups: Vec<Uuid>,
}
