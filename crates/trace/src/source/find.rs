//! Walks the paths that were given.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::name;

/// The most files of one reading: a site's and some thousand clients'.
const MOST_FILES: usize = 20_000;
/// Folders within folders: log collections are flat.
const DEEPEST: usize = 16;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Files, parts of a rotated log behind each other, oldest first.
    pub files: Vec<PathBuf>,
    /// What could not be looked at, as (path, why).
    pub notes: Vec<(String, String)>,
}

/// Finds logs: each file that was named, and in folders those with a known name and archives.
pub fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => folder(path, 0, &mut found),
            Ok(metadata) if metadata.is_file() => found.files.push(path.clone()),
            Ok(_) => found.notes.push((path.display().to_string(), "is neither a file nor a folder".into())),
            Err(error) => found.notes.push((path.display().to_string(), format!("cannot be read: {error}"))),
        }
    }
    if found.files.len() > MOST_FILES {
        let left = found.files.len() - MOST_FILES;
        found.notes.push((String::new(), format!("{left} files beyond the first {MOST_FILES} are not read")));
        found.files.truncate(MOST_FILES);
    }
    found.files.sort_by_cached_key(|path| {
        let shown = path.display().to_string();
        (name::name(&shown), shown)
    });
    found.files.dedup();
    found
}

fn folder(path: &Path, depth: usize, found: &mut Found) {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            found.notes.push((path.display().to_string(), format!("cannot be read: {error}")));
            return;
        }
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        // Links are followed for files only: a folder that holds itself would never end.
        let Ok(metadata) = fs::symlink_metadata(&entry) else { continue };
        if metadata.is_dir() {
            if depth < DEEPEST {
                folder(&entry, depth + 1, found);
            } else {
                found
                    .notes
                    .push((entry.display().to_string(), format!("lies more than {DEEPEST} folders deep")));
            }
        } else if entry.is_file()
            && (name::name(&entry.display().to_string()).is_some() || is_archive(&entry))
        {
            found.files.push(entry);
        }
        if found.files.len() > MOST_FILES {
            return;
        }
    }
}

fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}
