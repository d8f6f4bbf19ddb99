//! Wake-ups between the parts of a site. A signal only makes a pass run sooner: who listens also has a timer, and what
//! is true stands in the database.
//!
//! In one process the signals travel in memory.

use std::sync::Arc;

use tokio::{
    sync::watch,
    time::{Duration, Instant, timeout_at},
};

/// What changed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Topic {
    /// The console has an action for a site.
    Actions,
    /// The site has a request that is not decided.
    Requests,
    /// The site has a push message for its notification server.
    PushMessages,
    /// An action was cancelled.
    Cancels,
    /// A hop has written events that the console does not have.
    Events,
    /// A device is new, has changed or is gone.
    Devices,
    /// A device came or went.
    Online,
    /// A device has said something about itself that the authority does not have.
    Facts,
    /// The site's rules, collections or policies changed.
    Rules,
}

/// How many topics there are.
const TOPICS: usize = 9;

impl Topic {
    fn index(self) -> usize {
        match self {
            Topic::Actions => 0,
            Topic::Requests => 1,
            Topic::PushMessages => 2,
            Topic::Cancels => 3,
            Topic::Events => 4,
            Topic::Devices => 5,
            Topic::Online => 6,
            Topic::Facts => 7,
            Topic::Rules => 8,
        }
    }
}

/// The signals of one site or console. A clone speaks to the same listeners.
#[derive(Clone, Debug)]
pub struct Wakes {
    topics: Arc<[watch::Sender<()>; TOPICS]>,
}

/// Hears the signals of one topic.
#[derive(Debug)]
pub struct Listener {
    signals: watch::Receiver<()>,
}

/// Why a listener woke.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Woken {
    /// There was at least one signal since it last woke.
    Signal,
    /// The time is up.
    Time,
}

impl Default for Wakes {
    fn default() -> Self {
        Self::new()
    }
}

impl Wakes {
    /// Makes signals that travel in memory.
    pub fn new() -> Self {
        Self { topics: Arc::new(std::array::from_fn(|_| watch::Sender::new(()))) }
    }

    /// Wakes all who listen to `topic`; those who are busy wake at their next wait.
    pub fn wake(&self, topic: Topic) {
        self.topics[topic.index()].send_replace(());
    }

    /// Listens to `topic` from now on.
    pub fn listen(&self, topic: Topic) -> Listener {
        Listener { signals: self.topics[topic.index()].subscribe() }
    }
}

impl Listener {
    /// Waits for a signal, at most until `deadline`. A signal that came since the last wait is not lost.
    pub async fn wait_until(&mut self, deadline: Instant) -> Woken {
        match timeout_at(deadline, self.signals.changed()).await {
            Ok(Ok(())) => Woken::Signal,
            // Nobody is left to signal: the timer stays.
            Ok(Err(_)) => {
                tokio::time::sleep_until(deadline).await;
                Woken::Time
            }
            Err(_) => Woken::Time,
        }
    }

    /// Waits for a signal, at most for `patience`.
    pub async fn wait(&mut self, patience: Duration) -> Woken {
        self.wait_until(Instant::now() + patience).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_signal_wakes_its_topic_and_no_other() {
        let wakes = Wakes::new();
        let mut requests = wakes.listen(Topic::Requests);
        let mut events = wakes.listen(Topic::Events);
        let start = Instant::now();

        wakes.clone().wake(Topic::Requests);
        assert_eq!(requests.wait(MINUTE).await, Woken::Signal);
        assert_eq!(start.elapsed(), Duration::ZERO);

        assert_eq!(events.wait(MINUTE).await, Woken::Time);
        assert_eq!(start.elapsed(), MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn signals_during_work_are_one_wake_up_afterwards() {
        let wakes = Wakes::new();
        let mut listener = wakes.listen(Topic::Devices);
        for _ in 0..1_000 {
            wakes.wake(Topic::Devices);
        }
        assert_eq!(listener.wait(MINUTE).await, Woken::Signal);
        assert_eq!(listener.wait(MINUTE).await, Woken::Time);
    }

    #[tokio::test(start_paused = true)]
    async fn every_listener_hears_and_the_timer_outlives_the_signals() {
        let wakes = Wakes::new();
        let (mut one, mut other) = (wakes.listen(Topic::Rules), wakes.listen(Topic::Rules));
        wakes.wake(Topic::Rules);
        drop(wakes);
        assert_eq!((one.wait(MINUTE).await, other.wait(MINUTE).await), (Woken::Signal, Woken::Signal));
        assert_eq!(one.wait(MINUTE).await, Woken::Time);
    }
}
