//! Each hop broken in turn: the text that an administrator sees.

use super::*;

const ASKED: i64 = 1_790_000_000_000;

fn told(hop: Hop, state: State, after: i64) -> Told {
    Told { hop, state, at: Timestamp(ASKED + after), detail: None, late: false }
}

fn until(state: State) -> Vec<Told> {
    let all = [
        told(Hop::ServiceConnector, State::DeliveredToSite, 12),
        told(Hop::Authority, State::Authorized, 20),
        told(Hop::NotificationServer, State::Queued, 24),
        told(Hop::NotificationServer, State::Sent, 31),
        told(Hop::Agent, State::Received, 36),
        told(Hop::Agent, State::Running, 37),
    ];
    all.into_iter().filter(|told| rank(told.state) <= rank(state)).collect()
}

fn answers(site: bool, device: bool) -> Vec<Answers> {
    let one = |hop, name: &str, yes: bool| Answers {
        hop,
        name: name.into(),
        yes,
        since: (!yes).then_some(Timestamp(ASKED - 60_000)),
    };
    vec![
        one(Hop::AdminCenter, "the console", true),
        one(Hop::ServiceConnector, "the site Rotterdam", site),
        one(Hop::Agent, "the device web-1", device),
    ]
}

fn because(hop: Hop, text: &str, fix: &str) -> Option<Because> {
    Some(Because { hop, text: text.into(), fix: fix.into() })
}

fn known(state: State, told: Vec<Told>, why: Option<Because>, answers: Vec<Answers>) -> Known {
    Known {
        task_guid: "a43dd1b3-a006-4604-b012-5529380b3b6f".into(),
        title: "Sync machine policy".into(),
        user: "ada".into(),
        asked_at: Timestamp(ASKED),
        device: "web-1".into(),
        state,
        why,
        told,
        answers,
        now: Timestamp(ASKED + 65_000),
    }
}

/// Compares the lines that say where it is, why, and what to do.
#[track_caller]
fn check(known: &Known, expected: &str) {
    let text = path(known).text();
    let told: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("  ") || line.starts_with("  fix: ")).skip(1).collect();
    assert_eq!(told.join("\n"), expected, "{text}");
}

#[test]
fn an_action_that_is_done_shows_each_hop_with_its_time() {
    let mut all = until(State::Running);
    all.push(Told { detail: Some("2 of 2 policies are met".into()), ..told(Hop::Agent, State::Done, 1_137) });
    let text = path(&known(State::Done, all, None, answers(true, true))).text();
    assert_eq!(
        text,
        "Sync machine policy  on web-1  a43dd1b3-a006-4604-b012-5529380b3b6f\n\
         \x20             admin center         asked for          2026-09-21T14:13:20.000Z  by ada\n\
         \x20     +12 ms  service connector    delivered to site  2026-09-21T14:13:20.012Z\n\
         \x20      +8 ms  authority            authorized         2026-09-21T14:13:20.020Z\n\
         \x20      +4 ms  notification server  queued             2026-09-21T14:13:20.024Z\n\
         \x20      +7 ms  notification server  sent               2026-09-21T14:13:20.031Z\n\
         \x20      +5 ms  agent                received           2026-09-21T14:13:20.036Z\n\
         \x20      +1 ms  agent                running            2026-09-21T14:13:20.037Z\n\
         \x20   +1.100 s  agent                done               2026-09-21T14:13:21.137Z  2 of 2 policies are met\n\
         DONE: the device did it\n\
         \x20 the console answers\n  the site Rotterdam answers\n  the device web-1 answers\n"
    );
}

#[test]
fn a_link_that_is_cut_is_where_a_pending_action_waits() {
    check(
        &known(State::Pending, vec![], None, answers(false, true)),
        "NOW at the service connector: the site Rotterdam does not answer since 2026-09-21T14:12:20.000Z; waiting for 1 min 5 s\n  \
         fix: Run `tenon doctor site` at the site's host: the site, its authority, its way to the console.",
    );
}

#[test]
fn a_refusal_is_told_with_the_authoritys_reason() {
    let why =
        because(Hop::Authority, "role Help desk lacks permission Notify Resource", "Grant it at the site.");
    check(
        &known(State::Refused, until(State::DeliveredToSite), why, answers(true, true)),
        "REFUSED at the authority: role Help desk lacks permission Notify Resource\n  fix: Grant it at the site.",
    );
}

#[test]
fn a_database_that_is_locked_holds_the_action_at_the_authority() {
    check(
        &known(State::DeliveredToSite, until(State::DeliveredToSite), None, answers(true, true)),
        "NOW at the authority: the authority has it next; waiting for 1 min 4 s\n  \
         fix: Run `tenon doctor site` at the site's host: its authority has not decided.",
    );
}

#[test]
fn a_notification_server_that_was_killed_does_not_send() {
    check(
        &known(State::Queued, until(State::Queued), None, answers(true, true)),
        "NOW at the notification server: the notification server has it next; waiting for 1 min 4 s\n  \
         fix: Look at BgbServer.log at the site: the notification server has not sent it. `tenon doctor site` there says what is wrong with it.",
    );
}

#[test]
fn a_device_that_is_off_is_waited_for() {
    let why = because(Hop::NotificationServer, "the device is offline, queued until T", "Start the device.");
    check(
        &known(State::Queued, until(State::Queued), why, answers(true, false)),
        "NOW at the notification server: the device is offline, queued until T; waiting for 1 min 4 s\n  fix: Start the device.",
    );
}

#[test]
fn an_agent_that_hangs_is_named() {
    check(
        &known(State::Sent, until(State::Sent), None, answers(true, true)),
        "NOW at the agent: the agent has it next; waiting for 1 min 4 s\n  \
         fix: It was written to the device's connection and is not in the agent's journal: the agent hangs, or the connection \
         is dead and not yet noticed. Look at CcmNotificationAgent.log on the device.",
    );
}

#[test]
fn an_action_that_fails_has_the_agents_words() {
    let why = because(Hop::Agent, "the agent failed with code 0: no such file", "Repair the policy.");
    let mut all = until(State::Running);
    all.push(told(Hop::Agent, State::Failed, 90));
    check(
        &known(State::Failed, all, why, answers(true, true)),
        "FAILED at the agent: the agent failed with code 0: no such file\n  fix: Repair the policy.",
    );
}

#[test]
fn an_answer_that_was_lost_leaves_it_running_and_a_late_one_is_shown_as_late() {
    check(
        &known(State::Running, until(State::Running), None, answers(true, false)),
        "NOW at the agent: the device web-1 does not answer since 2026-09-21T14:12:20.000Z; waiting for 1 min 4 s\n  \
         fix: The device is offline: start it, or run `tenon doctor agent` on it. The action waits for it until its deadline.",
    );
    let mut all = until(State::Running);
    all.push(told(Hop::NotificationServer, State::Expired, 60_000));
    all.push(Told { late: true, ..told(Hop::Agent, State::Done, 64_000) });
    let why = because(Hop::NotificationServer, "the answer did not come in time", "Look at the device.");
    let path = path(&known(State::Expired, all, why, answers(true, true)));
    assert!(path.text().contains("done               2026-09-21T14:14:24.000Z (late)"), "{}", path.text());
    assert_eq!(path.stopped.hop, Hop::NotificationServer);
}

#[test]
fn the_page_holds_a_picture_and_nothing_of_a_name_runs_in_it() {
    let mut known = known(State::Queued, until(State::Queued), None, answers(true, true));
    known.device = "<script>alert(1)</script>".into();
    let page = path(&known).html();
    assert!(page.contains("<svg") && !page.contains("<script>"), "{page}");
}
