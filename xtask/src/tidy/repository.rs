//! What the rules look at: the workspace's packages and the files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand};

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 3] = ["target", "node_modules", ".git"];

/// The repository.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
    /// All files, relative to the root, sorted.
    pub(crate) files: Vec<PathBuf>,
}

/// A package of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, relative to the root.
    pub(crate) folder: PathBuf,
    /// What it depends on within the workspace.
    pub(crate) uses: Vec<Use>,
}

/// A dependency on another package of the workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Use {
    pub(crate) name: String,
    pub(crate) tests_only: bool,
}

impl Repository {
    pub(crate) fn open(root: &Path) -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .exec()
            .context("failed to read the workspace with `cargo metadata`")?;
        let packages = metadata
            .packages
            .iter()
            .map(|package| {
                let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
                Ok(Package {
                    name: package.name.to_string(),
                    folder: folder.as_std_path().strip_prefix(root)?.to_owned(),
                    uses: package
                        .dependencies
                        .iter()
                        .filter(|dependency| dependency.path.is_some())
                        .map(|dependency| Use {
                            name: dependency.name.clone(),
                            tests_only: dependency.kind == DependencyKind::Development,
                        })
                        .collect(),
                })
            })
            .collect::<anyhow::Result<Vec<Package>>>()?;
        let mut files = Vec::new();
        collect(root, root, &mut files)?;
        files.sort();

        Ok(Self { root: root.to_owned(), packages, files })
    }

    /// Returns the text of a file, by its path relative to the root.
    pub(crate) fn text(&self, path: impl AsRef<Path>) -> anyhow::Result<String> {
        let path = self.root.join(path);
        fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
    }

    /// Returns the files whose name ends with `.extension`.
    pub(crate) fn files_with(&self, extension: &str) -> impl Iterator<Item = &Path> {
        self.files
            .iter()
            .map(PathBuf::as_path)
            .filter(move |path| path.extension().is_some_and(|ext| ext == extension))
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && !FOREIGN.iter().any(|foreign| entry.file_name() == *foreign) {
            collect(root, &entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path().strip_prefix(root)?.to_owned());
        }
    }
    Ok(())
}
