//! Devices: which there are, and who of them is let in.

use std::collections::BTreeMap;

use action::{DeviceId, Timestamp};
use authority_link::{Answer, DeviceEntry, Facts, OwnerAnswer, PAGE, Standing};

use super::{Desk, DeskError, not_valid, record};
use crate::store::{Store, StoredDevice};

impl Desk {
    /// Returns a page of the devices in the order of their ids; of one standing where it is named, else all but those
    /// that are deleted.
    pub(super) fn list_devices(&self, standing: Option<Standing>, after: Option<DeviceId>) -> OwnerAnswer {
        // The first two of each hardware: a device's twin is the one that it is not.
        let mut twins: BTreeMap<&str, (DeviceId, Option<DeviceId>)> = BTreeMap::new();
        for known in self.site.devices.values().filter(|known| !known.facts.hardware.is_empty()) {
            let pair = twins.entry(&known.facts.hardware).or_insert((known.device, None));
            if pair.0 != known.device {
                pair.1.get_or_insert(known.device);
            }
        }
        let twin_of = |known: &StoredDevice| {
            let (first, second) = *twins.get(known.facts.hardware.as_str())?;
            if first == known.device { second } else { Some(first) }
        };
        let wanted = |known: &&StoredDevice| match standing {
            Some(standing) => known.standing == standing,
            None => known.standing != Standing::Deleted,
        };
        let devices =
            self.site.devices.values().filter(|known| after.is_none_or(|after| known.device > after));
        let devices = devices.filter(wanted).take(PAGE).map(|known| DeviceEntry {
            device: known.device,
            resource: known.resource,
            name: known.facts.name.clone(),
            standing: known.standing,
            enrolled_at: known.enrolled_at,
            same_hardware_as: twin_of(known),
        });
        OwnerAnswer::Devices { devices: devices.collect() }
    }

    pub(super) async fn approve_device(
        &mut self,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        self.set_standing(device, &[Standing::Pending], Standing::Active, "device approved", now).await
    }

    pub(super) async fn revoke_device(
        &mut self,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let from = [Standing::Active, Standing::Held];
        self.set_standing(device, &from, Standing::Revoked, "device revoked", now).await
    }

    pub(super) async fn retire_device(
        &mut self,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let from = [Standing::Active, Standing::Pending, Standing::Held, Standing::Revoked];
        self.set_standing(device, &from, Standing::Retired, "device retired", now).await
    }

    pub(super) async fn delete_device(
        &mut self,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let from =
            [Standing::Active, Standing::Pending, Standing::Held, Standing::Revoked, Standing::Retired];
        self.set_standing(device, &from, Standing::Deleted, "device deleted", now).await
    }

    pub(super) async fn set_standing(
        &mut self,
        device: DeviceId,
        from: &[Standing],
        to: Standing,
        what: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let fix = "look it up: `tenon site device list`";
        let Some(known) = self.site.devices.get(&device).filter(|known| known.standing != Standing::Deleted)
        else {
            return Ok(not_valid(format!("the site has no device {device}"), fix));
        };
        if !from.contains(&known.standing) {
            let stands = known.standing.name();
            return Ok(not_valid(format!("the device {device} ({}) is {stands}", known.facts.name), fix));
        }
        let mut changed = known.clone();
        changed.standing = to;
        changed.revoked = to.is_refused();
        // One that is approved has no certificate yet: there is nothing to take back from a list of revocations.
        if to.is_refused() {
            changed.changed = self.site.revocations + 1;
        }
        if to == Standing::Deleted {
            // Its key is free: the same machine may enrol as a new device. Only its ids are kept, so that its old
            // certificate stays refused.
            changed.key_sha256 = String::new();
            changed.facts = Facts::default();
        }
        let mut change = self.store.begin().await?;
        Store::put_device(&mut change, &changed).await?;
        let generation = record(&mut change, now, what, &device.to_string()).await?;
        change.commit().await?;
        self.site.revocations = self.site.revocations.max(changed.changed);
        self.site.put_device(changed);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    /// Returns the devices that were taken off the site's list since a generation.
    pub(in crate::desk) fn removed(&self, since: u64) -> Answer {
        // A caller that knows more than there is has seen a store that was put back since: it is told everything.
        let since = if since > self.site.revocations { 0 } else { since };
        let gone = |known: &&StoredDevice| known.standing.is_removed() && known.changed > since;
        let mut gone: Vec<_> =
            self.site.devices.values().filter(gone).map(|known| (known.changed, known.device)).collect();
        gone.sort_unstable();
        gone.truncate(PAGE);
        let generation = match gone.last() {
            Some((last, _)) if gone.len() == PAGE => *last,
            _ => self.site.revocations,
        };
        Answer::Removed { generation, devices: gone.into_iter().map(|(_, device)| device).collect() }
    }
}
