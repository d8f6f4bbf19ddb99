//! What the console fetches for a tenant: over TLS, from the internet, without following redirects, bounded in size and
//! time.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use futures_util::StreamExt as _;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use super::address::is_public;

/// How long a connection may take to stand.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long an answer may take as a whole. A sign-in makes three calls at most, within the bound of one request.
const ANSWER_WITHIN: Duration = Duration::from_secs(9);

/// The largest answer: key sets and tokens have a few KiB.
const LARGEST_ANSWER: usize = 1 << 20;

/// Why something was not fetched. What the other side answered is not repeated.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// The address is not one that is dialled.
    #[error("`{host}` is not dialled: it is not https, or leads to an address that is not of the internet")]
    NotDialled {
        /// The host.
        host: String,
    },
    /// The call failed.
    #[error("failed to call {host}")]
    Failed {
        /// The host.
        host: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The answer is too large.
    #[error("{host} answered with more than {LARGEST_ANSWER} bytes")]
    TooLarge {
        /// The host.
        host: String,
    },
    /// The certificates of the operator cannot be used.
    #[error("failed to use the certificates that are trusted for issuers")]
    Certificates(#[source] reqwest::Error),
}

/// Fetches for tenants.
#[derive(Clone, Debug)]
pub(crate) struct Outside {
    client: reqwest::Client,
    private_addresses: bool,
}

impl Outside {
    /// Makes it. `private_addresses` is the operator's word; `ca_pem` is trusted beside the system's certificates.
    pub(crate) fn new(private_addresses: bool, ca_pem: Option<&[u8]>) -> Result<Self, OutsideError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("tenon/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would dial in the console's place, whatever the address.
            .no_proxy();
        if !private_addresses {
            builder = builder.dns_resolver(Arc::new(InternetOnly));
        }
        if let Some(pem) = ca_pem {
            let certificates =
                reqwest::Certificate::from_pem_bundle(pem).map_err(OutsideError::Certificates)?;
            for certificate in certificates {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let client = builder.build().map_err(OutsideError::Certificates)?;
        Ok(Self { client, private_addresses })
    }

    /// Returns whether an address may be dialled at all; a name is looked up when it is dialled.
    pub(crate) fn allows(&self, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| self.allows_url(&url))
    }

    fn allows_url(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let reached = self.private_addresses || literal.is_none_or(is_public);
        url.scheme() == "https"
            && !host.is_empty()
            && url.username().is_empty()
            && url.password().is_none()
            && reached
    }

    async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, OutsideError> {
        let (parts, body) = request.into_parts();
        let address = parts.uri.to_string();
        let not_dialled =
            || OutsideError::NotDialled { host: crate::problem::short(parts.uri.host().unwrap_or("?")) };
        let url = Url::parse(&address).map_err(|_| not_dialled())?;
        if !self.allows_url(&url) {
            return Err(not_dialled());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let failed = |source: reqwest::Error| OutsideError::Failed {
            host: host.clone(),
            // The address may hold what is secret.
            source: source.without_url(),
        };
        let call = self.client.request(parts.method, url).headers(parts.headers).body(body);
        let answer = call.send().await.map_err(failed)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut bytes = Vec::new();
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(failed)?;
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(OutsideError::TooLarge { host: host.clone() });
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(bytes);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Outside {
    type Error = OutsideError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutsideError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}

/// Looks names up and leaves out what is not of the internet: at the moment of dialling, so that a name cannot change
/// between a look and the call.
#[derive(Debug)]
struct InternetOnly;

impl Resolve for InternetOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                let host = crate::problem::short(name.as_str());
                return Err(Box::new(OutsideError::NotDialled { host }).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_https_and_of_the_internet_unless_the_operator_allows_more() {
        let (careful, open) =
            (Outside::new(false, None).expect("a client"), Outside::new(true, None).expect("a client"));
        for (url, by_default, where_allowed) in [
            ("https://id.example", true, true),
            ("https://127.0.0.1:8443/", false, true),
            ("https://[::1]/", false, true),
            ("https://169.254.169.254/latest", false, true),
            ("http://id.example", false, false),
            ("https://ann:pw@id.example", false, false),
            ("file:///etc/passwd", false, false),
            ("nonsense", false, false),
        ] {
            assert_eq!((careful.allows(url), open.allows(url)), (by_default, where_allowed), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_dialled() {
        let careful = Outside::new(false, None).expect("a client");
        let mut request = HttpRequest::new(Vec::new());
        *request.uri_mut() = "https://localhost:1/".parse().expect("an address");
        let error = careful.call(request).await.expect_err("not dialled");
        let told = service::error::Chain(&error).to_string();
        assert!(told.contains("`localhost` is not dialled"), "{told}");
    }
}
