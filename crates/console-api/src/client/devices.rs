//! Calls about devices.

use action::{DeviceId, SiteId};

use super::call::Query;
use crate::{Client, ClientError, Device, Page};

/// Which devices.
#[derive(Clone, Debug, Default)]
pub struct DeviceQuery {
    /// Only those of a site.
    pub site: Option<SiteId>,
    /// Only those that match, in the filter language: `name startsWith "shop-" and online = true`.
    pub filter: Option<String>,
    /// Only those whose name contains this.
    pub search: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// How many a page holds.
    pub limit: Option<u32>,
}

impl Client {
    /// Returns a page of devices, by name.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn devices(&self, query: &DeviceQuery) -> Result<Page<Device>, ClientError> {
        let mut pairs = Query::new();
        let texts = [("filter", &query.filter), ("search", &query.search), ("after", &query.after)];
        pairs.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))));
        pairs.extend(query.site.map(|site| ("site", site.to_string())));
        pairs.extend(query.limit.map(|limit| ("limit", limit.to_string())));
        self.get("api/v1/devices", pairs).await
    }

    /// Returns a device.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn device(&self, device: DeviceId) -> Result<Device, ClientError> {
        self.get(&format!("api/v1/devices/{device}"), Vec::new()).await
    }
}
