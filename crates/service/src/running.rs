//! A program that has started: where it listens, and the tasks that it consists of.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    task::{JoinError, JoinSet},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use crate::shutdown::Shutdown;

/// How long the parts of a program may take to finish once they are told: a batch to its commit, a request to its
/// answer. systemd kills after 90 s.
pub const DRAIN: Duration = Duration::from_secs(20);

/// A program that has started. Dropping it aborts its tasks.
#[derive(Debug)]
#[must_use = "a program ends when this is dropped"]
pub struct Running {
    /// Where it listens, where it does.
    pub address: Option<SocketAddr>,
    shutdown: Shutdown,
    tasks: JoinSet<&'static str>,
}

/// Why a program ended other than by its shutdown.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A part returned although nobody asked for the end.
    #[error("the part `{part}` ended by itself")]
    Ended {
        /// Its name.
        part: &'static str,
    },
    /// A part panicked.
    #[error("a part of the program failed")]
    Failed {
        /// The panic.
        source: JoinError,
    },
    /// Parts did not finish in time and were aborted.
    #[error("{parts} parts did not finish within {} s", DRAIN.as_secs())]
    Stuck {
        /// How many.
        parts: usize,
    },
}

impl Running {
    /// Makes a program without parts.
    pub fn new(address: Option<SocketAddr>, shutdown: Shutdown) -> Self {
        Self { address, shutdown, tasks: JoinSet::new() }
    }

    /// Starts a part, which ends by itself once the shutdown has begun.
    pub fn part(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(async move {
            work.await;
            name
        });
    }

    /// Returns the shutdown that ends this program.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Waits until the program has ended. A part that ends by itself or panics begins the shutdown of the others.
    pub async fn join(mut self) -> Result<(), RunError> {
        let outcome = self.begun().await;
        self.shutdown.begin();
        match timeout(DRAIN, self.drain()).await {
            Ok(Ok(())) => outcome,
            Ok(Err(source)) => outcome.and(Err(RunError::Failed { source })),
            Err(_) => {
                let parts = self.tasks.len();
                self.tasks.shutdown().await;
                outcome.and(Err(RunError::Stuck { parts }))
            }
        }
    }

    /// Waits for the shutdown, or for a part that does not.
    async fn begun(&mut self) -> Result<(), RunError> {
        tokio::select! {
            biased;
            () = self.shutdown.begun() => Ok(()),
            Some(part) = self.tasks.join_next() => match part {
                Ok(part) => Err(RunError::Ended { part }),
                Err(source) => Err(RunError::Failed { source }),
            },
        }
    }

    async fn drain(&mut self) -> Result<(), JoinError> {
        let mut outcome = Ok(());
        while let Some(part) = self.tasks.join_next().await {
            if let Err(source) = part {
                outcome = Err(source);
            }
        }
        outcome
    }
}

/// Starts a task that ends when its handle is dropped: the way to start one outside a [`JoinSet`].
pub fn owned<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> AbortOnDropHandle<T> {
    AbortOnDropHandle::new(tokio::spawn(work))
}

/// Tells systemd that the program is ready, where systemd started it.
pub fn tell_ready() {
    // Without systemd there is nobody to tell.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_program_ends_when_its_parts_have_finished() {
        let shutdown = Shutdown::new();
        let mut running = Running::new(None, shutdown.clone());
        let token = shutdown.clone();
        running.part("worker", async move {
            token.begun().await;
            tokio::time::sleep(DRAIN / 2).await;
        });
        shutdown.begin();
        running.join().await.expect("it finished in time");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_ends_by_itself_ends_the_others() {
        let shutdown = Shutdown::new();
        let mut running = Running::new(None, shutdown.clone());
        let token = shutdown.clone();
        running.part("steady", async move { token.begun().await });
        running.part("weak", async {});
        let error = running.join().await.expect_err("a part ended");
        assert!(matches!(error, RunError::Ended { part: "weak" }), "{error}");
        assert!(shutdown.has_begun());
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_finish_is_aborted_and_counted() {
        let shutdown = Shutdown::new();
        let mut running = Running::new(None, shutdown.clone());
        running.part("stuck", std::future::pending());
        shutdown.begin();
        assert!(matches!(running.join().await, Err(RunError::Stuck { parts: 1 })));
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_an_error_of_the_program() {
        let mut running = Running::new(None, Shutdown::new());
        running.part("panics", async { panic!("on purpose") });
        assert!(matches!(running.join().await, Err(RunError::Failed { .. })));
    }
}
