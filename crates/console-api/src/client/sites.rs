//! Calls about sites.

use action::SiteId;

use crate::{AttachCode, Client, ClientError, Collection, Policy, Site, SiteHealth, SyncBegun};

impl Client {
    /// Lists the tenant's sites.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn sites(&self) -> Result<Vec<Site>, ClientError> {
        self.get("api/v1/sites", Vec::new()).await
    }

    /// Returns a site.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn site(&self, site: SiteId) -> Result<Site, ClientError> {
        self.get(&format!("api/v1/sites/{site}"), Vec::new()).await
    }

    /// Makes a code with which a site attaches itself.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_attach_code(&self) -> Result<AttachCode, ClientError> {
        self.post("api/v1/attach-codes", &serde_json::json!({})).await
    }

    /// Ends the attachment of a site.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn offboard(&self, site: SiteId) -> Result<Site, ClientError> {
        self.post(&format!("api/v1/sites/{site}/offboard"), &serde_json::json!({})).await
    }

    /// Has a site upload all its devices now.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn sync(&self, site: SiteId) -> Result<SyncBegun, ClientError> {
        self.post(&format!("api/v1/sites/{site}/sync"), &serde_json::json!({})).await
    }

    /// Returns how a site is, as it says itself now.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn site_health(&self, site: SiteId) -> Result<SiteHealth, ClientError> {
        self.get(&format!("api/v1/sites/{site}/health"), Vec::new()).await
    }

    /// Lists the collections of a site, as the site last sent them.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn collections(&self, site: SiteId) -> Result<Vec<Collection>, ClientError> {
        self.get(&format!("api/v1/sites/{site}/collections"), Vec::new()).await
    }

    /// Lists the policies of a site, as the site last sent them.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn policies(&self, site: SiteId) -> Result<Vec<Policy>, ClientError> {
        self.get(&format!("api/v1/sites/{site}/policies"), Vec::new()).await
    }
}
