//! What the console knows of the keys of a site's authority.

use action::SiteId;
use database::{DbError, Statement, args};
use proof::Hash;

use super::Store;

/// The keys of a site's authority, as far as the console knows them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SiteTrust {
    /// SHA-256 of the root key that the next document must be signed by.
    pub(crate) root: Hash,
    /// The last trust document that was verified.
    pub(crate) document: Option<String>,
}

const ONE: Statement = Statement::both("SELECT root, trust FROM site WHERE id = $1");
const PUT: Statement = Statement::both("UPDATE site SET root = $2, trust = $3 WHERE id = $1");

impl Store {
    /// Returns what is known of the keys of a site's authority; none where the site told no root key when it was attached.
    pub(crate) async fn site_trust(&self, site: SiteId) -> Result<Option<SiteTrust>, DbError> {
        let Some(row) = self.db.row(&ONE, args![site.to_string()]).await? else { return Ok(None) };
        let Some(root) = row.opt_text("root")?.and_then(|text| text.parse().ok()) else { return Ok(None) };
        Ok(Some(SiteTrust { root, document: row.opt_text("trust")?.map(str::to_owned) }))
    }

    /// Keeps a trust document that was verified, and the root key that it names.
    pub(crate) async fn put_site_trust(
        &self,
        site: SiteId,
        root: Hash,
        document: &str,
    ) -> Result<(), DbError> {
        self.db.write(&PUT, args![site.to_string(), root.hex(), document]).await.map(|_| ())
    }
}
