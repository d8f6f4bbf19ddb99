//! Runs a program: no shell between, a clean environment, output cut at a limit, a deadline, and its whole process
//! group ended with it.

use std::{
    fs,
    io::{self, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    process::{Child, Command, Stdio},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
    time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
};

/// The most of each output that is kept, in bytes: an answer has room for less. The rest is read and dropped, so that
/// the program is not held up by it.
pub const MOST_OUTPUT: usize = 64 << 10;
/// How long a program may run unless its resource says otherwise.
const DEFAULT_SECONDS: u64 = 60;
/// How long what a program left behind may still hold its output open.
const LEFT_OPEN_SECONDS: u64 = 1;
/// Where programs and scripts find others.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Gives up every right but those of an account; part of util-linux, which no system is without.
const SETPRIV: &str = "/usr/bin/setpriv";
/// One read of an output.
const CHUNK: usize = 16 << 10;

/// A program to run.
#[derive(Clone, Eq, PartialEq)]
pub struct Program {
    path: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    stdin: Vec<u8>,
    seconds: u64,
    account: Option<String>,
}

/// What a program that ran to its end came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ran {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The begin of what it printed.
    pub stdout: String,
    /// The begin of what it complained about.
    pub stderr: String,
}

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It could not be started.
    #[error("failed to start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It was ended, with everything that it had started.
    #[error("`{program}` did not end within {seconds} s, and was ended with all that it had started")]
    TooLong {
        /// The program.
        program: String,
        /// Its limit.
        seconds: u64,
    },
    /// It could not be waited for.
    #[error("failed to wait for `{program}`")]
    Wait {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments and input may hold secrets.
        f.debug_struct("Program").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Program {
    /// A program by its absolute path.
    pub fn new(path: &str, arguments: &[&str]) -> Self {
        Self {
            path: path.to_owned(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            environment: Vec::new(),
            stdin: Vec::new(),
            seconds: DEFAULT_SECONDS,
            account: None,
        }
    }

    /// Adds a variable to its environment, which is otherwise the same for every program.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives it an input.
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.stdin = input.into();
        self
    }

    /// Sets its limit.
    #[must_use]
    pub fn within_seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    /// Runs it as another account: its number, groups and home, and no right more.
    #[must_use]
    pub fn run_as(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Returns its path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns its arguments.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// Returns its input.
    pub fn input(&self) -> &[u8] {
        &self.stdin
    }

    fn command(&self) -> Command {
        let mut command = match &self.account {
            None => {
                let mut command = Command::new(&self.path);
                command.args(&self.arguments).env_clear();
                command
            }
            Some(account) => {
                let mut command = Command::new(SETPRIV);
                command.args(["--reuid", account, "--regid", &own_group(account), "--init-groups"]);
                command.args(["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all"]);
                command.args(["--no-new-privs", "--reset-env", "--"]);
                command.arg(&self.path).args(&self.arguments).env_clear();
                command
            }
        };
        command
            .current_dir("/")
            .env("PATH", PATH)
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", "/root")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    }
}

/// Returns the number of an account's own group. An account that does not stand in the file makes `setpriv` fail by name.
fn own_group(account: &str) -> String {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let fields = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let group = fields.into_iter().find_map(|fields| match fields.as_slice() {
        [name, _, _, group, ..] if *name == account => Some((*group).to_owned()),
        _ => None,
    });
    group.unwrap_or_else(|| account.to_owned())
}

/// Runs a program to its end, or to its limit.
pub fn run(program: &Program) -> Result<Ran, ProgramError> {
    let name = || program.path.clone();
    let child = program.command().spawn();
    let mut child = child.map_err(|source| ProgramError::Start { program: name(), source })?;
    let followed = follow(&mut child, program);
    // Before the child is waited for: until then its number, which is its group's, is given to nobody else.
    end_group(&child);
    let status = child.wait();
    let failed = |source| ProgramError::Wait { program: name(), source };
    let Followed { stdout, stderr, in_time } = followed.map_err(|errno| failed(errno.into()))?;
    let status = status.map_err(failed)?;
    if !in_time {
        return Err(ProgramError::TooLong { program: name(), seconds: program.seconds });
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let code = status.code().filter(|_| status.signal().is_none());
    Ok(Ran { code, stdout: text(stdout), stderr: text(stderr) })
}

fn end_group(child: &Child) {
    // Nobody may be left in it.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}

struct Followed {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    in_time: bool,
}

/// Feeds a program and reads it until it has ended and its outputs are closed.
fn follow(child: &mut Child, program: &Program) -> Result<Followed, Errno> {
    let ended = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)?;
    set(&timer, program.seconds)?;
    let mut input = child.stdin.take().map(|pipe| (fs::File::from(OwnedFd::from(pipe)), 0));
    let mut outputs = [
        child.stdout.take().map(|pipe| fs::File::from(OwnedFd::from(pipe))),
        child.stderr.take().map(|pipe| fs::File::from(OwnedFd::from(pipe))),
    ];
    for pipe in outputs.iter().flatten().chain(input.iter().map(|(pipe, _)| pipe)) {
        fcntl_setfl(pipe, fcntl_getfl(pipe)? | OFlags::NONBLOCK)?;
    }
    let mut kept = [Vec::new(), Vec::new()];
    let (mut in_time, mut has_ended) = (true, false);

    while !(has_ended && outputs.iter().all(Option::is_none)) {
        let mut waited = vec![PollFd::new(&timer, PollFlags::IN)];
        if !has_ended {
            waited.push(PollFd::new(&ended, PollFlags::IN));
        }
        waited.extend(outputs.iter().flatten().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        waited.extend(input.iter().map(|(pipe, _)| PollFd::new(pipe, PollFlags::OUT)));
        match poll(&mut waited, None) {
            Err(Errno::INTR) => continue,
            other => other?,
        };
        let is_ready = |place: usize| waited.get(place).is_some_and(|fd| !fd.revents().is_empty());
        let (timer_rang, child_ended) = (is_ready(0), !has_ended && is_ready(1));
        drop(waited);

        if timer_rang && has_ended {
            // Something that left the group holds the output open.
            break;
        }
        if timer_rang {
            in_time = false;
            end_group(child);
            set(&timer, LEFT_OPEN_SECONDS)?;
            has_ended = true;
        }
        if child_ended {
            end_group(child);
            set(&timer, LEFT_OPEN_SECONDS)?;
            has_ended = true;
        }
        feed(&mut input, &program.stdin);
        for (pipe, kept) in outputs.iter_mut().zip(&mut kept) {
            drain(pipe, kept);
        }
    }
    let [stdout, stderr] = kept;
    Ok(Followed { stdout, stderr, in_time })
}

fn set(timer: impl AsFd, seconds: u64) -> Result<(), Errno> {
    let at = Timespec { tv_sec: i64::try_from(seconds).unwrap_or(i64::MAX), tv_nsec: 0 };
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: at };
    timerfd_settime(timer, TimerfdTimerFlags::empty(), &once).map(drop)
}

/// Writes what the program takes. One that does not read its input has closed it, which is its own affair.
fn feed(input: &mut Option<(fs::File, usize)>, bytes: &[u8]) {
    let Some((pipe, written)) = input else { return };
    match pipe.write(&bytes[*written..]) {
        Ok(count) => {
            *written += count;
            if *written == bytes.len() {
                *input = None;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        Err(_) => *input = None,
    }
}

/// Reads what is there, and keeps the begin of it.
fn drain(output: &mut Option<fs::File>, kept: &mut Vec<u8>) {
    let Some(pipe) = output else { return };
    let mut chunk = [0; CHUNK];
    match pipe.read(&mut chunk) {
        Ok(0) => *output = None,
        Ok(count) => {
            let room = MOST_OUTPUT - kept.len();
            kept.extend_from_slice(&chunk[..count.min(room)]);
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
        Err(_) => *output = None,
    }
}
