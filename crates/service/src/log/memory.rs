//! Logs in memory, for tests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::Line;

/// The most lines that are kept: the oldest make room.
const MOST_LINES: usize = 100_000;

/// The lines of a log that is kept in memory.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    kept: Arc<Mutex<VecDeque<Line>>>,
    written: Arc<watch::Sender<()>>,
}

impl Lines {
    /// Returns the texts of all lines.
    pub fn texts(&self) -> Vec<String> {
        self.kept().iter().map(|line| line.text.clone()).collect()
    }

    /// Returns all lines.
    pub fn all(&self) -> Vec<Line> {
        self.kept().iter().cloned().collect()
    }

    /// Waits for a line whose text contains `part`, and returns the first.
    pub async fn containing(&self, part: &str) -> Line {
        let mut written = self.written.subscribe();
        loop {
            if let Some(line) = self.kept().iter().find(|line| line.text.contains(part)) {
                return line.clone();
            }
            // The sender lives as long as this does.
            let _ = written.changed().await;
        }
    }

    pub(super) fn push(&self, line: Line) {
        let mut kept = self.kept();
        if kept.len() == MOST_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
        drop(kept);
        self.written.send_replace(());
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Line>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
