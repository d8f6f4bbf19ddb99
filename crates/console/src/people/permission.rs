//! What the console lets people do. What a site lets them do, the site decides.

use std::borrow::Cow;

use action::ActionKind;
use console_api::{Kind, Role};

/// A permission of the console.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Permission {
    /// Any kind of action.
    InitiateAction,
    /// One kind of action.
    Initiate(ActionKind),
    CancelOthersAction,
    ReadDevices,
    ReadLogs,
    ReadSites,
    AttachSites,
    OffboardSites,
    ManageUsers,
    ManageRoles,
    ManageSignIn,
    ReadAudit,
    ManageAudit,
    ManageWebhooks,
    ManageTenants,
}

/// The name of the permission for any kind of action; one kind's name follows after ` / `.
const INITIATE: &str = "Remote tasks / Initiate Configuration Manager action";

impl Permission {
    /// All permissions but those for one kind of action.
    const ALL: [Permission; 14] = [
        Permission::InitiateAction,
        Permission::CancelOthersAction,
        Permission::ReadDevices,
        Permission::ReadLogs,
        Permission::ReadSites,
        Permission::AttachSites,
        Permission::OffboardSites,
        Permission::ManageUsers,
        Permission::ManageRoles,
        Permission::ManageSignIn,
        Permission::ReadAudit,
        Permission::ManageAudit,
        Permission::ManageWebhooks,
        Permission::ManageTenants,
    ];

    /// Returns the permission's name, as refusals and screens show it.
    pub(crate) fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Permission::InitiateAction => INITIATE,
            Permission::Initiate(kind) => return Cow::Owned(format!("{INITIATE} / {}", Kind(kind))),
            Permission::CancelOthersAction => "Remote tasks / Cancel another person's action",
            Permission::ReadDevices => "Managed devices / Read",
            Permission::ReadLogs => "Managed devices / Read logs",
            Permission::ReadSites => "Sites / Read",
            Permission::AttachSites => "Sites / Attach",
            Permission::OffboardSites => "Sites / Offboard",
            Permission::ManageUsers => "Users / Manage",
            Permission::ManageRoles => "Roles / Manage",
            Permission::ManageSignIn => "Sign-in / Manage",
            Permission::ReadAudit => "Audit data / Read",
            Permission::ManageAudit => "Audit data / Manage",
            Permission::ManageWebhooks => "Webhooks / Manage",
            Permission::ManageTenants => "Tenants / Manage",
        })
    }

    /// Returns the permission of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let of_kind = || {
            let kind = name.strip_prefix(INITIATE)?.strip_prefix(" / ")?;
            kind.parse().ok().map(|Kind(kind)| Permission::Initiate(kind))
        };
        Self::ALL.into_iter().find(|permission| permission.name() == name).or_else(of_kind)
    }

    /// Returns whether it can be given for a part of the tenant. The others hold in the whole tenant or not at all.
    pub(crate) fn is_scoped(self) -> bool {
        match self {
            Permission::InitiateAction
            | Permission::Initiate(_)
            | Permission::CancelOthersAction
            | Permission::ReadDevices
            | Permission::ReadLogs
            | Permission::ReadSites
            | Permission::OffboardSites => true,
            Permission::AttachSites
            | Permission::ManageUsers
            | Permission::ManageRoles
            | Permission::ManageSignIn
            | Permission::ReadAudit
            | Permission::ManageAudit
            | Permission::ManageWebhooks
            | Permission::ManageTenants => false,
        }
    }

    /// Returns whether who has this also has `other`.
    pub(crate) fn covers(self, other: Permission) -> bool {
        let every = |kind: ActionKind| self == Permission::InitiateAction && !kind.is_about_logs();
        self == other || matches!(other, Permission::Initiate(kind) if every(kind))
    }

    /// Returns whether `other` is this, or this for one kind of action.
    pub(crate) fn includes(self, other: Permission) -> bool {
        self == other || (self == Permission::InitiateAction && matches!(other, Permission::Initiate(_)))
    }

    /// Returns the permissions of a built-in role. Tenants are the business of the console's operator alone.
    pub(crate) fn of_role(role: Role, operator: bool) -> Vec<Permission> {
        let given = |permission: &Permission| match (permission, role) {
            (Permission::ManageTenants, _) => operator,
            (_, Role::Administrator) => true,
            (_, Role::None) => false,
            (Permission::ReadDevices | Permission::ReadSites, _) => true,
            (Permission::InitiateAction, Role::HelpDeskOperator) => true,
            (_, Role::HelpDeskOperator | Role::ReadOnlyOperator) => false,
        };
        let logs = ActionKind::known().filter(|kind| kind.is_about_logs()).map(Permission::Initiate);
        Self::ALL.into_iter().chain(logs).filter(given).collect()
    }

    /// Returns the permissions that a role of a tenant can give, those for one kind of action among them.
    pub(crate) fn for_roles() -> impl Iterator<Item = Permission> {
        let all = Self::ALL.into_iter().filter(|permission| *permission != Permission::ManageTenants);
        all.chain(ActionKind::known().map(Permission::Initiate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_what_its_name_says() {
        check(Role::Administrator, false, 15);
        check(Role::Administrator, true, 16);
        check(Role::HelpDeskOperator, false, 3);
        check(Role::ReadOnlyOperator, false, 2);
        check(Role::None, false, 0);
        let reader = Permission::of_role(Role::ReadOnlyOperator, true);
        assert!(!reader.contains(&Permission::InitiateAction) && reader.contains(&Permission::ManageTenants));
    }

    #[test]
    fn a_permission_is_known_by_its_name() {
        for permission in Permission::for_roles() {
            assert_eq!(Permission::named(&permission.name()), Some(permission));
        }
        assert_eq!(
            Permission::named("Remote tasks / Initiate Configuration Manager action / 4711"),
            Some(Permission::Initiate(ActionKind(4711))),
            "a kind that this version does not know"
        );
        assert_eq!(Permission::named("Everything"), None);
        let probe = Permission::Initiate(ActionKind::PROBE);
        assert!(Permission::InitiateAction.covers(probe) && !probe.covers(Permission::InitiateAction));
        let logs = Permission::Initiate(ActionKind::COLLECT_LOGS);
        assert!(!Permission::InitiateAction.covers(logs), "logs need a permission of their own");
        assert!(Permission::InitiateAction.includes(logs) && logs.covers(logs));
    }

    #[track_caller]
    fn check(role: Role, operator: bool, permissions: usize) {
        assert_eq!(Permission::of_role(role, operator).len(), permissions, "{role:?}");
    }
}
