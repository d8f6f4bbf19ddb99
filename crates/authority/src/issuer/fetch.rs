//! Fetches an issuer's keys: what it says of itself, then the keys at the address that it names.

use std::{sync::Arc, time::Duration};

use authority_link::IssuerPin;
use outside::{LookUp, Options, Outside, OutsideError, SystemNames};
use serde::Deserialize;
use service::error::Chain;
use tokio::time::timeout;

use super::jwk::{IssuerKey, read_set};

/// How long both calls may take together: the person waits at the console for ten seconds at most.
const WITHIN: Duration = Duration::from_secs(6);

/// Where an issuer says what it is (OpenID Connect Discovery).
const CONFIGURATION: &str = ".well-known/openid-configuration";

/// What is fetched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Wanted {
    /// The issuer.
    pub(crate) issuer: String,
    /// Certificates that are trusted beside the system's, PEM.
    pub(crate) ca: Option<String>,
    /// Whether an address is dialled that is not of the internet.
    pub(crate) private_addresses: bool,
}

/// What became of it. Why keys are not there is told in one line, causes included.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    /// The issuer.
    pub(crate) issuer: String,
    /// Its keys.
    pub(crate) keys: Result<Vec<IssuerKey>, String>,
}

impl Wanted {
    /// Returns what is fetched for a pin; none where the owner gives the keys.
    pub(crate) fn of(pin: &IssuerPin) -> Option<Self> {
        let IssuerPin { issuer, ca, private_addresses, jwks, .. } = pin;
        let wanted =
            || Self { issuer: issuer.clone(), ca: ca.clone(), private_addresses: *private_addresses };
        jwks.is_none().then(wanted)
    }
}

/// Why the keys were not fetched. What the issuer answered is not repeated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotFetched {
    #[error(transparent)]
    Outside(#[from] OutsideError),
    #[error("it did not answer within {} s", WITHIN.as_secs())]
    Late,
    #[error("its answer is no OpenID Connect configuration")]
    Configuration,
    #[error("its configuration names another issuer")]
    OtherIssuer,
    #[error("{0}")]
    Keys(String),
}

#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

/// Fetches keys.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    names: Arc<dyn LookUp>,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self { names: Arc::new(SystemNames) }
    }
}

impl Fetcher {
    /// Makes one that finds addresses in its own way.
    #[cfg(test)]
    pub(crate) fn by(names: Arc<dyn LookUp>) -> Self {
        Self { names }
    }

    /// Fetches the keys of an issuer.
    pub(crate) async fn fetch(&self, wanted: Wanted) -> Fetched {
        let keys = timeout(WITHIN, self.keys(&wanted)).await.unwrap_or(Err(NotFetched::Late));
        Fetched { issuer: wanted.issuer, keys: keys.map_err(|error| Chain(&error).to_string()) }
    }

    async fn keys(&self, wanted: &Wanted) -> Result<Vec<IssuerKey>, NotFetched> {
        let Wanted { issuer, ca, private_addresses } = wanted;
        let outside = Outside::new(&Options {
            private_addresses: *private_addresses,
            ca_pem: ca.as_deref().map(str::as_bytes),
            names: Arc::clone(&self.names),
        })?;
        let address = format!("{}/{CONFIGURATION}", issuer.trim_end_matches('/'));
        let said = outside.read(&address).await?;
        let said: Configuration = serde_json::from_slice(&said).map_err(|_| NotFetched::Configuration)?;
        if said.issuer != *issuer {
            return Err(NotFetched::OtherIssuer);
        }
        read_set(&outside.read(&said.jwks_uri).await?).map_err(NotFetched::Keys)
    }
}
