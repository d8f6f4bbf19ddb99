//! One connection to a notification server: bytes in, messages out.

use std::{io, time::Duration};

use device_channel::{CloseReason, Inbox, ToAgent, ToServer};
use service::clock;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::dial::Stream;

/// How much is read at once. Each idle device keeps so much; a task has some 1.5 KiB.
const READ: usize = 512;
/// How long a write may take: a server that reads nothing for so long is gone.
const WRITE: Duration = Duration::from_secs(30);
/// How long the goodbye may take.
const LEAVE: Duration = Duration::from_secs(1);

/// A connection, and what has come of it that is not yet a message.
pub(crate) struct Line {
    pub(crate) stream: Stream,
    pub(crate) inbox: Inbox<ToAgent>,
}

impl Line {
    pub(crate) fn over(stream: Stream) -> Self {
        Self { stream, inbox: Inbox::new() }
    }

    /// Reads once, or waits until `deadline` (of the boot clock).
    pub(crate) async fn read_until(&mut self, deadline: Duration) -> Result<(), CloseReason> {
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
    pub(crate) async fn send(&mut self, messages: &[ToServer]) -> Result<(), CloseReason> {
        let bytes: Vec<u8> = messages.iter().flat_map(ToServer::frame).collect();
        self.send_bytes(&bytes).await
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), CloseReason> {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(WRITE, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(CloseReason::Lost),
            Err(_) => Err(CloseReason::NotReading),
        }
    }

    /// Says goodbye.
    pub(crate) async fn leave(mut self) {
        // The connection ends with this in any case.
        let _ = timeout(LEAVE, self.stream.shutdown()).await;
    }

    /// Ends the connection as a machine does that lost its network: without a word.
    pub(crate) fn cut(self) {
        let (tcp, _) = self.stream.into_inner();
        // Without lingering the system sends a reset where it would say goodbye: the server has given it up before.
        let _ = tcp.set_zero_linger();
    }
}
