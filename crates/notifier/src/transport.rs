//! What carries the frames of one connection: a TLS stream, or a WebSocket on one. Neither holds a buffer of its own while
//! nothing comes.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Poll, ready},
};

use device_channel::{CloseReason, Inbox, Malformed, ToServer};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    time::{Duration, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// What is read at a time. An answer is some 200 bytes.
const READ: usize = 4 << 10;

/// How long the other end may leave unread what is written. A device in a tunnel comes back after that.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// How long an orderly end may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// What carries frames.
pub(crate) trait Transport: Send {
    /// Reads what comes next into the inbox. Safe to cancel.
    fn read(&mut self, inbox: &mut Inbox<ToServer>) -> impl Future<Output = Result<(), CloseReason>> + Send;

    /// Writes frames.
    fn write(&mut self, frames: Vec<Vec<u8>>) -> impl Future<Output = Result<(), CloseReason>> + Send;

    /// Ends the connection in order, as far as the other end lets it.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// Frames one after the other on a stream.
#[derive(Debug)]
pub(crate) struct Plain<S>(pub(crate) S);

/// Frames in binary messages.
#[derive(Debug)]
pub(crate) struct WebSocket<S>(pub(crate) Box<WebSocketStream<S>>);

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for Plain<S> {
    async fn read(&mut self, inbox: &mut Inbox<ToServer>) -> Result<(), CloseReason> {
        let stream = &mut self.0;
        let read = poll_fn(|context| {
            // On the stack, so that an idle connection does not hold it.
            let mut bytes = [0; READ];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
            inbox.push(buffer.filled());
            Poll::Ready(Ok::<_, io::Error>(buffer.filled().len()))
        });
        match read.await {
            Ok(0) => Err(CloseReason::Left),
            Ok(_) => Ok(()),
            Err(error) => Err(broken(&error)),
        }
    }

    async fn write(&mut self, frames: Vec<Vec<u8>>) -> Result<(), CloseReason> {
        let bytes = frames.concat();
        within(async {
            self.0.write_all(&bytes).await?;
            self.0.flush().await
        })
        .await
    }

    async fn close(mut self) {
        // Who does not read this is gone anyway.
        let _ = timeout(CLOSE_WITHIN, self.0.shutdown()).await;
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

    async fn write(&mut self, frames: Vec<Vec<u8>>) -> Result<(), CloseReason> {
        within(async {
            for frame in frames {
                self.0.feed(Message::Binary(frame.into())).await.map_err(io::Error::other)?;
            }
            self.0.flush().await.map_err(io::Error::other)
        })
        .await
    }

    async fn close(mut self) {
        let _ = timeout(CLOSE_WITHIN, self.0.close()).await;
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
