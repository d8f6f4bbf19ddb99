//! What an action costs: the synchronous writes on its path, counted.

use action::{ActionKind, State};
use e2e::{World, WorldOptions, commits};

/// The most synchronous writes for one action with one device (console 1 + 1, site 1 + 1 + 1, authority 1, agent 2).
const MOST: usize = 8;
/// Actions that are counted, one after the other.
const ACTIONS: usize = 10;

#[tokio::test]
async fn an_action_is_at_most_eight_synchronous_writes() {
    let world = World::start(WorldOptions::default()).await;
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let first = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(first).await.state, State::Done);

    let stores = [
        world.files().join("console/console.db"),
        world.site.folder.join("site.db"),
        world.site.folder.join("authority/authority.db"),
        agent.root.parent().expect("the device's folder").join("state/journal.db"),
    ];
    for store in &stores {
        assert!(store.exists(), "{} is not there", store.display());
    }
    // What is not an action's (a heartbeat, a device's status) may fall into some of the rounds, never into all.
    let mut fewest = usize::MAX;
    let mut each = Vec::new();
    for _ in 0..ACTIONS {
        let before: Vec<_> = stores.iter().map(|store| commits(store)).collect();
        let task_guid = world.ask(ActionKind::PROBE, &device).await;
        assert_eq!(world.ended(task_guid).await.state, State::Done);
        let spent: Vec<_> = stores
            .iter()
            .zip(&before)
            .map(|(store, before)| commits(store).saturating_sub(*before))
            .collect();
        fewest = fewest.min(spent.iter().sum());
        each.push(spent);
    }
    assert!(fewest >= 4, "an action that is not stored at each hop: {each:?}");
    assert!(
        fewest <= MOST,
        "synchronous writes of console, site, authority and agent for each action: {each:?}"
    );
}
