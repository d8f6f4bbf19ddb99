use console_api::DeviceQuery;
use site_link::{Checksum, DeviceBatch, Part, ToConsole, ToSite};

use crate::support::{Running, Site, SiteLink, device};

#[tokio::test]
async fn devices_come_up_change_and_go() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;
    assert_eq!(names(&console).await, ["kade-01"]);

    let added = device(2);
    let sum = device_sum(&console).await + added.hash();
    let checksum = Some(Checksum { count: 2, sum });
    let batch =
        DeviceBatch { seq: 2, part: Part::Changes, devices: vec![added], removed: Vec::new(), checksum };
    assert_eq!(stored(&mut link, batch.clone()).await, "stored");
    assert_eq!(names(&console).await, ["kade-01", "kade-02"]);

    let removed = vec![device(1).id];
    let batch = DeviceBatch { seq: 3, devices: Vec::new(), removed, checksum: None, ..batch };
    assert_eq!(stored(&mut link, batch).await, "stored");
    assert_eq!(names(&console).await, ["kade-02"]);
    console.stop().await;
}

#[tokio::test]
async fn a_missing_device_is_found_by_the_checksum_and_all_are_asked_for() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;
    let checksum = Some(Checksum { count: 2, sum: 0 });
    let nothing =
        DeviceBatch { seq: 2, part: Part::Changes, devices: Vec::new(), removed: Vec::new(), checksum };
    assert_eq!(stored(&mut link, nothing).await, "stored, resync");
    console.stop().await;
}

#[tokio::test]
async fn the_mirror_of_the_sites_rules_is_shown() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    let mirror = serde_json::json!({
        "generation": 1,
        "collections": [{"id": "SMS00001", "name": "All Devices", "version": 1, "count": 7}],
        "policies": [],
        "roles": ["Full Administrator"],
    });
    link.say(&ToConsole::Mirror { mirror }).await;
    // The next batch is answered after the mirror was stored.
    link.upload(device(1)).await;
    let collections = console.client.collections(site.id).await.expect("shown");
    assert_eq!(
        collections.iter().map(|one| (one.name.as_str(), one.count)).collect::<Vec<_>>(),
        [("All Devices", 7)]
    );
    console.stop().await;
}

async fn stored(link: &mut SiteLink, batch: DeviceBatch) -> &'static str {
    let (seq, checked) = (batch.seq, batch.checksum.is_some());
    link.say(&ToConsole::Devices(batch)).await;
    link.hear_until("devices stored", |message| (*message == ToSite::DevicesStored { seq }).then_some(()))
        .await;
    if !checked {
        return "stored";
    }
    // What follows at once is either the request for all devices, or the answer to this.
    let probe = DeviceBatch {
        seq: seq + 100,
        part: Part::Changes,
        devices: Vec::new(),
        removed: Vec::new(),
        checksum: None,
    };
    link.say(&ToConsole::Devices(probe)).await;
    let wanted = |message: &ToSite| match message {
        ToSite::ResyncDevices => Some("stored, resync"),
        ToSite::DevicesStored { .. } => Some("stored"),
        _ => None,
    };
    link.hear_until("an answer", wanted).await
}

async fn names(console: &Running) -> Vec<String> {
    let page = console.client.devices(&DeviceQuery::default()).await.expect("shown");
    page.items.into_iter().map(|device| device.name).collect()
}

/// The checksum of what the console shows.
async fn device_sum(console: &Running) -> u64 {
    let page = console.client.devices(&DeviceQuery::default()).await.expect("shown");
    let hash = |shown: &console_api::Device| {
        let sent = site_link::Device {
            enrolled: shown.enrolled,
            online_changed: shown.online_changed,
            ..device(shown.resource_id)
        };
        sent.hash()
    };
    page.items.iter().map(hash).sum()
}
