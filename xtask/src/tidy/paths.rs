//! The documents name only what exists.

use std::path::{Path, PathBuf};

use super::{Finding, Repository};

/// How a path of the repository begins where a text names it between backticks.
const BEGINNINGS: [&str; 9] =
    ["crates/", "docs/", "xtask/", "e2e/", "bench/", "fuzz/", "packaging/", "web/", ".ci/"];

pub(super) fn findings(repository: &Repository) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for document in repository.files_with("md") {
        let text = repository.text(document)?;
        let folder = document.parent().unwrap_or(Path::new(""));
        let named = quoted(&text).map(PathBuf::from).chain(linked(&text).map(|link| folder.join(link)));
        for path in named {
            if !repository.root.join(&path).exists() {
                let what = format!("names `{}`, which does not exist", path.display());
                findings.push(Finding::new(document.display().to_string(), what));
            }
        }
    }
    Ok(findings)
}

/// Returns the paths that stand between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|quoted| {
        BEGINNINGS.iter().any(|beginning| quoted.starts_with(beginning))
            && quoted.chars().all(|next| next.is_ascii_alphanumeric() || "/._-".contains(next))
            // The number and title of a record that is yet to be written.
            && !quoted.contains("NNNN")
    })
}

/// Returns the relative targets of the links.
fn linked(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|link| link.split('#').next().unwrap_or_default())
        .filter(|link| !link.is_empty() && !link.contains("://") && !link.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_backticks_and_links() {
        let text = "See `crates/a/src/x.rs`, `x.rs`, `docs/<wire>.md` and `docs/decisions/NNNN-title.md`.\n\
                    [a](docs/a.md#top) [b](https://example.org/x) [c](#here)";
        assert_eq!(quoted(text).collect::<Vec<_>>(), ["crates/a/src/x.rs"]);
        assert_eq!(linked(text).collect::<Vec<_>>(), ["docs/a.md"]);
    }
}
