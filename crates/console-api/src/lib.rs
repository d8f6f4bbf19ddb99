//! The console's API: what is asked and answered under `/api/v1`, and a client for it.
//!
//! The types are what crosses the wire, in the order in which a person meets them: sign in, look at sites and
//! devices, ask for an action, watch it. Each has an OpenAPI schema; `docs/openapi.json` is made from them.

mod schema;
mod problem;
mod page;
mod sign_in;
mod session;
mod token;
mod key;
mod user;
mod role;
mod tenant;
mod site;
mod health;
mod mirror;
mod device;
mod drain;
mod kind;
mod action;
mod check;
mod signed;
mod approval;
mod draft_text;
mod known;
mod device_logs;
mod target;
mod change;
mod audit;
mod webhook;
mod graph;
mod client;

pub use action::{
    Action, ActionTarget, Asked, Asker, CancelledAction, Counts, NewAction, NewTarget, Unknown,
};
pub use approval::{Approved, NewApproval, SentRequest};
pub use audit::{AuditCheck, AuditEntry, AuditError, AuditHead, AuditReceipt, SiteAudit};
pub use change::{ActionChange, Change, DevicesChange, LiveChange, SiteChange};
pub use check::{ActionCheck, CheckedSite, RefusedTarget, ThrottleForecast};
pub use client::{
    ActionQuery, Client, ClientError, ClientOptions, DeviceQuery, LiveChanges, NotDrafted, NotPaired,
    ProviderAnswer, Server, Signer, TargetQuery, VERSION_HEADER,
};
pub use device::{Compliance, Device, DeviceCount, LastSeen, OnlineStatus, SeenBy};
pub use device_logs::{CollectedLogs, DeviceLogs, LogPart};
pub use draft_text::NotADraft;
pub use drain::{ActionDrain, ServerDrain};
pub use graph::{
    DeviceActionResult, GraphDevices, GraphError, ManagedDevice, TriggerAction,
    TriggerConfigurationManagerAction,
};
pub use health::{HealthCheck, SiteHealth};
pub use key::{BoundKey, IdToken, KeyAtSite, NewKey, RetiredKey};
pub use kind::Kind;
pub use known::{ClientDetails, DeviceCollection, DeviceDetails, DeviceTask, SyncBegun};
pub use mirror::{Collection, Policy};
pub use page::{DEFAULT_PAGE, LARGEST_PAGE, Page};
pub use problem::{PROBLEM_JSON, Problem};
pub use role::{
    Assignment, ConsoleRole, DeviceGroup, Grant, Holder, NewAssignment, NewConsoleRole, NewDeviceGroup,
    PermissionInfo,
};
pub use session::{Me, PasswordChange, SessionInfo, Setup, SignIn, SignedIn};
pub use sign_in::{KeySignIn, OpenIdMethod, OpenIdSettings, SignInMethods, SignInSettings};
pub use signed::{Draft, Drafts, PairingMessage, PairingPlace, SignedActions};
pub use site::{AttachCode, Link, Site, SiteState};
pub use target::{HistoryEntry, TargetState, Why};
pub use tenant::{NewTenant, Tenant};
pub use token::{ApiToken, CreatedApiToken, NewApiToken};
pub use user::{CreatedUser, NewUser, PasswordReset, ResetPassword, Role, User, UserChange};
pub use webhook::{CreatedWebhook, DeadLetter, NewWebhook, Replayed, Webhook};

/// The header that a caller with a cookie sends with everything but `GET`: the value that sign-in returned.
pub const CSRF_HEADER: &str = "x-tenon-csrf";

/// The header that makes a repeated `POST` of an action the same action.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
