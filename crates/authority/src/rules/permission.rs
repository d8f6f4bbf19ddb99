//! The permissions that roles are made of, and the roles that every site has.

use action::ActionKind;

/// What an action needs, all of it on one collection that holds the device: Notify Resource, with Read and Read Resource.
const ACTIONS: [&str; 3] =
    ["Collection / Notify Resource", "Collection / Read", "Collection / Read Resource"];

/// What reading a device needs.
const READING: [&str; 2] = ["Collection / Read", "Collection / Read Resource"];

/// What running a script needs.
const SCRIPTS: [&str; 3] = ["Collection / Run Script", "Collection / Read", "Collection / Read Resource"];

/// What the agent's logs need: to collect them, to have them say more, and to read them.
const LOGS: [&str; 3] = ["Collection / Collect Logs", "Collection / Read", "Collection / Read Resource"];

/// Running an approved script, by its type in public documentation.
const RUN_SCRIPT: ActionKind = ActionKind(15);

/// All permissions, in the field's words.
const ALL: [&str; 13] = [
    "Collection / Notify Resource",
    "Collection / Read",
    "Collection / Read Resource",
    "Collection / Run Script",
    "Collection / Collect Logs",
    "Collection / Modify",
    "Collection / Delete Resource",
    "Application / Read",
    "Application / Approve",
    "Policy / Read",
    "Policy / Modify",
    "Site / Read",
    "Site / Modify",
];

/// A role that every site has; it cannot be changed.
pub(crate) struct BuiltInRole {
    /// Its name, as in Configuration Manager.
    pub(crate) name: &'static str,
    /// Its permissions.
    pub(crate) permissions: &'static [&'static str],
}

/// The roles that every site has.
pub(crate) const BUILT_IN_ROLES: [BuiltInRole; 3] = [
    BuiltInRole { name: "Full Administrator", permissions: &ALL },
    BuiltInRole {
        name: "Operations Administrator",
        permissions: &[
            "Collection / Notify Resource",
            "Collection / Read",
            "Collection / Read Resource",
            "Collection / Run Script",
            "Collection / Collect Logs",
            "Application / Read",
            "Policy / Read",
            "Site / Read",
        ],
    },
    BuiltInRole {
        name: "Read-only Analyst",
        permissions: &[
            "Collection / Read",
            "Collection / Read Resource",
            "Application / Read",
            "Policy / Read",
            "Site / Read",
        ],
    },
];

/// Returns whether `name` is a permission.
pub(crate) fn is_permission(name: &str) -> bool {
    ALL.contains(&name)
}

/// Returns all permissions, for the schema.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    ALL.into_iter()
}

/// Returns the permissions that an action of this kind needs on a collection; the first is the one that acts.
pub(crate) fn needed_for(kind: ActionKind) -> &'static [&'static str] {
    match kind {
        RUN_SCRIPT => &SCRIPTS,
        ActionKind::COLLECT_LOGS | ActionKind::LOG_LEVEL => &LOGS,
        _ => &ACTIONS,
    }
}

/// Returns the permissions that reading what the site knows of a device needs on a collection.
pub(crate) fn needed_for_reading() -> &'static [&'static str] {
    &READING
}
