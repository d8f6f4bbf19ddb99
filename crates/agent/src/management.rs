//! Calls to the management point, over HTTPS that is trusted by the site's CA and nothing else.

use std::time::Duration;

use action::SiteId;
use bytes::Bytes;
use http::{Request, Response, Uri, header::HOST};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use management_link::{
    Answer, Call, Refusal,
    client::{self, NoAnswer},
    server,
};
use proof::role::SiteRole;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::dial::{self, DialError, Reach, Stream};

/// How long one call may take, a document of 1 MiB over a slow line included.
const CALL: Duration = Duration::from_secs(60);
/// The port where the URL names none.
const HTTPS: u16 = 443;

/// Why a call brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum ManagementError {
    /// The URL is not one of a management point.
    #[error("`{url}` is no URL of a management point; it must be https://host[:port]")]
    Url {
        /// The URL.
        url: String,
    },
    /// It cannot be reached.
    #[error("failed to reach the management point")]
    Dial(#[from] DialError),
    /// The connection failed.
    #[error("failed to call the management point at {0}")]
    Http(&'static str, #[source] hyper::Error),
    /// The answer's body could not be read.
    #[error("failed to read the answer to {0}")]
    Body(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// It did not answer in time.
    #[error("the management point did not answer {path} within {} s", CALL.as_secs())]
    Late {
        /// What was asked.
        path: &'static str,
    },
    /// It answered with something else.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// It answered another call.
    #[error("the management point answered {0} with the answer to another call")]
    Mixed(&'static str),
}

impl ManagementError {
    /// Returns whether the management point's certificate is not believed.
    pub(crate) fn is_distrust(&self) -> bool {
        matches!(self, ManagementError::Dial(error) if error.is_distrust())
    }

    /// Returns how the management point refused, where it did.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            ManagementError::NoAnswer(NoAnswer::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }
}

/// Where a management point is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    /// The host and port to dial.
    pub(crate) address: String,
    /// What `Host` says.
    host: String,
}

impl Place {
    /// Reads a URL.
    pub(crate) fn of(url: &str) -> Result<Self, ManagementError> {
        let wrong = || ManagementError::Url { url: url.chars().take(256).collect() };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        if uri.scheme_str() != Some("https")
            || authority.as_str().contains('@')
            || !matches!(uri.path(), "" | "/")
        {
            return Err(wrong());
        }
        let port = authority.port_u16().unwrap_or(HTTPS);
        Ok(Self { address: format!("{}:{port}", authority.host()), host: authority.as_str().to_owned() })
    }

    /// Returns the host without its port.
    pub(crate) fn host(&self) -> &str {
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        host.trim_matches(['[', ']'])
    }
}

/// An open connection to a management point, for several calls.
#[derive(Debug)]
pub(crate) struct Session {
    requests: SendRequest<Full<Bytes>>,
    host: String,
    server_version: Option<String>,
    _connection: AbortOnDropHandle<()>,
}

impl Session {
    /// Opens a connection to the management point of `site`.
    pub(crate) async fn open(place: &Place, reach: &Reach, site: SiteId) -> Result<Self, ManagementError> {
        let stream = dial::server(&place.address, reach, site, &SiteRole::ManagementPoint).await?;
        Self::over(stream, place).await
    }

    /// Speaks HTTP over a connection.
    pub(crate) async fn over(stream: Stream, place: &Place) -> Result<Self, ManagementError> {
        let (requests, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|source| ManagementError::Http("its port", source))?;
        let connection = service::running::owned(async move {
            // How it ended is told to whoever waits for an answer.
            let _ = connection.await;
        });
        Ok(Self { requests, host: place.host.clone(), server_version: None, _connection: connection })
    }

    /// Makes a call.
    pub(crate) async fn call(&mut self, call: &Call) -> Result<Answer, ManagementError> {
        let path = call.route().path();
        timeout(CALL, self.exchange(call)).await.unwrap_or(Err(ManagementError::Late { path }))
    }

    /// Returns the version of what answered last, where it says so.
    pub(crate) fn server_version(&self) -> Option<&str> {
        self.server_version.as_deref()
    }

    async fn exchange(&mut self, call: &Call) -> Result<Answer, ManagementError> {
        let route = call.route();
        let path = route.path();
        let mut request: Request<Full<Bytes>> =
            client::request(call).map(|body| Full::new(Bytes::from(body)));
        let host = self.host.parse().map_err(|_| ManagementError::Url { url: self.host.clone() })?;
        request.headers_mut().insert(HOST, host);

        self.requests.ready().await.map_err(|source| ManagementError::Http(path, source))?;
        let response = self
            .requests
            .send_request(request)
            .await
            .map_err(|source| ManagementError::Http(path, source))?;
        let (head, body) = response.into_parts();
        let version = head.headers.get(server::VERSION_HEADER).and_then(|value| value.to_str().ok());
        self.server_version = version.map(str::to_owned);
        let limit = route.largest_answer().max(management_link::LARGEST_BODY) + 1;
        let body = Limited::new(body, limit)
            .collect()
            .await
            .map_err(|source| ManagementError::Body(path, source))?;

        Ok(client::read(route, &Response::from_parts(head, body.to_bytes()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_management_point_is_https_with_a_host() {
        for (url, address, host) in [
            ("https://mp.example", "mp.example:443", "mp.example"),
            ("https://mp.example:8443/", "mp.example:8443", "mp.example"),
            ("https://127.0.0.1:1", "127.0.0.1:1", "127.0.0.1"),
            ("https://[::1]:8443", "[::1]:8443", "::1"),
        ] {
            let place = Place::of(url).expect("valid");
            assert_eq!((place.address.as_str(), place.host()), (address, host), "{url}");
        }
        for url in
            ["", "mp.example", "http://mp.example", "https://", "https://a@b", "https://a/path", "ftp://a"]
        {
            assert!(matches!(Place::of(url), Err(ManagementError::Url { .. })), "{url}");
        }
    }
}
