//! An HTTP proxy on the loopback interface that opens ways (`CONNECT`) and tells which it was asked for.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// The longest head that is read.
const LONGEST_HEAD: usize = 4 << 10;

/// A proxy. Stops when dropped, and its connections with it.
#[derive(Debug)]
pub struct ConnectProxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _serve: JoinSet<()>,
}

impl ConnectProxy {
    /// Starts a proxy that opens ways to ports that `allows` allows, on a free port.
    ///
    /// # Errors
    ///
    /// Where no port can be had.
    pub async fn start(allows: fn(u16) -> bool) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let mut serve = JoinSet::new();
        let heard = Arc::clone(&asked);
        serve.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let heard = Arc::clone(&heard);
                open.spawn(async move {
                    // Who broke it off knows.
                    let _ = carry(near, allows, &heard).await;
                });
                while open.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, asked, _serve: serve })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the hosts and ports that it was asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn carry(mut near: TcpStream, allows: fn(u16) -> bool, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        head.push(near.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(target.to_owned());
    let port = target.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    if !port.is_some_and(allows) {
        return near.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
    }
    let mut far = TcpStream::connect(target).await?;
    near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut near, &mut far).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_leads_where_it_is_asked_to_and_says_so() {
        let server = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let target = server.local_addr().expect("bound").to_string();
        let proxy = ConnectProxy::start(|_| true).await.expect("a proxy");
        let mut near = TcpStream::connect(proxy.address()).await.expect("a connection");
        near.write_all(format!("CONNECT {target} HTTP/1.1\r\n\r\nhello").as_bytes()).await.expect("written");
        let (mut far, _) = server.accept().await.expect("the proxy comes");
        let mut said = [0; 5];
        far.read_exact(&mut said).await.expect("what was said");
        assert_eq!((&said, proxy.asked()), (b"hello", vec![target]));
    }

    #[tokio::test]
    async fn a_port_that_is_not_allowed_is_refused() {
        let proxy = ConnectProxy::start(|port| port == 443).await.expect("a proxy");
        let mut near = TcpStream::connect(proxy.address()).await.expect("a connection");
        near.write_all(b"CONNECT site.example:10123 HTTP/1.1\r\n\r\n").await.expect("written");
        let mut said = String::new();
        near.read_to_string(&mut said).await.expect("an answer");
        assert!(said.starts_with("HTTP/1.1 403 "), "{said}");
    }
}
