//! What is counted at the authority.

use std::time::Duration;

use authority_link::{Answer, Decision};
use service::metrics::Metrics;

/// The authority's counters. A clone counts into the same.
#[derive(Clone, Debug)]
pub(crate) struct Counters(Metrics);

impl Counters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self(metrics.clone())
    }

    /// Counts a call, by its name, with what came of it.
    pub(crate) fn answered(&self, call: &'static str, answer: &Answer, after: Duration) {
        let help = "From the reading of a call to its answer, by call";
        self.0.histogram("tenon_authority_call_seconds", help, &[("call", call)]).observe(after);
        let outcome = outcome(answer);
        let help = "Calls of the site's roles, by call and outcome";
        let labels = [("call", call), ("outcome", outcome)];
        self.0.counter("tenon_authority_calls_total", help, &labels).increment();
        match answer {
            Answer::Decision { decision: Decision::Refused { reason }, .. } => {
                let help = "Requests that the site's rules refused, by reason";
                let labels = [("reason", reason.name())];
                self.0.counter("tenon_authority_refusals_total", help, &labels).increment();
            }
            Answer::Released(released) => {
                let help = "Push tasks that the authority has signed";
                let devices = u64::try_from(released.devices.len()).unwrap_or(u64::MAX);
                self.0.counter("tenon_authority_released_total", help, &[]).add(devices);
            }
            _ => {}
        }
    }
}

fn outcome(answer: &Answer) -> &'static str {
    match answer {
        Answer::Decision { decision: Decision::Refused { .. }, .. }
        | Answer::MayNotRead { .. }
        | Answer::Denied { .. } => "refused",
        Answer::Failed { .. } => "failed",
        _ => "answered",
    }
}

#[cfg(test)]
mod tests {
    use action::Reason;

    use super::*;

    #[test]
    fn calls_are_counted_by_what_came_of_them() {
        let metrics = Metrics::new();
        let counters = Counters::new(&metrics);
        let decision = Decision::Refused { reason: Reason::SiteHalted };
        let refused = Answer::Decision { decision, audit: None };
        counters.answered("decide", &refused, Duration::from_millis(2));
        counters.answered("mirror", &Answer::Done, Duration::ZERO);
        let text = metrics.exposition();
        for line in [
            "tenon_authority_calls_total{call=\"decide\",outcome=\"refused\"} 1",
            "tenon_authority_calls_total{call=\"mirror\",outcome=\"answered\"} 1",
            "tenon_authority_refusals_total{reason=\"site_halted\"} 1",
            "tenon_authority_call_seconds_count{call=\"decide\"} 1",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} in\n{text}");
        }
    }
}
