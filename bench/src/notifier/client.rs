//! The load client: the same for every server. One task for each device, which dials, shakes hands with the device's
//! certificate, subscribes or signs in, and answers what comes; only what is said differs ([`Speech`]).

mod tally;
mod tenon;
pub(super) mod mqtt;
pub(super) mod nats;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use anyhow::bail;
use rustls::{ClientConfig, HandshakeKind, pki_types::ServerName};
use service::{backoff::Backoff, clock, dice};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

pub(super) use self::{
    mqtt::{Mqtt, Packets},
    nats::{Nats, Words},
    tally::{Heard, Tally},
    tenon::{Tenon, TenonDevice},
};
use super::server::KEEP_ALIVE;

/// Handshakes that are on their way at the same time.
const WINDOW: usize = 64;
/// How much is read at once.
const READ: usize = 2_048;
/// Addresses of the loopback network that devices dial from, in turn.
const SOURCES: usize = 4;
/// How often it is looked whether all have done something: this is how exact a time is that no device takes itself.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Waits of a device whose connection broke: those of the agent.
const RECONNECT: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

/// What a device says to a server.
pub(super) trait Speech: Send + 'static {
    /// Whether the server greets before TLS begins.
    const GREETED: bool = false;

    /// Returns what is said first.
    fn opening(&mut self) -> Vec<u8>;

    /// Takes what came; what is to be said is appended to `out`.
    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Heard>;

    /// Returns what is said so that the server knows that the device is there.
    fn keep_alive(&mut self) -> Vec<u8>;
}

/// A load of devices at one server.
pub(super) struct Client {
    pub(super) tally: Arc<Tally>,
    configs: Vec<Arc<ClientConfig>>,
    devices: JoinSet<()>,
}

impl Client {
    pub(super) fn new(configs: Vec<Arc<ClientConfig>>) -> Self {
        Self { tally: Arc::default(), configs, devices: JoinSet::new() }
    }

    /// Connects `count` devices and waits until each is served; returns how long that took. Those whose connection breaks
    /// later come back where they are `persistent`.
    pub(super) async fn connect<S: Speech>(
        &mut self,
        address: SocketAddr,
        count: usize,
        persistent: bool,
        speech: impl Fn(usize) -> S,
    ) -> anyhow::Result<Duration> {
        self.tally = Arc::default();
        let window = Arc::new(Semaphore::new(WINDOW));
        let began = Instant::now();
        for (number, config) in self.configs.iter().enumerate().take(count) {
            let device = Device {
                number,
                address,
                config: Arc::clone(config),
                window: Arc::clone(&window),
                tally: Arc::clone(&self.tally),
            };
            self.devices.spawn(device.live(speech(number), persistent));
        }
        self.until("all devices are served", Duration::from_secs(300), |tally| tally.served() >= count)
            .await?;
        Ok(began.elapsed())
    }

    /// Waits until the devices have come so far.
    pub(super) async fn until(
        &self,
        what: &str,
        patience: Duration,
        holds: impl Fn(&Tally) -> bool,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        while !holds(&self.tally) {
            if began.elapsed() > patience {
                bail!("gave up after {} s: {what}; {:?}", patience.as_secs(), self.tally);
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Ends all connections, each with TLS's goodbye.
    pub(super) async fn disconnect(&mut self) -> anyhow::Result<()> {
        self.tally.leave();
        while let Some(ended) = self.devices.join_next().await {
            ended?;
        }
        Ok(())
    }
}

struct Device {
    number: usize,
    address: SocketAddr,
    config: Arc<ClientConfig>,
    window: Arc<Semaphore>,
    tally: Arc<Tally>,
}

impl Device {
    async fn live(self, mut speech: impl Speech, persistent: bool) {
        let mut backoff = RECONNECT;
        loop {
            let mut served = false;
            let outcome = self.connection(&mut speech, &mut served).await;
            if served {
                self.tally.gone();
                backoff.worked();
            }
            if self.tally.leaves() {
                return;
            }
            if let Err(error) = outcome {
                self.tally.failed(&error);
            }
            if !persistent {
                return;
            }
            sleep(backoff.failed(dice::unit())).await;
        }
    }

    async fn connection<S: Speech>(&self, speech: &mut S, served: &mut bool) -> anyhow::Result<()> {
        let mut permit = Some(Arc::clone(&self.window).acquire_owned().await?);
        let mut stream = self.dial(S::GREETED).await?;
        stream.write_all(&speech.opening()).await?;
        stream.flush().await?;
        // Spread over the whole interval, as those of devices that have been there for a while.
        let mut speak_at = Instant::now() + KEEP_ALIVE.mul_f64(dice::unit());
        let mut bytes = vec![0; READ];
        let mut out = Vec::new();
        loop {
            tokio::select! {
                read = stream.read(&mut bytes) => match read? {
                    0 => bail!("the server closed the connection"),
                    length => {
                        let heard = speech.take(&bytes[..length], &mut out)?;
                        if heard.served && !std::mem::replace(served, true) {
                            let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
                            self.tally.came(resumed);
                            permit = None;
                        }
                        self.tally.heard(&heard, clock::boot());
                    }
                },
                () = sleep_until(speak_at) => {
                    speak_at += KEEP_ALIVE;
                    out.extend_from_slice(&speech.keep_alive());
                }
                () = self.tally.left(), if permit.is_none() => {
                    // The server sees it in any case.
                    let _ = stream.shutdown().await;
                    return Ok(());
                }
            }
            if !out.is_empty() {
                stream.write_all(&out).await?;
                stream.flush().await?;
                out = Vec::new();
            }
        }
    }

    async fn dial(&self, greeted: bool) -> anyhow::Result<TlsStream<TcpStream>> {
        dial(self.address, source(self.number), &self.config, greeted).await
    }
}

/// Returns the address that a device dials from.
fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, u8::try_from(2 + number % SOURCES).unwrap_or(2))
}

/// Opens a connection, under TLS.
pub(super) async fn dial(
    address: SocketAddr,
    source: Ipv4Addr,
    config: &Arc<ClientConfig>,
    greeted: bool,
) -> anyhow::Result<TlsStream<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::V4(SocketAddrV4::new(source, 0)))?;
    let mut tcp = socket.connect(address).await?;
    tcp.set_nodelay(true)?;
    if greeted {
        greeting(&mut tcp).await?;
    }
    let name = ServerName::try_from("localhost")?;
    Ok(TlsConnector::from(Arc::clone(config)).connect(name, tcp).await?)
}

/// Reads the line that a server says before TLS; it says no more.
async fn greeting(tcp: &mut TcpStream) -> io::Result<()> {
    let mut bytes = [0; READ];
    loop {
        let length = tcp.read(&mut bytes).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if bytes[..length].ends_with(b"\r\n") {
            return Ok(());
        }
    }
}
