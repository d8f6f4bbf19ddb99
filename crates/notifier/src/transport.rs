//! What carries the frames of one connection: a TLS stream, or a WebSocket on one. Neither holds a buffer of its own while
//! nothing comes.

use std::{future::poll_fn, io, task::Poll};

use device_channel::{CloseReason, Inbox, Malformed, ToServer};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    time::{Duration, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::session::TlsSession;

/// How long the other end may leave unread what is written. A device in a tunnel comes back after that.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// How long an orderly end may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// What carries frames.
pub(crate) trait Transport: Send {
    /// Reads what comes next into the inbox. Safe to cancel.
    fn read(&mut self, inbox: &mut Inbox<ToServer>) -> impl Future<Output = Result<(), CloseReason>> + Send;

    /// Writes frames, one after the other.
    fn write(&mut self, frames: &[u8]) -> impl Future<Output = Result<(), CloseReason>> + Send;

    /// Ends the connection in order, as far as the other end lets it.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// Frames one after the other on a stream.
#[derive(Debug)]
pub(crate) struct Plain(pub(crate) Box<TlsSession>);

/// Frames in binary messages.
#[derive(Debug)]
pub(crate) struct WebSocket<S>(pub(crate) Box<WebSocketStream<S>>);

impl Transport for Plain {
    async fn read(&mut self, inbox: &mut Inbox<ToServer>) -> Result<(), CloseReason> {
        match self.0.read_with(|bytes| inbox.push(bytes)).await {
            Ok(0) => Err(CloseReason::Left),
            Ok(_) => Ok(()),
            Err(error) => Err(broken(&error)),
        }
    }

    async fn write(&mut self, frames: &[u8]) -> Result<(), CloseReason> {
        let session = &mut self.0;
        // Nearly always the network takes it at once: no timer, and no room for one in an idle connection.
        let sent = poll_fn(|context| Poll::Ready(session.poll_write_at_once(context, frames))).await;
        match sent {
            Ok(true) => Ok(()),
            Ok(false) => Box::pin(within(session.flush())).await,
            Err(error) => Err(broken(&error)),
        }
    }

    async fn close(mut self) {
        // Who does not read this is gone anyway.
        let _ = Box::pin(timeout(CLOSE_WITHIN, self.0.shutdown())).await;
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for WebSocket<S> {
    async fn read(&mut self, inbox: &mut Inbox<ToServer>) -> Result<(), CloseReason> {
        match self.0.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                inbox.push(&bytes);
                Ok(())
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Text(_) | Message::Frame(_))) => Err(CloseReason::NotValid(Malformed::Syntax)),
            Some(Ok(Message::Close(_))) | None => Err(CloseReason::Left),
            Some(Err(_)) => Err(CloseReason::Lost),
        }
    }

    async fn write(&mut self, frames: &[u8]) -> Result<(), CloseReason> {
        Box::pin(within(async {
            let mut rest = frames;
            while let Some((header, _)) = rest.split_first_chunk::<4>() {
                let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
                let (frame, next) = rest.split_at(length.saturating_add(4).min(rest.len()));
                rest = next;
                self.0.feed(Message::Binary(frame.to_vec().into())).await.map_err(io::Error::other)?;
            }
            self.0.flush().await.map_err(io::Error::other)
        }))
        .await
    }

    async fn close(mut self) {
        let _ = Box::pin(timeout(CLOSE_WITHIN, self.0.close())).await;
    }
}

async fn within(write: impl Future<Output = io::Result<()>>) -> Result<(), CloseReason> {
    match timeout(WRITE_WITHIN, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(broken(&error)),
        Err(_) => Err(CloseReason::NotReading),
    }
}

/// An agent whose process ends does not say goodbye: that it has left is all there is to say.
fn broken(error: &io::Error) -> CloseReason {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            CloseReason::Left
        }
        _ => CloseReason::Lost,
    }
}
