//! Counters, gauges and histograms, and the text that Prometheus and its kin read.

mod histogram;
mod process;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

pub use histogram::Histogram;
pub(crate) use process::append as append_process;

/// The metrics of a program. A clone holds the same.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    families: Arc<Mutex<BTreeMap<&'static str, Family>>>,
}

/// A number that only grows.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

/// A number that goes up and down.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

#[derive(Debug)]
struct Family {
    help: &'static str,
    /// By its labels, as they are written.
    series: BTreeMap<String, Series>,
}

#[derive(Clone, Debug)]
enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds `count`.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Returns the number.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// Adds `change`, which may be negative.
    pub fn add(&self, change: i64) {
        self.0.fetch_add(change, Ordering::Relaxed);
    }

    /// Sets the number.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Returns the number.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Metrics {
    /// Makes a program's metrics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the counter of that name and those labels; a new one starts at 0. The name ends with its unit and
    /// `_total`, the values of labels come from closed lists.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Counter {
        match self.series(name, help, labels, || Series::Counter(Counter::default())) {
            Series::Counter(counter) => counter,
            // A name that is used for two kinds is a mistake in the program; the number is kept, not shown.
            Series::Gauge(_) | Series::Histogram(_) => Counter::default(),
        }
    }

    /// Returns the gauge of that name and those labels; a new one starts at 0.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Gauge {
        match self.series(name, help, labels, || Series::Gauge(Gauge::default())) {
            Series::Gauge(gauge) => gauge,
            Series::Counter(_) | Series::Histogram(_) => Gauge::default(),
        }
    }

    /// Returns the histogram of that name and those labels; a new one is empty. The name ends with `_seconds`.
    pub fn histogram(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Histogram {
        match self.series(name, help, labels, || Series::Histogram(Histogram::default())) {
            Series::Histogram(histogram) => histogram,
            Series::Counter(_) | Series::Gauge(_) => Histogram::default(),
        }
    }

    fn series(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
        new: impl FnOnce() -> Series,
    ) -> Series {
        let mut families = self.families();
        let family = families.entry(name).or_insert_with(|| Family { help, series: BTreeMap::new() });
        family.series.entry(written(labels)).or_insert_with(new).clone()
    }

    /// Returns all metrics in the text format of Prometheus (version 0.0.4).
    pub fn exposition(&self) -> String {
        let mut text = String::new();
        for (name, family) in &*self.families() {
            let kind = match family.series.values().next() {
                Some(Series::Counter(_)) => "counter",
                Some(Series::Gauge(_)) => "gauge",
                Some(Series::Histogram(_)) => "histogram",
                None => continue,
            };
            let _ = writeln!(text, "# HELP {name} {}", family.help);
            let _ = writeln!(text, "# TYPE {name} {kind}");
            for (labels, series) in &family.series {
                let value = match series {
                    Series::Counter(counter) => counter.value().to_string(),
                    Series::Gauge(gauge) => gauge.value().to_string(),
                    Series::Histogram(histogram) => {
                        histogram.write(&mut text, name, labels);
                        continue;
                    }
                };
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        }
        text
    }

    fn families(&self) -> MutexGuard<'_, BTreeMap<&'static str, Family>> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn written(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_what_scrapers_read() {
        let metrics = Metrics::new();
        let closed = |reason| {
            metrics.clone().counter(
                "tenon_connections_closed_total",
                "Connections closed",
                &[("reason", reason)],
            )
        };
        closed("silent").add(2);
        closed("too \"long\"").increment();
        closed("silent").increment();
        metrics.gauge("tenon_connections", "Connections open", &[]).set(7);

        assert_eq!(
            metrics.exposition(),
            "# HELP tenon_connections Connections open\n\
             # TYPE tenon_connections gauge\n\
             tenon_connections 7\n\
             # HELP tenon_connections_closed_total Connections closed\n\
             # TYPE tenon_connections_closed_total counter\n\
             tenon_connections_closed_total{reason=\"silent\"} 3\n\
             tenon_connections_closed_total{reason=\"too \\\"long\\\"\"} 1\n"
        );
    }
}
