//! One connection to a notification server, however it is carried: bytes in, bytes out.

use std::{io, time::Duration};

use action::SiteId;
use bytes::{Bytes, BytesMut};
use device_channel::{CloseReason, LARGEST_FRAME, Malformed};
use futures_util::{SinkExt as _, StreamExt as _};
use proof::SiteRole;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};

use crate::{
    connect::{Transport, Way},
    dial::{self, DialError, Reach, Stream},
};

/// How much is read at once, and what an idle connection holds: most messages are below 2 KiB.
const READ: usize = 4 << 10;
/// How long a write may take: a server that reads nothing for so long is gone.
const WRITE: Duration = Duration::from_secs(30);
/// How long the upgrade to a WebSocket may take.
const UPGRADE: Duration = Duration::from_secs(20);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("failed to open a WebSocket at {address}")]
    Upgrade { address: String, source: Box<tungstenite::Error> },
    #[error("opening a WebSocket at {address} took more than {} s", UPGRADE.as_secs())]
    UpgradeTooLate { address: String },
}

impl LineError {
    /// Returns whether the server's certificate is not believed.
    pub(crate) fn is_distrust(&self) -> bool {
        matches!(self, LineError::Dial(error) if error.is_distrust())
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) enum Line {
    Tcp(Box<Stream>),
    WebSocket(Box<WebSocketStream<Stream>>),
}

impl Line {
    /// Opens a connection to the notification server of `site`.
    pub(crate) async fn open(way: &Way, reach: &Reach, site: SiteId) -> Result<Self, LineError> {
        let stream = dial::server(&way.address, reach, site, &SiteRole::NotificationServer).await?;
        match way.transport {
            Transport::Tcp => Ok(Line::Tcp(Box::new(stream))),
            Transport::WebSocket => {
                let address = way.address.clone();
                let url = format!("wss://{address}{}", management_link::path::CHANNEL);
                match timeout(UPGRADE, client_async_with_config(url, stream, Some(websocket()))).await {
                    Ok(Ok((socket, _))) => Ok(Line::WebSocket(Box::new(socket))),
                    Ok(Err(source)) => Err(LineError::Upgrade { address, source: Box::new(source) }),
                    Err(_) => Err(LineError::UpgradeTooLate { address }),
                }
            }
        }
    }

    /// Returns what came; safe to cancel.
    pub(crate) async fn receive(&mut self) -> Result<Bytes, CloseReason> {
        match self {
            Line::Tcp(stream) => {
                let mut bytes = BytesMut::with_capacity(READ);
                match stream.read_buf(&mut bytes).await {
                    Ok(0) => Err(CloseReason::Left),
                    Ok(_) => Ok(bytes.freeze()),
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(CloseReason::Left),
                    Err(_) => Err(CloseReason::Lost),
                }
            }
            Line::WebSocket(socket) => loop {
                match socket.next().await {
                    None | Some(Ok(Message::Close(_))) => return Err(CloseReason::Left),
                    Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
                    // Pings are answered by the library.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                    // Texts are not part of this wire.
                    Some(Ok(Message::Text(_))) => return Err(CloseReason::NotValid(Malformed::Syntax)),
                    Some(Err(_)) => return Err(CloseReason::Lost),
                }
            },
        }
    }

    /// Sends frames in one write.
    pub(crate) async fn send(&mut self, frames: Vec<Vec<u8>>) -> Result<(), CloseReason> {
        let write = async {
            match self {
                Line::Tcp(stream) => {
                    stream.write_all(&frames.concat()).await.map_err(|_| CloseReason::Lost)?;
                    stream.flush().await.map_err(|_| CloseReason::Lost)
                }
                // Each frame is a message of its own; they leave together.
                Line::WebSocket(socket) => {
                    for frame in frames {
                        socket.feed(Message::Binary(frame.into())).await.map_err(|_| CloseReason::Lost)?;
                    }
                    socket.flush().await.map_err(|_| CloseReason::Lost)
                }
            }
        };
        timeout(WRITE, write).await.unwrap_or(Err(CloseReason::NotReading))
    }

    /// Takes leave, where the other end still listens.
    pub(crate) async fn close(mut self) {
        let leave = async {
            match &mut self {
                Line::Tcp(stream) => {
                    let _ = stream.shutdown().await;
                }
                Line::WebSocket(socket) => {
                    let _ = socket.send(Message::Close(None)).await;
                }
            }
        };
        // The connection ends with this in any case.
        let _ = timeout(Duration::from_secs(1), leave).await;
    }
}

/// The library's defaults keep 256 KiB for each connection.
fn websocket() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ)
        .write_buffer_size(READ)
        .max_write_buffer_size(4 * LARGEST_FRAME)
        .max_message_size(Some(4 * LARGEST_FRAME))
        .max_frame_size(Some(4 * LARGEST_FRAME))
}
