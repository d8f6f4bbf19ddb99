//! A link to the console: the WebSocket, and the handshake over it.

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use service::dice;
use site_link::{
    CloseReason, HANDSHAKE_WITHIN, LARGEST_FRAME, LINK_PATH, SiteSession, ToConsole, ToSite, handshake,
    keys::LinkKey,
};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};
use zeroize::Zeroizing;

use crate::{
    attachment::Attachment,
    dial::{DialError, Dialer, Stream},
};

/// How long a frame may take to leave: the largest one takes 30 s at 1 Mbit/s.
pub(crate) const WRITE_WITHIN: Duration = Duration::from_secs(60);

/// Bytes that are gathered before they are written. Frames are whole: a larger buffer would only cost memory.
const WRITE_BUFFER: usize = 16 << 10;

/// How long the other end's close is waited for.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// The socket of a link.
pub(crate) type Socket = WebSocketStream<Box<dyn Stream>>;

/// A link on which both ends have proved their keys.
pub(crate) struct Link {
    pub(crate) socket: Socket,
    pub(crate) session: SiteSession,
}

/// Why there is no link, or no longer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("the console cannot be reached")]
    Dial(#[source] DialError),
    #[error("the console opened no WebSocket: {what}")]
    Upgrade { what: String },
    #[error("the link broke: {what}")]
    Broken { what: String },
    #[error("the console closed the link: {}", reason.map_or_else(|| "it gave no reason".to_owned(), |reason| reason.to_string()))]
    ClosedByConsole { reason: Option<CloseReason> },
    #[error("closed the link: {0}")]
    Closed(CloseReason),
}

impl Link {
    /// Dials the console and proves the site's key.
    pub(crate) async fn open(
        dialer: &Dialer,
        attachment: &Attachment,
        key: &LinkKey,
    ) -> Result<Self, LinkError> {
        let stream = dialer.dial().await.map_err(LinkError::Dial)?;
        let url = dialer.console().web_socket(LINK_PATH);
        let shake = async {
            let (mut socket, _) = client_async_with_config(url, stream, Some(settings()))
                .await
                .map_err(|error| LinkError::Upgrade { what: error.to_string() })?;
            match prove(&mut socket, attachment, key).await {
                Ok(session) => Ok(Self { socket, session }),
                Err(LinkError::Closed(reason)) => {
                    close(&mut socket, reason).await;
                    Err(LinkError::Closed(reason))
                }
                Err(error) => Err(error),
            }
        };
        match timeout(HANDSHAKE_WITHIN, shake).await {
            Ok(outcome) => outcome,
            Err(_) => Err(LinkError::Closed(CloseReason::HandshakeTooLate)),
        }
    }

    pub(crate) async fn send(&mut self, message: &ToConsole) -> Result<(), LinkError> {
        let frame = self
            .session
            .send(message, now())
            .map_err(|error| LinkError::Broken { what: error.to_string() })?;
        write(&mut self.socket, frame).await
    }

    pub(crate) async fn receive(&mut self) -> Result<ToSite, LinkError> {
        let frame = next_frame(&mut self.socket).await?;
        self.session.on_frame(&frame, now()).map_err(LinkError::Closed)
    }
}

async fn prove(
    socket: &mut Socket,
    attachment: &Attachment,
    key: &LinkKey,
) -> Result<SiteSession, LinkError> {
    let exchange = Zeroizing::new(dice::bytes());
    let (site, hello) = handshake::dial(&attachment.pinned(), dice::bytes(), &exchange);
    write(socket, hello).await?;
    let welcome = next_frame(socket).await?;
    let (channel, proof) = site.on_message(&welcome, key).map_err(LinkError::Closed)?;
    write(socket, proof).await?;
    Ok(SiteSession::new(channel, now()))
}

/// Reads the next binary message; the WebSocket's own pings are answered underneath.
pub(crate) async fn next_frame<S>(socket: &mut S) -> Result<tungstenite::Bytes, LinkError>
where
    S: futures_util::Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
{
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(frame))) => return Ok(frame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Text(_))) => return Err(LinkError::Closed(CloseReason::MessageMalformed)),
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.and_then(|frame| CloseReason::of_code(frame.code.into()));
                return Err(LinkError::ClosedByConsole { reason });
            }
            Some(Err(tungstenite::Error::Capacity(_))) => {
                return Err(LinkError::Closed(CloseReason::FrameTooLarge));
            }
            Some(Err(error)) => return Err(LinkError::Broken { what: error.to_string() }),
            None => return Err(LinkError::Broken { what: "the connection ended".to_owned() }),
        }
    }
}

/// Writes a frame and sees it off.
pub(crate) async fn write<S>(socket: &mut S, frame: Vec<u8>) -> Result<(), LinkError>
where
    S: futures_util::Sink<Message, Error = tungstenite::Error> + Unpin,
{
    match timeout(WRITE_WITHIN, socket.send(Message::Binary(frame.into()))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(LinkError::Broken { what: error.to_string() }),
        Err(_) => Err(LinkError::Broken {
            what: format!("a frame did not leave within {} s", WRITE_WITHIN.as_secs()),
        }),
    }
}

/// Says why this end closes. Whether the other end hears it does not matter.
pub(crate) async fn close<S>(socket: &mut S, reason: CloseReason)
where
    S: futures_util::Sink<Message, Error = tungstenite::Error> + Unpin,
{
    let frame = CloseFrame { code: CloseCode::from(reason.code()), reason: reason.name().into() };
    let _ = timeout(CLOSE_WITHIN, socket.send(Message::Close(Some(frame)))).await;
}

/// Returns the time that sessions count by.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn settings() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(LARGEST_FRAME))
        .max_frame_size(Some(LARGEST_FRAME))
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(2 * LARGEST_FRAME)
}
