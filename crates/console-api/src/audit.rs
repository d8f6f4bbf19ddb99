//! The record of who did what.

use action::{SiteId, TenantId, Timestamp};
use proof::{
    Hash,
    audit::{Broken, Entry, Head, Walk},
};
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
    /// Which devices.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub devices: String,
    /// By which rule of the console: a permission and the role that gave it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// What came of it: `done`, or why not.
    pub result: String,
    /// Random, so that the hash alone gives nothing away.
    pub salt: String,
    /// The hash of the entry and of all before it: SHA-256, hexadecimal.
    pub hash: String,
}

/// Where an entry stands in a tenant's chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuditReceipt {
    /// The entry's number.
    pub number: u64,
    /// The hash of the chain up to it.
    pub hash: String,
}

/// Where a tenant's chain ends. Kept by somebody else, it proves later that nothing before it was changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuditHead {
    /// The tenant.
    #[schema(schema_with = schema::uuid)]
    pub tenant: TenantId,
    /// The number of the last entry.
    pub number: u64,
    /// The hash up to it.
    pub hash: String,
    /// The number after which the entries begin that are kept.
    pub base_number: u64,
    /// The hash up to there.
    pub base_hash: String,
}

/// What a console keeps of the audit of a site.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SiteAudit {
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// The number of the last entry whose hash is kept.
    pub number: u64,
    /// The hash of the site's chain up to it.
    pub hash: String,
    /// The head as the site's authority signed it, for whoever has the site's trust document.
    pub signed: String,
    /// Whether the console has verified that, with keys that the root key leads to which the site told when it was attached.
    #[serde(default)]
    pub verified: bool,
    /// When the site's audit last grew.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
    /// When it was last compared with what the site has.
    #[schema(schema_with = schema::moment)]
    pub checked: Timestamp,
    /// What is wrong with it, where something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// Why an audit is not what it was.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// An entry is missing, moved or changed.
    #[error("the audit was changed")]
    Broken(#[source] Broken),
    /// A hash is none.
    #[error("the hash of entry {number} is no hash")]
    NotAHash {
        /// The entry, or the head.
        number: u64,
    },
    /// The chain is whole, and another than the one that the head was taken of.
    #[error("the chain at entry {number} is not the one whose head was kept")]
    OtherChain {
        /// Where the kept head is.
        number: u64,
    },
    /// The chain ends before the head.
    #[error("the audit ends at entry {found}, and the head is at entry {number}")]
    TooShort {
        /// The head's number.
        number: u64,
        /// The last entry's.
        found: u64,
    },
}

/// Checks an audit while its entries come in.
#[derive(Clone, Debug)]
pub struct AuditCheck {
    tenant: String,
    walk: Walk,
    /// A head that somebody kept.
    kept: Option<Head>,
}

impl AuditCheck {
    /// Begins after the oldest entry that the console no longer keeps. `kept` is a number and hash of earlier.
    ///
    /// # Errors
    ///
    /// Where a hash is none.
    pub fn begin(head: &AuditHead, kept: Option<(u64, &str)>) -> Result<Self, AuditError> {
        let parsed = |number: u64, hash: &str| {
            let hash: Hash = hash.parse().map_err(|_| AuditError::NotAHash { number })?;
            Ok::<_, AuditError>(Head { number, hash })
        };
        let base = parsed(head.base_number, &head.base_hash)?;
        let kept = kept.map(|(number, hash)| parsed(number, hash)).transpose()?;
        let check = Self { tenant: head.tenant.to_string(), walk: Walk::after(base), kept };
        check.compare()?;
        Ok(check)
    }

    /// Returns how many entries of the chain are behind, those among them that are no longer kept.
    pub fn number(&self) -> u64 {
        self.walk.head().number
    }

    /// Takes the next entry.
    ///
    /// # Errors
    ///
    /// Where the audit is not what it was.
    pub fn take(&mut self, entry: &AuditEntry) -> Result<(), AuditError> {
        let stored = entry.hash.parse().map_err(|_| AuditError::NotAHash { number: entry.number })?;
        let texts = [
            &*entry.who,
            &*entry.from,
            &*entry.what,
            &*entry.subject,
            &*entry.devices,
            &*entry.rule,
            &*entry.result,
        ];
        let hashed = Entry {
            chain: &self.tenant,
            number: entry.number,
            at: entry.at.0,
            salt: &entry.salt,
            texts: &texts,
        };
        self.walk.take(&hashed, stored).map_err(AuditError::Broken)?;
        self.compare()
    }

    /// Ends: the chain must reach its head, and the one that was kept.
    ///
    /// # Errors
    ///
    /// Where it does not.
    pub fn end(&self, head: &AuditHead) -> Result<(), AuditError> {
        let reached = self.walk.head();
        let number = self.kept.map_or(0, |kept| kept.number).max(head.number);
        if reached.number < number {
            return Err(AuditError::TooShort { number, found: reached.number });
        }
        if reached.number == head.number && reached.hash.hex() != head.hash {
            return Err(AuditError::OtherChain { number: head.number });
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), AuditError> {
        let reached = self.walk.head();
        match self.kept {
            Some(kept) if kept.number == reached.number && kept.hash != reached.hash => {
                Err(AuditError::OtherChain { number: kept.number })
            }
            _ => Ok(()),
        }
    }
}
