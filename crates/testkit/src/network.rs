//! A bad network: a TCP proxy on the loopback interface that a test can slow down, hold up and cut.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinSet,
    time::sleep,
};

/// What the network does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Weather {
    /// Everything passes at once.
    Fair,
    /// Everything passes, each piece after this time.
    Slow(Duration),
    /// Connections stay open, and nothing passes: what is written meanwhile arrives when it clears up.
    Stalled,
    /// Connections are closed, and new ones as soon as they come.
    Cut,
    /// Everything passes until one direction of a connection has carried this many bytes; then that connection is
    /// closed, wherever in a message that is.
    CutAfter(usize),
}

/// The weather, and how many times all connections were cut.
#[derive(Clone, Copy, Debug)]
struct Now {
    weather: Weather,
    cuts: u64,
}

/// A proxy in front of one server. Stops when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    now: watch::Sender<Now>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Starts a proxy to `server` on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// Where there is no free port.
    pub async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (now, watched) = watch::channel(Now { weather: Weather::Fair, cuts: 0 });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, server, watched));
        Ok(Self { address, now, _accepting: accepting })
    }

    /// Returns the address to connect to instead of the server's.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather, for the connections that are open and for new ones.
    pub fn set(&self, weather: Weather) {
        self.now.send_modify(|now| now.weather = weather);
    }

    /// Closes the connections that are open; new ones meet the weather as it is.
    pub fn cut_once(&self) {
        self.now.send_modify(|now| now.cuts += 1);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, now: watch::Receiver<Now>) {
    // Ends with the proxy, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        if now.borrow().weather != Weather::Cut {
            connections.spawn(connection(client, server, now.clone()));
        }
    }
}

async fn connection(client: TcpStream, server: SocketAddr, now: watch::Receiver<Now>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let cuts = now.borrow().cuts;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Whichever direction is cut first takes the other with it; an orderly end of one leaves the other open.
    let up = direction(from_client, to_server, now.clone(), cuts);
    let down = direction(from_server, to_client, now, cuts);
    let (mut up, mut down) = (std::pin::pin!(up), std::pin::pin!(down));
    tokio::select! {
        end = &mut up => if end == End::Closed { down.await; },
        end = &mut down => if end == End::Closed { up.await; },
    }
}

/// How a direction ended.
#[derive(Eq, PartialEq)]
enum End {
    /// Its sender closed it.
    Closed,
    /// The network, or a fault at either end.
    Cut,
}

async fn direction(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut now: watch::Receiver<Now>,
    cuts: u64,
) -> End {
    let mut buffer = [0; 16 << 10];
    let mut carried = 0;
    loop {
        let Now { weather, cuts: cut } = *now.borrow_and_update();
        if cut != cuts || weather == Weather::Cut {
            return End::Cut;
        }
        if weather == Weather::Stalled {
            if now.changed().await.is_err() {
                return End::Cut;
            }
            continue;
        }
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            changed = now.changed() => if changed.is_ok() { continue } else { return End::Cut },
        };
        let mut piece = match read {
            Ok(0) => return if to.shutdown().await.is_ok() { End::Closed } else { End::Cut },
            Ok(length) => buffer.get(..length).unwrap_or_default(),
            Err(_) => return End::Cut,
        };
        let mut end = None;
        match weather {
            Weather::Slow(by) => sleep(by).await,
            Weather::CutAfter(bytes) if carried + piece.len() >= bytes => {
                piece = piece.get(..bytes.saturating_sub(carried)).unwrap_or_default();
                end = Some(End::Cut);
            }
            Weather::Fair | Weather::Stalled | Weather::Cut | Weather::CutAfter(_) => {}
        }
        carried += piece.len();
        if to.write_all(piece).await.is_err() {
            return End::Cut;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn fair_weather_passes_everything_both_ways() {
        let (proxy, _server) = echo().await;
        let mut client = TcpStream::connect(proxy.address()).await.expect("connects");
        check(&mut client, b"hello", b"hello").await;
        client.shutdown().await.expect("closes");
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.expect("an orderly end passes");
        assert_eq!(rest, b"");
    }

    #[tokio::test]
    async fn what_is_written_in_a_stall_arrives_after_it() {
        let (proxy, _server) = echo().await;
        let mut client = TcpStream::connect(proxy.address()).await.expect("connects");
        check(&mut client, b"1", b"1").await;
        proxy.set(Weather::Stalled);
        client.write_all(b"2").await.expect("the connection is open");
        let mut one = [0; 1];
        let waited = timeout(Duration::from_millis(50), client.read_exact(&mut one)).await;
        assert!(waited.is_err(), "nothing passes in a stall");
        proxy.set(Weather::Fair);
        client.read_exact(&mut one).await.expect("it arrives");
        assert_eq!(&one, b"2");
    }

    #[tokio::test]
    async fn a_cut_closes_what_is_open_and_what_comes() {
        let (proxy, _server) = echo().await;
        let mut client = TcpStream::connect(proxy.address()).await.expect("connects");
        check(&mut client, b"1", b"1").await;
        proxy.cut_once();
        assert_ended(&mut client).await;
        let mut client = TcpStream::connect(proxy.address()).await.expect("connects again");
        check(&mut client, b"2", b"2").await;
        proxy.set(Weather::Cut);
        assert_ended(&mut client).await;
        let mut client = TcpStream::connect(proxy.address()).await.expect("the port is there");
        assert_ended(&mut client).await;
    }

    #[tokio::test]
    async fn a_connection_can_be_cut_in_the_middle_of_a_message() {
        let (proxy, _server) = echo().await;
        proxy.set(Weather::CutAfter(3));
        let mut client = TcpStream::connect(proxy.address()).await.expect("connects");
        client.write_all(b"hello").await.expect("the connection is open");
        assert_ended(&mut client).await;
    }

    /// Starts a server that sends back what it gets, behind a proxy.
    async fn echo() -> (Proxy, JoinSet<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        (Proxy::start(address).await.expect("a free port"), server)
    }

    async fn check(client: &mut TcpStream, sent: &[u8], expected: &[u8]) {
        client.write_all(sent).await.expect("the connection is open");
        let mut got = vec![0; expected.len()];
        client.read_exact(&mut got).await.expect("an echo");
        assert_eq!(got, expected);
    }

    /// Reads to the end, whatever comes before it.
    async fn assert_ended(client: &mut TcpStream) {
        let mut rest = Vec::new();
        let end = timeout(Duration::from_secs(10), client.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "the connection is still open");
    }
}
