//! One order everywhere: that in which a device action meets the crates.

use toml::Table;

use super::{Finding, Repository};

/// Where the order is told a second time, and the heading of the section; a file may be without that section.
const TOLD: [(&str, &str); 2] =
    [("README.md", "## The path of an action"), ("ARCHITECTURE.md", "## Code map")];

pub(super) fn findings(repository: &Repository) -> anyhow::Result<Vec<Finding>> {
    let members = members(&repository.text("Cargo.toml")?.parse()?);
    let mut findings = Vec::new();
    for (file, heading) in TOLD {
        let text = repository.text(file)?;
        let Some(section) = section(&text, heading) else { continue };
        if let Some(what) = difference(&members, &mentioned(section)) {
            findings.push(Finding::new(file, format!("under `{heading}`, {what}")));
        }
    }
    Ok(findings)
}

fn members(manifest: &Table) -> Vec<String> {
    let members =
        manifest.get("workspace").and_then(|table| table.get("members")).and_then(toml::Value::as_array);
    members
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
        .filter(|member| member.starts_with("crates/"))
        .map(str::to_owned)
        .collect()
}

/// Returns the text from below the heading to the next heading of its level.
fn section<'a>(text: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("{heading}\n"))?;
    Some(rest.split_once("\n## ").map_or(rest, |(section, _)| section))
}

/// Returns the crates' folders in the order of their first mention.
fn mentioned(section: &str) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    for rest in section.split("crates/").skip(1) {
        let name: String =
            rest.chars().take_while(|next| next.is_ascii_lowercase() || *next == '-').collect();
        let folder = format!("crates/{name}");
        if !name.is_empty() && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

fn difference(members: &[String], mentioned: &[String]) -> Option<String> {
    if let Some(missing) = members.iter().find(|member| !mentioned.contains(member)) {
        return Some(format!("`{missing}` is missing"));
    }
    let (member, mention) = members.iter().zip(mentioned).find(|(member, mention)| member != mention)?;
    Some(format!("`{mention}` stands where the members of Cargo.toml have `{member}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_order_is_named() {
        let check = |text: &str| {
            let members = ["crates/action".to_owned(), "crates/site-link".to_owned()];
            section(text, "## Map").and_then(|section| difference(&members, &mentioned(section)))
        };
        assert_eq!(check("## Map\n`crates/action` x `crates/site-link/src` `crates/action`\n"), None);
        let swapped = check("## Map\n`crates/site-link` x `crates/action`\n").expect("another order");
        assert_eq!(swapped, "`crates/site-link` stands where the members of Cargo.toml have `crates/action`");
        let missing =
            check("## Map\n`crates/action`\n\n## Other\n`crates/site-link`\n").expect("one is missing");
        assert_eq!(missing, "`crates/site-link` is missing");
        assert_eq!(check("no such section"), None);
    }
}
