//! A console that says what the test says.

use std::{net::SocketAddr, time::Instant};

use action::ConsoleId;
use futures_util::{SinkExt as _, StreamExt as _};
use site_link::{
    CloseReason, ConsoleSession, ToConsole, ToSite,
    handshake::{KnownSite, hear},
    keys::LinkKey,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};
use uuid::Uuid;

use super::within;

pub(crate) struct Console {
    listener: TcpListener,
    pub(crate) id: ConsoleId,
    pub(crate) key: LinkKey,
}

/// A link whose site has proved its key.
pub(crate) struct ConsoleLink {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) session: ConsoleSession,
}

impl Console {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        Self { listener, id: ConsoleId(Uuid::from_bytes([3; 16])), key: LinkKey::from_seed(&[2; 32]) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("it listens")
    }

    /// Waits for a site's next attempt, and returns the link if it comes about.
    pub(crate) async fn try_accept(&self, known: Option<KnownSite>) -> Result<ConsoleLink, String> {
        let (stream, _) = self.listener.accept().await.map_err(|error| error.to_string())?;
        let mut socket = accept_async(stream).await.map_err(|error| error.to_string())?;
        let hello = next(&mut socket).await?;
        let answered = hear(self.id, &hello)
            .and_then(|heard| heard.answer(known, &self.key, [4; 32], &service::dice::bytes().into()));
        let (proof, welcome) = match answered {
            Ok(answered) => answered,
            Err(reason) => {
                let frame = CloseFrame { code: CloseCode::from(reason.code()), reason: reason.name().into() };
                let _ = socket.send(Message::Close(Some(frame))).await;
                return Err(reason.to_string());
            }
        };
        socket.send(Message::Binary(welcome.into())).await.map_err(|error| error.to_string())?;
        let proved = next(&mut socket).await?;
        let admitted = proof.on_message(&proved).map_err(|reason| reason.to_string())?;
        Ok(ConsoleLink { socket, session: ConsoleSession::new(admitted.channel, now()) })
    }

    /// Waits for a link, and says what the console has.
    pub(crate) async fn accept(&self, known: KnownSite, events: u64, devices: u64) -> ConsoleLink {
        let link = async {
            loop {
                if let Ok(mut link) = self.try_accept(Some(known)).await
                    && link.try_say(&ToSite::EventsStored { upto: events }).await.is_ok()
                    && link.try_say(&ToSite::DevicesStored { seq: devices }).await.is_ok()
                {
                    return link;
                }
            }
        };
        within("a link", link).await
    }
}

impl ConsoleLink {
    pub(crate) async fn try_say(&mut self, message: &ToSite) -> Result<(), String> {
        let frame = self.session.send(message, now()).map_err(|error| error.to_string())?;
        self.socket.send(Message::Binary(frame.into())).await.map_err(|error| error.to_string())
    }

    pub(crate) async fn say(&mut self, message: &ToSite) {
        self.try_say(message).await.expect("the link holds");
    }

    /// Returns what the site says next, heartbeats, mirrors and nonces aside.
    pub(crate) async fn try_hear(&mut self) -> Result<ToConsole, String> {
        loop {
            let frame = next(&mut self.socket).await?;
            match self.session.on_frame(&frame, now()).map_err(|reason| reason.to_string())? {
                ToConsole::Heartbeat { .. }
                | ToConsole::Mirror { .. }
                | ToConsole::Nonce { .. }
                | ToConsole::AuditWanted { .. } => {}
                message => return Ok(message),
            }
        }
    }

    /// Returns the first thing that the site says and `wanted` takes, and acknowledges all events on the way.
    pub(crate) async fn hear_until<T>(
        &mut self,
        what: &'static str,
        mut wanted: impl FnMut(&ToConsole) -> Option<T>,
    ) -> T {
        let heard = async {
            loop {
                let message = self.try_hear().await.expect("the link holds");
                let taken = wanted(&message);
                match message {
                    ToConsole::Events { upto, .. } => self.say(&ToSite::EventsStored { upto }).await,
                    ToConsole::Devices(batch) => self.say(&ToSite::DevicesStored { seq: batch.seq }).await,
                    _ => {}
                }
                if let Some(taken) = taken {
                    return taken;
                }
            }
        };
        within(what, heard).await
    }

    pub(crate) async fn close(mut self, reason: CloseReason) {
        let frame = CloseFrame { code: CloseCode::from(reason.code()), reason: reason.name().into() };
        let _ = self.socket.close(Some(frame)).await;
    }
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> Result<Vec<u8>, String> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(frame))) => return Ok(frame.to_vec()),
            Some(Ok(Message::Close(frame))) => return Err(format!("closed: {frame:?}")),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("ended".into()),
        }
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
