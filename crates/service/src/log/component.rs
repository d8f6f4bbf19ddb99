//! The components that write logs, and the names that the field's tools look for.

/// A component: its file, its name in each line, and how its lines are framed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Component {
    /// The file's name, such as `BgbServer.log`.
    pub file: &'static str,
    /// The name in each line, such as `SMS_NOTIFICATION_SERVER`.
    pub name: &'static str,
    /// How a line is framed.
    pub framing: Framing,
}

/// How a line of a text log is framed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Framing {
    /// As site servers write: `text~~  $$<COMPONENT><date time+bias><thread=N (0xHEX)>`.
    Server,
    /// As clients write: `<![LOG[text]LOG]!><time="…" date="…" component="…" …>`.
    Client,
}

impl Component {
    /// The admin center.
    pub const ADMIN_CENTER: Component = Component::server("AdminCenter.log", "ADMIN_CENTER");
    /// The service connector, taking notifications.
    pub const GATEWAY_NOTIFICATION_WORKER: Component =
        Component::server("CMGatewayNotificationWorker.log", "SMS_SERVICE_CONNECTOR");
    /// The service connector, uploading devices.
    pub const GATEWAY_SYNC_UPLOAD_WORKER: Component =
        Component::server("CMGatewaySyncUploadWorker.log", "SMS_SERVICE_CONNECTOR");
    /// The site authority.
    pub const AUTHORITY: Component = Component::server("SiteAuthority.log", "SMS_SITE_AUTHORITY");
    /// What signs the calls of Microsoft Graph.
    pub const GRAPH_PROXY: Component = Component::server("GraphProxy.log", "GRAPH_PROXY");
    /// The notification server.
    pub const BGB_SERVER: Component = Component::server("BgbServer.log", "SMS_NOTIFICATION_SERVER");
    /// The management point.
    pub const MANAGEMENT_POINT: Component = Component::server("ManagementPoint.log", "SMS_MP");
    /// What holds the roles of a site together in one process; the field's name for it.
    pub const EXECUTIVE: Component = Component::server("smsexec.log", "SMS_EXECUTIVE");
    /// The agent's end of the device channel.
    pub const NOTIFICATION_AGENT: Component = Component::client("CcmNotificationAgent.log", "BgbAgent");
    /// The agent's scheduler.
    pub const SCHEDULER: Component = Component::client("Scheduler.log", "Scheduler");
    /// The agent's policy engine.
    pub const POLICY_AGENT: Component = Component::client("PolicyAgent.log", "PolicyAgent");
    /// The agent's application evaluation.
    pub const APP_INTENT_EVAL: Component = Component::client("AppIntentEval.log", "AppIntentEval");

    const fn server(file: &'static str, name: &'static str) -> Self {
        Self { file, name, framing: Framing::Server }
    }

    const fn client(file: &'static str, name: &'static str) -> Self {
        Self { file, name, framing: Framing::Client }
    }
}
