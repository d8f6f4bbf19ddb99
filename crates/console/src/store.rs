//! The console's store: multi-tenant from the first table, on SQLite or PostgreSQL.
//!
//! Everything that SQL is written for is in this folder. What a tenant owns is reached with the tenant's id in every
//! statement, so that another tenant's ids find nothing.

mod identity;
mod tenants;
mod people;
mod sign_in;
mod provided;
mod roles;
mod reach;
mod sessions;
mod tokens;
mod sites;
mod attach;
mod order;
mod search;
mod devices;
mod depths;
mod answers;
mod upload;
mod record;
mod cancel;
mod conclude;
mod outbox;
mod apply;
mod actions;
mod targets;
mod changes;
mod audit;
mod site_audit;
mod site_trust;
mod webhooks;
mod sweep;

use database::{Db, DbError, Migrations, Step, Transaction};
use service::wake::{Topic, Wakes};

pub(crate) use actions::{ActionFilter, ActionRow};
pub(crate) use apply::Applied;
pub(crate) use attach::{AttachOutcome, NewSite, StoredCode};
pub(crate) use audit::Audit;
pub(crate) use cancel::Cancelled;
pub(crate) use depths::Depths;
pub(crate) use devices::{DeviceFilter, DeviceKey, Sort};
pub(crate) use identity::Identity;
pub(crate) use outbox::{Outgoing, Sending};
pub(crate) use people::{NewPerson, PersonRow};
pub(crate) use provided::Provided;
pub(crate) use reach::{Part, Reach};
pub(crate) use record::{NewActionRow, NewTargets, Recorded, Repetition};
pub(crate) use roles::{AssignmentRow, HeldRow};
pub(crate) use search::COUNT_TO;
pub(crate) use sessions::{NewSession, Presented, SessionRow};
pub(crate) use sign_in::Begun;
pub(crate) use site_audit::{Compared, Signed};
pub(crate) use site_trust::SiteTrust;
pub(crate) use sites::LinkedSite;
pub(crate) use upload::UploadApplied;
pub(crate) use webhooks::{Delivery, Event, Following};

const MIGRATIONS: Migrations = Migrations {
    name: "console",
    steps: &[
        step(1, include_str!("store/schema.sql")),
        step(2, include_str!("store/sign_in.sql")),
        step(3, include_str!("store/roles.sql")),
        step(4, include_str!("store/audit.sql")),
        Step {
            version: 5,
            sqlite: include_str!("store/search.sqlite.sql"),
            postgres: include_str!("store/search.postgres.sql"),
        },
        step(6, include_str!("store/answers.sql")),
        step(7, include_str!("store/webhooks.sql")),
        step(8, include_str!("store/nonce.sql")),
        step(9, include_str!("store/keys.sql")),
        step(10, include_str!("store/site_audit.sql")),
        step(11, include_str!("store/site_trust.sql")),
    ],
};

/// Makes a step that both engines read.
const fn step(version: i64, text: &'static str) -> Step {
    Step { version, sqlite: text, postgres: text }
}

/// The console's store. A clone is a handle to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    db: Db,
    wakes: Wakes,
    /// Why the database has no index of devices' texts, where it has none.
    unindexed: Option<std::sync::Arc<DbError>>,
    /// How often changes were read.
    #[cfg(test)]
    change_reads: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Store {
    /// Opens the store, makes its tables, and gives a new console the identity `fresh`.
    pub(crate) async fn open(db: Db, wakes: Wakes, fresh: &Identity) -> Result<Self, DbError> {
        db.migrate(&MIGRATIONS).await?;
        let mut store = Self {
            db,
            wakes,
            unindexed: None,
            #[cfg(test)]
            change_reads: std::sync::Arc::default(),
        };
        store.unindexed = store.index_texts().await.map(std::sync::Arc::new);
        store.keep_identity(fresh).await?;
        Ok(store)
    }

    /// Returns why searches for rare texts are slow, where they are.
    pub(crate) fn unindexed(&self) -> Option<&DbError> {
        self.unindexed.as_deref()
    }

    /// Returns the wake-ups between the parts of this console.
    pub(crate) fn wakes(&self) -> &Wakes {
        &self.wakes
    }

    /// Returns how many synced commits the store has made.
    #[cfg(test)]
    pub(crate) fn commits(&self) -> u64 {
        self.db.commits()
    }

    /// Returns how often changes were read.
    #[cfg(test)]
    pub(crate) fn change_reads(&self) -> u64 {
        self.change_reads.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Commits, then tells whoever follows the tenant's changes.
    async fn commit_and_tell(&self, transaction: Transaction) -> Result<(), DbError> {
        transaction.commit().await?;
        self.wakes.wake(Topic::Events);
        Ok(())
    }
}

/// Returns a name as it is compared: without surrounding space, in lower case.
pub(crate) fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}
