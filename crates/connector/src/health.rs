//! How the site is, for the console: looked at when it asks, and not more often than it changes.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use service::{
    check::{Check, Outcome},
    clock,
};
use site_link::HealthCheck;
use tokio::{sync::Mutex, time::Instant};

/// How long an answer is given again: people who look at one page cause one look at the site.
const FRESH_FOR: Duration = Duration::from_secs(30);

type Looking = Pin<Box<dyn Future<Output = Vec<Check>> + Send>>;

/// Looks at the site: whoever starts the connector knows what belongs to it.
#[derive(Clone)]
pub struct HealthSource(Arc<dyn Fn() -> Looking + Send + Sync>);

impl HealthSource {
    /// Makes a source of a function that makes the checks.
    pub fn new<F, L>(look: L) -> Self
    where
        F: Future<Output = Vec<Check>> + Send + 'static,
        L: Fn() -> F + Send + Sync + 'static,
    {
        Self(Arc::new(move || Box::pin(look())))
    }
}

impl fmt::Debug for HealthSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HealthSource")
    }
}

/// What was found last, and who looks again. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    source: Option<HealthSource>,
    last: Arc<Mutex<Option<(Instant, site_link::Health)>>>,
}

impl Health {
    pub(crate) fn new(source: Option<HealthSource>) -> Self {
        Self { source, last: Arc::default() }
    }

    /// Returns how the site is: as of now, or of a moment ago.
    pub(crate) async fn now(&self) -> site_link::Health {
        // Whoever asks while somebody looks waits for the same answer.
        let mut last = self.last.lock().await;
        if let Some((at, health)) = &*last
            && at.elapsed() < FRESH_FOR
        {
            return health.clone();
        }
        let checks = match &self.source {
            Some(HealthSource(look)) => look().await,
            None => Vec::new(),
        };
        let health = site_link::Health { at: clock::now(), checks: checks.into_iter().map(told).collect() };
        *last = Some((Instant::now(), health.clone()));
        health
    }
}

fn told(check: Check) -> HealthCheck {
    let outcome = match check.outcome {
        Outcome::Good => "good",
        Outcome::Warning => "warning",
        Outcome::Failed => "failed",
    };
    let (name, fix) = (check.name.to_owned(), check.fix.to_owned());
    HealthCheck { name, outcome: outcome.to_owned(), found: check.found, fix }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use service::check::failed;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_cause_one_look_until_it_is_old() {
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&looks);
        let health = Health::new(Some(HealthSource::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            async { vec![failed("disk", "it is full", "make room")] }
        })));
        let (first, second) = tokio::join!(health.now(), health.now());
        assert_eq!(first, second);
        let check = &first.checks[0];
        assert_eq!(
            (check.name.as_str(), check.outcome.as_str(), check.fix.as_str()),
            ("disk", "failed", "make room")
        );
        assert_eq!(looks.load(Ordering::SeqCst), 1);
        tokio::time::advance(FRESH_FOR).await;
        health.now().await;
        assert_eq!(looks.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn without_anybody_who_looks_nothing_is_told() {
        assert_eq!(Health::new(None).now().await.checks, []);
    }
}
