//! Each package inherits the workspace's lints and lies in a folder of its name.

use toml::Table;

use super::{Finding, Repository};

/// What each `[package]` takes from the workspace.
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

pub(super) fn findings(repository: &Repository) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        let path = package.folder.join("Cargo.toml");
        let place = path.display().to_string();
        findings
            .extend(of(&repository.text(&path)?.parse()?).into_iter().map(|what| Finding::new(&place, what)));
        if !package.folder.ends_with(&package.name) {
            findings.push(Finding::new(&place, format!("the folder is not called `{}`", package.name)));
        }
    }
    Ok(findings)
}

fn of(manifest: &Table) -> Vec<String> {
    let inherits = |table: &str, key: &str| {
        let value = manifest.get(table).and_then(|table| table.get(key));
        let value = if table == key { manifest.get(table) } else { value };
        value.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
    };
    let mut wrong = Vec::new();
    if !inherits("lints", "lints") {
        wrong.push("[lints] is not `workspace = true`".to_owned());
    }
    for key in INHERITED {
        if !inherits("package", key) {
            wrong.push(format!("`{key}` is not the workspace's"));
        }
    }
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(dependencies) = manifest.get(table).and_then(toml::Value::as_table) else { continue };
        for name in dependencies.keys() {
            if !inherits(table, name) {
                wrong.push(format!("the version of `{name}` is not in [workspace.dependencies]"));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_inherited_is_named() {
        let manifest = "[package]\nversion = \"1\"\nedition.workspace = true\nrust-version.workspace = true\n\
                        license.workspace = true\npublish.workspace = true\n\
                        [dependencies]\nbytes = \"1\"\nhttp.workspace = true\n";
        assert_eq!(
            of(&manifest.parse().expect("a manifest")),
            [
                "[lints] is not `workspace = true`",
                "`version` is not the workspace's",
                "the version of `bytes` is not in [workspace.dependencies]"
            ]
        );
    }
}
