//! What the link of a site needs of the console: what to send, and where to put what comes back.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use action::{Entry, SiteId, TaskGuid, TenantId, Timestamp};
use database::DbError;
use service::{
    log::ComponentLog,
    wake::{Listener, Topic},
};
use site_link::{CodeId, DeviceBatch, attach::AttachRequest};

use crate::{
    counters::Counters,
    spans::Spans,
    state::Clock,
    store::{
        Applied, AttachOutcome, Audit, Identity, LinkedSite, NewSite, Outgoing, Store, StoredCode,
        UploadApplied,
    },
};

/// Receipts that wait for the next commit, for each site; more than this are left to the events, which say the same.
const RECEIPTS: usize = 5_000;

/// What the links of sites use. A clone is the same one.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    store: Store,
    log: ComponentLog,
    clock: Clock,
    counters: Counters,
    spans: Spans,
    receipts: Arc<Mutex<BTreeMap<SiteId, Vec<TaskGuid>>>>,
}

impl Outbox {
    pub(crate) fn new(
        store: Store,
        log: ComponentLog,
        clock: Clock,
        counters: Counters,
        spans: Spans,
    ) -> Self {
        Self { store, log, clock, counters, spans, receipts: Arc::default() }
    }

    /// Returns a site, whoever owns it: its key is what proves it.
    pub(crate) async fn site(&self, site: SiteId) -> Result<Option<LinkedSite>, DbError> {
        self.store.linked_site(site).await
    }

    /// Returns who this console is, with the seed of its link key.
    pub(crate) async fn identity(&self) -> Result<Identity, DbError> {
        self.store.identity().await
    }

    /// Returns an attach code that has not expired.
    pub(crate) async fn code(&self, tenant: TenantId, code: CodeId) -> Result<Option<StoredCode>, DbError> {
        self.store.code(tenant, &code.to_string(), self.clock.now()).await
    }

    /// Attaches a site that has proved that it holds the code and the key; the code is used up in the same commit.
    pub(crate) async fn attach(
        &self,
        code: &StoredCode,
        request: &AttachRequest,
        from: IpAddr,
    ) -> Result<AttachOutcome, DbError> {
        let now = self.clock.now();
        let entry = Audit {
            tenant: code.tenant,
            at: now,
            who: format!("site {}", request.site_name),
            source: from.to_string(),
            what: "site.attach",
            subject: request.site.to_string(),
            devices: String::new(),
            rule: String::new(),
            result: "done".to_owned(),
        };
        let new = NewSite {
            site: request.site,
            name: &request.site_name,
            link_key: &request.key.to_string(),
            root: request.root.map(|root| root.sha256),
        };
        self.store.attach(code, &new, now, &[entry]).await
    }

    /// Hears when there may be something to send, or a site was offboarded.
    pub(crate) fn listen(&self) -> Listener {
        self.store.wakes().listen(Topic::Actions)
    }

    /// Returns what the site has yet to take after the number `after`, in the order in which it was asked. What is
    /// returned is on disk, and only the site ends it from now on.
    pub(crate) async fn next_requests(
        &self,
        site: SiteId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Outgoing>, DbError> {
        self.store.outgoing(site, after, limit).await
    }

    /// Notes that the site has a request on its own disk. It is written with the next batch, or by [`Outbox::flush`]:
    /// until then the request may be sent once more, and the site knows it.
    pub(crate) fn receipt(&self, site: SiteId, task_guid: TaskGuid) {
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_site = receipts.entry(site).or_default();
        if of_site.len() < RECEIPTS {
            of_site.push(task_guid);
        }
    }

    /// Writes the receipts that wait.
    pub(crate) async fn flush(&self) -> Result<(), DbError> {
        let waiting = std::mem::take(&mut *self.receipts.lock().unwrap_or_else(PoisonError::into_inner));
        for (site, actions) in waiting {
            self.store.requests_taken(site, &actions).await?;
        }
        Ok(())
    }

    /// Returns the number up to which the site's events are on disk.
    pub(crate) async fn events_stored(&self, site: SiteId) -> Result<u64, DbError> {
        self.store.events_stored(site).await
    }

    /// Takes in a batch of events in one commit; a batch that is there already changes nothing. Returns the number up to
    /// which the site may forget its events.
    pub(crate) async fn apply_events(
        &self,
        site: SiteId,
        upto: u64,
        entries: &[Entry],
    ) -> Result<u64, DbError> {
        let taken = {
            let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
            receipts.remove(&site).unwrap_or_default()
        };
        let Applied { upto, moved, delays, strange } =
            self.store.apply_events(site, upto, entries, &taken, self.clock.now()).await?;
        self.counters.heard(&delays);
        self.counters.moved(moved.iter().map(|(_, state)| *state));
        for (task_guid, state) in moved {
            if state.is_concluded() {
                self.spans.ended(site, task_guid);
            }
            let line = self.log.about(task_guid).field("site", site).field("state", state.name());
            line.info(format_args!("Device action is {}. TaskGuid: {task_guid}", state.name()));
        }
        if strange > 0 {
            self.log.field("site", site).warn(format_args!(
                "Left out {strange} events of site {site}: of actions or devices that it was not asked for, or out of order."
            ));
        }
        Ok(upto)
    }

    /// Returns the number of the last device batch that is on disk.
    pub(crate) async fn devices_stored(&self, site: SiteId) -> Result<u64, DbError> {
        self.store.devices_stored(site).await
    }

    /// Stores a batch of devices in one commit. `None` where the site is not attached.
    pub(crate) async fn apply_devices(
        &self,
        site: SiteId,
        batch: &DeviceBatch,
    ) -> Result<Option<UploadApplied>, DbError> {
        self.store.apply_devices(site, batch, self.clock.now()).await
    }

    /// Keeps what the site mirrors of its rules.
    pub(crate) async fn mirror(&self, site: SiteId, mirror: &serde_json::Value) -> Result<(), DbError> {
        self.store.put_mirror(site, &mirror.to_string(), self.clock.now()).await
    }

    /// Keeps the site's newest nonce, which people sign with their requests.
    pub(crate) async fn nonce(&self, site: SiteId, nonce: &str) -> Result<(), DbError> {
        self.store.put_nonce(site, nonce).await
    }

    /// Notes that the site's connector is connected: what waited is offered to it.
    pub(crate) async fn link_up(&self, site: SiteId, at: Timestamp) -> Result<(), DbError> {
        self.log.field("site", site).info(format_args!("The connector of site {site} is connected."));
        self.store.link_up(site, at).await
    }

    /// Notes that the site's connector is away.
    pub(crate) async fn link_down(&self, site: SiteId, at: Timestamp) -> Result<(), DbError> {
        self.log.field("site", site).warn(format_args!("The connector of site {site} is away."));
        self.store.link_down(site, at).await
    }

    /// Ends the attachment because the site says so.
    pub(crate) async fn offboarded_by_site(&self, site: SiteId) -> Result<(), DbError> {
        let Some(found) = self.store.linked_site(site).await? else { return Ok(()) };
        let now = self.clock.now();
        let entry = Audit {
            tenant: found.tenant,
            at: now,
            who: format!("site {}", found.name),
            source: String::new(),
            what: "site.offboard",
            subject: site.to_string(),
            devices: String::new(),
            rule: String::new(),
            result: "done".to_owned(),
        };
        self.store.offboard(found.tenant, site, now, &[entry]).await?;
        self.log.field("site", site).info(format_args!("Site {site} ended its attachment."));
        Ok(())
    }
}
