//! One real program, as a process.

use std::{
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};
use tokio::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take to end after it was asked to.
const END_WITHIN: Duration = Duration::from_secs(30);

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    output: PathBuf,
}

/// Returns the path of a program of this workspace, beside the running test.
///
/// # Panics
///
/// When it was not built.
pub fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a program knows its own path");
    // A test lies in target/PROFILE/deps, a benchmark in target/PROFILE.
    let folder = own.parent().expect("a program lies in a folder");
    let folder = if folder.ends_with("deps") { folder.parent().expect("target/PROFILE") } else { folder };
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} was not built: run `cargo xtask test`, or `cargo build --bins` first",
        path.display()
    );
    path
}

impl Program {
    /// Starts a program; what it prints goes into `NAME.out` in `folder`.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start<I, S>(name: &str, binary: &Path, args: I, folder: &Path) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let output = folder.join(format!("{name}.out"));
        let out = File::options().create(true).append(true).open(&output).expect("a file for the output");
        let err = out.try_clone().expect("a second handle on the output");
        let child = Command::new(binary)
            .args(args)
            .env_remove("TENON_SITE")
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap_or_else(|error| panic!("failed to start {}: {error}", binary.display()));
        Self { name: name.to_owned(), child, output }
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the program at once, as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Freezes the program: it hangs, and its connections stay.
    pub fn freeze(&self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::STOP);
    }

    /// Lets a frozen program go on.
    pub fn thaw(&self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::CONT);
    }

    /// Asks the program to end (SIGTERM) and returns how it did.
    ///
    /// # Panics
    ///
    /// When it has not ended within 30 seconds.
    pub fn terminate(&mut self) -> ExitStatus {
        let pid = Pid::from_child(&self.child);
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::TERM);
        self.wait()
    }

    /// Waits until the program has ended by itself.
    ///
    /// # Panics
    ///
    /// When it has not ended within 30 seconds.
    pub fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                return status;
            }
            assert!(
                start.elapsed() < END_WITHIN,
                "{} did not end; it printed:\n{}",
                self.name,
                self.printed()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns whether the program still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Returns what the program has printed so far.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
