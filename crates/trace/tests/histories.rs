//! A thousand random histories with losses, wrong clocks and interleaving, whose true outcome is known: no verdict may
//! be wrong. Where the evidence was taken away, `unknown` is right, and its share is printed.

#[path = "histories/world.rs"]
mod world;

use std::collections::BTreeMap;

use trace::{Reading, report};
use world::{Fate, History};

const HISTORIES: u64 = 1_000;
/// With all logs there, hardly anything may stay unknown.
const MOST_UNKNOWN_PERCENT_WITH_ALL_LOGS: u64 = 10;

#[derive(Default)]
struct Tally {
    judged: u64,
    unknown: u64,
    wrong: Vec<String>,
}

#[test]
#[expect(clippy::print_stderr, reason = "the share that stays unknown is part of what this test reports")]
fn no_verdict_on_a_thousand_histories_is_wrong() {
    let mut whole = Tally::default();
    let mut robbed = Tally::default();
    for seed in 0..HISTORIES {
        let history = History::roll(seed);
        check(&history, &history.logs(), &mut whole, seed);
        check(&history, &history.logs_with_some_taken_away(), &mut robbed, seed);
    }
    for (name, tally) in [("all logs", &whole), ("logs taken away", &robbed)] {
        let share = tally.unknown * 100 / tally.judged.max(1);
        eprintln!("{name}: {} verdicts, {} wrong, {share} % unknown", tally.judged, tally.wrong.len());
    }
    let wrong: Vec<&String> = whole.wrong.iter().chain(&robbed.wrong).take(10).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(whole.unknown * 100 <= whole.judged * MOST_UNKNOWN_PERCENT_WITH_ALL_LOGS, "{}", whole.unknown);
}

fn check(history: &History, logs: &[(String, String)], tally: &mut Tally, seed: u64) {
    let (mut reading, mut machines) = (Reading::default(), BTreeMap::new());
    for (name, text) in logs {
        reading.log(&mut machines, name, &mut text.as_bytes()).expect("memory can be read");
    }
    let report = report(&reading);
    for action in &history.actions {
        let told = report.actions.iter().find(|told| {
            told.task_guid.as_deref() == Some(&action.guid) || told.user.as_deref() == Some(&action.user)
        });
        let Some(told) = told else { continue };
        tally.judged += 1;
        if told.verdict == "unknown" {
            tally.unknown += 1;
            continue;
        }
        assert!(!told.evidence.is_empty(), "seed {seed}: a verdict without a line: {told:?}");
        let until: Option<i64> =
            told.as_of.as_deref().and_then(|at| at.parse::<action::Timestamp>().ok()).map(|at| at.0);
        let right = match (told.verdict, action.fate) {
            ("done", Fate::Done | Fate::AnswerLost) => true,
            ("refused", Fate::Refused) => true,
            ("failed", Fate::Failed) => true,
            ("lost", Fate::NotForwarded) => told.between == ["service_connector", "notification_server"],
            ("lost", Fate::PushLost) => told.between == ["notification_server", "agent"],
            ("lost", Fate::Hung) => told.between == ["agent", "notification_server"],
            ("waiting", Fate::Hung) => told.between == ["agent"],
            ("waiting", Fate::Offline) => told.between == ["notification_server"],
            // True at the time that the verdict names: the answer came after the log ends.
            ("waiting", Fate::Done | Fate::AnswerLost | Fate::Failed) => {
                told.between == ["agent"]
                    && until.zip(action.answered).is_some_and(|(until, answered)| until < answered)
            }
            _ => false,
        };
        if !right {
            tally.wrong.push(format!("seed {seed}, {:?}: {told:?}", action.fate));
        }
    }
}
