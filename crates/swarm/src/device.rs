//! One device: dials, signs in, answers, and comes back whenever it lost its server.

use std::{net::IpAddr, sync::Arc, time::Duration};

use action::{DeviceId, EnrolmentId};
use device_channel::{
    CloseReason, MESSAGE_VERSION, SignIn, SignInConfirm,
    agent::{Answered, Connecting, Heard, SignedIn},
};
use rustls::{ClientConfig, HandshakeKind};
use service::{backoff::Backoff, clock, dice, error::Chain};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    DialError,
    answers::{Answers, Outcome},
    behaviour::{Behaviour, Manner},
    dial::{self, Stream},
    line::Line,
    pace::Pace,
    roots::Roots,
    tally::Tally,
    throws::Throws,
    trust::Believed,
    work::Work,
};

/// Waits after connections that failed, as real devices wait.
const RECONNECT: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

/// A device that has vanished stays away for so many keep-alives: the server gives it up after two and a half.
const AWAY_FOR: u32 = 3;

/// A device that is enrolled.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) enrolment: EnrolmentId,
    /// Made anew at each start of the machine.
    pub(crate) boot: Uuid,
    pub(crate) tls: Arc<ClientConfig>,
    /// The address of this machine that it dials from; the system's choice where there is none.
    pub(crate) source: Option<IpAddr>,
    pub(crate) manner: Manner,
    pub(crate) throws: Throws,
    pub(crate) common: Arc<Common>,
}

/// What all devices of a process share.
pub(crate) struct Common {
    pub(crate) believed: Arc<Believed>,
    /// The roots of pushes that were verified; none where devices do not verify.
    pub(crate) roots: Option<Arc<Roots>>,
    pub(crate) behaviour: Behaviour,
    pub(crate) pace: Pace,
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
    /// It is a strange device, and vanishes for so long.
    #[error("the device vanished")]
    Vanished(Duration),
}

/// What one connection has come to.
struct Session {
    signed_in: SignedIn,
    work: Work,
    keep_alive: Duration,
    /// When the device does what makes it strange.
    strikes_at: Option<Duration>,
}

impl Device {
    /// Lives until `stop`.
    pub(crate) async fn live(mut self, stop: CancellationToken) {
        let (trust, roots) = (&self.common.believed.trust, self.common.roots.clone());
        let mut answers = Answers::new(self.id, self.enrolment, trust, roots);
        let mut backoff = RECONNECT;
        let mut redirected = Vec::new();
        while !stop.is_cancelled() {
            let life = Box::pin(self.connection(&redirected, &mut answers, &mut backoff, &stop));
            let Err(end) = life.await else { return };
            self.count(&end);
            redirected = Vec::new();
            let wait = match end {
                End::Dial(_) | End::Closed(_) => backoff.failed(dice::unit()),
                End::Refused { after, .. } => after + backoff.failed(dice::unit()),
                End::Restarting(within) => within.mul_f64(dice::unit()),
                End::Vanished(_) => Duration::ZERO,
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

    fn count(&self, end: &End) {
        let tally = &self.common.tally;
        match end {
            End::Redirected(_) | End::Restarting(_) => {}
            End::Vanished(_) | End::Closed(_) if self.manner.is_strange() => tally.strange(),
            End::Dial(_) | End::Closed(_) | End::Refused { .. } | End::Vanished(_) => {
                tally.failed(|| format!("{}: {}", self.id, Chain(end)));
            }
        }
    }

    /// Makes one connection and serves it to its end; `Ok` where the end is the swarm's.
    async fn connection(
        &mut self,
        redirected: &[String],
        answers: &mut Answers,
        backoff: &mut Backoff,
        stop: &CancellationToken,
    ) -> Result<(), End> {
        let common = Arc::clone(&self.common);
        let servers = if redirected.is_empty() { &common.believed.servers } else { redirected };
        let dialled = stop.run_until_cancelled(self.dial(servers)).await;
        let Some(dialled) = dialled else { return Ok(()) };
        let (stream, began) = dialled?;
        let mut line = Line::over(stream);
        let served = self.serve(&mut line, began, answers, backoff);
        let end = stop.run_until_cancelled(served).await.map_or(Ok(()), Err);
        if let Err(End::Vanished(away)) = end {
            // The connection is still there, and nobody looks at it.
            let _ = stop.run_until_cancelled(sleep(away)).await;
            line.cut();
        } else {
            line.leave().await;
        }
        end
    }

    /// Opens a connection when it is its turn; says when it began.
    async fn dial(&self, servers: &[String]) -> Result<(Stream, Duration), DialError> {
        sleep(self.common.pace.wait(clock::boot())).await;
        let which = dice::below(u64::try_from(servers.len()).unwrap_or(u64::MAX));
        let server = usize::try_from(which).ok().and_then(|which| servers.get(which));
        let address = server.map_or("", String::as_str);
        let name = self.common.believed.notification_server.clone();
        let began = clock::boot();
        Ok((dial::open(address, &self.tls, name, self.source).await?, began))
    }

    async fn serve(
        &mut self,
        line: &mut Line,
        began: Duration,
        answers: &mut Answers,
        backoff: &mut Backoff,
    ) -> End {
        let (signed_in, confirm) = match self.sign_in(line, answers).await {
            Ok(signed_in) => signed_in,
            Err(end) => return end,
        };
        let common = Arc::clone(&self.common);
        if let Err(error) = answers.learn(&confirm.site_time, &common.believed.trust, clock::boot()) {
            // As a device with a wrong trust document: it takes tasks only by what it knew before.
            common.tally.failed(|| format!("{}: the site's time is not signed: {error}", self.id));
        }
        let now = clock::boot();
        let resumed = line.stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
        common.tally.signed_in(now.saturating_sub(began), resumed);
        let _online = common.tally.online();
        backoff.worked();
        let mut session = Session {
            signed_in,
            work: Work::default(),
            keep_alive: Duration::from_secs(confirm.keep_alive_seconds.into()),
            strikes_at: self.manner.strikes_after(&mut self.throws).map(|after| now + after),
        };
        loop {
            if let Err(end) = self.turn(line, &mut session, answers).await {
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
        &mut self,
        line: &mut Line,
        session: &mut Session,
        answers: &mut Answers,
    ) -> Result<(), End> {
        while let Some(message) = line.inbox.next_message(clock::boot())? {
            let heard = session.signed_in.on_message(message, clock::boot())?;
            self.hear(heard, session, answers)?;
        }
        let said = session.work.take(clock::boot());
        if !said.is_empty() {
            line.send(&said).await?;
        }
        if let Some(after) = self.manner.reads_after(&mut self.throws) {
            sleep(after).await;
        }
        let mut deadline = session.signed_in.deadline();
        for earlier in [session.work.due(), session.strikes_at].into_iter().flatten() {
            deadline = deadline.min(earlier);
        }
        line.read_until(deadline).await?;
        if session.strikes_at.is_some_and(|at| at <= clock::boot()) {
            session.strikes_at = None;
            self.strike(line, session.keep_alive).await?;
        }
        if let Some(word) = session.signed_in.on_time(clock::boot(), dice::unit())? {
            line.send(&[word]).await?;
        }
        Ok(())
    }

    /// Takes one message; what is to be said waits in the session's work.
    fn hear(&mut self, heard: Heard, session: &mut Session, answers: &mut Answers) -> Result<(), End> {
        let Common { believed, behaviour, tally, .. } = &*self.common;
        let now = clock::boot();
        match heard {
            Heard::Request(request) => {
                let fails = self.throws.hits(behaviour.failing);
                tally.pushes.came(request.push_id, now);
                let (outcome, words) = answers.answer(*request, &believed.trust, clock::now(), now, fails);
                session.work.add(words, now + behaviour.works_for(&mut self.throws));
                match outcome {
                    Outcome::Done => tally.task(fails),
                    Outcome::Repeated => tally.repeated(),
                    Outcome::Refused(refusal) => tally.failed(|| format!("{}: {refusal}", self.id)),
                }
            }
            Heard::Confirm(confirm) => {
                for task in confirm.answers {
                    if let Some(answered_at) = session.work.confirmed(task) {
                        tally.confirmed(now.saturating_sub(answered_at));
                        tally.pushes.confirmed(task.push_id, now);
                    }
                }
            }
            Heard::Restarting(restarting) => return Err(restarts(restarting.within_seconds)),
            Heard::Redirect(redirect) => return Err(End::Redirected(redirect.servers)),
            // Nothing that is withdrawn has an effect that could be taken back.
            Heard::Cancel(_) | Heard::Nothing => {}
        }
        Ok(())
    }

    /// Does what makes the device strange.
    async fn strike(&mut self, line: &mut Line, keep_alive: Duration) -> Result<(), End> {
        match self.manner {
            Manner::Vanishing => Err(End::Vanished(keep_alive * AWAY_FOR)),
            Manner::Garbage => {
                let bytes: Vec<u8> = (0..16).flat_map(|_| self.throws.next().to_be_bytes()).collect();
                Ok(line.send_bytes(&bytes).await?)
            }
            Manner::Steady | Manner::Slow | Manner::Duplicate => Ok(()),
        }
    }
}

fn restarts(within_seconds: u32) -> End {
    End::Restarting(Duration::from_secs(within_seconds.into()))
}
