//! Serves one link: sends what people ask of the site, and stores what the site says before it is told so.
//!
//! This end reads whatever its own writing does: a task of its own writes, and what there is to say waits in order. So
//! the site may write without reading, and the two cannot wait for each other.

use std::{collections::VecDeque, time::Duration};

use action::SiteId;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use database::DbError;
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use service::{error::Chain, shutdown::Shutdown};
use site_link::{CloseReason, ConsoleSession, ToConsole, ToSite};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    super::questions::{Asked, Listening, Open},
    handshake::Proved,
    seats::Seat,
};
use crate::{
    state::Console,
    store::{Outgoing, Sending},
};

/// How long a pass waits for a signal. A signal may be lost; then a request is this late.
const PASS_EVERY: Duration = Duration::from_secs(5);

/// Requests that are read at a time: with 512 KiB each they stay within 16 MiB.
const PAGE: u32 = 32;

/// Frames between the link and its writing. Small: what waits longer waits in the store.
const FRAMES: usize = 4;

/// How long a frame may take to leave: the largest one takes 30 s at 1 Mbit/s.
const WRITE_WITHIN: Duration = Duration::from_secs(60);

/// How long the last frames and the close may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

struct Serving<'a> {
    console: &'a Console,
    site: SiteId,
    session: ConsoleSession,
    frames: mpsc::Sender<Message>,
    /// What there is to say, in order.
    to_say: VecDeque<ToSite>,
    /// The number of the last request that was read from the store.
    asked: u64,
    /// Questions that wait for the site's answer.
    open: Open,
}

/// How a link ended.
enum End {
    /// This end closes it.
    Closed(CloseReason),
    /// The other end, or the network.
    Gone,
    /// The store failed; what was not stored was not acknowledged.
    Store(DbError),
}

impl From<DbError> for End {
    fn from(error: DbError) -> Self {
        End::Store(error)
    }
}

/// Serves a link until it ends.
pub(super) async fn serve(
    socket: WebSocket,
    proved: Proved,
    console: &Console,
    seat: &Seat,
    shutdown: &Shutdown,
) {
    let site = proved.admitted.site;
    let (sink, mut stream) = socket.split();
    let (frames, to_write) = mpsc::channel(FRAMES);
    let mut writing = JoinSet::new();
    writing.spawn(write(sink, to_write));
    let session = ConsoleSession::new(proved.admitted.channel, now());
    let to_say = VecDeque::new();
    let mut serving = Serving { console, site, session, frames, to_say, asked: 0, open: Open::default() };

    let ended = if proved.attached {
        let ended = serving.run(&mut stream, &mut writing, seat, shutdown).await;
        if let Err(error) = console.outbox().link_down(site, console.now()).await {
            console.log().error(format_args!("Failed to note that a site is away: {}", Chain(&error)));
        }
        ended
    } else {
        End::Closed(CloseReason::Offboarded)
    };
    serving.finish(ended, &mut writing).await;
}

impl Serving<'_> {
    async fn run(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
        writing: &mut JoinSet<()>,
        seat: &Seat,
        shutdown: &Shutdown,
    ) -> End {
        let mut actions = self.console.outbox().listen();
        if let Err(error) = self.begin().await {
            return End::Store(error);
        }
        let mut listening = self.console.questions().listen(self.site);
        let mut next_pass = Instant::now();
        loop {
            let frames = self.frames.clone();
            let step = tokio::select! {
                () = shutdown.begun() => Err(End::Closed(CloseReason::Stopping)),
                () = seat.is_wanted() => Err(End::Closed(CloseReason::Superseded)),
                message = stream.next() => self.hear(message).await,
                Ok(permit) = frames.reserve(), if !self.to_say.is_empty() => self.say_next(permit),
                _ = actions.wait_until(next_pass) => {
                    next_pass = Instant::now() + PASS_EVERY;
                    self.pass().await
                }
                Some(asked) = next_question(&mut listening) => self.ask(asked),
                () = sleep_until(self.wake_at()) => self.on_timeout(),
                // A frame could not be written.
                _ = writing.join_next() => Err(End::Gone),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Notes that the site is there, and says what the console has: the site goes on from there.
    async fn begin(&mut self) -> Result<(), DbError> {
        let outbox = self.console.outbox();
        outbox.link_up(self.site, self.console.now()).await?;
        self.to_say.push_back(ToSite::Heartbeat { at: self.console.now() });
        self.to_say.push_back(ToSite::EventsStored { upto: outbox.events_stored(self.site).await? });
        self.to_say.push_back(ToSite::DevicesStored { seq: outbox.devices_stored(self.site).await? });
        Ok(())
    }

    /// Reads what the site has yet to take, and notices that its attachment has ended.
    async fn pass(&mut self) -> Result<(), End> {
        let outbox = self.console.outbox();
        if !outbox.site(self.site).await?.is_some_and(|site| site.attached) {
            return Err(End::Closed(CloseReason::Offboarded));
        }
        if self.to_say.len() < PAGE as usize {
            for outgoing in outbox.next_requests(self.site, self.asked, PAGE).await? {
                self.asked = outgoing.number;
                self.to_say.push_back(message(outgoing));
            }
        }
        Ok(())
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let frame = match message {
            Some(Ok(Message::Binary(frame))) => frame,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Text(_))) => return Err(End::Closed(CloseReason::MessageMalformed)),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
        };
        let message = self.session.on_frame(&frame, now()).map_err(End::Closed)?;
        let (outbox, site) = (self.console.outbox(), self.site);
        match message {
            ToConsole::Receipt { task_guid } => outbox.receipt(site, task_guid),
            ToConsole::Events { upto, entries } => {
                let upto = outbox.apply_events(site, upto, &entries).await?;
                self.to_say.push_back(ToSite::EventsStored { upto });
            }
            ToConsole::Devices(batch) => {
                let applied = outbox.apply_devices(site, &batch).await?;
                let applied = applied.ok_or(End::Closed(CloseReason::Offboarded))?;
                self.to_say.push_back(ToSite::DevicesStored { seq: applied.seq });
                if applied.resync {
                    self.console.log().field("site", site).warn(format_args!(
                        "The devices of site {site} differ from its checksum: it sends all of them again."
                    ));
                    self.to_say.push_back(ToSite::ResyncDevices);
                }
            }
            ToConsole::Mirror { mirror } => outbox.mirror(site, &mirror).await?,
            ToConsole::Nonce { nonce } => outbox.nonce(site, &nonce).await?,
            ToConsole::Answer { number, answer } => self.open.answered(number, answer),
            ToConsole::AuditWanted { after } if self.to_say.len() < PAGE as usize => {
                if let Some(linked) = outbox.site(site).await? {
                    let page = self.console.audit_page_for_site(linked.tenant, after).await?;
                    self.to_say.push_back(ToSite::Audit(Box::new(page)));
                }
            }
            ToConsole::Offboard => {
                outbox.offboarded_by_site(site).await?;
                return Err(End::Closed(CloseReason::Offboarded));
            }
            // A site that asks more than it hears is asked to wait, by silence.
            ToConsole::AuditWanted { .. } | ToConsole::Heartbeat { .. } | ToConsole::Unknown => {}
        }
        Ok(())
    }

    /// A person waits: their question goes before what the store sends.
    fn ask(&mut self, asked: Asked) -> Result<(), End> {
        let (number, question) = self.open.begin(asked);
        self.to_say.push_front(ToSite::Ask { number, question });
        Ok(())
    }

    fn say_next(&mut self, permit: mpsc::Permit<'_, Message>) -> Result<(), End> {
        let Some(message) = self.to_say.pop_front() else { return Ok(()) };
        match self.session.send(&message, now()) {
            Ok(frame) => permit.send(Message::Binary(frame.into())),
            Err(error) => {
                let log = self.console.log().field("site", self.site);
                log.error(format_args!("Left out a message to site {}: {error}", self.site));
            }
        }
        Ok(())
    }

    /// What waits to be said is as good as a heartbeat.
    fn wake_at(&self) -> Instant {
        let at = if self.to_say.is_empty() { self.session.poll_timeout() } else { self.session.silent_at() };
        at.into()
    }

    fn on_timeout(&mut self) -> Result<(), End> {
        if now() >= self.session.silent_at() {
            return Err(End::Closed(CloseReason::Silent));
        }
        if self.to_say.is_empty() {
            self.to_say.push_back(ToSite::Heartbeat { at: self.console.now() });
        }
        Ok(())
    }

    /// Says why this end closes, and sees the last frames off.
    async fn finish(mut self, end: End, writing: &mut JoinSet<()>) {
        let log = self.console.log().field("site", self.site);
        let reason = match end {
            End::Gone => None,
            End::Closed(reason) => Some(reason),
            End::Store(error) => {
                log.clone().error(format_args!(
                    "Failed to store what site {} says: {}",
                    self.site,
                    Chain(&error)
                ));
                Some(CloseReason::Failed)
            }
        };
        if let Some(reason) = reason {
            log.field("reason", reason.name())
                .info(format_args!("Closed the link of site {}: {reason}.", self.site));
            let last = async {
                if reason == CloseReason::Offboarded
                    && let Ok(frame) = self.session.send(&ToSite::Offboard, now())
                {
                    self.frames.send(Message::Binary(frame.into())).await.ok();
                }
                self.frames.send(Message::Close(Some(close_frame(reason)))).await.ok();
                drop(self.frames);
                writing.join_next().await;
            };
            // Whether the other end hears it does not matter.
            let _ = timeout(CLOSE_WITHIN, last).await;
        }
    }
}

async fn next_question(listening: &mut Listening) -> Option<Asked> {
    listening.asked.recv().await
}

fn message(outgoing: Outgoing) -> ToSite {
    let task_guid = outgoing.task_guid;
    match outgoing.sending {
        Sending::Request { request, user, user_name } => {
            ToSite::Request { task_guid, request: STANDARD.encode(request), user, user_name }
        }
        Sending::Cancel { user_name } => ToSite::Cancel { task_guid, user_name },
    }
}

/// Writes frames until there are no more, or one does not leave.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut frames: mpsc::Receiver<Message>) {
    while let Some(frame) = frames.recv().await {
        match timeout(WRITE_WITHIN, sink.send(frame)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// Says why this end closes a socket that has no writing of its own.
pub(super) async fn close(socket: &mut WebSocket, reason: CloseReason) {
    let _ = timeout(CLOSE_WITHIN, socket.send(Message::Close(Some(close_frame(reason))))).await;
}

fn close_frame(reason: CloseReason) -> CloseFrame {
    CloseFrame { code: reason.code(), reason: reason.name().into() }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}
