//! What the site's owner, and a second person at the site, ask about approvals: what waits for one, which kinds of action
//! need one where, and which accounts are one person's.

use action::{ActionKind, TaskGuid, Timestamp, UserId};
use proof::{Hash, Level};
use serde::{Deserialize, Serialize};

/// Administration of approvals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "approvals", rename_all = "snake_case", deny_unknown_fields)]
pub enum ApprovalCall {
    /// What waits for a second person, with a nonce to sign an approval with. Answer: `Waiting`.
    List,
    /// What a second person says of a request that waits. Answer: `Said`.
    Say {
        /// `proof::Approval` as text.
        approval: String,
    },
    /// Have requests wait for a second person; where fewer would than before, a person must want that. Answer: `Done`.
    PutRule {
        /// Which requests.
        rule: ApprovalRule,
        /// `proof::Approval` of [`ApprovalRule::change_hash`] as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval: Option<String>,
    },
    /// No longer have them wait: a person must want that, beside the site's owner. Answer: `Done`.
    RemoveRule {
        /// The kind of action.
        kind: ActionKind,
        /// The collection, by id or name.
        collection: String,
        /// `proof::Approval` of [`ApprovalRule::change_hash`] as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval: Option<String>,
    },
    /// Answer: `Rules`.
    ListRules,
    /// Two accounts are one person's: the one cannot approve what the other asks. Answer: `Done`.
    PutSamePerson {
        /// An account.
        user: UserId,
        /// The other.
        same_as: UserId,
    },
    /// An account is nobody else's any more, of all that were noted of it. Answer: `Done`.
    RemoveSamePerson {
        /// The account.
        user: UserId,
    },
    /// Answer: `SamePersons`.
    ListSamePersons,
}

/// Which requests wait for a second person.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// The kind of action.
    pub kind: ActionKind,
    /// The collection, by id or name: requests that touch one of its devices.
    pub collection: String,
    /// The highest level of proof that waits: `native` is each request; `web` is those that are proven at web level only,
    /// which are then taken also where the kind needs a native key, if a person's key has signed them and the collection
    /// holds all their devices.
    pub of: Level,
}

impl ApprovalRule {
    /// Returns what a person approves who wants fewer requests of a kind to wait on a collection, named as in the rule.
    pub fn change_hash(kind: ActionKind, collection: &str) -> Hash {
        Hash::of(format!("tenon/approval-rule/1 {} {collection}", kind.0).as_bytes())
    }
}

/// The authority's answer about approvals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the calls document their answers")]
pub enum ApprovalAnswer {
    Done,
    Said {
        /// Whether the action is on its way now; what was approved may be refused for what has changed meanwhile.
        allowed: bool,
    },
    Waiting {
        /// The nonce to sign an approval with.
        nonce: String,
        waiting: Vec<WaitingEntry>,
    },
    Rules {
        rules: Vec<ApprovalRule>,
    },
    SamePersons {
        /// Accounts with others of the same person.
        pairs: Vec<(UserId, UserId)>,
    },
}

/// A request that waits for a second person, with what the site itself knows of its targets.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct WaitingEntry {
    /// The action.
    pub task_guid: TaskGuid,
    /// SHA-256 of all that was sent of the request, hexadecimal: what an approval names.
    pub request_sha256: String,
    /// Who asked.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// How the site knows that they did.
    pub proof: String,
    /// What is asked.
    pub kind: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// The collection that it is aimed at, by its name at the site; none: at devices.
    pub collection: Option<String>,
    /// The names of its first devices, as the site knows them.
    pub devices: Vec<String>,
    /// How many devices it is for now.
    pub count: u64,
    /// When the site took it.
    pub asked_at: Timestamp,
    /// It ends then where nobody has approved it.
    pub until: Timestamp,
}

/// How many devices of a waiting request are named.
pub const NAMED_DEVICES: usize = 20;
