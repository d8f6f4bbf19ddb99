//! Providers: their addresses and their keys, kept until they are old, and fetched again for a key that is not known.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use action::Timestamp;
use openidconnect::{
    AdditionalProviderMetadata, DiscoveryError, IssuerUrl, JsonWebKeySet, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use service::error::Chain;

use outside::{Outside, OutsideError};

use super::client::OpenIdClient;

/// How long what a provider says of itself is believed.
const BELIEVED: Duration = Duration::from_hours(12);

/// How often a key that is not known makes the console fetch the keys: a token may name any key, and a stranger may
/// send many tokens.
const UNKNOWN_KEY_EVERY: Duration = Duration::from_secs(60);

/// Providers that are remembered: one or two for each tenant. When it is full, all are forgotten.
const REMEMBERED: usize = 1_000;

/// What a provider says of itself, with its keys.
pub(crate) type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What RFC 9207 adds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct More {
    /// Whether the provider names itself in its answer.
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("the issuer is no address")]
    NotAnAddress,
    #[error("failed to read what the provider says of itself")]
    Discovery(#[source] Box<DiscoveryError<OutsideError>>),
    #[error("the provider names an address that is not dialled: {0}")]
    NotDialled(String),
}

impl ProviderError {
    /// Returns what went wrong, for people: nothing of what the provider answered.
    pub(crate) fn told(&self) -> String {
        match self {
            ProviderError::NotAnAddress | ProviderError::NotDialled(_) => self.to_string(),
            ProviderError::Discovery(error) => match &**error {
                DiscoveryError::Request(error) => Chain(error).to_string(),
                DiscoveryError::Validation(said) => said.clone(),
                DiscoveryError::Response(status, ..) => format!("it answered with status {status}"),
                _ => "its answer is no OpenID Connect configuration".to_owned(),
            },
        }
    }
}

/// The providers that the console knows.
#[derive(Debug)]
pub(crate) struct Providers {
    client: OpenIdClient,
    known: Mutex<BTreeMap<String, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    metadata: Arc<Metadata>,
    fetched: Timestamp,
    /// When the keys were last fetched for a key that was not known.
    looked_again: Option<Timestamp>,
}

impl Providers {
    pub(crate) fn new(outside: Outside) -> Self {
        Self { client: OpenIdClient(outside), known: Mutex::default() }
    }

    /// Returns what fetches.
    pub(crate) fn outside(&self) -> &Outside {
        &self.client.0
    }

    /// Returns what the library calls through.
    pub(super) fn client(&self) -> &OpenIdClient {
        &self.client
    }

    /// Returns what a provider says of itself, as it was within the last hours.
    pub(crate) async fn get(&self, issuer: &str, now: Timestamp) -> Result<Arc<Metadata>, ProviderError> {
        let known = self.known().get(issuer).cloned();
        match known {
            Some(known) if now.since(known.fetched) < BELIEVED => Ok(known.metadata),
            _ => self.fetch(issuer, now).await,
        }
    }

    /// Asks a provider what it says of itself.
    pub(crate) async fn fetch(&self, issuer: &str, now: Timestamp) -> Result<Arc<Metadata>, ProviderError> {
        let url = IssuerUrl::new(issuer.to_owned()).map_err(|_| ProviderError::NotAnAddress)?;
        let metadata = Metadata::discover_async(url, &self.client).await;
        let metadata = metadata.map_err(|error| ProviderError::Discovery(Box::new(error)))?;
        let addresses = [
            Some(metadata.authorization_endpoint().as_str()),
            metadata.token_endpoint().map(|url| url.as_str()),
        ];
        for address in addresses.into_iter().flatten() {
            if !self.client.0.allows(address) {
                return Err(ProviderError::NotDialled(crate::problem::short(address)));
            }
        }
        let metadata = Arc::new(metadata);
        let known = Known { metadata: Arc::clone(&metadata), fetched: now, looked_again: None };
        let mut all = self.known();
        if all.len() >= REMEMBERED {
            all.clear();
        }
        all.insert(issuer.to_owned(), known);
        Ok(metadata)
    }

    /// Fetches the keys of a provider again, for a key that is not known; `None` where that was done within the last
    /// minute.
    pub(crate) async fn look_again(
        &self,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Metadata>>, ProviderError> {
        let metadata = {
            let mut all = self.known();
            let Some(known) = all.get_mut(issuer) else { return Ok(None) };
            if known.looked_again.is_some_and(|last| now.since(last) < UNKNOWN_KEY_EVERY) {
                return Ok(None);
            }
            known.looked_again = Some(now);
            Arc::clone(&known.metadata)
        };
        let keys = JsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.client).await;
        let keys = keys.map_err(|error| ProviderError::Discovery(Box::new(error)))?;
        let metadata = Arc::new((*metadata).clone().set_jwks(keys));
        if let Some(known) = self.known().get_mut(issuer) {
            known.metadata = Arc::clone(&metadata);
        }
        Ok(Some(metadata))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
