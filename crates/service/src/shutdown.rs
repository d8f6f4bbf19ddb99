//! The end of a program: one token that says "finish what you are doing", set by a signal or by its owner.

use std::{io, sync::Arc};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::running::owned;

/// The exit code of a program that was told twice to end, as shells report an interrupt.
const INTERRUPTED: i32 = 130;

/// Tells every part of a program to finish. A clone speaks of the same end.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Cancelled when the program is to end: accept nothing new, finish what is begun, return.
    pub stop: CancellationToken,
    _signals: Option<Arc<AbortOnDropHandle<()>>>,
}

impl Shutdown {
    /// Makes an end that only its owner can bring.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an end that SIGTERM and SIGINT bring. A second signal ends the process at once.
    pub fn on_signals() -> io::Result<Self> {
        let stop = CancellationToken::new();
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let token = stop.clone();
        let watch = owned(async move {
            either(&mut terminate, &mut interrupt).await;
            token.cancel();
            either(&mut terminate, &mut interrupt).await;
            std::process::exit(INTERRUPTED);
        });

        Ok(Self { stop, _signals: Some(Arc::new(watch)) })
    }

    /// Brings the end.
    pub fn begin(&self) {
        self.stop.cancel();
    }

    /// Waits until the end is brought.
    pub async fn begun(&self) {
        self.stop.cancelled().await;
    }

    /// Returns whether the end was brought.
    pub fn has_begun(&self) -> bool {
        self.stop.is_cancelled()
    }
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clone_speaks_of_the_same_end() {
        let shutdown = Shutdown::new();
        assert!(!shutdown.has_begun());
        shutdown.clone().begin();
        shutdown.begun().await;
        assert!(shutdown.has_begun());
    }

    #[tokio::test]
    async fn a_signal_brings_the_end() {
        let shutdown = Shutdown::on_signals().expect("signals");
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM)
            .expect("sent");
        shutdown.begun().await;
    }
}
