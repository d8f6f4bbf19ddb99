//! What the site's owner asks about the proofs of people: their keys, the level that each kind of action needs, and for
//! whom the console may vouch.

use action::{ActionKind, Timestamp, UserId};
use proof::Level;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ApprovalAnswer, ApprovalCall};

/// Administration of people's keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProofCall {
    /// Make a pairing code. Answer: `Pairing`.
    CreatePairing {
        /// The person, as the console knows them.
        user: UserId,
        /// The person's name, for people to read.
        name: String,
        /// The level that the key gets.
        level: Level,
        /// What the key may ask for, and no more, where it is a service's; none: whatever its person may.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<ServiceKey>,
    },
    /// Answer: `Keys`.
    ListKeys,
    /// End a key. Answer: `Done`.
    EndKey {
        /// The key's thumbprint, or the beginning of it.
        key: String,
    },
    /// End all keys of a person. Answer: `Ended`.
    SignOut {
        /// The person.
        user: UserId,
    },
    /// Set the level that a kind of action needs. Answer: `Done`.
    PutLevel {
        /// The kind.
        kind: ActionKind,
        /// The level.
        level: Level,
    },
    /// The level of each known kind. Answer: `Levels`.
    ListLevels,
    /// Let the console vouch for a person. Answer: `Granted`.
    PutGrant {
        /// The person, as the console knows them.
        user: UserId,
        /// The person's name, for people to read.
        name: String,
        /// The API token that the person asks with; none: their sessions.
        token: Option<Uuid>,
        /// The collection, by id or name, whose devices may be asked for.
        collection: String,
        /// How many requests within an hour.
        per_hour: u32,
        /// How long the grant holds.
        valid_seconds: u64,
    },
    /// Answer: `Grants`.
    ListGrants,
    /// End a grant. Answer: `Done`.
    EndGrant {
        /// The grant's id.
        id: String,
    },
    /// Approvals by a second person. Answer: `Approvals`.
    Approvals {
        /// What is asked about them.
        call: ApprovalCall,
    },
}

/// What a service key may ask for: a program signs with it, and nobody is at the keyboard.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceKey {
    /// The kinds of action.
    pub kinds: Vec<ActionKind>,
    /// The collection, by id or name, whose devices may be asked for.
    pub collection: String,
    /// How long the key holds.
    pub valid_seconds: u64,
}

/// The authority's answer about people's keys.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "done", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the calls document their answers")]
pub enum ProofAnswer {
    Done,
    Pairing { code: String, expires: Timestamp },
    Keys { keys: Vec<KeyEntry> },
    Ended { keys: u64 },
    Levels { levels: Vec<(ActionKind, Level)> },
    Granted { id: String, expires: Timestamp },
    Grants { grants: Vec<GrantEntry> },
    Approvals { told: ApprovalAnswer },
}

/// A person's key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// Its thumbprint.
    pub key: String,
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// How the site came to know it, such as `paired at the site`.
    pub how: String,
    /// When that was.
    pub made: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was ended before that.
    pub ended: Option<Timestamp>,
}

/// That the console may vouch for somebody.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct GrantEntry {
    /// The grant's id.
    pub id: String,
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The API token; none: the person's sessions.
    pub token: Option<Uuid>,
    /// The collection whose devices may be asked for.
    pub collection: String,
    /// How many requests within an hour.
    pub per_hour: u32,
    /// When it ends.
    pub expires: Timestamp,
}

/// For whom the console may vouch, as the console may know it: those that it may not vouch for are told so at once.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct MirroredGrant {
    /// The person.
    pub user: UserId,
    /// The API token; none: the person's sessions.
    pub token: Option<Uuid>,
    /// When it ends.
    pub expires: Timestamp,
}

impl std::fmt::Debug for ProofAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            // A code is a secret.
            ProofAnswer::Pairing { .. } => "Pairing",
            ProofAnswer::Done => "Done",
            ProofAnswer::Keys { .. } => "Keys",
            ProofAnswer::Ended { .. } => "Ended",
            ProofAnswer::Levels { .. } => "Levels",
            ProofAnswer::Granted { .. } => "Granted",
            ProofAnswer::Grants { .. } => "Grants",
            ProofAnswer::Approvals { .. } => "Approvals",
        };
        f.write_str(name)
    }
}
