//! Calls about devices.

use action::{DeviceId, SiteId, TaskGuid};

use super::call::Query;
use crate::{Client, ClientError, Device, DeviceCount, DeviceDetails, DeviceLogs, OnlineStatus, Page};

/// Which devices.
#[derive(Clone, Debug, Default)]
pub struct DeviceQuery {
    /// Only those of a site.
    pub site: Option<SiteId>,
    /// Only those that match, in the filter language: `name startsWith "shop-" and online = true`.
    pub filter: Option<String>,
    /// Only those of which name, user, serial number, addresses or tags hold each of these words.
    pub search: Option<String>,
    /// Only those in this state.
    pub status: Option<OnlineStatus>,
    /// By what they are listed: `name`, `online`, `seen`, `os`, `client_version` or `user`; with `-` before it the other
    /// way round.
    pub sort: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// How many a page holds.
    pub limit: Option<u32>,
}

impl DeviceQuery {
    fn pairs(&self) -> Query {
        let mut pairs = Query::new();
        let texts = [
            ("filter", &self.filter),
            ("search", &self.search),
            ("after", &self.after),
            ("sort", &self.sort),
        ];
        pairs.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))));
        pairs.extend(self.site.map(|site| ("site", site.to_string())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        let status = self.status.map(|status| match status {
            OnlineStatus::Online => "online",
            OnlineStatus::Offline => "offline",
            OnlineStatus::Unknown => "unknown",
        });
        pairs.extend(status.map(|status| ("status", status.to_owned())));
        pairs
    }
}

impl Client {
    /// Reads what the console has in the shapes of Microsoft Graph, with the caller's own query.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn graph(
        &self,
        path: &str,
        query: &[(String, String)],
    ) -> Result<serde_json::Value, ClientError> {
        let mut url = self.url(path, &Vec::new());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.read_at(url).await
    }

    /// Returns a page of devices, by name.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn devices(&self, query: &DeviceQuery) -> Result<Page<Device>, ClientError> {
        self.get("api/v1/devices", query.pairs()).await
    }

    /// Counts devices; `after` and `limit` of the query count for nothing.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn device_count(&self, query: &DeviceQuery) -> Result<DeviceCount, ClientError> {
        let query = DeviceQuery { after: None, limit: None, sort: None, ..query.clone() };
        self.get("api/v1/devices/count", query.pairs()).await
    }

    /// Returns what the site knows of a device, asked of the site now.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn device_details(&self, device: DeviceId) -> Result<DeviceDetails, ClientError> {
        self.get(&format!("api/v1/devices/{device}/details"), Vec::new()).await
    }

    /// Returns what logs of a device its site has; with `of`, those of one action from a part on.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn device_logs(
        &self,
        device: DeviceId,
        of: Option<TaskGuid>,
        from: u32,
    ) -> Result<DeviceLogs, ClientError> {
        let mut pairs = Query::new();
        if let Some(of) = of {
            pairs.extend([("of", of.to_string()), ("from", from.to_string())]);
        }
        self.get(&format!("api/v1/devices/{device}/logs"), pairs).await
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
