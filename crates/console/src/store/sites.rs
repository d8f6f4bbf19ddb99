//! Sites, their links, and what they mirrored of their rules.

use action::{SiteId, TenantId, Timestamp, UserId};
use console_api::{Change, Collection, Link, Policy, Site, SiteChange, SiteState};
use database::{DbError, Row, Statement, args};
use serde::Deserialize;
use uuid::Uuid;

use super::{Audit, Store, changes, conclude};

/// A site, as its link needs it.
#[derive(Clone, Debug)]
pub(crate) struct LinkedSite {
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    /// The site's public link key, as text.
    pub(crate) link_key: String,
    pub(crate) attached: bool,
}

/// What a site mirrors of its rules. Members that are not known are skipped.
#[derive(Default, Deserialize)]
struct Mirror {
    #[serde(default)]
    collections: Vec<MirroredCollection>,
    #[serde(default)]
    policies: Vec<MirroredPolicy>,
    /// For whom the site takes the console's word; none where the site does not say.
    vouching: Option<Vec<MirroredGrant>>,
}

/// The part of a mirror that stands beside the site's name. The rest of it may be large.
#[derive(Default, Deserialize)]
struct Stopped {
    #[serde(default)]
    halted: bool,
}

/// That a site takes the console's word for somebody, as it mirrors it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct MirroredGrant {
    pub(crate) user: UserId,
    /// The API token; none for the person's sessions.
    pub(crate) token: Option<Uuid>,
    pub(crate) expires: Timestamp,
}

/// A collection, as a site mirrors it.
#[derive(Deserialize)]
struct MirroredCollection {
    id: String,
    name: String,
    version: u64,
    count: u64,
}

/// A policy, as a site mirrors it.
#[derive(Deserialize)]
struct MirroredPolicy {
    id: String,
    name: String,
    version: u64,
    #[serde(default)]
    collections: Vec<String>,
}

const OF_TENANT: Statement = Statement::both(
    "SELECT site.id, site.name, site.state, site.link_key, site.attached, site.link_up, site.link_changed, site.mirror,
            (SELECT COUNT(*) FROM device WHERE device.site = site.id) AS devices,
            (SELECT COUNT(*) FROM device WHERE device.site = site.id AND device.online = 1) AS online
     FROM site WHERE site.tenant = $1 ORDER BY site.name, site.id",
);
const ONE: Statement = Statement::both(
    "SELECT site.id, site.name, site.state, site.link_key, site.attached, site.link_up, site.link_changed, site.mirror,
            (SELECT COUNT(*) FROM device WHERE device.site = site.id) AS devices,
            (SELECT COUNT(*) FROM device WHERE device.site = site.id AND device.online = 1) AS online
     FROM site WHERE site.tenant = $1 AND site.id = $2",
);
const LINKED: Statement = Statement::both("SELECT tenant, name, link_key, state FROM site WHERE id = $1");
const NONCE: Statement = Statement::both("SELECT nonce FROM site WHERE id = $1");
const PUT_NONCE: Statement = Statement::both("UPDATE site SET nonce = $2 WHERE id = $1");
const MIRROR: Statement = Statement::both("SELECT mirror FROM site WHERE tenant = $1 AND id = $2");
const KEPT_MIRROR: Statement =
    Statement::both("SELECT tenant, state, link_up, link_changed, mirror FROM site WHERE id = $1");
const PUT_MIRROR: Statement = Statement::both("UPDATE site SET mirror = $2 WHERE id = $1");
const LINK_UP: Statement = Statement::both(
    "UPDATE site SET link_up = 1, link_changed = $2 WHERE id = $1 AND state = 'attached' RETURNING tenant",
);
const LINK_DOWN: Statement = Statement::both(
    "UPDATE site SET link_up = 0, link_changed = $2 WHERE id = $1 AND link_up = 1 RETURNING tenant",
);
const ALL_DOWN: Statement =
    Statement::both("UPDATE site SET link_up = 0, link_changed = $1 WHERE link_up = 1");
const OFFER: Statement = Statement::both(
    "UPDATE outbox SET offered = $2 WHERE site = $1 AND offered IS NULL AND EXISTS
     (SELECT 1 FROM action WHERE action.tenant = outbox.tenant AND action.task_guid = outbox.task_guid
      AND action.deliver_by > $2)",
);
const OFFBOARD: Statement = Statement::both(
    "UPDATE site SET state = 'offboarded', link_up = 0, link_changed = $3, mirror = NULL
     WHERE tenant = $1 AND id = $2 AND state = 'attached'",
);
const FORGET_DEVICES: Statement = Statement::both("DELETE FROM device WHERE site = $1");
const FORGET_OUTBOX: Statement = Statement::both("DELETE FROM outbox WHERE site = $1");

impl Store {
    /// Lists the sites of a tenant by name.
    pub(crate) async fn sites(&self, tenant: TenantId) -> Result<Vec<Site>, DbError> {
        self.db.rows(&OF_TENANT, args![tenant.to_string()]).await?.iter().map(read).collect()
    }

    /// Returns a site of a tenant.
    pub(crate) async fn site(&self, tenant: TenantId, site: SiteId) -> Result<Option<Site>, DbError> {
        self.db.row(&ONE, args![tenant.to_string(), site.to_string()]).await?.as_ref().map(read).transpose()
    }

    /// Returns a site by its id alone: for its link, which proves the site's key.
    pub(crate) async fn linked_site(&self, site: SiteId) -> Result<Option<LinkedSite>, DbError> {
        let Some(row) = self.db.row(&LINKED, args![site.to_string()]).await? else { return Ok(None) };
        Ok(Some(LinkedSite {
            tenant: row.parsed("tenant")?,
            name: row.text("name")?.to_owned(),
            link_key: row.text("link_key")?.to_owned(),
            attached: row.text("state")? == "attached",
        }))
    }

    /// Returns the collections that a site mirrored; `None` where the tenant has no such site.
    pub(crate) async fn collections(
        &self,
        tenant: TenantId,
        site: SiteId,
    ) -> Result<Option<Vec<Collection>>, DbError> {
        let mirror = self.mirror_of(tenant, site).await?;
        Ok(mirror.map(|mirror| mirror.collections.into_iter().map(Collection::from).collect()))
    }

    /// Returns the policies that a site mirrored; `None` where the tenant has no such site.
    pub(crate) async fn policies(
        &self,
        tenant: TenantId,
        site: SiteId,
    ) -> Result<Option<Vec<Policy>>, DbError> {
        let mirror = self.mirror_of(tenant, site).await?;
        Ok(mirror.map(|mirror| mirror.policies.into_iter().map(Policy::from).collect()))
    }

    async fn mirror_of(&self, tenant: TenantId, site: SiteId) -> Result<Option<Mirror>, DbError> {
        let Some(row) = self.db.row(&MIRROR, args![tenant.to_string(), site.to_string()]).await? else {
            return Ok(None);
        };
        // A mirror of a version that this one cannot read shows nothing, rather than failing the page.
        let mirror = row.opt_text("mirror")?.and_then(|text| serde_json::from_str(text).ok());
        Ok(Some(mirror.unwrap_or_default()))
    }

    /// Returns for whom a site takes the console's word; `None` where it has not said.
    pub(crate) async fn vouching(
        &self,
        tenant: TenantId,
        site: SiteId,
    ) -> Result<Option<Vec<MirroredGrant>>, DbError> {
        Ok(self.mirror_of(tenant, site).await?.and_then(|mirror| mirror.vouching))
    }

    /// Returns the newest nonce of a site; `None` where it has sent none.
    pub(crate) async fn nonce(&self, site: SiteId) -> Result<Option<String>, DbError> {
        let row = self.db.row(&NONCE, args![site.to_string()]).await?;
        row.map_or(Ok(None), |row| Ok(row.opt_text("nonce")?.map(str::to_owned)))
    }

    /// Keeps the newest nonce of a site.
    pub(crate) async fn put_nonce(&self, site: SiteId, nonce: &str) -> Result<(), DbError> {
        self.db.write(&PUT_NONCE, args![site.to_string(), nonce]).await.map(|_| ())
    }

    /// Keeps what a site mirrored; the same again writes nothing. Whoever watches hears that a site is halted, or no longer.
    pub(crate) async fn put_mirror(&self, site: SiteId, mirror: &str, now: Timestamp) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&KEPT_MIRROR, args![site.to_string()]).await? else { return Ok(()) };
        let kept = row.opt_text("mirror")?;
        if kept == Some(mirror) {
            return Ok(());
        }
        transaction.execute(&PUT_MIRROR, args![site.to_string(), mirror]).await?;
        if kept.is_some_and(is_halted) == is_halted(mirror) || row.text("state")? != "attached" {
            return transaction.commit().await;
        }
        let link = Link { up: row.flag("link_up")?, since: row.opt_int("link_changed")?.map(Timestamp) };
        let change = Change::Site(SiteChange { site, state: SiteState::Attached, link });
        changes::append(&mut transaction, row.parsed("tenant")?, &[change], now).await?;
        self.commit_and_tell(transaction).await
    }

    /// Notes that a site's connector is connected. What waited is offered to it from now on, and from now on only the
    /// site ends it.
    pub(crate) async fn link_up(&self, site: SiteId, now: Timestamp) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&LINK_UP, args![site.to_string(), now.0]).await? else {
            return Ok(());
        };
        let tenant = row.parsed("tenant")?;
        transaction.execute(&OFFER, args![site.to_string(), now.0]).await?;
        let change = changed(site, SiteState::Attached, true, now);
        changes::append(&mut transaction, tenant, &[change], now).await?;
        self.commit_and_tell(transaction).await
    }

    /// Notes that a site's connector is away.
    pub(crate) async fn link_down(&self, site: SiteId, now: Timestamp) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&LINK_DOWN, args![site.to_string(), now.0]).await? else {
            return Ok(());
        };
        let change = changed(site, SiteState::Attached, false, now);
        changes::append(&mut transaction, row.parsed("tenant")?, &[change], now).await?;
        self.commit_and_tell(transaction).await
    }

    /// Notes that no connector is connected: after a start.
    pub(crate) async fn all_links_down(&self, now: Timestamp) -> Result<(), DbError> {
        self.db.write(&ALL_DOWN, args![now.0]).await.map(|_| ())
    }

    /// Ends the attachment of a site: its devices are forgotten, its open actions end. `false` where the tenant has no
    /// such site, or it is not attached.
    pub(crate) async fn offboard(
        &self,
        tenant: TenantId,
        site: SiteId,
        now: Timestamp,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let ended =
            transaction.execute(&OFFBOARD, args![tenant.to_string(), site.to_string(), now.0]).await?;
        if ended == 0 {
            return Ok(false);
        }
        transaction.execute(&FORGET_DEVICES, args![site.to_string()]).await?;
        transaction.execute(&FORGET_OUTBOX, args![site.to_string()]).await?;
        conclude::all_of_site(&mut transaction, tenant, site, now).await?;
        let change = changed(site, SiteState::Offboarded, false, now);
        changes::append(&mut transaction, tenant, &[change], now).await?;
        super::audit::append(&mut transaction, audit).await?;
        self.commit_and_tell(transaction).await?;
        self.wakes.wake(service::wake::Topic::Actions);
        Ok(true)
    }
}

fn changed(site: SiteId, state: SiteState, up: bool, now: Timestamp) -> Change {
    Change::Site(SiteChange { site, state, link: Link { up, since: Some(now) } })
}

fn is_halted(mirror: &str) -> bool {
    serde_json::from_str::<Stopped>(mirror).unwrap_or_default().halted
}

fn read(row: &Row) -> Result<Site, DbError> {
    Ok(Site {
        id: row.parsed("id")?,
        name: row.text("name")?.to_owned(),
        state: match row.text("state")? {
            "attached" => SiteState::Attached,
            _ => SiteState::Offboarded,
        },
        link: Link { up: row.flag("link_up")?, since: row.opt_int("link_changed")?.map(Timestamp) },
        attached: Timestamp(row.int("attached")?),
        devices: row.unsigned("devices")?,
        halted: row.opt_text("mirror")?.is_some_and(is_halted),
        online: row.unsigned("online")?,
        key_sha256: crate::secret::sha256(row.text("link_key")?.as_bytes()),
    })
}

impl From<MirroredCollection> for Collection {
    fn from(mirrored: MirroredCollection) -> Self {
        let MirroredCollection { id, name, version, count } = mirrored;
        Self { id, name, version, count }
    }
}

impl From<MirroredPolicy> for Policy {
    fn from(mirrored: MirroredPolicy) -> Self {
        let MirroredPolicy { id, name, version, collections } = mirrored;
        Self { id, name, version, collections }
    }
}
