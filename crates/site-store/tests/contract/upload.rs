//! What the console learns of the devices, and how it finds out what it has missed.

use std::collections::BTreeMap;

use action::DeviceId;
use site_store::{DeviceChanges, DeviceRow, SiteStore};
use testkit::dice::Dice;

use crate::support::{NOW, TestStore, after, device, facts, new_device, stores};

#[tokio::test]
async fn a_reader_of_changes_has_the_sites_devices_whatever_happened_in_between() {
    for TestStore { name, store, .. } in stores().await {
        let mut dice = Dice::new(7);
        let mut reader = Reader::default();
        for step in 0..60 {
            let number = dice.below(8) + 1;
            match dice.below(5) {
                0 | 1 => store.put_device(&new_device(number), NOW).await.expect(name),
                2 => {
                    store.put_discovery(device(number), &facts(&format!("n{step}")), NOW).await.expect(name);
                }
                3 => {
                    let changes = [(device(number), dice.one_in(2)), (device(dice.below(8) + 1), true)];
                    store.set_online("ns1", &changes, after(step)).await.expect(name);
                }
                _ => {
                    store.remove_device(device(number), NOW).await.expect(name);
                }
            }
            if dice.one_in(3) {
                reader.read(&store, u32::try_from(dice.below(3) + 1).expect("small")).await;
            }
        }
        reader.read(&store, 2).await;
        let actual = store.devices(None, 100).await.expect(name);
        assert_eq!(reader.devices.into_values().collect::<Vec<_>>(), actual, "{name}");
    }
}

#[tokio::test]
async fn the_checksum_finds_a_missing_device_and_a_stale_status() {
    for TestStore { name, store, .. } in stores().await {
        for number in 1..=3 {
            store.put_device(&new_device(number), NOW).await.expect(name);
        }
        let mut reader = Reader::default();
        reader.read(&store, 10).await;
        let right = reader.sum();
        let mut missing = reader.clone();
        missing.devices.remove(&device(2));
        assert_ne!(missing.sum(), right, "{name}");
        let mut stale = reader.clone();
        store.set_online("ns1", &[(device(3), true)], NOW).await.expect(name);
        reader.read(&store, 10).await;
        assert_ne!(stale.sum(), reader.sum(), "{name}");
        stale.read(&store, 1).await;
        assert_eq!(stale.sum(), reader.sum(), "{name}");
        let sum = store.device_checksum().await.expect(name);
        assert_eq!((sum.count, sum.sum), reader.sum(), "{name}");
    }
}

/// A console in small: what it has, by the changes that it has read.
#[derive(Clone, Default)]
struct Reader {
    devices: BTreeMap<DeviceId, DeviceRow>,
    upto: u64,
}

impl Reader {
    async fn read(&mut self, store: &SiteStore, limit: u32) {
        loop {
            let DeviceChanges { devices, removed, upto, more, checksum } =
                store.device_changes(self.upto, limit).await.expect("changes");
            assert!(devices.len() + removed.len() <= limit as usize);
            self.devices.extend(devices.into_iter().map(|row| (row.device, row)));
            for device in removed {
                self.devices.remove(&device);
            }
            self.upto = upto;
            assert_eq!(checksum.is_some(), !more, "nobody else writes, so that the last page has a checksum");
            if let Some(checksum) = checksum {
                assert_eq!((checksum.count, checksum.sum), self.sum());
                return;
            }
        }
    }

    fn sum(&self) -> (u64, u64) {
        (self.devices.len() as u64, self.devices.values().map(DeviceRow::hash).sum())
    }
}
