//! `cargo xtask web`: the admin center's page, from `web/` into `web/dist`. It is built again only when something that goes
//! into it has changed.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    process::Command,
};

use anyhow::{Context as _, bail};

use crate::shell;

/// The folder of the page's stories in a real browser.
pub(crate) const STORIES: &str = "e2e/page";

/// The folder of the OpenID Connect provider of the sign-in stories.
pub(crate) const PROVIDER: &str = "e2e/oidc";
/// The folder of the script that speaks to Microsoft Graph.
pub(crate) const GRAPH: &str = "e2e/graph";

/// Tells cargo which page a release build carries; `crates/console/src/assets.rs` reads it.
pub(crate) const PAGE: &str = "TENON_PAGE";

/// The oldest Node.js that the build tool of the page runs on.
const OLDEST_NODE: u32 = 20;

const PAGE_FOLDER: &str = "web";
const GENERATOR: &str = "web/client-generator";
/// Beside what was built or installed: the hash of what it was made from.
const STAMP: &str = ".made-from";
/// What the page is built from, beside its packages.
const SOURCES: [&str; 7] = [
    "web/src",
    "web/index.html",
    "web/compress.mjs",
    "web/package-lock.json",
    "web/tsconfig.json",
    "web/vite.config.ts",
    "docs/openapi.json",
];

/// Builds the page, where it is not built already; returns the hash of what it is made from.
pub(crate) fn build() -> anyhow::Result<String> {
    let wanted = hash(shell::root(), &SOURCES)?;
    let stamp = shell::root().join(PAGE_FOLDER).join("dist").join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(wanted);
    }
    generate()?;
    shell::run(npm(PAGE_FOLDER).args(["run", "--silent", "build"]))?;
    fs::write(&stamp, &wanted).with_context(|| format!("failed to write {}", stamp.display()))?;
    Ok(wanted)
}

/// Runs the page's own tests.
pub(crate) fn test() -> anyhow::Result<()> {
    generate()?;
    shell::run(npm(PAGE_FOLDER).args(["run", "--silent", "test"]))
}

/// Installs the packages that a folder's lock file names, where they are not there already.
pub(crate) fn install(folder: &str) -> anyhow::Result<()> {
    node()?;
    let wanted = hash(shell::root(), &[&format!("{folder}/package-lock.json")])?;
    let stamp = shell::root().join(folder).join("node_modules").join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    shell::run(npm(folder).args(["ci", "--ignore-scripts"]))?;
    fs::write(&stamp, &wanted).with_context(|| format!("failed to write {}", stamp.display()))
}

/// Writes the types of the API's client from its description.
fn generate() -> anyhow::Result<()> {
    install(PAGE_FOLDER)?;
    install(GENERATOR)?;
    shell::run(npm(GENERATOR).args(["run", "--silent", "generate"]))
}

fn npm(folder: &str) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(shell::root().join(folder));
    npm
}

fn node() -> anyhow::Result<()> {
    let fix = format!("the admin center's page is built with Node.js {OLDEST_NODE} or newer, with npm");
    let version = shell::output(Command::new("node").arg("--version")).context(fix.clone())?;
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("{fix}; this is {}", version.trim()),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Returns a hash of the names and contents of files, and of all files in folders.
fn hash(root: &Path, paths: &[&str]) -> anyhow::Result<String> {
    let mut files = BTreeMap::new();
    for path in paths {
        collect(root, path, &mut files)?;
    }
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(root: &Path, path: &str, files: &mut BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let whole = root.join(path);
    let failed = || format!("failed to read {}", whole.display());
    if !whole.is_dir() {
        files.insert(path.to_owned(), fs::read(&whole).with_context(failed)?);
        return Ok(());
    }
    for entry in fs::read_dir(&whole).with_context(failed)? {
        let name = entry.with_context(failed)?.file_name();
        // Written by the build itself, from the description of the API.
        if name != "generated" {
            collect(root, &format!("{path}/{}", name.to_string_lossy()), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_changes_with_names_and_contents_and_with_nothing_else() {
        let folder = std::env::temp_dir().join(format!("tenon-xtask-web-{}", std::process::id()));
        fs::create_dir_all(folder.join("src/generated")).expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file");
        let hash = || hash(&folder, &["src"]).expect("a hash");
        write("src/a.ts", "1");
        let first = hash();
        write("src/generated/schema.ts", "types");
        assert_eq!(first, hash());
        write("src/a.ts", "2");
        assert_ne!(first, hash());
        write("src/a.ts", "1");
        fs::rename(folder.join("src/a.ts"), folder.join("src/b.ts")).expect("renamed");
        assert_ne!(first, hash());
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!([major("v20.20.2\n"), major("v6"), major("node")], [Some(20), Some(6), None]);
    }
}
