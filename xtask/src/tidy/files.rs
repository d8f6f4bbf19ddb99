//! A file is read in one sitting, and its name says what happens in it.

use std::path::Path;

use super::{Finding, Repository};

/// The most lines of a file; look twice at 300.
const MOST_LINES: usize = 500;

/// Names that say nothing.
const EMPTY_NAMES: [&str; 7] = ["utils", "util", "helpers", "helper", "manager", "common", "misc"];

pub(super) fn findings(repository: &Repository) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let written = ["rs", "ts", "tsx"].into_iter().flat_map(|extension| repository.files_with(extension));
    for path in written.filter(|path| !is_generated(path)) {
        let place = path.display().to_string();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if EMPTY_NAMES.contains(&name) {
            findings.push(Finding::new(&place, format!("`{name}` does not say what happens in the file")));
        }
        let lines = repository.text(path)?.lines().count();
        if lines > MOST_LINES && !is_test(path) {
            findings.push(Finding::new(
                &place,
                format!("has {lines} lines, more than {MOST_LINES}: look for a second subject"),
            ));
        }
    }
    Ok(findings)
}

/// Returns whether a file holds nothing but tests.
pub(super) fn is_test(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == "tests.rs" || name.contains(".test.") || path.components().any(|part| part.as_os_str() == "tests")
}

fn is_generated(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "generated")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_apart() {
        for (path, expected) in [
            ("crates/a/src/log/tests.rs", true),
            ("crates/a/tests/x.rs", true),
            ("crates/a/src/tests/x.rs", true),
            ("web/src/x.test.ts", true),
            ("crates/a/src/latest.rs", false),
        ] {
            assert_eq!(is_test(Path::new(path)), expected, "{path}");
        }
    }
}
