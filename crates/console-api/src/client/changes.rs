//! Live changes, across broken connections.

use std::{pin::Pin, time::Duration};

use futures_util::{Stream, StreamExt as _};
use reqwest::Method;

use super::{
    call::{Query, attempt},
    sse::Reader,
};
use crate::{Client, ClientError, LiveChange};

/// The pauses before the stream is opened again; the last one stays.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// The console says something every 15 s: a stream that is silent for longer is dead.
const SILENCE: Duration = Duration::from_secs(45);

type Bytes = Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>;

/// The tenant's changes, as they happen. Opens its connection again where it breaks, and misses nothing: it names the
/// last change that it saw.
pub struct LiveChanges {
    client: Client,
    last: Option<u64>,
    open: Option<(Bytes, Reader)>,
    failures: usize,
}

impl std::fmt::Debug for LiveChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveChanges").field("last", &self.last).finish_non_exhaustive()
    }
}

impl Client {
    /// Follows the tenant's changes: those after the change `after`, or from now on.
    pub fn changes(&self, after: Option<u64>) -> LiveChanges {
        LiveChanges { client: self.clone(), last: after, open: None, failures: 0 }
    }
}

impl LiveChanges {
    /// Opens the stream, so that no change from now on is missed. [`LiveChanges::next`] does it as well.
    ///
    /// # Errors
    ///
    /// Where the console refuses or cannot be reached.
    pub async fn open(&mut self) -> Result<(), ClientError> {
        let url = self.client.url("api/v1/events", &Query::new());
        let attempt = attempt(&Method::GET, &url);
        let mut request = self.client.request(Method::GET, url).header("accept", "text/event-stream");
        if let Some(last) = self.last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = self.client.send(request, &attempt).await?;
        self.open = Some((Box::pin(response.bytes_stream()), Reader::default()));
        Ok(())
    }

    /// Waits for the next change.
    ///
    /// # Errors
    ///
    /// Where the console refuses; what trying again can mend is tried again, for as long as it takes.
    pub async fn next(&mut self) -> Result<LiveChange, ClientError> {
        loop {
            if self.open.is_none() {
                match self.open().await {
                    Ok(()) => {}
                    Err(error) if error.is_transient() => {
                        self.pause().await;
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            match self.read().await {
                Some(change) => {
                    self.failures = 0;
                    self.last = Some(change.id);
                    return Ok(change);
                }
                None => {
                    self.open = None;
                    self.pause().await;
                }
            }
        }
    }

    /// Reads the next change of the open stream; `None` where the stream ended or is dead.
    async fn read(&mut self) -> Option<LiveChange> {
        let (bytes, reader) = self.open.as_mut()?;
        loop {
            while let Some(event) = reader.next() {
                let id = event.id.and_then(|id| id.parse().ok());
                // A change of a kind that this version does not know is skipped.
                if let (Some(id), Ok(change)) = (id, serde_json::from_str(&event.data)) {
                    return Some(LiveChange { id, change });
                }
            }
            let part = tokio::time::timeout(SILENCE, bytes.next()).await.ok()??.ok()?;
            reader.push(&part).ok()?;
        }
    }

    async fn pause(&mut self) {
        let pause = PAUSES[self.failures.min(PAUSES.len() - 1)];
        self.failures += 1;
        tokio::time::sleep(pause).await;
    }
}
