//! What must survive: programs that stop, are killed, are cut off or run out of disk.
//!
//! The tests run few rounds; `cargo xtask faults` runs many.

use std::{collections::BTreeSet, time::Duration};

use action::{ActionKind, Hop, State, TaskGuid};
use console_api::{Kind, NewAction, NewTarget};
use e2e::{AgentOnDevice, Processes, World, WorldOptions};
use testkit::postgres::{Durability, Server};

/// How often one program is killed, and how many actions run in each round.
#[derive(Clone, Copy)]
struct Rounds {
    rounds: u64,
    actions: usize,
}

/// At every change.
const FEW: Rounds = Rounds { rounds: 2, actions: 20 };
/// By hand.
const MANY: Rounds = Rounds { rounds: 20, actions: 200 };

#[tokio::test]
async fn an_action_waits_for_an_agent_that_is_away_and_is_done_once() {
    let world = World::start(WorldOptions::default()).await;
    let mut agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    agent.program.kill();
    let device = world.device(&device.name, |device| !device.online).await;

    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    let waiting = world.waits(task_guid).await;
    assert_eq!(
        (waiting.state, waiting.why.expect("a reason").reason.as_str()),
        (State::Queued, "device_offline")
    );

    agent.restart();
    let action = world.ended(task_guid).await;
    assert_eq!(action.state, State::Done, "{action:#?}");
    let received =
        action.history.iter().filter(|entry| entry.hop == Hop::Agent || entry.event == State::Received);
    assert!(received.count() >= 1);
    assert_eq!(received_tasks(&agent, task_guid), 1, "the agent ran it once");
}

#[tokio::test]
async fn an_action_past_its_deadline_expires_and_is_never_done_later() {
    let world = World::start(WorldOptions::default()).await;
    let mut agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    agent.program.kill();
    let device = world.device(&device.name, |device| !device.online).await;

    let new = NewAction {
        kind: Kind(ActionKind::MACHINE_POLICY),
        target: NewTarget::Device { device: device.id },
        param: String::new(),
        deliver_by: Some(service::clock::now().plus(Duration::from_secs(3))),
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    };
    let task_guid = world.ask_signed(&new).await;
    let action = world.ended(task_guid).await;
    assert_eq!(action.state, State::Expired, "{action:#?}");
    assert_eq!(action.why.expect("a reason").reason, "not_delivered_in_time");

    agent.restart();
    world.device("kassa-1", |device| device.online).await;
    let probe = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(probe).await.state, State::Done);
    assert_eq!(received_tasks(&agent, task_guid), 0, "the expired task never reached the agent");
}

#[tokio::test]
async fn a_killed_console_loses_no_action() {
    killed_at_random(WorldOptions::default(), Victim::Console, FEW).await;
}

#[tokio::test]
async fn a_killed_site_loses_no_action() {
    killed_at_random(WorldOptions::default(), Victim::Site(0), FEW).await;
}

#[tokio::test]
async fn a_killed_agent_loses_no_action_and_does_none_twice() {
    killed_at_random(WorldOptions::default(), Victim::Agent, FEW).await;
}

#[tokio::test]
async fn a_killed_authority_loses_no_action() {
    let options = WorldOptions { processes: Processes::AuthorityApart, ..WorldOptions::default() };
    killed_at_random(options, Victim::Site(0), FEW).await;
}

#[tokio::test]
async fn on_postgresql_each_role_may_be_killed_by_itself() {
    each_role_on_postgresql(Rounds { rounds: 1, actions: 10 }).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo xtask faults"]
async fn faults_of_each_role_on_postgresql() {
    each_role_on_postgresql(MANY).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo xtask faults"]
async fn faults_of_an_authority_killed_in_many_rounds() {
    let options = WorldOptions { processes: Processes::AuthorityApart, ..WorldOptions::default() };
    killed_at_random(options, Victim::Site(0), MANY).await;
}

/// Kills each role of a site on PostgreSQL, each in a world of its own databases.
async fn each_role_on_postgresql(rounds: Rounds) {
    /// Authority, connector, notification server, management point.
    const ROLES: usize = 4;
    let server = Server::start(Durability::Full);
    for role in 0..ROLES {
        let options = WorldOptions {
            site_database: Some(server.database().await),
            authority_database: Some(server.database().await),
            console_database: Some(server.database().await),
            processes: Processes::Apart,
            ..WorldOptions::default()
        };
        killed_at_random(options, Victim::Site(role), rounds).await;
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo xtask faults"]
async fn faults_of_a_console_killed_in_many_rounds() {
    killed_at_random(WorldOptions::default(), Victim::Console, MANY).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo xtask faults"]
async fn faults_of_a_site_killed_in_many_rounds() {
    killed_at_random(WorldOptions::default(), Victim::Site(0), MANY).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo xtask faults"]
async fn faults_of_an_agent_killed_in_many_rounds() {
    killed_at_random(WorldOptions::default(), Victim::Agent, MANY).await;
}

/// Which program is killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Console,
    Site(usize),
    Agent,
}

/// Runs rounds of actions; in each, one program is killed with `kill -9` at a random moment and started again. No action is
/// lost, none is done twice, none stays without an end.
async fn killed_at_random(options: WorldOptions, victim: Victim, Rounds { rounds, actions }: Rounds) {
    let mut world = World::start(WorldOptions { throttle: (0, 0), ..options }).await;
    let mut agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    for round in 0..rounds {
        let moment = Duration::from_millis(service::dice::below(400));
        let mut asked = BTreeSet::new();
        for number in 0..actions {
            let task_guid = TaskGuid(uuid::Uuid::new_v4());
            let new = NewAction {
                kind: Kind(ActionKind::PROBE),
                target: NewTarget::Device { device: device.id },
                param: String::new(),
                deliver_by: None,
                finish_within_seconds: None,
                offline: Some(action::OfflinePolicy::Queue),
                task_guid: Some(task_guid),
            };
            let key = format!("{round}-{number}");
            if number == actions / 2 {
                tokio::time::sleep(moment).await;
                match victim {
                    Victim::Console => world.restart_console(),
                    Victim::Site(index) => world.site.kill_and_restart(index),
                    Victim::Agent => agent.restart(),
                }
            }
            let signed = world.signed(&new).await;
            // Asked again with the same key until the console has taken it: that is what the key is for.
            let mut tries = 0;
            while let Err(error) = world.client.create_signed(&signed, &key).await {
                tries += 1;
                assert!(tries < 1_000, "round {round}: the console does not take the action: {error}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            asked.insert(task_guid);
        }
        for task_guid in &asked {
            let action = world.ended(*task_guid).await;
            assert_eq!(
                action.state,
                State::Done,
                "{victim:?}, round {round}, killed after {moment:?}: {action:#?}"
            );
            let times = received_tasks(&agent, *task_guid);
            assert!(
                times >= 1,
                "{victim:?}, round {round}: {task_guid} is done, and the agent never received it"
            );
        }
    }
    let started = agent.log("Scheduler.log").folded();
    assert!(!started.is_empty(), "the scheduler says what it runs");
}

/// Returns how often the agent's log says that it received the task for the first time.
fn received_tasks(agent: &AgentOnDevice, task_guid: TaskGuid) -> usize {
    let path = agent.root.parent().expect("the device's folder").join("logs/CcmNotificationAgent.log");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let wanted = format!("taskguid={}", task_guid.upper());
    text.lines().filter(|line| line.contains("Receive task from server") && line.contains(&wanted)).count()
}
