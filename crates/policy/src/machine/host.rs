//! This machine.

use std::{
    fs, io,
    io::{Read, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{Machine, Program, ProgramError, Ran, program};
use crate::{File, FileAccess, FileError, Files};

/// The largest file of the system that is read, in bytes; `/etc/passwd` of a large site is far below.
const LARGEST_READ: u64 = 8 << 20;
/// The largest manifest of a resource, in bytes.
const LARGEST_MANIFEST: u64 = 1 << 20;
/// The most manifests that are read.
const MOST_MANIFESTS: usize = 500;
/// Write permission of group and others.
const WRITABLE: u32 = 0o022;

/// What a device's owner allows policy to use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Access {
    /// The files that it may change.
    pub files: FileAccess,
    /// The types of resources that it may use, besides files; `None`: all of them.
    pub types: Option<Vec<String>>,
    /// Folders with resource manifests, the first counts.
    pub resource_path: Vec<PathBuf>,
    /// Microsoft's `dsc`, where documents may ask for it.
    pub dsc: Option<PathBuf>,
}

impl Access {
    /// Folders with resource manifests where the configuration names none.
    pub const RESOURCE_PATH: [&'static str; 2] = ["/etc/tenon/resources", "/usr/lib/tenon/resources"];

    /// Allows nothing.
    pub fn none() -> Self {
        Self::files(FileAccess { root: "/".into(), allow: Vec::new() })
    }

    /// Allows files, and no other type.
    pub fn files(files: FileAccess) -> Self {
        Self { files, types: Some(Vec::new()), resource_path: Vec::new(), dsc: None }
    }

    /// Allows everything that the account of the process can do.
    pub fn all() -> Self {
        Self {
            files: FileAccess { root: "/".into(), allow: vec![crate::DevicePath::root()] },
            types: None,
            resource_path: Self::RESOURCE_PATH.map(PathBuf::from).to_vec(),
            dsc: None,
        }
    }

    /// Returns whether policy may use resources of a type.
    pub fn allows(&self, kind: &str) -> bool {
        kind == File::TYPE
            || kind == "Microsoft.DSC.Debug/Echo"
            || kind == crate::OsInfo::TYPE
            || self.types.as_ref().is_none_or(|types| types.iter().any(|allowed| allowed == kind))
    }
}

/// This machine, for one run over a device's policies.
#[derive(Debug)]
pub struct Host {
    files: Files,
    resource_path: Vec<PathBuf>,
}

impl Host {
    /// Begins a run.
    pub fn new(access: &Access) -> Self {
        Self { files: Files::new(access.files.clone()), resource_path: access.resource_path.clone() }
    }

    /// Returns what was read and hashed of files so far.
    pub fn files(&self) -> &Files {
        &self.files
    }
}

impl Machine for Host {
    fn run(&mut self, program: &Program) -> Result<Ran, ProgramError> {
        program::run(program)
    }

    fn read(&mut self, path: &str) -> io::Result<Option<String>> {
        match fs::File::open(path) {
            Ok(file) => {
                let mut text = String::new();
                file.take(LARGEST_READ).read_to_string(&mut text)?;
                Ok(Some(text))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&mut self, path: &str, text: &str) -> io::Result<()> {
        fs::OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())
    }

    fn exists(&mut self, path: &str) -> bool {
        Path::new(path).exists()
    }

    fn manifests(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut manifests = Vec::new();
        for folder in &self.resource_path {
            let entries = match fs::read_dir(folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let mut paths: Vec<_> = entries
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .filter(|path| path.to_string_lossy().ends_with(".dsc.resource.json"))
                .collect();
            paths.sort();
            for path in paths.into_iter().take(MOST_MANIFESTS) {
                trusted(folder)?;
                trusted(&path)?;
                let mut text = String::new();
                fs::File::open(&path)?.take(LARGEST_MANIFEST).read_to_string(&mut text)?;
                manifests.push((path.to_string_lossy().into_owned(), text));
            }
        }
        Ok(manifests)
    }

    fn file_differences(&mut self, file: &File) -> Result<Vec<String>, FileError> {
        self.files.differences(file)
    }

    fn set_file(&mut self, file: &File) -> Result<(), FileError> {
        self.files.set(file)
    }
}

/// A manifest says what runs with the agent's rights: nobody else may have written it.
fn trusted(path: &Path) -> io::Result<()> {
    let found = fs::metadata(path)?;
    let own = rustix::process::geteuid().as_raw();
    if (found.uid() == 0 || found.uid() == own) && found.mode() & WRITABLE == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{} can be written by others than root; `chown root:root` and `chmod go-w` it",
        path.display()
    )))
}
