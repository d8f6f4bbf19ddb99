//! The record of who did what.

use action::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// An entry of the audit.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its place in the tenant's chain.
    pub number: u64,
    /// When.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
    /// Who: a sign-in name.
    pub who: String,
    /// From which address.
    pub from: String,
    /// What was asked, such as `action.create`.
    pub what: String,
    /// Of which thing.
    pub subject: String,
    /// What came of it: `done`, or why not.
    pub result: String,
    /// The hash of the entry and of all before it: SHA-256, hexadecimal.
    pub hash: String,
}
