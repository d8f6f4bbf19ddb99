//! The people of a tenant.

use std::{fmt, str::FromStr};

use action::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// What a person may do at the console. What they may do at a site, the site decides.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
pub enum Role {
    /// Everything in the tenant.
    #[serde(rename = "Administrator")]
    Administrator,
    /// Sees everything, and asks for device actions.
    #[serde(rename = "Help Desk Operator")]
    HelpDeskOperator,
    /// Sees everything.
    #[serde(rename = "Read Only Operator")]
    ReadOnlyOperator,
    /// Nothing by itself: what the person may do comes from assignments.
    #[serde(rename = "None")]
    None,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 4] =
        [Role::Administrator, Role::HelpDeskOperator, Role::ReadOnlyOperator, Role::None];

    /// Returns the role's name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Administrator => "Administrator",
            Role::HelpDeskOperator => "Help Desk Operator",
            Role::ReadOnlyOperator => "Read Only Operator",
            Role::None => "None",
        }
    }
}

/// A name that is no role.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no role: use `Administrator`, `Help Desk Operator`, `Read Only Operator` or `None`")]
pub struct NotARole(String);

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let same = |role: &Role| role.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(same).ok_or_else(|| NotARole(name.chars().take(64).collect()))
    }
}

/// A person of the tenant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct User {
    /// The person.
    #[schema(schema_with = schema::uuid)]
    pub id: UserId,
    /// The sign-in name.
    pub name: String,
    /// The name as others see it.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// The provider that the person signs in at; absent for an account of the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The groups that the provider last named for the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether they are shut out.
    pub disabled: bool,
    /// When the account was made.
    #[schema(schema_with = schema::moment)]
    pub created: Timestamp,
}

/// Makes a person's account.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The sign-in name.
    pub name: String,
    /// The name as others see it; the sign-in name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// The password, 12 characters or more; the console makes one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// A new account.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct CreatedUser {
    /// The person.
    #[serde(flatten)]
    pub user: User,
    /// The password that the console made, shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// Changes an account; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// What they may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Shuts the person out, or lets them in again. Sessions and API tokens end at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// Gives a person a new password. All their sessions end.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// The new password, 12 characters or more; the console makes one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// The password was reset.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
pub struct PasswordReset {
    /// The password that the console made, shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

impl fmt::Debug for CreatedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedUser").field("user", &self.user).finish_non_exhaustive()
    }
}

impl fmt::Debug for ResetPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResetPassword").finish_non_exhaustive()
    }
}

impl fmt::Debug for PasswordReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordReset").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_in_what_a_debug_print_shows() {
        let new = NewUser {
            name: "ann".into(),
            display_name: None,
            role: Role::Administrator,
            password: Some("correct horse battery".into()),
        };
        assert!(!format!("{new:?}").contains("horse"));
    }

    #[test]
    fn a_role_is_known_by_its_name() {
        assert_eq!("help desk operator".parse(), Ok(Role::HelpDeskOperator));
        assert!("Owner".parse::<Role>().is_err());
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).expect("a role"), role.name());
        }
    }
}
