//! What an action asks a device to do. The set is open: a site may know kinds that this version does not.

use serde::{Deserialize, Serialize};

/// A kind of device action, known by its task type: the number in `TaskType` and in the connector's `TemplateID`.
///
/// Any number is valid. An agent that does not know it answers `not supported`, and that answer reaches the admin.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionKind(pub u32);

/// What happens to a target that is offline when the action reaches its site.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfflinePolicy {
    /// The task waits for the device until `deliver_by`.
    Queue,
    /// The target fails at once.
    Fail,
}

struct Known {
    kind: ActionKind,
    name: &'static str,
    template: &'static str,
    title: &'static str,
    graph: Option<&'static str>,
    offline: OfflinePolicy,
}

/// Type 1 is from the seed, 15 from public documentation; 2, 3 and those from 1001 are Tenon's.
const KNOWN: &[Known] = &[
    Known {
        kind: ActionKind::MACHINE_POLICY,
        name: "sync-machine-policy",
        template: "RequestMachinePolicy",
        title: "Sync machine policy",
        graph: Some("refreshMachinePolicy"),
        offline: OfflinePolicy::Queue,
    },
    Known {
        kind: ActionKind::USER_POLICY,
        name: "sync-user-policy",
        template: "RequestUserPolicy",
        title: "Sync user policy",
        graph: Some("refreshUserPolicy"),
        offline: OfflinePolicy::Queue,
    },
    Known {
        kind: ActionKind::APPLICATIONS,
        name: "app-evaluation",
        template: "EvaluateApplications",
        title: "App evaluation cycle",
        graph: Some("appEvaluation"),
        offline: OfflinePolicy::Queue,
    },
    Known {
        kind: ActionKind::INSTALL_APPLICATION,
        name: "install-application",
        template: "InstallApplication",
        title: "Install application",
        graph: None,
        offline: OfflinePolicy::Queue,
    },
    Known {
        kind: ActionKind::PROBE,
        name: "probe",
        template: "Probe",
        title: "Probe",
        graph: None,
        offline: OfflinePolicy::Fail,
    },
    Known {
        kind: ActionKind::COLLECT_LOGS,
        name: "collect-logs",
        template: "CollectLogs",
        title: "Collect logs",
        graph: None,
        offline: OfflinePolicy::Queue,
    },
    Known {
        kind: ActionKind::LOG_LEVEL,
        name: "log-level",
        template: "SetLogLevel",
        title: "Set log level",
        graph: None,
        offline: OfflinePolicy::Queue,
    },
];

impl ActionKind {
    /// Sync machine policy: download, verify and apply the policy that targets the machine.
    pub const MACHINE_POLICY: ActionKind = ActionKind(1);
    /// Sync user policy: the same for each user of the device.
    pub const USER_POLICY: ActionKind = ActionKind(2);
    /// App evaluation cycle: evaluate each application deployed to the device.
    pub const APPLICATIONS: ActionKind = ActionKind(3);
    /// Install an application that is available to the device: the parameter is `{"application": "NAME"}`.
    pub const INSTALL_APPLICATION: ActionKind = ActionKind(1004);
    /// Does nothing and answers: shows that the path works.
    pub const PROBE: ActionKind = ActionKind(1001);
    /// Send the agent's own logs to the site: the parameter is empty or `{"max_kib": 512}`.
    pub const COLLECT_LOGS: ActionKind = ActionKind(1002);
    /// Have the agent's logs say more for a time: the parameter is `{"level": "detailed", "minutes": 60}`, or
    /// `{"level": "usual"}` to end it.
    pub const LOG_LEVEL: ActionKind = ActionKind(1003);

    /// Returns the kinds that this version knows.
    pub fn known() -> impl Iterator<Item = ActionKind> {
        KNOWN.iter().map(|known| known.kind)
    }

    /// Returns the name in the API and on the command line, such as `sync-machine-policy`; `None` for a kind that
    /// this version does not know.
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|known| known.name)
    }

    /// Returns the `TemplateID` of the connector's authorisation lines, such as `RequestMachinePolicy`; a kind that
    /// this version does not know is shown by its number.
    pub fn template(self) -> String {
        self.entry().map_or_else(|| self.0.to_string(), |known| known.template.to_owned())
    }

    /// Returns the English name that admins see.
    pub fn title(self) -> String {
        self.entry().map_or_else(|| format!("Action type {}", self.0), |known| known.title.to_owned())
    }

    /// Returns the action's name in Microsoft Graph, such as `refreshMachinePolicy`.
    pub fn graph(self) -> Option<&'static str> {
        self.entry().and_then(|known| known.graph)
    }

    /// Returns what happens to a target that is offline, unless the request says otherwise.
    pub fn offline_policy(self) -> OfflinePolicy {
        self.entry().map_or(OfflinePolicy::Fail, |known| known.offline)
    }

    /// Returns whether a permission of its own is needed, which the one for actions at large does not include: logs may
    /// name what a person who may act need not know.
    pub fn is_about_logs(self) -> bool {
        matches!(self, ActionKind::COLLECT_LOGS | ActionKind::LOG_LEVEL)
    }

    /// Returns the kind with that name.
    pub fn named(name: &str) -> Option<Self> {
        KNOWN.iter().find(|known| known.name == name).map(|known| known.kind)
    }

    /// Returns the kind with that Microsoft Graph name.
    pub fn from_graph(name: &str) -> Option<Self> {
        KNOWN.iter().find(|known| known.graph == Some(name)).map(|known| known.kind)
    }

    fn entry(self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.kind == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_kind() {
        for kind in ActionKind::known() {
            let name = kind.name().expect("known kinds have names");
            assert_eq!(ActionKind::named(name), Some(kind));
            if let Some(graph) = kind.graph() {
                assert_eq!(ActionKind::from_graph(graph), Some(kind));
            }
        }
    }

    #[test]
    fn a_kind_from_the_future_is_shown_by_its_number() {
        let kind = ActionKind(4711);
        assert_eq!(
            (kind.name(), kind.template(), kind.title()),
            (None, "4711".into(), "Action type 4711".into())
        );
    }
}
