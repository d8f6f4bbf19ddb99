//! Keeps a connection to a notification server: dials where [`Connect`] says, signs in, and moves messages between the
//! wire and the program. It decides nothing about tasks.

mod calling;

use std::time::Duration;

use device_channel::{
    CloseReason, Inbox, SignIn, SignInConfirm, ToAgent, ToServer,
    agent::{Answered, Connecting, Heard, SignedIn},
};
use service::{clock, dice, error::Chain, log::ComponentLog, shutdown::Shutdown};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

pub(crate) use calling::{Calling, Command, Event, Word};

use crate::{
    connect::{Connect, Next, Transport, Way},
    line::{Line, LineError},
};

/// How a connection ended.
enum End {
    Closed(CloseReason),
    Refused(Duration),
    Redirected(Vec<String>),
    Restarting(Duration),
    /// TCP works: this connection takes the WebSocket's place.
    Moved(Line),
    Shutdown,
}

/// The link of the device.
pub(crate) struct Link {
    pub(crate) calling: watch::Receiver<Calling>,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) look_for_tcp: Duration,
    pub(crate) log: ComponentLog,
    pub(crate) shutdown: Shutdown,
}

impl Link {
    /// Runs until the shutdown begins. Never gives up.
    pub(crate) async fn run(mut self) {
        let Calling { tcp, web, .. } = self.calling.borrow_and_update().clone();
        let mut connect = Connect::new(&tcp, &web, self.look_for_tcp, dice::unit());
        let mut servers = (tcp, web);
        let mut moved: Option<Line> = None;
        loop {
            if self.shutdown.has_begun() {
                return;
            }
            let Calling { tcp, web, .. } = self.calling.borrow_and_update().clone();
            if servers != (tcp.clone(), web.clone()) {
                connect.set_servers(&tcp, &web, dice::unit());
                servers = (tcp, web);
            }
            let (line, transport) = match moved.take() {
                Some(line) => (line, Transport::Tcp),
                None => match self.dial(&mut connect).await {
                    Some(dialled) => dialled,
                    None => continue,
                },
            };
            match self.connection(line, transport, &mut connect).await {
                End::Closed(reason) => {
                    self.log
                        .warn(format!("The connection to the notification server ended: {}", Chain(&reason)));
                    connect.lost(clock::boot(), dice::unit());
                }
                End::Refused(after) => connect.refused(after, clock::boot(), dice::unit()),
                End::Redirected(servers) => {
                    self.log.info(format!("The notification server names others: {}", servers.join(", ")));
                    connect.redirect(&servers);
                }
                End::Restarting(within) => {
                    self.log.info(format!(
                        "The notification server restarts; coming back within {} s",
                        within.as_secs()
                    ));
                    connect.restarting(within, clock::boot(), dice::unit());
                }
                End::Moved(line) => moved = Some(line),
                End::Shutdown => return,
            }
            if self.events.send(Event::Lost).await.is_err() {
                return;
            }
        }
    }

    /// Dials once, or waits until it may.
    async fn dial(&mut self, connect: &mut Connect) -> Option<(Line, Transport)> {
        let way = match connect.next(clock::boot()) {
            Next::Dial(way) => way,
            Next::Wait(until) => {
                self.idle(until).await;
                return None;
            }
        };
        let calling = self.calling.borrow().clone();
        self.log.detail(format_args!("Dialling {} ({})", way.address, carried(way.transport)));
        let opened = tokio::select! {
            opened = Line::open(&way, &calling.reach, calling.site) => opened,
            () = self.shutdown.begun() => return None,
        };
        match opened {
            Ok(line) => {
                self.log.info(format!("Connected to {} ({})", way.address, carried(way.transport)));
                Some((line, way.transport))
            }
            Err(error) => {
                self.log.warn(format!("Failed to connect ({}): {}", carried(way.transport), Chain(&error)));
                connect.failed(clock::boot(), dice::unit());
                if error.is_distrust() {
                    // Where the program has ended, so does this, at its next word.
                    let _ = self.events.send(Event::Distrusted).await;
                }
                None
            }
        }
    }

    /// Waits; what the program wants to say meanwhile reaches nobody and is said again after the sign-in.
    async fn idle(&mut self, until: Duration) {
        let wait = until.saturating_sub(clock::boot());
        self.log.detail(format_args!("The next connection is tried in {} s", wait.as_secs()));
        let wait = sleep(wait);
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = &mut wait => return,
                () = self.shutdown.begun() => return,
                // There may be other servers now.
                Ok(()) = self.calling.changed() => return,
                command = self.commands.recv() => if command.is_none() { return },
            }
        }
    }

    /// Signs in on a connection and serves it to its end.
    async fn connection(&mut self, mut line: Line, transport: Transport, connect: &mut Connect) -> End {
        let mut inbox = Inbox::<ToAgent>::new();
        let signed_in = match self.sign_in(&mut line, &mut inbox).await {
            Ok((signed_in, confirm)) => {
                connect.signed_in(transport, clock::boot(), dice::unit());
                self.log.info("Signed in at the notification server");
                if self.events.send(Event::SignedIn(confirm)).await.is_err() {
                    return End::Shutdown;
                }
                signed_in
            }
            Err(end) => return end,
        };
        let end = self.serve(&mut line, &mut inbox, signed_in, connect).await.unwrap_or_else(End::Closed);
        line.close().await;
        end
    }

    async fn sign_in(
        &mut self,
        line: &mut Line,
        inbox: &mut Inbox<ToAgent>,
    ) -> Result<(SignedIn, SignInConfirm), End> {
        let calling = self.calling.borrow().clone();
        let sign_in = SignIn {
            device: calling.device,
            enrolment: calling.enrolment,
            boot: calling.boot,
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            message_version: device_channel::MESSAGE_VERSION,
            highest_epoch: calling.highest_epoch,
            highest_push: calling.highest_push,
        };
        let (connecting, hello) = Connecting::new(sign_in, clock::boot());
        line.send(vec![hello.frame()]).await.map_err(End::Closed)?;
        let message = loop {
            if let Some(message) = inbox.next_message(clock::boot()).map_err(End::Closed)? {
                break message;
            }
            tokio::select! {
                bytes = line.receive() => inbox.push(&bytes.map_err(End::Closed)?),
                () = sleep(connecting.deadline().saturating_sub(clock::boot())) => {
                    connecting.on_time(clock::boot()).map_err(End::Closed)?;
                }
                () = self.shutdown.begun() => return Err(End::Shutdown),
            }
        };
        match connecting.on_message(message, clock::boot(), dice::unit()).map_err(End::Closed)? {
            Answered::SignedIn(signed_in, confirm) => Ok((signed_in, confirm)),
            Answered::Refused(refused) => {
                self.log.error(format!(
                    "The notification server refused the sign-in: {}; trying again after {} s",
                    refused.reason.name(),
                    refused.retry_after_seconds
                ));
                Err(End::Refused(Duration::from_secs(refused.retry_after_seconds.into())))
            }
            Answered::Redirected(redirect) => Err(End::Redirected(redirect.servers)),
            Answered::Restarting(restarting) => {
                Err(End::Restarting(Duration::from_secs(restarting.within_seconds.into())))
            }
        }
    }

    async fn serve(
        &mut self,
        line: &mut Line,
        inbox: &mut Inbox<ToAgent>,
        mut signed_in: SignedIn,
        connect: &mut Connect,
    ) -> Result<End, CloseReason> {
        loop {
            while let Some(message) = inbox.next_message(clock::boot())? {
                let heard = signed_in.on_message(message, clock::boot())?;
                self.log.detail(format_args!("The notification server says: {}", word(&heard)));
                match heard {
                    Heard::Restarting(restarting) => {
                        return Ok(End::Restarting(Duration::from_secs(restarting.within_seconds.into())));
                    }
                    Heard::Redirect(redirect) => return Ok(End::Redirected(redirect.servers)),
                    Heard::Nothing => {}
                    heard => {
                        if self.events.send(Event::Heard(heard)).await.is_err() {
                            return Ok(End::Shutdown);
                        }
                    }
                }
            }

            let deadline = inbox.deadline().map_or(signed_in.deadline(), |by| by.min(signed_in.deadline()));
            tokio::select! {
                bytes = line.receive() => inbox.push(&bytes?),
                command = self.commands.recv() => match command {
                    Some(Command::Say(words)) => {
                        self.log.detail(format_args!("Sending {} messages", words.len()));
                        let frames = words.iter().map(|word| word.message.frame()).collect();
                        line.send(frames).await?;
                        self.note(&words);
                    }
                    Some(Command::Reconnect) => return Err(CloseReason::Left),
                    None => return Ok(End::Shutdown),
                },
                () = sleep(deadline.saturating_sub(clock::boot())) => {
                    inbox.on_time(clock::boot())?;
                    if let Some(word) = signed_in.on_time(clock::boot(), dice::unit())? {
                        self.log.detail("Sending a keep-alive");
                        line.send(vec![word.frame()]).await?;
                    }
                }
                opened = look_for_tcp(connect.look_for_tcp(), &self.calling) => match opened {
                    Ok(line) => {
                        self.log.info("TCP works again: leaving the WebSocket");
                        return Ok(End::Moved(line));
                    }
                    Err(_) => connect.still_no_tcp(clock::boot(), dice::unit()),
                },
                () = self.shutdown.begun() => return Ok(End::Shutdown),
            }
        }
    }

    /// The field's line about each answer.
    fn note(&self, words: &[Word]) {
        for Word { task_guid, message } in words {
            if let ToServer::Response(_) = message {
                let text = format!("Send Task response message {} successfully.", message.encode());
                self.log.about(*task_guid).info(text);
            }
        }
    }
}

/// Tries TCP when its time has come; waits for ever where it never does.
async fn look_for_tcp(
    look: Option<(Duration, Way)>,
    calling: &watch::Receiver<Calling>,
) -> Result<Line, LineError> {
    let Some((at, way)) = look else { return std::future::pending().await };
    sleep(at.saturating_sub(clock::boot())).await;
    let calling = calling.borrow().clone();
    Line::open(&way, &calling.reach, calling.site).await
}

/// What was heard, for the detailed log.
fn word(heard: &Heard) -> &'static str {
    match heard {
        Heard::Request(_) => "a task",
        Heard::Confirm(_) => "answers are stored",
        Heard::Cancel(_) => "a task is cancelled",
        Heard::Restarting(_) => "it restarts",
        Heard::Redirect(_) => "go to another",
        Heard::Nothing => "it is there",
    }
}

fn carried(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::WebSocket => "WebSocket",
    }
}
