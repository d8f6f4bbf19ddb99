//! What the site's owner asks of the authority, at the site's own host.

use action::{ActionKind, DeviceId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{
    ApplicationAnswer, ApplicationCall, AssignmentEntry, AuditLine, CollectionEntry, DeviceEntry, Explained,
    IssuerEntry, IssuerPin, JoinTokenEntry, PersonEntry, PolicyConflict, PolicyEntry, PolicyVersion,
    ProofAnswer, ProofCall, RolloutEntry, RolloutPlan, ScopeCall, ScopeEntry, SiteKey, SiteKeyEntry,
    Standing, WhoMay, Witnessed,
};

/// Administration of the site. What changes who may act or what may run is possible only here, until requests carry
/// their own proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum OwnerCall {
    /// The site's id, name, root key hash and counts. Answer: `Status`.
    Status,
    /// Make a join token. Answer: `JoinToken`.
    CreateJoinToken {
        /// The URL of the management point, as agents reach it.
        url: String,
        /// How many devices may use it.
        uses: u32,
        /// How long it is valid.
        valid_seconds: u64,
        /// A collection that the devices land in as direct members.
        collection: Option<String>,
        /// Whether each device waits for the owner's approval.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        approval: bool,
    },
    /// Make a join token for one device that has lost its key: it comes back as the same device. Answer: `JoinToken`.
    CreateDeviceToken {
        /// The URL of the management point, as agents reach it.
        url: String,
        /// How long it is valid.
        valid_seconds: u64,
        /// The device.
        device: DeviceId,
    },
    /// Answer: `JoinTokens`.
    ListJoinTokens,
    /// Answer: `Done`.
    RevokeJoinToken {
        /// The token's id.
        id: String,
    },
    /// Store a policy; a new version where its name exists. Answer: `Policy`.
    PutPolicy {
        /// The policy's name.
        name: String,
        /// The DSC document, JSON or YAML.
        document: String,
        /// Collections that it is assigned to: their devices have it.
        collections: Vec<String>,
        /// Users that it is applied as, on these devices; `*` for everyone who is logged on. None: machine policy.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        users: Vec<String>,
        /// Of policies that describe one thing differently, the highest stands; none: as it was, 100 at first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<u32>,
    },
    /// Give a policy other collections, users or another priority. Answer: `Policy`.
    AssignPolicy {
        /// The policy's name.
        name: String,
        /// Its collections; none: as they were.
        collections: Option<Vec<String>>,
        /// Its users; none: as they were.
        users: Option<Vec<String>>,
        /// Its priority; none: as it was.
        priority: Option<u32>,
    },
    /// A version of a policy with its document. Answer: `PolicyDocument`.
    ShowPolicy {
        /// The policy's name.
        name: String,
        /// The version; none: the one that is in force.
        version: Option<u64>,
    },
    /// The versions of a policy, the newest first. Answer: `PolicyVersions`.
    PolicyHistory {
        /// The policy's name.
        name: String,
    },
    /// Make a new version that is like an old one. Answer: `Policy`.
    RollBackPolicy {
        /// The policy's name.
        name: String,
        /// The version that it is to be like.
        version: u64,
    },
    /// What policies of the same devices describe differently. Answer: `PolicyConflicts`.
    PolicyConflicts,
    /// Answer: `Policies`.
    ListPolicies,
    /// Answer: `Done`.
    RemovePolicy {
        /// The policy's name.
        name: String,
    },
    /// Administer applications and deployments. Answer: `Applications`.
    Applications {
        /// What is asked.
        call: Box<ApplicationCall>,
    },
    /// Administer people's keys, and for whom the console may vouch. Answer: `Proofs`.
    Proofs {
        /// What is asked.
        call: Box<ProofCall>,
    },
    /// Make or change a collection. Answer: `Collection`.
    PutCollection {
        /// The collection's name.
        name: String,
        /// A query in the language of crate `filter`; none for direct members only.
        query: Option<String>,
        /// Direct members.
        members: Vec<DeviceId>,
        /// Collections, by id or name, whose members are its own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        include: Vec<String>,
        /// Collections, by id or name, whose members are not.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exclude: Vec<String>,
        /// The collection, by id or name, that it is within; none where that is all devices.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limited_to: Option<String>,
    },
    /// Answer: `Collections`.
    ListCollections,
    /// The devices of a collection, at most [`crate::PAGE`]. Answer: `Members`.
    ListMembers {
        /// The collection's id or name.
        collection: String,
    },
    /// Answer: `Done`.
    RemoveCollection {
        /// The collection's id or name.
        collection: String,
    },
    /// Have pushes to a collection go ring by ring. Answer: `Done`.
    PutRollout {
        /// The collection's id or name.
        collection: String,
        /// The rings, and when it stops.
        plan: RolloutPlan,
    },
    /// Have pushes to a collection go to all at once again. Answer: `Done`.
    RemoveRollout {
        /// The collection's id or name.
        collection: String,
    },
    /// Answer: `Rollouts`.
    ListRollouts,
    /// Make or change a security role. Answer: `Done`.
    PutRole {
        /// The role's name.
        name: String,
        /// Such as `Collection / Notify Resource`.
        permissions: Vec<String>,
    },
    /// Answer: `Roles`.
    ListRoles,
    /// Give a person a role on collections. Answer: `Done`.
    Assign {
        /// The person, as the console knows them.
        user: UserId,
        /// The person's name, for people to read.
        name: String,
        /// The role's name.
        role: String,
        /// Collections, by id or name.
        collections: Vec<String>,
        /// The security scopes that it is limited to: it counts on those of these collections, and of those within them, that
        /// carry one. None: it counts whatever they carry.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
    },
    /// Administer security scopes. Answer: `Done`, or `Scopes` to the list.
    Scopes {
        /// What is asked.
        call: ScopeCall,
    },
    /// Take a role away. Answer: `Done`.
    Unassign {
        /// The person.
        user: UserId,
        /// The role's name.
        role: String,
    },
    /// Answer: `Assignments`.
    ListAssignments,
    /// Make a person known to the site, or change their name. Answer: `Done`.
    KnowPerson {
        /// The person, as every proof of them names them.
        user: UserId,
        /// The person's name, for people to read.
        name: String,
    },
    /// Forget a person and what they hold. Answer: `Done`.
    ForgetPerson {
        /// The person.
        user: UserId,
    },
    /// Answer: `People`.
    ListPeople,
    /// Pin an identity provider, or change what is pinned; its keys are fetched, and keys that it had are dropped.
    /// Answer: `Done`.
    PutIssuer {
        /// What is pinned.
        pin: Box<IssuerPin>,
    },
    /// Answer: `Issuers`.
    ListIssuers,
    /// Believe an identity provider no more. Answer: `Done`.
    RemoveIssuer {
        /// Its address.
        issuer: String,
    },
    /// Who may have a device do something. Answer: `WhoCan`.
    WhoCan {
        /// The kind of action.
        kind: ActionKind,
        /// The device's id or name.
        device: String,
    },
    /// Why a person may or may not have a device do something. Answer: `Explained`.
    Explain {
        /// The person's id or name.
        user: String,
        /// The kind of action.
        kind: ActionKind,
        /// The device's id or name.
        device: String,
    },
    /// A page of the devices, in the order of their ids, at most [`crate::PAGE`]. Answer: `Devices`.
    ListDevices {
        /// Only those that stand so; none for all but those that are deleted.
        standing: Option<Standing>,
        /// The last device of the page before.
        after: Option<DeviceId>,
    },
    /// Admit a device that waits for approval. Answer: `Done`.
    ApproveDevice {
        /// The device.
        device: DeviceId,
        /// The device of the site that it is: it takes over that one's record, and has none of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        takes_over: Option<DeviceId>,
    },
    /// Take a device out of service; its record is kept. Answer: `Done`.
    RetireDevice {
        /// The device.
        device: DeviceId,
    },
    /// Forget a device. Answer: `Done`.
    DeleteDevice {
        /// The device.
        device: DeviceId,
    },
    /// Take devices out of service that have not been heard of for so long; 0 for never. Answer: `Done`.
    SetCleanUp {
        /// Days.
        days: u32,
    },
    /// After how many days devices are taken out of service. Answer: `CleanUp`.
    CleanUp,
    /// Check the audit's chain. Answer: `AuditVerified`.
    VerifyAudit,
    /// Forget what is kept of a console's audit, and begin anew with what it is now. Answer: `Done`.
    ForgetWitness {
        /// The tenant whose audit it is.
        tenant: action::TenantId,
    },
    /// The last entry's number and hash, signed. Answer: `AuditHead`.
    AuditHead,
    /// A page of the audit, at most 1,000 entries. Answer: `AuditPage`.
    ExportAudit {
        /// The last entry of the page before; 0 for the first page.
        after: u64,
    },
    /// How long the audit is kept. Answer: `Done`.
    KeepAudit {
        /// Days.
        days: u32,
    },
    /// Refuse a device from now on. Answer: `Done`.
    RevokeDevice {
        /// The device.
        device: DeviceId,
    },
    /// Sign no release until `Resume`. Answer: `Done`.
    Halt,
    /// Answer: `Done`.
    Resume,
    /// Replace a key of the site. What it has signed is believed for a while. Answer: `Rotated`.
    RotateKey {
        /// Which.
        key: SiteKey,
        /// For how many days the old one is believed.
        overlap_days: u32,
    },
    /// Answer: `Keys`.
    ListKeys,
    /// Write a copy of the authority's store and keys into a folder that does not exist yet. Answer: `Done`.
    Backup {
        /// The folder, an absolute path at the authority's host.
        folder: String,
    },
}

/// The authority's answer to its owner.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the calls document their answers")]
pub enum OwnerAnswer {
    Done,
    Status {
        site: action::SiteId,
        name: String,
        root_key_sha256: String,
        epoch: u64,
        devices: u64,
        halted: bool,
    },
    JoinToken {
        id: String,
        token: String,
        expires: Timestamp,
    },
    JoinTokens {
        tokens: Vec<JoinTokenEntry>,
    },
    Policy {
        id: String,
        version: u64,
        sha256: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
    PolicyDocument {
        policy: PolicyVersion,
        document: String,
    },
    PolicyVersions {
        versions: Vec<PolicyVersion>,
    },
    PolicyConflicts {
        conflicts: Vec<PolicyConflict>,
    },
    Policies {
        policies: Vec<PolicyEntry>,
    },
    Applications {
        said: Box<ApplicationAnswer>,
    },
    Proofs {
        said: Box<ProofAnswer>,
    },
    Collection {
        id: String,
    },
    Collections {
        collections: Vec<CollectionEntry>,
    },
    Members {
        members: Vec<(DeviceId, String)>,
    },
    Devices {
        devices: Vec<DeviceEntry>,
    },
    CleanUp {
        days: u32,
    },
    AuditVerified {
        last: u64,
        broken: Option<u64>,
        /// What is kept of the audits of consoles.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        consoles: Vec<Witnessed>,
    },
    AuditHead {
        entry: u64,
        hash: String,
        at: Timestamp,
        signed: String,
    },
    AuditPage {
        entries: Vec<AuditLine>,
    },
    Rollouts {
        rollouts: Vec<RolloutEntry>,
    },
    Roles {
        roles: Vec<(String, Vec<String>)>,
    },
    Assignments {
        assignments: Vec<AssignmentEntry>,
    },
    Scopes {
        scopes: Vec<ScopeEntry>,
    },
    People {
        people: Vec<PersonEntry>,
    },
    Issuers {
        issuers: Vec<IssuerEntry>,
    },
    Rotated {
        version: u64,
        until: Timestamp,
    },
    Keys {
        keys: Vec<SiteKeyEntry>,
    },
    WhoCan {
        device: DeviceId,
        name: String,
        people: Vec<WhoMay>,
    },
    Explained(Box<Explained>),
    /// What was asked is not possible as it was asked.
    NotValid {
        what: String,
        fix: String,
    },
}
