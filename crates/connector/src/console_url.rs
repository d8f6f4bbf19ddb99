//! The console's address, as the site's owner gave it.

use std::{fmt, str::FromStr};

use http::Uri;
use serde::{Deserialize, Serialize};

/// The address of a console: `https://host[:port][/path]`, or `http://` on this machine.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ConsoleUrl {
    secure: bool,
    host: String,
    port: u16,
    /// Without a slash at its end.
    path: String,
}

/// A text that is no address of a console.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAConsoleUrl {
    /// It is no URL of the kind.
    #[error("`{text}` is no address of a console such as https://console.example")]
    Malformed {
        /// The text.
        text: String,
    },
    /// It would travel unprotected.
    #[error("`{text}` has no TLS: http is for a console on this machine only")]
    WithoutTls {
        /// The text.
        text: String,
    },
}

impl ConsoleUrl {
    /// Returns the host's name or address, without brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns whether the console is reached by TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns host and port as a `Host` header has them.
    pub(crate) fn authority(&self) -> String {
        if self.port == self.usual_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Returns host and port as a proxy is told them.
    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Returns the path of `page` at the console.
    pub(crate) fn path(&self, page: &str) -> String {
        format!("{}{page}", self.path)
    }

    /// Returns the address of a WebSocket at the console.
    pub(crate) fn web_socket(&self, page: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.authority(), self.path(page))
    }

    fn usual_port(&self) -> u16 {
        if self.secure { 443 } else { 80 }
    }
}

impl FromStr for ConsoleUrl {
    type Err = NotAConsoleUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || NotAConsoleUrl::Malformed { text: text.to_owned() };
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(malformed()),
        };
        let authority = uri.authority().ok_or_else(malformed)?;
        // A name and a password would end up in logs.
        if authority.as_str().contains('@') || uri.query().is_some() || authority.host().is_empty() {
            return Err(malformed());
        }
        let host = authority.host().to_ascii_lowercase();
        let path = uri.path().trim_end_matches('/').to_owned();
        let mut url = Self { secure, host, port: 0, path };
        url.port = authority.port_u16().unwrap_or_else(|| url.usual_port());
        if !secure && !is_this_machine(url.host()) {
            return Err(NotAConsoleUrl::WithoutTls { text: text.to_owned() });
        }
        Ok(url)
    }
}

pub(crate) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for ConsoleUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl From<ConsoleUrl> for String {
    fn from(url: ConsoleUrl) -> String {
        url.to_string()
    }
}

impl TryFrom<String> for ConsoleUrl {
    type Error = NotAConsoleUrl;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        check("https://Console.example/", "https://console.example", "wss://console.example/site-link");
        check(
            "https://console.example:8443",
            "https://console.example:8443",
            "wss://console.example:8443/site-link",
        );
        check("https://example.com/tenon/", "https://example.com/tenon", "wss://example.com/tenon/site-link");
        check("http://localhost:8080", "http://localhost:8080", "ws://localhost:8080/site-link");
        check("http://[::1]:8080", "http://[::1]:8080", "ws://[::1]:8080/site-link");
        check("http://127.0.0.1", "http://127.0.0.1", "ws://127.0.0.1/site-link");
    }

    #[test]
    fn what_is_no_address_or_has_no_tls_is_refused() {
        for text in [
            "",
            "console.example",
            "ftp://console.example",
            "https://",
            "https://a@b",
            "https://a/?x=1",
            "/x",
        ] {
            let refused = text.parse::<ConsoleUrl>();
            assert_eq!(refused, Err(NotAConsoleUrl::Malformed { text: text.into() }));
        }
        for text in ["http://console.example", "http://10.0.0.1:80", "http://localhost.example"] {
            let refused = text.parse::<ConsoleUrl>();
            assert_eq!(refused, Err(NotAConsoleUrl::WithoutTls { text: text.into() }));
        }
    }

    #[track_caller]
    fn check(text: &str, written: &str, web_socket: &str) {
        let url: ConsoleUrl = text.parse().expect(text);
        assert_eq!((url.to_string().as_str(), url.web_socket("/site-link").as_str()), (written, web_socket));
        assert_eq!(written.parse(), Ok(url));
    }
}
