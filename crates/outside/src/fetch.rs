//! One call: what may be dialled, how long it may take, how much may come back.

use std::{net::IpAddr, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use http::{Request, Response, StatusCode};
use reqwest::Url;

use crate::{LookUp, SystemNames, address::is_public, look_up::Dialled};

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
    /// The answer says that there is nothing to read, or that it is elsewhere.
    #[error("{host} answered with status {status}")]
    Status {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// The certificates of the operator cannot be used.
    #[error("failed to use the certificates that are trusted for issuers")]
    Certificates(#[source] reqwest::Error),
}

/// What is dialled and believed.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// Whether addresses are dialled that are not of the internet: the operator's word.
    pub private_addresses: bool,
    /// Certificates that are trusted beside the system's, PEM.
    pub ca_pem: Option<&'a [u8]>,
    /// Who finds the addresses of names.
    pub names: Arc<dyn LookUp>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { private_addresses: false, ca_pem: None, names: Arc::new(SystemNames) }
    }
}

/// Fetches what somebody else named.
#[derive(Clone, Debug)]
pub struct Outside {
    client: reqwest::Client,
    private_addresses: bool,
}

impl Outside {
    /// Makes it.
    ///
    /// # Errors
    ///
    /// The certificates cannot be used.
    pub fn new(options: &Options<'_>) -> Result<Self, OutsideError> {
        let private_addresses = options.private_addresses;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("tenon/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would dial in this program's place, whatever the address.
            .no_proxy()
            .dns_resolver(Arc::new(Dialled { names: Arc::clone(&options.names), private_addresses }));
        if let Some(pem) = options.ca_pem {
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
    pub fn allows(&self, url: &str) -> bool {
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

    /// Makes one call.
    ///
    /// # Errors
    ///
    /// [`OutsideError`]; an answer with any status is an answer.
    pub async fn fetch(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, OutsideError> {
        let (parts, body) = request.into_parts();
        let address = parts.uri.to_string();
        let not_dialled = || OutsideError::NotDialled { host: short(parts.uri.host().unwrap_or("?")) };
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
        let mut response = Response::new(bytes);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Reads what stands at an address.
    ///
    /// # Errors
    ///
    /// [`OutsideError`]; an answer with another status than 200 is none.
    pub async fn read(&self, url: &str) -> Result<Vec<u8>, OutsideError> {
        let request = Request::get(url).header(http::header::ACCEPT, "application/json").body(Vec::new());
        let request = request.map_err(|_| OutsideError::NotDialled { host: short(url) })?;
        let host = short(request.uri().host().unwrap_or("?"));
        let answer = self.fetch(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(OutsideError::Status { host, status: answer.status().as_u16() });
        }
        Ok(answer.into_body())
    }
}

/// Returns a text from outside as an error repeats it: a part of it.
pub(crate) fn short(text: &str) -> String {
    const LETTERS: usize = 80;
    text.chars().filter(|c| !c.is_control()).take(LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        error::Error as _,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::Addresses;

    #[test]
    fn an_issuer_is_https_and_of_the_internet_unless_the_operator_allows_more() {
        let open = Options { private_addresses: true, ..Options::default() };
        let (careful, open) =
            (Outside::new(&Options::default()).expect("a client"), Outside::new(&open).expect("a client"));
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
        let careful = Outside::new(&Options::default()).expect("a client");
        let told = told(&careful, "https://localhost:1/").await;
        assert!(told.contains("`localhost` is not dialled"), "{told}");
    }

    #[tokio::test]
    async fn a_name_that_changes_between_two_calls_is_not_dialled_the_second_time() {
        let names = Arc::new(Rebinding::default());
        let options = Options { names: Arc::<Rebinding>::clone(&names), ..Options::default() };
        let careful = Outside::new(&options).expect("a client");
        // What it names at first is of the internet, where nothing answers in a test.
        drop(tokio::time::timeout(Duration::from_millis(50), careful.read("https://id.example/")).await);
        let told = told(&careful, "https://id.example/").await;
        assert!(told.contains("`id.example` is not dialled"), "{told}");
        assert_eq!(names.0.load(Ordering::Relaxed), 2, "each call looks the name up itself");
    }

    /// First an address of the internet, then the machine's own.
    #[derive(Debug, Default)]
    struct Rebinding(AtomicUsize);

    impl LookUp for Rebinding {
        fn look_up(&self, _: String) -> Addresses {
            let first = self.0.fetch_add(1, Ordering::Relaxed) == 0;
            let address = if first { "2606:4700::1111" } else { "169.254.169.254" };
            Box::pin(async move { Ok(vec![address.parse().expect("an address")]) })
        }
    }

    async fn told(outside: &Outside, url: &str) -> String {
        let error = outside.read(url).await.expect_err("not dialled");
        let mut told = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            told = format!("{told}: {error}");
            cause = error.source();
        }
        told
    }
}
