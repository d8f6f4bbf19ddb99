//! A dependency that no source names is not declared.

use std::{collections::BTreeSet, path::Path};

use toml::Table;

use super::{Finding, Repository, lexer::words};

pub(super) fn findings(repository: &Repository) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        let path = package.folder.join("Cargo.toml");
        let named = names_in(repository, &package.folder)?;
        for unused in unused(&repository.text(&path)?.parse()?, &named) {
            findings.push(Finding::new(path.display().to_string(), format!("no source uses `{unused}`")));
        }
    }
    Ok(findings)
}

/// Returns every word of a package's sources.
fn names_in(repository: &Repository, folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for source in repository.files_with("rs").filter(|path| path.starts_with(folder)) {
        names.extend(words(&repository.text(source)?).into_iter().map(|word| word.text.to_owned()));
    }
    Ok(names)
}

fn unused(manifest: &Table, named: &BTreeSet<String>) -> Vec<String> {
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .into_iter()
        .filter_map(|table| manifest.get(table).and_then(toml::Value::as_table))
        .flat_map(Table::keys)
        .filter(|name| !named.contains(&name.replace('-', "_")))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_used_by_its_name() {
        let manifest = "[dependencies]\nsite-link.workspace = true\nbytes.workspace = true\n\
                        [dev-dependencies]\ntempfile.workspace = true\n";
        let named = ["site_link", "tempfile"].map(str::to_owned).into();
        assert_eq!(unused(&manifest.parse().expect("a manifest"), &named), ["bytes"]);
    }
}
