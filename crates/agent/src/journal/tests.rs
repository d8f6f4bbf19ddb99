use std::os::unix::fs::MetadataExt as _;

use proptest::prelude::*;

use super::*;

#[test]
fn only_its_owner_reads_the_journal_and_its_companions() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::open(&folder.path().join("journal.db")).expect("opened");
    journal.take(&task(1, 7), &Stage::Received).expect("taken");
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("there").mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[test]
fn a_task_is_remembered_with_how_far_it_got() {
    let mut journal = Journal::memory().expect("opened");
    journal.take(&task(1, 7), &Stage::Received).expect("taken");
    journal.take(&task(2, 8), &Stage::Started).expect("taken");
    journal.take(&task(3, 9), &Stage::Answered(answer(1))).expect("taken");
    let stage = |journal: &Journal, id| journal.entry(guid(id)).expect("read").map(|entry| entry.stage);
    assert_eq!(stage(&journal, 1), Some(Stage::Received));
    assert_eq!(stage(&journal, 2), Some(Stage::Started));
    assert_eq!(stage(&journal, 3), Some(Stage::Answered(answer(1))));
    assert_eq!(stage(&journal, 4), None);

    let unanswered: Vec<_> =
        journal.unanswered().expect("read").iter().map(|entry| entry.task_guid).collect();
    assert_eq!(unanswered, [guid(1), guid(2)]);
    journal.start(&[guid(1)]).expect("written");
    assert_eq!(stage(&journal, 1), Some(Stage::Started));
}

#[test]
fn an_answer_is_owed_under_each_push_until_it_is_confirmed() {
    let mut journal = Journal::memory().expect("opened");
    journal.take(&task(1, 7), &Stage::Received).expect("taken");
    assert_eq!(owed(&journal), []);
    journal.again(&push(1, 9)).expect("written");
    journal.again(&push(1, 7)).expect("the same push again changes nothing");
    journal.answer(&[guid(1)], &answer(1)).expect("written");
    journal.answer(&[guid(1)], &answer(0)).expect("the first answer stands");
    assert_eq!(owed(&journal), [(7, false, 1), (9, true, 1)]);

    journal.confirm(&[(PushId(7), TaskId(100)), (PushId(9), TaskId(1))]).expect("written");
    assert_eq!(owed(&journal), [(9, true, 1)], "a pair of another task confirms nothing");
    assert_eq!(journal.owed(Some(&[guid(2)])).expect("read"), []);
    journal.again(&push(1, 12)).expect("written");
    assert_eq!(owed(&journal), [(9, true, 1), (12, true, 1)]);
    journal.again(&push(1, 8)).expect("written");
    assert_eq!(journal.highest_push().expect("read"), 12);
}

#[test]
fn what_is_over_is_forgotten_and_what_is_not_stays() {
    let mut journal = Journal::memory().expect("opened");
    journal.take(&task(1, 7), &Stage::Answered(answer(1))).expect("taken");
    let deliver_by = task(1, 7).deliver_by;
    journal.forget(deliver_by.plus(KEEP_AFTER)).expect("tidied");
    assert!(journal.entry(guid(1)).expect("read").is_some());
    journal.forget(deliver_by.plus(KEEP_AFTER).plus(std::time::Duration::from_secs(1))).expect("tidied");
    assert!(journal.entry(guid(1)).expect("read").is_none());
    assert_eq!(owed(&journal), []);
}

#[test]
fn a_journal_of_a_newer_agent_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    drop(Journal::open(&path).expect("opened"));
    let db = Connection::open(&path).expect("opened");
    db.pragma_update(None, "user_version", 99).expect("written");
    drop(db);
    let refused = Journal::open(&path).expect_err("newer").to_string();
    assert!(refused.contains("version 99"), "{refused}");
}

#[test]
fn a_full_journal_says_so() {
    let mut journal = Journal::memory().expect("opened");
    journal
        .db
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
             INSERT INTO task SELECT printf('00000000-0000-0000-0001-%012d', i), 1, '', 'received', 0, 0, NULL, NULL, NULL FROM n",
        )
        .expect("filled");
    assert!(matches!(journal.take(&task(1, 7), &Stage::Received), Err(JournalError::Full)));
}

#[test]
fn notes_are_kept_and_replaced() {
    let mut journal = Journal::memory().expect("opened");
    assert_eq!(journal.note("epoch").expect("read"), None);
    journal.put_note("epoch", "1").expect("written");
    journal.put_note("epoch", "2").expect("written");
    assert_eq!(journal.note("epoch").expect("read").as_deref(), Some("2"));
    journal.remove_note("epoch").expect("removed");
    assert_eq!(journal.note("epoch").expect("read"), None);
}

/// A step of the model below.
#[derive(Clone, Debug)]
enum Step {
    Arrives(u8, u8),
    Begins(u8),
    Answered(u8, i32),
    Confirmed(u8),
    Crashes,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_crash_at_any_step_loses_nothing(steps in prop::collection::vec(steps(), 1..40)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.db");
        let mut journal = Journal::open(&path).expect("opened");
        let mut tasks: std::collections::BTreeMap<u8, Option<i32>> = Default::default();
        let mut pushes: std::collections::BTreeMap<u8, u8> = Default::default();
        for step in steps {
            match step {
                Step::Arrives(id, push_id) => {
                    let push_id = push_id.wrapping_mul(8) | (id & 7);
                    if journal.entry(guid(id.into())).expect("read").is_some() {
                        journal.again(&push(id.into(), push_id.into())).expect("written");
                    } else {
                        journal.take(&task(id.into(), push_id.into()), &Stage::Received).expect("taken");
                        tasks.insert(id, None);
                    }
                    pushes.insert(push_id, id);
                }
                Step::Begins(id) => journal.start(&[guid(id.into())]).expect("written"),
                Step::Answered(id, code) => {
                    journal.answer(&[guid(id.into())], &answer(code)).expect("written");
                    if let Some(known) = tasks.get_mut(&id) {
                        known.get_or_insert(code);
                    }
                }
                Step::Confirmed(push_id) => {
                    if let Some(id) = pushes.remove(&push_id) {
                        let pair = (PushId(push_id.into()), TaskId(100 * u64::from(id)));
                        journal.confirm(&[pair]).expect("written");
                    }
                }
                Step::Crashes => {
                    // Not closed: what the file holds is what a killed process leaves.
                    std::mem::forget(std::mem::replace(&mut journal, Journal::open(&path).expect("opened")));
                }
            }
        }
        let expected: Vec<_> = pushes
            .iter()
            .filter_map(|(push, id)| tasks[id].map(|code| (u64::from(*push), ReturnCode(code))))
            .collect();
        let actual: Vec<_> = journal.owed(None).expect("read").iter().map(|owed| (owed.push.push_id.0, owed.answer.code)).collect();
        prop_assert_eq!(actual, expected);
        let open = tasks.values().filter(|code| code.is_none()).count();
        prop_assert_eq!(journal.unanswered().expect("read").len(), open);
    }
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1u8..6, 0u8..32).prop_map(|(id, push)| Step::Arrives(id, push)),
        (1u8..6).prop_map(Step::Begins),
        (1u8..6, 0i32..4).prop_map(|(id, code)| Step::Answered(id, code)),
        any::<u8>().prop_map(Step::Confirmed),
        Just(Step::Crashes),
    ]
}

fn owed(journal: &Journal) -> Vec<(u64, bool, i32)> {
    let owed = journal.owed(None).expect("read");
    owed.iter().map(|owed| (owed.push.push_id.0, owed.repeated, owed.answer.code.0)).collect()
}

fn guid(id: u128) -> TaskGuid {
    TaskGuid(uuid::Uuid::from_u128(id))
}

fn push(id: u64, push_id: u64) -> Push {
    Push { push_id: PushId(push_id), task_id: TaskId(100 * id), task_guid: guid(id.into()) }
}

fn task(id: u64, push_id: u64) -> Task {
    Task {
        push: push(id, push_id),
        task_guid: guid(id.into()),
        kind: action::ActionKind::MACHINE_POLICY,
        param: String::new(),
        deliver_by: Timestamp(1_000_000),
        finish_by: Timestamp(2_000_000),
    }
}

fn answer(code: i32) -> Answer {
    Answer { code: ReturnCode(code), detail: String::new(), at: Timestamp(1_500_000) }
}
