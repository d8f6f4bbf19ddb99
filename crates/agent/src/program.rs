//! The agent while it runs: moves what happens between the link, the desk and the runs. It decides nothing itself.

mod logs;
mod hear;
mod runs;
mod finish;
mod words;

use std::{io, path::Path, sync::Arc, time::Duration};

use action::Timestamp;
use device_channel::Request;
use service::{clock, dice, error::Chain, lock::LockFile, shutdown::Shutdown};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::sleep,
};
use uuid::Uuid;

pub use logs::{AgentLogs, RunError};

use self::runs::Running;
use crate::{
    config::Config,
    credentials::Credentials,
    desk::{Desk, Now, Output},
    enrol::LOCK,
    journal::{Journal, JournalError},
    kind,
    link::{Calling, Command, Link},
    run::{self, Report},
    schedule::{Schedule, Work},
    seen::Seen,
};

pub(crate) const JOURNAL: &str = "journal.db";
/// The note of until when the logs are detailed.
const DETAILED: &str = "detailed until";

/// What belongs to one enrolment of the device and not to the next.
pub(crate) const FILES_OF_AN_ENROLMENT: [&str; 6] = [
    JOURNAL,
    "journal.db-wal",
    "journal.db-shm",
    "policy/manifest",
    "applications/manifest",
    "applications/state.json",
];

/// Messages between the link and the program: more than a server sends between two turns of either. A full queue holds
/// the reading of the connection up.
const EVENTS: usize = 32;
/// Writes that wait for the link. What finds no room is said again later from the journal.
const COMMANDS: usize = 64;
/// How soon it is tried again to say what found no room.
const SAY_AGAIN: Duration = Duration::from_secs(1);

/// Runs the agent until the shutdown begins.
///
/// # Errors
///
/// Says why it cannot run: the device is not enrolled, another agent runs, or its files cannot be used. What fails later
/// is tried again.
pub async fn run(config: Config, logs: AgentLogs, shutdown: Shutdown) -> Result<(), RunError> {
    let credentials = Credentials::load(&config.folder, config.proxy.clone())?;
    let _lock = LockFile::take(&config.folder, LOCK)?;
    let (commands, link_commands) = mpsc::channel(COMMANDS);
    let (link_events, mut events) = mpsc::channel(EVENTS);
    let look_for_tcp = config.cycles.look_for_tcp;
    let mut program = Program::begin(config, logs.clone(), credentials, commands)?;

    let link = Link {
        calling: program.calling.subscribe(),
        events: link_events,
        commands: link_commands,
        look_for_tcp,
        log: logs.notification,
        shutdown: shutdown.clone(),
    };
    let mut links = JoinSet::new();
    links.spawn(link.run());

    while !shutdown.has_begun() {
        program.act();
        let wake = program.wake();
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => program.hear(event),
                None => break,
            },
            Some(ended) = program.runs.join_next_with_id() => program.finish(ended),
            () = sleep(wake) => {}
            () = shutdown.begun() => break,
        }
        program.on_time();
    }
    // A run that is cut off is taken up again at the next start.
    program.runs.abort_all();
    match links.join_next().await {
        Some(Err(source)) => Err(RunError::Link(source)),
        Some(Ok(())) | None => Ok(()),
    }
}

/// All that the running agent holds.
struct Program {
    config: Config,
    logs: AgentLogs,
    credentials: Arc<Credentials>,
    desk: Desk,
    seen: Seen,
    boot_id: Uuid,
    calling: watch::Sender<Calling>,
    commands: mpsc::Sender<Command>,
    online: bool,
    /// Whether something found no room on its way to the link.
    unsaid: bool,
    /// When to have the server push again what it has no receipt for.
    push_again: Option<Duration>,
    /// Tasks that wait for a newer trust document.
    doubted: Vec<Request>,
    runs: JoinSet<Report>,
    running: Vec<Running>,
}

impl Program {
    fn begin(
        config: Config,
        logs: AgentLogs,
        credentials: Credentials,
        commands: mpsc::Sender<Command>,
    ) -> Result<Self, RunError> {
        let boot_id = boot_id(Path::new("/proc/sys/kernel/random/boot_id")).unwrap_or_else(|_| dice::uuid());
        let journal = Journal::open(&config.folder.join(JOURNAL))?;
        let trust = &credentials.trust;
        let seen = Seen::load(&journal, trust.issued_at, trust.epoch, clock::boot(), &boot_id.to_string())?;

        runs::say_what_was_interrupted(&journal, &logs.scheduler)?;
        let detailed = journal.note(DETAILED)?.and_then(|note| note.parse().ok().map(Timestamp));
        logs.detailed.until(run::bounded(detailed.unwrap_or_default(), clock::now()));

        let now = now(&seen);
        let mut schedule = Schedule::new(config.cycles, now.boot, dice::unit);
        if seen.generation.is_none() {
            // A new device has its policy at once; enrolments do not come all in the same second.
            schedule.hurry(Work::MachinePolicy, now.boot);
        }
        schedule.hurry(Work::Credentials, now.boot + credentials.identity.renewal_in(now.wall));
        if seen.unsent.is_some() {
            schedule.hurry(Work::Reports, now.boot + Duration::from_secs(60).mul_f64(now.unit));
        }
        let desk = Desk::new(journal, schedule, kind::handling, now)?;
        let credentials = Arc::new(credentials);
        let (calling, _) = watch::channel(calling(&credentials, &seen, boot_id));

        Ok(Self {
            config,
            logs,
            credentials,
            desk,
            seen,
            boot_id,
            calling,
            commands,
            online: false,
            unsaid: false,
            push_again: None,
            doubted: Vec::new(),
            runs: JoinSet::new(),
            running: Vec::new(),
        })
    }

    /// Does what the desk says.
    fn act(&mut self) {
        while let Some(output) = self.desk.poll_output() {
            match output {
                Output::Say(words) => {
                    let at = clock::now();
                    let words = words.into_iter().map(|word| words::wire(word, at)).collect();
                    self.command(Command::Say(words));
                }
                Output::Run(work, tasks) => self.begin_run(work, &tasks),
            }
        }
    }

    fn command(&mut self, command: Command) {
        if self.online && self.commands.try_send(command).is_err() {
            self.unsaid = true;
        }
    }

    fn wake(&self) -> Duration {
        let now = now(&self.seen);
        let unsaid = self.unsaid.then(|| now.boot + SAY_AGAIN);
        let late = self.running.iter().filter(|running| !running.late).map(|running| running.until).min();
        let at = [unsaid, self.push_again, late]
            .into_iter()
            .flatten()
            .fold(self.desk.poll_timeout(now), Duration::min);
        at.saturating_sub(now.boot)
    }

    fn on_time(&mut self) {
        let now = now(&self.seen);
        if self.push_again.is_some_and(|at| at <= now.boot) {
            self.push_again = None;
            self.command(Command::Reconnect);
        }
        if self.unsaid && self.commands.capacity() > COMMANDS / 2 {
            self.unsaid = false;
            self.say_what_is_owed();
        }
        self.end_late_runs(now.boot);
        self.desk.on_time(now);
    }

    fn say_what_is_owed(&mut self) {
        if let Err(error) = self.desk.signed_in() {
            self.logs
                .notification
                .error(format!("Failed to read what is owed to the site: {}", Chain(&error)));
        }
    }

    /// The link's next connection uses what is known now.
    fn tell_link(&mut self) {
        self.calling.send_replace(calling(&self.credentials, &self.seen, self.boot_id));
    }

    /// Notes that something could not be kept. It is not fatal: it is learned again.
    fn kept(&self, what: &str, result: Result<(), JournalError>) {
        if let Err(error) = result {
            self.logs.scheduler.error(format!("Failed to keep {what}: {}", Chain(&error)));
        }
    }
}

fn now(seen: &Seen) -> Now {
    let boot = clock::boot();
    Now { wall: clock::now(), trusted: seen.now(boot), boot, unit: dice::unit() }
}

fn calling(credentials: &Credentials, seen: &Seen, boot: Uuid) -> Calling {
    let (tcp, web) = credentials.servers();
    Calling {
        site: credentials.identity.site,
        reach: credentials.reach.clone(),
        tcp,
        web,
        device: credentials.identity.device,
        enrolment: credentials.identity.enrolment,
        boot,
        highest_epoch: seen.epoch,
        highest_push: seen.highest_push,
    }
}

fn boot_id(path: &Path) -> io::Result<Uuid> {
    Uuid::parse_str(std::fs::read_to_string(path)?.trim()).map_err(io::Error::other)
}
