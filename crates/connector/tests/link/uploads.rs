use service::{clock, wake::Topic};
use site_link::{Checksum, DeviceBatch, Part, ToConsole, ToSite};

use crate::support::{Console, ConsoleLink, Site, device, within};

#[tokio::test]
async fn all_devices_go_up_and_then_what_changed() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;

    let start = next_batch(&mut link).await;
    assert_eq!((start.part, start.devices.len()), (Part::FullStart, 0));
    let all = next_batch(&mut link).await;
    assert_eq!((all.part, all.devices.len()), (Part::FullEnd, 1));
    assert_eq!(all.checksum, Some(checksum(&all)));
    let (mut last, mut known) = (all.seq, all.devices);

    site.put_device(2).await;
    site.store.set_online("n1", &[(device(1), true)], clock::now()).await.expect("stored");
    site.wakes.wake(Topic::Devices);
    while known.iter().all(|device| !device.online) || known.len() < 3 {
        let changes = next_batch(&mut link).await;
        assert_eq!(changes.part, Part::Changes);
        last = changes.seq;
        known.extend(changes.devices);
    }
    site.store.remove_device(device(2), clock::now()).await.expect("removed");
    site.wakes.wake(Topic::Devices);
    let removed = next_batch(&mut link).await;
    assert_eq!(
        (removed.removed.as_slice(), removed.checksum.map(|sum| sum.count)),
        ([device(2)].as_slice(), Some(1))
    );
    assert!(removed.seq > last);

    within("the seed's line", site.upload_lines.containing("Next run time will be at approximately: ")).await;
    assert_eq!(site.upload_lines.texts()[0], "Batching 1 records");
    site.stop().await;
}

#[tokio::test]
async fn a_console_that_misses_something_asks_for_all_devices() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    site.start(&console, console.address()).await;
    // The console has devices up to the last change, it says: there is nothing but the checksum to compare.
    let mut link = console.accept(site.known(), 0, 1).await;
    let nothing = next_batch(&mut link).await;
    assert_eq!((nothing.part, nothing.devices.len(), nothing.checksum.is_some()), (Part::Changes, 0, true));
    link.say(&ToSite::ResyncDevices).await;
    assert_eq!(next_batch(&mut link).await.part, Part::FullStart);
    let all = next_batch(&mut link).await;
    assert_eq!((all.part, all.devices.len()), (Part::FullEnd, 1));
    site.stop().await;
}

#[tokio::test]
async fn the_mirror_of_the_rules_goes_up() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    authority.state.lock().expect("free").mirror.roles = vec!["Full Administrator".into()];
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 1).await;
    let heard = async {
        loop {
            let frame =
                futures_util::StreamExt::next(&mut link.socket).await.expect("open").expect("a frame");
            let now = tokio::time::Instant::now().into_std();
            if let Ok(ToConsole::Mirror { mirror }) = link.session.on_frame(&frame.into_data(), now) {
                return mirror;
            }
        }
    };
    let mirror = within("a mirror", heard).await;
    assert_eq!(mirror["roles"], serde_json::json!(["Full Administrator"]));
    site.stop().await;
}

async fn next_batch(link: &mut ConsoleLink) -> DeviceBatch {
    let wanted = |message: &ToConsole| match message {
        ToConsole::Devices(batch) => Some(batch.clone()),
        _ => None,
    };
    link.hear_until("a batch of devices", wanted).await
}

fn checksum(batch: &DeviceBatch) -> Checksum {
    let sum = batch.devices.iter().map(site_link::Device::hash).sum();
    Checksum { count: batch.devices.len() as u64, sum }
}
