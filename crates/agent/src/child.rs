//! Programs that the agent runs for the site: with a deadline, bounded output, and an end that takes whatever they
//! started in their process group with it.

use std::{
    ffi::OsString,
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    net::unix::pipe::Receiver,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// Bytes of output that are kept for people where nothing else is said: the last ones, which say why it failed.
pub(crate) const KEPT_OUTPUT: usize = 4 << 10;
/// Bytes that a program may print in all. One that prints more is out of control.
const MOST_OUTPUT: u64 = 64 << 20;
/// How long a program that is ended has to put its things in order before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes that are read at once.
const READ: usize = 8 << 10;
/// What a program finds in its environment, and nothing else.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/root"),
    ("LANG", "C.UTF-8"),
    ("LC_ALL", "C.UTF-8"),
    ("DEBIAN_FRONTEND", "noninteractive"),
];

/// A program to run.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The program and its arguments; no shell comes in between.
    pub(crate) words: Vec<OsString>,
    /// Where it runs.
    pub(crate) folder: PathBuf,
    /// How long it may run.
    pub(crate) timeout: Duration,
    /// How much it may take from others.
    pub(crate) pace: Pace,
    /// Bytes of output that are kept, the last ones.
    pub(crate) kept: usize,
}

/// How much a program may take from what the machine is there for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    /// It waits for whatever else wants processor or disk.
    Low,
    /// As any other program.
    Usual,
}

/// How a program ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Ended {
    /// By itself, with this exit code; none: by a signal.
    Itself(Option<i32>),
    /// It was ended: it ran for too long.
    Late,
    /// It was ended: it printed too much.
    Loud,
}

/// A program that ended.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) ended: Ended,
    /// The end of what it printed.
    pub(crate) output: Vec<u8>,
}

impl Finished {
    /// Returns the exit code, where it ended by itself with one.
    pub(crate) fn code(&self) -> Option<i32> {
        match self.ended {
            Ended::Itself(code) => code,
            Ended::Late | Ended::Loud => None,
        }
    }

    /// Says how it ended, with the end of what it printed.
    pub(crate) fn words(&self, timeout: Duration) -> String {
        let how = match self.ended {
            Ended::Itself(Some(code)) => format!("exit code {code}"),
            Ended::Itself(None) => "it was ended by a signal".to_owned(),
            Ended::Late => format!("it ran for more than {} s and was ended", timeout.as_secs()),
            Ended::Loud => format!("it printed more than {} MiB and was ended", MOST_OUTPUT >> 20),
        };
        match self.last_lines() {
            lines if lines.is_empty() => how,
            lines => format!("{how}: {lines}"),
        }
    }

    /// Returns the end of the output on one line, for people.
    fn last_lines(&self) -> String {
        /// Enough for a message of a program, and not for its whole log.
        const SHOWN: usize = 300;
        let text = String::from_utf8_lossy(&self.output);
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let one: String = lines.join(" | ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let skip = one.chars().count().saturating_sub(SHOWN);
        one.chars().skip(skip).collect()
    }
}

/// Runs a program to its end. Dropped before that, it ends the program and its group at once.
pub(crate) async fn run(order: &Order) -> io::Result<Finished> {
    let (reader, writer) = io::pipe()?;
    let mut command = command(order);
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .kill_on_drop(true)
        .process_group(0);
    let mut child = command.spawn()?;
    // The command holds ends of the pipe, and the pipe must end with the program.
    drop(command);
    let group = Group::of(&child);
    let mut output = Output {
        pipe: Receiver::from_owned_fd(OwnedFd::from(reader))?,
        kept: Vec::new(),
        all: 0,
        keep: order.kept,
    };

    let ended = tokio::select! {
        status = child.wait() => Ended::Itself(status?.code()),
        () = output.until_too_much() => Ended::Loud,
        () = sleep(order.timeout) => Ended::Late,
    };
    if let Ended::Late | Ended::Loud = ended {
        group.signal(Signal::TERM);
        let grace = GRACE.min(order.timeout);
        // Its pipe is read meanwhile: a program that cannot print cannot end either.
        let _ = timeout(grace, async {
            tokio::select! {
                _ = child.wait() => {}
                () = output.drain() => {}
            }
        })
        .await;
    }
    // What it left running in its group would hold its files and its pipe.
    drop(group);
    let _ = child.wait().await;
    output.rest();
    Ok(Finished { ended, output: output.last() })
}

fn command(order: &Order) -> Command {
    let mut words: Vec<OsString> = match order.pace {
        Pace::Usual => Vec::new(),
        Pace::Low => ["nice", "-n", "10"].map(OsString::from).to_vec(),
    };
    if order.pace == Pace::Low && Path::new("/usr/bin/ionice").exists() {
        words.extend(["ionice", "-c", "2", "-n", "7"].map(OsString::from));
    }
    words.extend(order.words.iter().cloned());
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(&order.folder).env_clear().envs(ENVIRONMENT);
    command
}

/// The process group of a program. Dropped, it is killed.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // A group without a member is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// What a program prints: the last bytes, and how many there were.
struct Output {
    pipe: Receiver,
    kept: Vec<u8>,
    all: u64,
    keep: usize,
}

impl Output {
    /// Reads until there was too much; waits for ever where there is not.
    async fn until_too_much(&mut self) {
        while self.all <= MOST_OUTPUT {
            if !self.read_once().await {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Reads for as long as something may come.
    async fn drain(&mut self) {
        while self.read_once().await {}
        std::future::pending::<()>().await;
    }

    async fn read_once(&mut self) -> bool {
        if self.pipe.readable().await.is_err() {
            return false;
        }
        let mut buffer = [0; READ];
        match self.pipe.try_read(&mut buffer) {
            Ok(0) => false,
            Ok(length) => {
                self.take(buffer.get(..length).unwrap_or_default());
                true
            }
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }

    /// Reads what is in the pipe now: what has left the group may hold the pipe for ever.
    fn rest(&mut self) {
        let mut buffer = [0; READ];
        while self.all <= MOST_OUTPUT {
            match self.pipe.try_read(&mut buffer) {
                Ok(length) if length > 0 => self.take(buffer.get(..length).unwrap_or_default()),
                Ok(_) | Err(_) => return,
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.all = self.all.saturating_add(bytes.len() as u64);
        self.kept.extend_from_slice(bytes);
        if self.kept.len() > 2 * self.keep.max(READ) {
            self.kept.drain(..self.kept.len() - self.keep);
        }
    }

    fn last(mut self) -> Vec<u8> {
        self.kept.drain(..self.kept.len().saturating_sub(self.keep));
        self.kept
    }
}

#[cfg(test)]
mod tests;
