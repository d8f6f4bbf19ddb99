mod simulation;

use std::path::Path;

use super::*;
use crate::schedule::Cycles;

/// Runs once and never again.
const RESTART: ActionKind = ActionKind(1005);

#[test]
fn what_needs_no_run_is_answered_in_one_write_and_one_commit() {
    for (kind, code) in [(1001, 1), (4711, 2)] {
        let mut desk = Fixture::new();
        desk.receive(1, 7, kind);
        assert_eq!(desk.outputs(), [format!("receipt 7, response 7 code {code}")], "type {kind}");
    }
}

#[test]
fn a_quick_answer_goes_with_its_receipt() {
    let mut desk = Fixture::new();
    desk.receive(1, 7, 1);
    assert_eq!(desk.outputs(), ["run MachinePolicy for 1"]);
    desk.later(40);
    desk.ended(1);
    assert_eq!(desk.outputs(), ["receipt 7, response 7 code 1"]);
}

#[test]
fn a_slow_answer_follows_its_receipt() {
    let mut desk = Fixture::new();
    desk.receive(1, 7, 1);
    desk.outputs();
    assert_eq!(desk.desk.poll_timeout(desk.now), desk.now.boot + TOGETHER);
    desk.later(50);
    assert_eq!(desk.outputs(), ["receipt 7, progress 7"]);
    desk.later(1_000);
    desk.ended(1);
    assert_eq!(desk.outputs(), ["response 7 code 1"]);
}

#[test]
fn a_second_task_of_the_kind_shares_the_next_run() {
    let mut desk = Fixture::new();
    desk.receive(1, 7, 1);
    desk.receive(2, 8, 1);
    desk.receive(3, 9, 1);
    assert_eq!(desk.outputs(), ["run MachinePolicy for 1", "receipt 8", "receipt 9"]);
    desk.ended(1);
    assert_eq!(desk.outputs(), ["receipt 7, response 7 code 1", "run MachinePolicy for 2 3"]);
    desk.ended(0);
    assert_eq!(desk.outputs(), ["response 8 code 0, response 9 code 0"]);
}

#[test]
fn a_task_that_comes_again_is_answered_again_and_not_run_again() {
    let mut desk = Fixture::new();
    desk.receive(1, 7, 1);
    desk.receive(1, 8, 1);
    assert_eq!(desk.outputs(), ["run MachinePolicy for 1", "receipt 8"]);
    desk.ended(1);
    assert_eq!(desk.outputs(), ["receipt 7, response 7 code 1, response 8 code 1 repeated"]);
    desk.receive(1, 9, 1);
    assert_eq!(desk.outputs(), ["receipt 9, response 9 code 1 repeated"]);
    desk.receive(1, 7, 1);
    assert_eq!(desk.outputs(), ["receipt 7, response 7 code 1"], "the same push again is the same answer");
}

#[test]
fn answers_are_said_at_each_sign_in_until_they_are_confirmed() {
    let mut desk = Fixture::new();
    desk.receive(1, 7, 1001);
    desk.receive(2, 8, 1001);
    desk.outputs();
    desk.desk.signed_in().expect("read");
    assert_eq!(desk.outputs(), ["response 7 code 1, response 8 code 1"]);
    desk.desk.confirmed(&[(PushId(7), TaskId(107))]).expect("written");
    desk.desk.signed_in().expect("read");
    assert_eq!(desk.outputs(), ["response 8 code 1"]);
    desk.desk.confirmed(&[(PushId(8), TaskId(108))]).expect("written");
    desk.desk.signed_in().expect("read");
    assert_eq!(desk.outputs(), [""; 0]);
}

#[test]
fn deadlines_are_kept() {
    let mut desk = Fixture::new();
    desk.now.trusted = DELIVER_BY.plus(Duration::from_millis(1));
    desk.receive(1, 7, 1);
    assert_eq!(desk.outputs(), ["receipt 7, response 7 code 3"], "it came too late to begin");

    let mut desk = Fixture::new();
    desk.receive(1, 7, 1);
    desk.receive(2, 8, 1);
    desk.outputs();
    desk.later(3_600_001);
    let outputs = desk.outputs();
    assert!(outputs.contains(&"response 7 code 0 (it did not finish in time)".to_owned()), "{outputs:?}");
    assert!(
        outputs.iter().any(|output| output.starts_with("response 8 code 0 (it did not begin in time")),
        "{outputs:?}"
    );
    desk.ended(1);
    assert_eq!(desk.outputs(), [""; 0], "the answer that was given stands");
}

#[test]
fn a_stuck_run_holds_up_no_other_kind() {
    let mut desk = Fixture::new();
    desk.receive(1, 7, 1);
    desk.receive(2, 8, 1001);
    desk.receive(3, 9, 1005);
    assert_eq!(
        desk.outputs(),
        ["run MachinePolicy for 1", "receipt 8, response 8 code 1", "run Discovery for 3"]
    );
}

#[test]
fn a_cancelled_task_that_waits_is_not_run() {
    let mut desk = Fixture::new();
    desk.receive(1, 7, 1);
    desk.receive(2, 8, 1);
    desk.outputs();
    desk.desk.cancelled(guid(1), desk.now);
    desk.desk.cancelled(guid(2), desk.now);
    desk.desk.cancelled(guid(3), desk.now);
    assert_eq!(desk.outputs(), ["response 8 code 0 (it was cancelled before it began)"]);
    desk.ended(1);
    assert_eq!(desk.outputs(), ["receipt 7, response 7 code 1"]);
}

#[test]
fn cycles_run_without_the_server() {
    let mut desk = Fixture::new();
    desk.later(120_000);
    assert_eq!(
        desk.outputs(),
        [
            "run MachinePolicy for ",
            "run UserPolicy for ",
            "run Applications for ",
            "run Discovery for ",
            "run Credentials for ",
            "run Reports for "
        ]
    );
    desk.receive(1, 7, 1);
    assert_eq!(desk.outputs(), ["receipt 7"], "a task waits for the end of a cycle's run");
    desk.ended(1);
    assert_eq!(desk.outputs(), ["run MachinePolicy for 1"]);
}

#[test]
fn a_journal_that_cannot_be_written_receipts_nothing_and_loses_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let mut desk = Fixture::open(&path);
    desk.receive(1, 7, 1);
    desk.outputs();
    let blocker = rusqlite::Connection::open(&path).expect("opened");
    blocker.execute_batch("BEGIN IMMEDIATE").expect("locked");
    assert!(desk.desk.receive(task(2, 8, 1001), desk.now).is_err());
    desk.ended(1);
    assert_eq!(desk.outputs(), [""; 0]);
    blocker.execute_batch("ROLLBACK").expect("free");
    desk.later(10_000);
    assert_eq!(desk.outputs(), ["receipt 7, progress 7", "response 7 code 1"]);
}

/// Where the agent is killed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Killed {
    BeforeTheTaskIsTaken,
    BeforeTheReceipt,
    WhileItRuns,
    BeforeTheAnswerIsSaid,
    BeforeTheConfirmation,
    Never,
}

#[test]
fn a_kill_at_each_step_runs_a_task_at_most_once_and_answers_it() {
    let steps = [
        Killed::BeforeTheTaskIsTaken,
        Killed::BeforeTheReceipt,
        Killed::WhileItRuns,
        Killed::BeforeTheAnswerIsSaid,
        Killed::BeforeTheConfirmation,
        Killed::Never,
    ];
    for kind in [RESTART.0, 1, 1001] {
        for killed in steps {
            let (effects, answers) = live(kind, killed);
            let context = format!("type {kind}, killed {killed:?}: {answers:?}");
            assert!(!answers.is_empty(), "{context}");
            match (kind, killed) {
                // Whether it had its effect is not known: it is not repeated, and the admin is told.
                (1005, Killed::BeforeTheReceipt | Killed::WhileItRuns) => {
                    assert!(
                        answers.iter().all(|answer| answer.contains("interrupted, not repeated")),
                        "{context}"
                    );
                    assert!(effects <= 1, "{context}");
                }
                (1005, _) => assert_eq!(effects, 1, "{context}"),
                (1001, _) => assert_eq!(effects, 0, "{context}"),
                // Machine policy brings about a state: a second run changes nothing.
                _ => assert!((1..=2).contains(&effects), "{context}"),
            }
            let codes: std::collections::BTreeSet<_> = answers
                .iter()
                .map(|answer| answer.split(" code ").nth(1).map(|rest| rest[..1].to_owned()))
                .collect();
            assert_eq!(codes.len(), 1, "the original code stands: {context}");
        }
    }
}

/// Lives through one task with one kill, and a site that pushes again what it has no receipt for. Returns how often the
/// task had its effect, and the answers that reached the site.
fn live(kind: u32, killed: Killed) -> (u32, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let (mut effects, mut answers, mut confirmed) = (0, Vec::new(), false);
    let mut armed = Some(killed).filter(|killed| *killed != Killed::Never);
    let mut push = 7;
    'lives: for _ in 0..4 {
        let mut desk = Fixture::open(&path);
        let mut dies = |at: Killed| armed == Some(at) && armed.take().is_some();
        desk.desk.signed_in().expect("read");
        if dies(Killed::BeforeTheTaskIsTaken) {
            continue;
        }
        if !confirmed {
            desk.receive(1, push, kind);
            push += 1;
        }
        if dies(Killed::BeforeTheReceipt) {
            continue;
        }
        while let Some(output) = desk.desk.poll_output() {
            match output {
                Output::Run(work, tasks) => {
                    effects += u32::try_from(tasks.len()).expect("few");
                    if dies(Killed::WhileItRuns) {
                        continue 'lives;
                    }
                    let outcome =
                        Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well };
                    desk.desk.ended(work, outcome, desk.now);
                }
                Output::Say(words) => {
                    if dies(Killed::BeforeTheAnswerIsSaid) {
                        continue 'lives;
                    }
                    for word in words {
                        if let Say::Response(owed) = &word {
                            answers.push(shown(&word));
                            if dies(Killed::BeforeTheConfirmation) {
                                continue 'lives;
                            }
                            desk.desk.confirmed(&[(owed.push.push_id, owed.push.task_id)]).expect("written");
                            confirmed = true;
                        }
                    }
                }
            }
        }
    }
    let mut desk = Fixture::open(&path);
    desk.desk.signed_in().expect("read");
    assert_eq!(desk.outputs(), [""; 0], "nothing is owed in the end");
    (effects, answers)
}

const START: Timestamp = Timestamp(1_000_000_000);
const DELIVER_BY: Timestamp = Timestamp(1_086_400_000);

/// A desk with a clock to move.
struct Fixture {
    desk: Desk,
    now: Now,
}

impl Fixture {
    fn new() -> Self {
        Self::with(Journal::memory().expect("opened"))
    }

    fn open(path: &Path) -> Self {
        Self::with(Journal::open(path).expect("opened"))
    }

    fn with(journal: Journal) -> Self {
        let now = Now { wall: START, trusted: START, boot: Duration::from_secs(100), unit: 1.0 };
        let schedule = Schedule::new(Cycles::default(), now.boot, || 1.0);
        let handling = |kind| match kind {
            RESTART => Handling::Run(Work::Discovery, Repeat::Never),
            kind => crate::kind::handling(kind),
        };
        Self { desk: Desk::new(journal, schedule, handling, now).expect("begun"), now }
    }

    fn receive(&mut self, id: u64, push: u64, kind: u32) {
        self.desk.receive(task(id, push, kind), self.now).expect("taken");
    }

    fn later(&mut self, millis: u64) {
        let passed = Duration::from_millis(millis);
        self.now.wall = self.now.wall.plus(passed);
        self.now.trusted = self.now.trusted.plus(passed);
        self.now.boot += passed;
        self.desk.on_time(self.now);
    }

    fn ended(&mut self, code: i32) {
        let outcome = Outcome { code: ReturnCode(code), detail: String::new(), ended: Ended::Well };
        self.desk.ended(Work::MachinePolicy, outcome, self.now);
    }

    fn outputs(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.desk.poll_output())
            .map(|output| match output {
                Output::Say(words) => words.iter().map(shown).collect::<Vec<_>>().join(", "),
                Output::Run(work, tasks) => {
                    let tasks: Vec<_> = tasks.iter().map(|task| task.0.as_u128().to_string()).collect();
                    format!("run {work:?} for {}", tasks.join(" "))
                }
            })
            .collect()
    }
}

fn shown(word: &Say) -> String {
    match word {
        Say::Receipt(push) => format!("receipt {}", push.push_id),
        Say::Progress(push) => format!("progress {}", push.push_id),
        Say::Response(owed) => {
            let repeated = if owed.repeated { " repeated" } else { "" };
            let quiet = [
                "",
                "this version of the agent does not support it yet",
                "this agent does not know the type",
                "it came after its deadline",
            ];
            let detail = Some(&owed.answer.detail).filter(|detail| !quiet.contains(&detail.as_str()));
            let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("response {} code {}{repeated}{detail}", owed.push.push_id, owed.answer.code.0)
        }
    }
}

fn guid(id: u64) -> TaskGuid {
    TaskGuid(uuid::Uuid::from_u128(id.into()))
}

fn task(id: u64, push: u64, kind: u32) -> Task {
    Task {
        push: Push { push_id: PushId(push), task_id: TaskId(100 + push), task_guid: guid(id) },
        task_guid: guid(id),
        kind: ActionKind(kind),
        param: String::new(),
        deliver_by: DELIVER_BY,
        finish_by: START.plus(Duration::from_hours(1)),
    }
}
