//! Keeps a caller's connection: makes it when a call waits, writes the calls, hands out the answers.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::timeout,
};

use super::{CallError, Calls, Endpoint, Open};
use crate::{
    backoff::Backoff,
    dice,
    frames::{FrameError, read_frame, write_frame},
};

/// How long connecting and introducing may take together.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long the other end may leave a call unread before it is taken for dead.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// The waits between attempts to connect: a program that restarts is back within a second.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

type Queue<C> = mpsc::Receiver<(u64, <C as Calls>::Call)>;
type Opened = Box<dyn super::endpoint::Stream>;

/// Runs until the caller is dropped.
pub(super) async fn keep<C: Calls>(
    endpoint: Endpoint,
    first_call: C::Call,
    mut queue: Queue<C>,
    open: Open<C::Answer>,
) {
    let mut backoff = BACKOFF;
    while let Some(first) = next::<C>(&mut queue, &open).await {
        match connect::<C>(&endpoint, &first_call).await {
            Ok(stream) => {
                backoff.worked();
                serve::<C>(stream, first, &mut queue, &open).await;
                fail_all(&open, || CallError::Lost { endpoint: endpoint.to_string() });
            }
            Err(error) => {
                fail_all(&open, || error.again());
                // Who calls again during the pause waits for it: a program that is down is not hammered.
                tokio::time::sleep(backoff.failed(dice::unit())).await;
            }
        }
    }
}

/// Returns the next call that somebody still waits for.
async fn next<C: Calls>(queue: &mut Queue<C>, open: &Open<C::Answer>) -> Option<(u64, C::Call)> {
    loop {
        let (number, call) = queue.recv().await?;
        // Who gave up, or was told that the connection broke, may have called again: once is enough.
        if open.awaits(number) {
            return Some((number, call));
        }
    }
}

/// Connects and makes the first call.
async fn connect<C: Calls>(endpoint: &Endpoint, first_call: &C::Call) -> Result<Opened, NotConnected> {
    let unreachable =
        |source| NotConnected::Unreachable { endpoint: endpoint.to_string(), source: Arc::new(source) };
    let attempt = async {
        let mut stream = endpoint.connect().await?;
        write_frame(&mut stream, &C::encode(0, first_call)).await.map_err(io::Error::other)?;
        let frame = read_frame(&mut stream, C::LARGEST_FRAME).await.map_err(io::Error::other)?;
        let frame = frame.ok_or(io::ErrorKind::UnexpectedEof)?;
        let (_, answer) = C::decode(&frame).map_err(io::Error::other)?;
        Ok::<_, io::Error>((stream, C::refused(&answer)))
    };
    match timeout(CONNECT_WITHIN, attempt).await {
        Ok(Ok((stream, None))) => Ok(stream),
        Ok(Ok((_, Some(reason)))) => Err(NotConnected::Refused { endpoint: endpoint.to_string(), reason }),
        Ok(Err(source)) => Err(unreachable(source)),
        Err(_) => Err(unreachable(io::ErrorKind::TimedOut.into())),
    }
}

/// Moves calls and answers until the connection breaks.
async fn serve<C: Calls>(
    stream: Opened,
    first: (u64, C::Call),
    queue: &mut Queue<C>,
    open: &Open<C::Answer>,
) {
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        _ = write_calls::<C>(writer, first, queue, open) => {}
        _ = read_answers::<C>(reader, open) => {}
    }
}

async fn write_calls<C: Calls>(
    mut writer: impl AsyncWrite + Unpin,
    first: (u64, C::Call),
    queue: &mut Queue<C>,
    open: &Open<C::Answer>,
) -> Result<(), FrameError> {
    let mut waiting = Some(first);
    while let Some((number, call)) = waiting {
        let frame = C::encode(number, &call);
        match timeout(WRITE_WITHIN, write_frame(&mut writer, &frame)).await {
            Ok(written) => written?,
            Err(_) => return Err(FrameError::Cut),
        }
        waiting = next::<C>(queue, open).await;
    }
    Ok(())
}

async fn read_answers<C: Calls>(
    mut reader: impl AsyncRead + Unpin,
    open: &Open<C::Answer>,
) -> Result<(), FrameError> {
    while let Some(frame) = read_frame(&mut reader, C::LARGEST_FRAME).await? {
        // An answer that cannot be read leaves no way to tell whose it is.
        let Ok((number, answer)) = C::decode(&frame) else { return Err(FrameError::Cut) };
        // Nobody waits for the answer of a call that was given up.
        if let Some(waiting) = open.take(number) {
            let _ = waiting.send(Ok(answer));
        }
    }
    Ok(())
}

fn fail_all<A>(open: &Open<A>, error: impl Fn() -> CallError) {
    let all = std::mem::take(&mut *open.all());
    for waiting in all.into_values() {
        let _ = waiting.send(Err(error()));
    }
}

enum NotConnected {
    Unreachable { endpoint: String, source: Arc<io::Error> },
    Refused { endpoint: String, reason: String },
}

impl NotConnected {
    /// Returns the error once more, for the next caller.
    fn again(&self) -> CallError {
        match self {
            NotConnected::Unreachable { endpoint, source } => {
                CallError::Unreachable { endpoint: endpoint.clone(), source: Arc::clone(source) }
            }
            NotConnected::Refused { endpoint, reason } => {
                CallError::Refused { endpoint: endpoint.clone(), reason: reason.clone() }
            }
        }
    }
}
