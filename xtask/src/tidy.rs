//! `cargo xtask tidy`: rules of the repository that no compiler knows. They are part of the tests.

mod repository;
mod layers;
mod manifests;
mod order;
mod paths;
mod protocol;
mod files;
mod lexer;
mod code;
mod unused;
mod built;

use std::fmt;

use anyhow::bail;

pub(crate) use repository::Repository;

use crate::shell;

/// A place that breaks a rule.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Finding {
    /// The file, or the crate.
    place: String,
    /// What is wrong, and what to do.
    what: String,
}

impl Finding {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

pub(crate) fn run() -> anyhow::Result<()> {
    let findings = findings(&Repository::open(shell::root())?)?;
    for finding in &findings {
        shell::say(&finding.to_string())?;
    }
    match findings.len() {
        0 => shell::say("The repository is tidy."),
        count => bail!("{count} places break the rules of the repository"),
    }
}

fn findings(repository: &Repository) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    findings.extend(layers::findings(repository));
    findings.extend(manifests::findings(repository)?);
    findings.extend(order::findings(repository)?);
    findings.extend(paths::findings(repository)?);
    findings.extend(protocol::findings(repository));
    findings.extend(files::findings(repository)?);
    findings.extend(code::findings(repository)?);
    findings.extend(unused::findings(repository)?);
    findings.extend(built::findings()?);
    findings.sort();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let repository = Repository::open(shell::root()).expect("a repository");
        let findings = findings(&repository).expect("a readable repository");
        let list: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(findings.is_empty(), "run `cargo xtask tidy`:\n{}", list.join("\n"));
    }
}
