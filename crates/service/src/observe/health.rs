//! Whether a program can do its work, asked of each part that it needs.

use std::{fmt, pin::Pin, time::Duration};

use serde::Serialize;
use tokio::time::timeout;

/// How long one check may take: probes wait for some seconds at most.
const WITHIN: Duration = Duration::from_secs(2);

type Asked = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Ask = Box<dyn Fn() -> Asked + Send + Sync>;
type Measured = Pin<Box<dyn Future<Output = ()> + Send>>;
type Measure = Box<dyn Fn() -> Measured + Send + Sync>;

/// What a program needs for its work, and what is measured at each look.
#[derive(Default)]
pub struct Health {
    checks: Vec<(&'static str, Ask)>,
    measures: Vec<Measure>,
}

/// Whether a program can do its work.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Ready {
    /// Whether all checks passed.
    pub ready: bool,
    /// The checks.
    pub checks: Vec<Told>,
}

/// One check.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Told {
    /// Its name.
    pub name: &'static str,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// Adds a check. The reason that it gives is read by everybody who may reach the listener: it names no secret.
    #[must_use]
    pub fn check<F: Future<Output = Result<(), String>> + Send + 'static>(
        mut self,
        name: &'static str,
        ask: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        self.checks.push((name, Box::new(move || Box::pin(ask()))));
        self
    }

    /// Adds a measurement, which is taken before metrics are read.
    #[must_use]
    pub fn measured<F: Future<Output = ()> + Send + 'static>(
        mut self,
        measure: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        self.measures.push(Box::new(move || Box::pin(measure())));
        self
    }

    /// Asks each part.
    pub async fn told(&self) -> Ready {
        let mut checks = Vec::with_capacity(self.checks.len());
        for (name, ask) in &self.checks {
            let answer = timeout(WITHIN, ask()).await;
            let late = || Err(format!("no answer within {} s", WITHIN.as_secs()));
            checks.push(Told { name, reason: answer.unwrap_or_else(|_| late()).err() });
        }
        Ready { ready: checks.iter().all(|check| check.reason.is_none()), checks }
    }

    /// Takes the measurements.
    pub(super) async fn measure(&self) {
        for measure in &self.measures {
            // What takes longer is taken at the next look.
            let _ = timeout(WITHIN, measure()).await;
        }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.checks.iter().map(|(name, _)| name)).finish()
    }
}
