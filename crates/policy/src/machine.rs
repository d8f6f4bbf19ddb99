//! The machine as resources see it: programs to run, small files of the system, and the files that policy may change.

mod host;
mod program;

pub use host::{Access, Host};
pub use program::{MOST_OUTPUT, Program, ProgramError, Ran, run};

use std::io;

use crate::{File, FileError};

/// What resources need of a machine: the real one, or one that a test makes up.
pub trait Machine {
    /// Runs a program to its end.
    fn run(&mut self, program: &Program) -> Result<Ran, ProgramError>;

    /// Reads a small file of the system; `None` where it does not exist.
    fn read(&mut self, path: &str) -> io::Result<Option<String>>;

    /// Writes a file of the kernel, below `/proc/sys`.
    fn write(&mut self, path: &str, text: &str) -> io::Result<()>;

    /// Returns whether something stands at a path.
    fn exists(&mut self, path: &str) -> bool;

    /// Returns the resource manifests of the device, with their paths, in the order in which they count.
    fn manifests(&mut self) -> io::Result<Vec<(String, String)>>;

    /// Says what differs from the desired state of a file, without contents.
    fn file_differences(&mut self, file: &File) -> Result<Vec<String>, FileError>;

    /// Brings about the desired state of a file.
    fn set_file(&mut self, file: &File) -> Result<(), FileError>;
}
