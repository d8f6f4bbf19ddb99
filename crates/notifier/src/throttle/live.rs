//! The throttle that a running server goes by.

use tokio::sync::watch;

use super::Throttles;

/// The throttle that a running server goes by. Clones share it: whoever starts the server keeps one, and what it sets
/// holds at once, also for pushes that run.
#[derive(Clone, Debug)]
pub struct LiveThrottles(watch::Sender<Throttles>);

impl LiveThrottles {
    /// Begins with these.
    pub fn new(throttles: Throttles) -> Self {
        Self(watch::Sender::new(throttles))
    }

    /// Returns what holds now.
    pub fn get(&self) -> Throttles {
        self.0.borrow().clone()
    }

    /// Sets what holds from now on.
    pub fn set(&self, throttles: Throttles) {
        self.0.send_replace(throttles);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Throttles> {
        self.0.subscribe()
    }
}

impl From<Throttles> for LiveThrottles {
    fn from(throttles: Throttles) -> Self {
        Self::new(throttles)
    }
}

impl Default for LiveThrottles {
    fn default() -> Self {
        Self::new(Throttles::default())
    }
}
