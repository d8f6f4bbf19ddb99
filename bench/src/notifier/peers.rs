//! The peers: their processes, and the admin's end at a broker, which publishes a task to each device and hears the answers.

mod mosquitto;
mod nats_server;

use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail};
use e2e::Program;
use rustls::ClientConfig;
use service::clock;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf},
    net::TcpStream,
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::client::TlsStream;

pub(super) use self::{
    mosquitto::{Mosquitto, SETTINGS as MOSQUITTO_SETTINGS},
    nats_server::{NatsServer, SETTINGS as NATS_SETTINGS, Storage},
};
use super::client;

/// How long a peer may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// How long a push through a broker may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How much the admin reads at once.
const READ: usize = 64 << 10;
/// How much the admin writes at once.
const WRITE: usize = 64 << 10;

/// What the admin is told by a broker.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Told {
    /// Answers of devices.
    pub(super) answers: usize,
    /// Tasks that the broker has taken.
    pub(super) taken: usize,
    /// Whether all that was asked for before is done.
    pub(super) ready: bool,
}

/// Reads what a broker says to the admin; what is to be said is appended to `out`.
pub(super) trait Hear {
    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Told>;
}

/// The admin's connection.
pub(super) struct Admin<H> {
    read: ReadHalf<TlsStream<TcpStream>>,
    say: UnboundedSender<Vec<u8>>,
    hear: H,
    _writer: JoinSet<()>,
}

impl<H: Hear> Admin<H> {
    /// Connects, says `opening`, and waits until the broker has done what it asks.
    pub(super) async fn connect(
        address: SocketAddr,
        config: &Arc<ClientConfig>,
        greeted: bool,
        opening: Vec<u8>,
        hear: H,
    ) -> anyhow::Result<Self> {
        let stream = client::dial(address, [127, 0, 0, 1].into(), config, greeted).await?;
        let (read, write) = tokio::io::split(stream);
        let (say, said) = mpsc::unbounded_channel();
        let mut writer = JoinSet::new();
        writer.spawn(write_all(write, said));
        let mut admin = Self { read, say, hear, _writer: writer };
        admin.ask(opening).await?;
        Ok(admin)
    }

    /// Says something and waits until the broker has done it.
    pub(super) async fn ask(&mut self, words: Vec<u8>) -> anyhow::Result<()> {
        self.say.send(words)?;
        self.hear_until(|told| told.ready).await.map(|_| ())
    }

    /// Publishes `messages`, and waits until each was answered and, where the broker says so, taken. Returns how long it took.
    pub(super) async fn push(&mut self, messages: Vec<Vec<u8>>, taken: bool) -> anyhow::Result<Duration> {
        let count = messages.len();
        let wanted = if taken { count } else { 0 };
        let bytes: Vec<u8> = messages.into_iter().flatten().collect();
        let began = clock::boot();
        for part in bytes.chunks(WRITE) {
            self.say.send(part.to_vec())?;
        }
        self.hear_until(|told| told.answers >= count && told.taken >= wanted).await?;
        Ok(clock::boot().saturating_sub(began))
    }

    async fn hear_until(&mut self, holds: impl Fn(&Told) -> bool) -> anyhow::Result<Told> {
        let mut bytes = vec![0; READ];
        let mut all = Told::default();
        while !holds(&all) {
            let read = timeout(PATIENCE, self.read.read(&mut bytes)).await;
            let length = read.with_context(|| format!("the broker is silent: {all:?}"))??;
            if length == 0 {
                bail!("the broker closed the admin's connection: {all:?}");
            }
            let mut out = Vec::new();
            let told = self.hear.take(bytes.get(..length).unwrap_or_default(), &mut out)?;
            all.answers += told.answers;
            all.taken += told.taken;
            all.ready |= told.ready;
            if !out.is_empty() {
                self.say.send(out)?;
            }
        }
        Ok(all)
    }
}

async fn write_all(mut write: WriteHalf<TlsStream<TcpStream>>, mut said: UnboundedReceiver<Vec<u8>>) {
    while let Some(bytes) = said.recv().await {
        // A connection that broke is noticed by who reads from it.
        if write.write_all(&bytes).await.is_err() || write.flush().await.is_err() {
            return;
        }
    }
}

/// Starts a peer's program and waits until it listens.
async fn start(name: &str, files: &Path, arguments: &[&str], address: SocketAddr) -> anyhow::Result<Program> {
    let program = find(name)?;
    let started = Program::start(name, &program, arguments, files);
    let began = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        if began.elapsed() > STARTS_WITHIN {
            bail!("{name} does not listen on {address}; it printed:\n{}", started.printed());
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(started)
}

fn find(name: &str) -> anyhow::Result<std::path::PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];
    let found = folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    found.with_context(|| format!("{name} is not installed; on Debian: sudo apt-get install {name}"))
}

/// Returns the first line that a program prints of its version.
pub(super) fn version(name: &str, argument: &str) -> String {
    let Ok(program) = find(name) else { return "not installed".to_owned() };
    let Ok(output) = Command::new(program).arg(argument).output() else { return "unknown".to_owned() };
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).lines().next().unwrap_or_default().trim().to_owned()
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = fs::File::create(path).with_context(|| format!("failed to make {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// Numbers the messages of an admin.
#[derive(Debug, Default)]
struct Numbers(AtomicUsize);

impl Numbers {
    /// Returns a number from 1 to 65,535.
    fn next(&self) -> u16 {
        let number = self.0.fetch_add(1, Ordering::Relaxed) % usize::from(u16::MAX);
        u16::try_from(number + 1).unwrap_or(1)
    }
}
