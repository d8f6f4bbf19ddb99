//! Whom the devices believe: one trust document for all of them.

use std::sync::Arc;

use action::Timestamp;
use management_link::{Answer, Call};
use proof::{JoinToken, SiteRole, TrustDocument, Trusted, role};
use rustls::{ClientConfig, pki_types::ServerName};

use crate::{
    StartError, dial,
    management::{ManagementError, Place, Session},
};

/// What all devices know of their site.
#[derive(Debug)]
pub(crate) struct Believed {
    pub(crate) trust: TrustDocument,
    /// The notification servers, `host:port` each; at least one.
    pub(crate) servers: Vec<String>,
    pub(crate) notification_server: ServerName<'static>,
    pub(crate) management_point: ServerName<'static>,
    /// The end of TLS that trusts the site and shows no certificate: for enrolling.
    pub(crate) tls: Arc<ClientConfig>,
}

/// Fetches the trust document from whoever answers.
pub(crate) async fn fetch(place: &Place) -> Result<String, ManagementError> {
    let name = ServerName::try_from(place.host().to_owned())
        .map_err(|_| ManagementError::Url { url: place.host().to_owned() })?;
    let stream =
        dial::open(&place.address, &service::tls::unbelieving().map_err(crate::DialError::Tls)?, name, None)
            .await?;
    let mut session = Session::over(stream, place).await?;
    match session.call(&Call::Trust).await? {
        Answer::Trust(text) => Ok(text),
        _ => Err(ManagementError::Mixed(management_link::path::TRUST)),
    }
}

/// Believes a trust document that the token's root key has signed.
pub(crate) fn believe(text: &str, token: &JoinToken, now: Timestamp) -> Result<Believed, StartError> {
    let trusted = Trusted::verify(text, token.root_key_sha256)
        .map_err(|source| StartError::NotTheSite { url: token.url.clone(), source })?;
    let trust = trusted.accept(None, now)?;
    let servers = trust.servers.notification.iter();
    let servers: Vec<String> = servers.filter(|server| !server.contains("://")).cloned().collect();
    if servers.is_empty() {
        return Err(StartError::NoServer);
    }
    let name = |role| ServerName::try_from(role::dns_name(trust.site, &role));

    Ok(Believed {
        notification_server: name(SiteRole::NotificationServer)?,
        management_point: name(SiteRole::ManagementPoint)?,
        tls: service::tls::client_config(&trust.ca, None)?,
        servers,
        trust,
    })
}
