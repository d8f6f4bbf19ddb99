//! What the console lets people do. What a site lets them do, the site decides.

use console_api::Role;

/// A permission of the console.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Permission {
    InitiateAction,
    CancelOthersAction,
    ReadDevices,
    ReadSites,
    AttachSites,
    OffboardSites,
    ManageUsers,
    ManageSignIn,
    ReadAudit,
    ManageTenants,
}

impl Permission {
    const ALL: [Permission; 10] = [
        Permission::InitiateAction,
        Permission::CancelOthersAction,
        Permission::ReadDevices,
        Permission::ReadSites,
        Permission::AttachSites,
        Permission::OffboardSites,
        Permission::ManageUsers,
        Permission::ManageSignIn,
        Permission::ReadAudit,
        Permission::ManageTenants,
    ];

    /// Returns the permission's name, as refusals and screens show it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Permission::InitiateAction => "Remote tasks / Initiate Configuration Manager action",
            Permission::CancelOthersAction => "Remote tasks / Cancel another person's action",
            Permission::ReadDevices => "Managed devices / Read",
            Permission::ReadSites => "Sites / Read",
            Permission::AttachSites => "Sites / Attach",
            Permission::OffboardSites => "Sites / Offboard",
            Permission::ManageUsers => "Users / Manage",
            Permission::ManageSignIn => "Sign-in / Manage",
            Permission::ReadAudit => "Audit data / Read",
            Permission::ManageTenants => "Tenants / Manage",
        }
    }

    /// Returns whether a person of that role has it. Tenants are the business of the console's operator alone.
    pub(crate) fn is_given_by(self, role: Role, operator: bool) -> bool {
        match (self, role) {
            (Permission::ManageTenants, _) => operator,
            (_, Role::Administrator) => true,
            (_, Role::None) => false,
            (Permission::ReadDevices | Permission::ReadSites, _) => true,
            (Permission::InitiateAction, Role::HelpDeskOperator) => true,
            (_, Role::HelpDeskOperator | Role::ReadOnlyOperator) => false,
        }
    }

    /// Returns the names of the permissions of a role.
    pub(crate) fn names_of(role: Role, operator: bool) -> Vec<String> {
        let given = Self::ALL.into_iter().filter(|permission| permission.is_given_by(role, operator));
        given.map(|permission| permission.name().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_what_its_name_says() {
        check(Role::Administrator, false, 9);
        check(Role::Administrator, true, 10);
        check(Role::HelpDeskOperator, false, 3);
        check(Role::ReadOnlyOperator, false, 2);
        assert!(!Permission::InitiateAction.is_given_by(Role::ReadOnlyOperator, true));
        assert!(!Permission::CancelOthersAction.is_given_by(Role::HelpDeskOperator, false));
    }

    #[track_caller]
    fn check(role: Role, operator: bool, permissions: usize) {
        assert_eq!(Permission::names_of(role, operator).len(), permissions, "{role:?}");
    }
}
