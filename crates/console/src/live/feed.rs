//! The last changes of each tenant in memory, read from the store once, however many follow.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use action::TenantId;
use console_api::LiveChange;
use database::DbError;

use crate::store::Store;

/// The changes that are kept of a tenant: with 1,000 a second, those of the last seconds. Who is further behind reads
/// the store.
const KEPT: usize = 5_000;

/// The most changes that one look reads; more come with the next.
pub(crate) const AT_ONCE: u32 = 1_000;

/// The feeds of all tenants. A clone is the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feeds(Arc<Mutex<BTreeMap<TenantId, Arc<tokio::sync::Mutex<Feed>>>>>);

#[derive(Debug, Default)]
struct Feed {
    /// The number before the oldest that is kept; `None` until somebody follows.
    before: Option<u64>,
    kept: VecDeque<LiveChange>,
}

impl Feeds {
    /// Returns changes after a number, at most [`AT_ONCE`]. Of many who ask at once, one reads the store.
    pub(crate) async fn after(
        &self,
        store: &Store,
        tenant: TenantId,
        after: u64,
    ) -> Result<Vec<LiveChange>, DbError> {
        let feed = {
            let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(feeds.entry(tenant).or_default())
        };
        let mut feed = feed.lock().await;
        match feed.before {
            Some(before) if after < before => {
                drop(feed);
                return store.changes_after(tenant, after, AT_ONCE).await;
            }
            Some(_) => {}
            None => feed.before = Some(after),
        }
        if feed.last() <= after {
            let more = store.changes_after(tenant, feed.last(), AT_ONCE).await?;
            feed.add(more);
        }
        Ok(feed.from(after))
    }
}

impl Feed {
    fn last(&self) -> u64 {
        self.kept.back().map_or(self.before.unwrap_or_default(), |change| change.id)
    }

    fn add(&mut self, more: Vec<LiveChange>) {
        self.kept.extend(more);
        while self.kept.len() > KEPT {
            self.before = self.kept.pop_front().map(|change| change.id);
        }
    }

    fn from(&self, after: u64) -> Vec<LiveChange> {
        let first = self.kept.partition_point(|change| change.id <= after);
        self.kept.range(first..).take(AT_ONCE as usize).cloned().collect()
    }
}
