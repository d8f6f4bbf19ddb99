//! Each wire has its page.

use std::path::Path;

use super::{Finding, Repository};

/// The crates that are wires between two programs.
pub(super) const WIRES: [&str; 4] = ["site-link", "authority-link", "device-channel", "management-link"];

pub(super) fn findings(repository: &Repository) -> Vec<Finding> {
    WIRES
        .iter()
        .filter(|wire| {
            let page = format!("docs/protocol/{wire}.md");
            !repository.files.iter().any(|file| file == Path::new(&page))
        })
        .map(|wire| Finding::new(*wire, format!("has no page docs/protocol/{wire}.md")))
        .collect()
}
