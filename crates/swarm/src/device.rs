//! One device: dials, signs in, answers, and comes back whenever it lost its server.

use std::{io, sync::Arc, time::Duration};

use action::{DeviceId, EnrolmentId};
use device_channel::{
    CloseReason, Inbox, MESSAGE_VERSION, SignIn, SignInConfirm, ToAgent, ToServer,
    agent::{Answered, Connecting, Heard, SignedIn},
};
use rustls::ClientConfig;
use service::{backoff::Backoff, clock, dice, error::Chain};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    DialError,
    answers::{Answers, Outcome},
    dial::{self, Stream},
    pace::Pace,
    tally::Tally,
    trust::Believed,
};

/// How much is read at once. Each idle device keeps so much; a task has some 1.5 KiB.
const READ: usize = 512;
/// How long a write may take: a server that reads nothing for so long is gone.
const WRITE: Duration = Duration::from_secs(30);
/// How long the goodbye may take.
const LEAVE: Duration = Duration::from_secs(1);
/// Waits after connections that failed, as real devices wait.
const RECONNECT: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

/// A device that is enrolled.
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) enrolment: EnrolmentId,
    /// Made anew at each start of the machine.
    pub(crate) boot: Uuid,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) believed: Arc<Believed>,
    pub(crate) verify: bool,
    pub(crate) pace: Arc<Pace>,
    pub(crate) tally: Arc<Tally>,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error(transparent)]
    Closed(#[from] CloseReason),
    #[error("the notification server refused the sign-in: {reason}")]
    Refused { reason: &'static str, after: Duration },
    #[error("the notification server named others")]
    Redirected(Vec<String>),
    #[error("the notification server restarts")]
    Restarting(Duration),
}

/// A connection, and what has come of it that is not yet a message.
struct Line {
    stream: Stream,
    inbox: Inbox<ToAgent>,
}

impl Device {
    /// Lives until `stop`.
    pub(crate) async fn live(self, stop: CancellationToken) {
        let mut answers = Answers::new(self.id, self.enrolment, &self.believed.trust, self.verify);
        let mut backoff = RECONNECT;
        let mut redirected = Vec::new();
        while !stop.is_cancelled() {
            let servers = if redirected.is_empty() { &self.believed.servers } else { &redirected };
            let life = self.connection(servers, &mut answers, &mut backoff, &stop);
            let Err(end) = life.await else { return };
            if !matches!(end, End::Redirected(_) | End::Restarting(_)) {
                self.tally.failed(|| format!("{}: {}", self.id, Chain(&end)));
            }
            redirected = Vec::new();
            let wait = match end {
                End::Dial(_) | End::Closed(_) => backoff.failed(dice::unit()),
                End::Refused { after, .. } => after + backoff.failed(dice::unit()),
                End::Restarting(within) => within.mul_f64(dice::unit()),
                End::Redirected(servers) => {
                    redirected = servers;
                    Duration::ZERO
                }
            };
            if stop.run_until_cancelled(sleep(wait)).await.is_none() {
                return;
            }
        }
    }

    /// Makes one connection and serves it to its end; `Ok` where the end is the swarm's.
    async fn connection(
        &self,
        servers: &[String],
        answers: &mut Answers,
        backoff: &mut Backoff,
        stop: &CancellationToken,
    ) -> Result<(), End> {
        let Some(stream) = stop.run_until_cancelled(self.dial(servers)).await else { return Ok(()) };
        let mut line = Line { stream: stream?, inbox: Inbox::new() };
        let served = self.serve(&mut line, answers, backoff);
        let end = stop.run_until_cancelled(served).await.map_or(Ok(()), Err);
        // The connection ends with this in any case.
        let _ = timeout(LEAVE, line.stream.shutdown()).await;
        end
    }

    async fn dial(&self, servers: &[String]) -> Result<Stream, DialError> {
        sleep(self.pace.wait(clock::boot())).await;
        let which = dice::below(u64::try_from(servers.len()).unwrap_or(u64::MAX));
        let server = usize::try_from(which).ok().and_then(|which| servers.get(which));
        let address = server.map_or("", String::as_str);
        dial::open(address, &self.tls, self.believed.notification_server.clone()).await
    }

    async fn serve(&self, line: &mut Line, answers: &mut Answers, backoff: &mut Backoff) -> End {
        let (mut signed_in, confirm) = match self.sign_in(line, answers).await {
            Ok(signed_in) => signed_in,
            Err(end) => return end,
        };
        if let Err(error) = answers.learn(&confirm.site_time, &self.believed.trust, clock::boot()) {
            // As a device with a wrong trust document: it takes tasks only by what it knew before.
            self.tally.failed(|| format!("{}: the site's time is not signed: {error}", self.id));
        }
        let _online = self.tally.online();
        backoff.worked();
        loop {
            if let Err(end) = self.turn(line, &mut signed_in, answers).await {
                return end;
            }
        }
    }

    async fn sign_in(&self, line: &mut Line, answers: &Answers) -> Result<(SignedIn, SignInConfirm), End> {
        let (connecting, hello) = Connecting::new(
            SignIn {
                device: self.id,
                enrolment: self.enrolment,
                boot: self.boot,
                client_version: env!("CARGO_PKG_VERSION").to_owned(),
                message_version: MESSAGE_VERSION,
                highest_epoch: answers.highest_epoch,
                highest_push: answers.highest_push,
            },
            clock::boot(),
        );
        line.send(&[hello]).await?;
        let message = loop {
            if let Some(message) = line.inbox.next_message(clock::boot())? {
                break message;
            }
            line.read_until(connecting.deadline()).await?;
            connecting.on_time(clock::boot())?;
        };
        match connecting.on_message(message, clock::boot(), dice::unit())? {
            Answered::SignedIn(signed_in, confirm) => Ok((signed_in, confirm)),
            Answered::Refused(refused) => Err(End::Refused {
                reason: refused.reason.name(),
                after: Duration::from_secs(refused.retry_after_seconds.into()),
            }),
            Answered::Redirected(redirect) => Err(End::Redirected(redirect.servers)),
            Answered::Restarting(restarting) => Err(restarts(restarting.within_seconds)),
        }
    }

    /// Takes what came, answers it, and waits for more.
    async fn turn(
        &self,
        line: &mut Line,
        signed_in: &mut SignedIn,
        answers: &mut Answers,
    ) -> Result<(), End> {
        while let Some(message) = line.inbox.next_message(clock::boot())? {
            match signed_in.on_message(message, clock::boot())? {
                Heard::Request(request) => {
                    let trust = &self.believed.trust;
                    let (outcome, words) = answers.answer(*request, trust, clock::now(), clock::boot());
                    line.send(&words).await?;
                    match outcome {
                        Outcome::Done => self.tally.task(),
                        Outcome::Repeated => {}
                        Outcome::Refused(refusal) => self.tally.failed(|| format!("{}: {refusal}", self.id)),
                    }
                }
                Heard::Restarting(restarting) => return Err(restarts(restarting.within_seconds)),
                Heard::Redirect(redirect) => return Err(End::Redirected(redirect.servers)),
                // Everything is answered at once, so that there is nothing to confirm or to cancel.
                Heard::Confirm(_) | Heard::Cancel(_) | Heard::Nothing => {}
            }
        }
        line.read_until(signed_in.deadline()).await?;
        if let Some(word) = signed_in.on_time(clock::boot(), dice::unit())? {
            line.send(&[word]).await?;
        }
        Ok(())
    }
}

impl Line {
    /// Reads once, or waits until `deadline` (of the boot clock).
    async fn read_until(&mut self, deadline: Duration) -> Result<(), CloseReason> {
        let deadline = self.inbox.deadline().map_or(deadline, |by| by.min(deadline));
        let mut bytes = [0; READ];
        let read = timeout(deadline.saturating_sub(clock::boot()), self.stream.read(&mut bytes));
        match read.await {
            Ok(Ok(0)) => return Err(CloseReason::Left),
            Ok(Ok(length)) => self.inbox.push(&bytes[..length]),
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(CloseReason::Left),
            Ok(Err(_)) => return Err(CloseReason::Lost),
            Err(_) => self.inbox.on_time(clock::boot())?,
        }
        Ok(())
    }

    /// Sends messages in one write.
    async fn send(&mut self, messages: &[ToServer]) -> Result<(), CloseReason> {
        let bytes: Vec<u8> = messages.iter().flat_map(ToServer::frame).collect();
        let write = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        match timeout(WRITE, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(CloseReason::Lost),
            Err(_) => Err(CloseReason::NotReading),
        }
    }
}

fn restarts(within_seconds: u32) -> End {
    End::Restarting(Duration::from_secs(within_seconds.into()))
}
