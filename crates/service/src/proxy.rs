//! The HTTP proxy on the way out of a network: it is asked for a way (`CONNECT`) to a host and port.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::Uri;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest answer of a proxy that is read, in bytes.
const LONGEST_ANSWER: usize = 8 << 10;

/// An HTTP proxy: `http://[name:password@]host:port`. Its `Debug` hides the password.
#[derive(Clone, Eq, PartialEq)]
pub struct Proxy {
    host: String,
    port: u16,
    /// `name:password`, base64.
    credentials: Option<String>,
}

/// A text that is no address of a proxy. It may hold a password and is not repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the proxy's address is not of the form http://[name:password@]host:port")]
pub struct NotAProxy;

/// Why a proxy gave no way.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// It does not listen any more.
    #[error("the connection to the proxy broke")]
    Broken(#[source] std::io::Error),
    /// It does not want to.
    #[error("the proxy answered `{answer}`")]
    Refused {
        /// The first line of its answer.
        answer: String,
    },
}

impl Proxy {
    /// Returns host and port.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Returns the host, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Asks the proxy at the other end of `stream` for a way to `target` (host and port).
    ///
    /// # Errors
    ///
    /// Where it gives none, with what it said.
    pub async fn open<S>(&self, stream: &mut S, target: &str) -> Result<(), ProxyError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let credentials = match &self.credentials {
            Some(credentials) => format!("Proxy-Authorization: Basic {credentials}\r\n"),
            None => String::new(),
        };
        let ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n");
        stream.write_all(ask.as_bytes()).await.map_err(ProxyError::Broken)?;
        let head = read_head(stream).await.map_err(ProxyError::Broken)?;
        let first = head.lines().next().unwrap_or_default();
        let status = first.split(' ').nth(1).unwrap_or_default();
        if first.starts_with("HTTP/1.") && status.starts_with('2') {
            Ok(())
        } else {
            Err(ProxyError::Refused { answer: first.chars().take(100).collect() })
        }
    }
}

/// Reads byte by byte: what follows the head belongs to whoever the proxy leads to.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == LONGEST_ANSWER {
            return Err(std::io::Error::other(format!("its answer is longer than {LONGEST_ANSWER} bytes")));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

impl FromStr for Proxy {
    type Err = NotAProxy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| NotAProxy)?;
        let authority = uri.authority().ok_or(NotAProxy)?;
        if uri.scheme_str() != Some("http")
            || uri.query().is_some()
            || uri.path() != "/"
            || authority.host().is_empty()
        {
            return Err(NotAProxy);
        }
        let credentials = authority.as_str().rsplit_once('@').map(|(name, _)| STANDARD.encode(name));
        let port = authority.port_u16().ok_or(NotAProxy)?;
        Ok(Self { host: authority.host().to_owned(), port, credentials })
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.address()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_passwords_hidden() {
        let proxy: Proxy = "http://kim:secret@proxy.example:3128".parse().expect("a proxy");
        assert_eq!(proxy.address(), "proxy.example:3128");
        assert_eq!(format!("{proxy:?}"), r#"Proxy("proxy.example:3128")"#);
        for text in [
            "",
            "proxy.example",
            "https://proxy.example:1",
            "http://proxy.example",
            "http://p:1/x",
            "socks5://p:1",
        ] {
            assert_eq!(text.parse::<Proxy>(), Err(NotAProxy), "{text}");
        }
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_the_way_with_its_password() {
        let proxy: Proxy = "http://kim:secret@proxy.example:3128".parse().expect("a proxy");
        let (mut near, mut far) = tokio::io::duplex(1024);
        let answer = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nthe console speaks";
        far.write_all(answer.as_bytes()).await.expect("room");
        proxy.open(&mut near, "console.example:443").await.expect("open");

        let mut asked = vec![0; 1024];
        let length = far.read(&mut asked).await.expect("the request");
        let expected = "CONNECT console.example:443 HTTP/1.1\r\nHost: console.example:443\r\nProxy-Authorization: Basic a2ltOnNlY3JldA==\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(&asked[..length]), expected);
        let mut rest = vec![0; 1024];
        let length = near.read(&mut rest).await.expect("what follows");
        assert_eq!(&rest[..length], b"the console speaks");
    }

    #[tokio::test]
    async fn a_refusal_says_what_the_proxy_said() {
        check(
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "`HTTP/1.1 407 Proxy Authentication Required`",
        )
        .await;
        check("220 mail.example ESMTP\r\n\r\n", "`220 mail.example ESMTP`").await;
        check(&format!("HTTP/1.1 200 OK\r\n{}", "x".repeat(LONGEST_ANSWER)), "broke").await;
    }

    async fn check(answer: &str, expected: &str) {
        let proxy: Proxy = "http://proxy.example:3128".parse().expect("a proxy");
        let (mut near, mut far) = tokio::io::duplex(2 * LONGEST_ANSWER);
        far.write_all(answer.as_bytes()).await.expect("room");
        let refused = proxy.open(&mut near, "console.example:443").await.expect_err("no way").to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}
