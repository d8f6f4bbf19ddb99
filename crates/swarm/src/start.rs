//! The whole swarm: its configuration, its start, its tasks and its end.

use std::{
    net::IpAddr,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use proof::{JoinToken, NotSigned, join_token::NotAJoinToken, trust_document::NotAccepted};
use rustls::pki_types::InvalidDnsNameError;
use service::{dice, shutdown::Shutdown, tls::TlsError};
use tokio::{
    sync::mpsc::{self, Receiver},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    behaviour::{Behaviour, Manner},
    device::{Common, Device},
    enrol::{self, Enroller},
    management::{ManagementError, Place},
    pace::Pace,
    tally::{Counts, Report, Tally},
    trust,
};

/// Devices that are enrolled and have no task yet; the workers wait when there are more.
const WAITING_DEVICES: usize = 64;

/// How long the devices may take to say goodbye.
const END_WITHIN: Duration = Duration::from_secs(5);

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Config {
    /// The join token, `TJ1.…`; it must admit `count` devices.
    pub join_token: String,
    /// How many devices.
    pub count: u32,
    /// What their names begin with; a number of five digits follows.
    pub name_prefix: String,
    /// How many are enrolled at the same time, each over a connection that serves many; at least one.
    pub enrolments_at_once: usize,
    /// How many connections to notification servers are opened each second; at least one.
    pub connects_per_second: u32,
    /// Whether devices check the proof of each task, as real ones do: each its own way through the tree, and the signature
    /// of a root once in this process.
    pub verify: bool,
    /// How they behave.
    pub behaviour: Behaviour,
    /// Addresses of this machine that devices dial from, in turn: one has some 28,000 ports. The system's choice where
    /// there is none.
    pub sources: Vec<IpAddr>,
}

impl Config {
    /// Makes a swarm of devices that do at once what they are told.
    pub fn new(join_token: String, count: u32) -> Self {
        Self {
            join_token,
            count,
            name_prefix: "sim-".to_owned(),
            enrolments_at_once: 8,
            // A thousand within a few seconds, and the machine stays usable.
            connects_per_second: 400,
            verify: true,
            behaviour: Behaviour::default(),
            sources: Vec::new(),
        }
    }
}

/// Why the swarm did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The token is none.
    #[error("the join token cannot be used")]
    Token(#[from] NotAJoinToken),
    /// The management point cannot be reached, or refused.
    #[error("failed to fetch the trust document from {url}")]
    Management {
        /// The management point.
        url: String,
        /// Why.
        source: Box<ManagementError>,
    },
    /// The trust document is not the one that the token leads to.
    #[error("what answers at {url} is not the site of this join token; nothing was sent to it")]
    NotTheSite {
        /// The management point.
        url: String,
        /// Why.
        source: NotSigned,
    },
    /// The trust document is not to be taken.
    #[error("the site's trust document cannot be taken; check this machine's clock")]
    NotAccepted(#[from] NotAccepted),
    /// The trust document names no notification server for TCP.
    #[error("the site's trust document names no notification server as host:port")]
    NoServer,
    /// The name that a server must have is none.
    #[error("the name that the site's servers must have is not valid")]
    Name(#[from] InvalidDnsNameError),
    /// TLS cannot be set up.
    #[error("failed to set up TLS")]
    Tls(#[from] TlsError),
}

/// Simulated devices. Dropping it aborts them.
#[derive(Debug)]
#[must_use = "the devices end when this is dropped"]
pub struct Swarm {
    tally: Arc<Tally>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// Starts the devices. Returns once the site's trust document is believed; enrolling and connecting go on until the
/// swarm is ended or `shutdown` begins.
///
/// # Errors
///
/// Says what was attempted and why it failed. The token's secret was not sent.
pub async fn start(config: Config, shutdown: Shutdown) -> Result<Swarm, StartError> {
    let token: JoinToken = config.join_token.parse()?;
    let url = token.url.clone();
    let at_url = |source| StartError::Management { url: url.clone(), source: Box::new(source) };
    let place = Place::of(&token.url).map_err(at_url)?;
    let text = trust::fetch(&place).await.map_err(at_url)?;
    let believed = trust::believe(&text, &token, service::clock::now())?;

    let tally = Arc::new(Tally::default());
    let stop = shutdown.stop.child_token();
    let (enrolled, newcomers) = mpsc::channel(WAITING_DEVICES);
    let common = Common {
        believed: Arc::new(believed),
        roots: config.verify.then(Arc::default),
        behaviour: config.behaviour,
        pace: Pace::new(config.connects_per_second),
        tally: Arc::clone(&tally),
    };
    let enroller = Arc::new(Enroller {
        token,
        place,
        count: config.count,
        name_prefix: config.name_prefix,
        sources: config.sources,
        next: AtomicU32::new(0),
        common: Arc::new(common),
        enrolled,
    });

    let mut tasks = JoinSet::new();
    let most = usize::try_from(config.count).unwrap_or(usize::MAX);
    for _ in 0..config.enrolments_at_once.clamp(1, most.max(1)) {
        tasks.spawn(until(stop.clone(), enrol::work(Arc::clone(&enroller))));
    }
    tasks.spawn(keep(newcomers, stop.clone()));
    Ok(Swarm { tally, stop, tasks })
}

impl Swarm {
    /// Returns how the devices stand.
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// Returns what the devices did so far, and how long it took.
    pub fn report(&self) -> Report {
        self.tally.report()
    }

    /// Returns what was the first of what [`Counts::failed`] counts, with its causes.
    pub fn first_failure(&self) -> Option<String> {
        self.tally.first_failure()
    }

    /// Ends all devices: each closes its connection.
    pub async fn end(mut self) {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(END_WITHIN, all).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

/// Gives each device a task, and waits for all of them at the end.
async fn keep(mut newcomers: Receiver<Device>, stop: CancellationToken) {
    let mut devices = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(device) = newcomers.recv() => {
                if device.manner == Manner::Duplicate {
                    // A copy of the machine: all is the same, but that it was started by itself.
                    let copy = Device { boot: dice::uuid(), ..device.clone() };
                    devices.spawn(copy.live(stop.clone()));
                }
                devices.spawn(device.live(stop.clone()));
            }
            Some(_) = devices.join_next() => {}
            else => break,
        }
    }
    while devices.join_next().await.is_some() {}
}

async fn until(stop: CancellationToken, work: impl Future<Output = ()>) {
    let _ = stop.run_until_cancelled(work).await;
}
