//! A client for the API: typed calls, and errors that carry the console's own words.

mod error;
mod call;
mod people;
mod sign_in;
mod roles;
mod sites;
mod webhooks;
mod devices;
mod actions;
mod signed;
mod changes;
mod sse;
mod server;

use std::{fmt, time::Duration};

pub use actions::{ActionQuery, TargetQuery};
pub use changes::LiveChanges;
pub use devices::DeviceQuery;
pub use error::ClientError;
pub use server::{Server, VERSION_HEADER};
pub use sign_in::ProviderAnswer;
pub use signed::{NotDrafted, NotPaired, Signer};

/// How long a connection to the console may take to stand.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Which console, as whom.
#[derive(Clone)]
pub struct ClientOptions {
    /// The console's address, such as `https://console.example`.
    pub url: String,
    /// A session's token or an API token.
    pub token: Option<String>,
    /// Certificates that are trusted beside the system's, PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// How long an answer may take.
    pub patience: Duration,
}

/// A client for a console. A clone shares its connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: reqwest::Url,
    token: Option<String>,
    patience: Duration,
}

impl Client {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Where the address or the certificates cannot be used.
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        Self::through(options, None)
    }

    /// Makes a client whose connections go through an HTTP proxy, `http://[name:password@]host:port`, where there is one.
    ///
    /// # Errors
    ///
    /// Where the address, the certificates or the proxy cannot be used.
    pub fn through(options: ClientOptions, proxy: Option<&str>) -> Result<Self, ClientError> {
        let not_usable = |what: String| ClientError::NotUsable { what };
        let mut base = reqwest::Url::parse(&options.url)
            .map_err(|error| not_usable(format!("the address `{}`: {error}", options.url)))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(not_usable(format!("the address `{}`: it must begin with https://", options.url)));
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        // Redirects would carry the token to wherever they point.
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("tenon/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(proxy) = proxy {
            // The address may hold a password, and is not repeated.
            let proxy =
                reqwest::Proxy::all(proxy).map_err(|_| not_usable("the proxy's address".to_owned()))?;
            http = http.proxy(proxy);
        }
        if let Some(pem) = &options.ca_pem {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| not_usable(format!("the certificates: {error}")))?;
            for certificate in certificates {
                http = http.add_root_certificate(certificate);
            }
        }
        let http =
            http.build().map_err(|source| ClientError::Failed { attempt: "make a client".into(), source })?;
        Ok(Self { http, base, token: options.token, patience: options.patience })
    }

    /// Returns the token that the client sends.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions").field("url", &self.url).finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}
