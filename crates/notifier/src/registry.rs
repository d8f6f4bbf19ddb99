//! The devices that are connected here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use action::{DeviceId, EnrolmentId};
use device_channel::{CloseReason, server::Identity};
use service::metrics::Gauge;

use crate::{mailbox::Mailbox, news::News};

/// Devices are spread over so many maps, so that thousands who come at once do not wait for one lock. A power of two
/// well above the cores of a server.
const SHARDS: usize = 64;

/// The devices connected to this server.
#[derive(Debug)]
pub(crate) struct Registry {
    shards: Vec<Mutex<BTreeMap<DeviceId, Entry>>>,
    next_connection: AtomicU64,
    count: AtomicUsize,
    online: Gauge,
    news: Arc<News>,
}

#[derive(Debug)]
struct Entry {
    enrolment: EnrolmentId,
    mailbox: Arc<Mailbox>,
}

/// A place in the registry. Given up when dropped; never evicts a newer connection of the same device.
#[derive(Debug)]
pub(crate) struct Seat {
    registry: Arc<Registry>,
    device: DeviceId,
    pub(crate) mailbox: Arc<Mailbox>,
}

impl Registry {
    pub(crate) fn new(news: Arc<News>, online: Gauge) -> Arc<Self> {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Arc::new(Self {
            shards,
            next_connection: AtomicU64::new(1),
            count: AtomicUsize::new(0),
            online,
            news,
        })
    }

    /// Seats a device. A newer connection takes the seat of an older one, which is closed.
    pub(crate) fn seat(self: &Arc<Self>, identity: Identity) -> Seat {
        let Identity { device, enrolment } = identity;
        let connection = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let mailbox = Arc::new(Mailbox::new(connection));
        let entry = Entry { enrolment, mailbox: Arc::clone(&mailbox) };
        let mut shard = self.shard(device);
        let older = shard.insert(device, entry);
        // Told under the lock, so that coming and leaving are told in the order in which they happen.
        self.news.came(device);
        drop(shard);
        match older {
            Some(older) => older.mailbox.close(CloseReason::Replaced),
            None => {
                self.count.fetch_add(1, Ordering::Relaxed);
                self.online.add(1);
            }
        }
        Seat { registry: Arc::clone(self), device, mailbox }
    }

    /// Returns the number of the device's connection, where it has one here.
    pub(crate) fn connection(&self, device: DeviceId) -> Option<u64> {
        self.shard(device).get(&device).map(|entry| entry.mailbox.connection)
    }

    /// Returns how many devices are connected here.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns the devices that are connected here.
    pub(crate) fn devices(&self) -> Vec<DeviceId> {
        let mut devices = Vec::with_capacity(self.len());
        for index in 0..SHARDS {
            devices.extend(self.shard_at(index).keys());
        }
        devices
    }

    /// Returns the mailbox of the device's connection.
    pub(crate) fn mailbox(&self, device: DeviceId) -> Option<Arc<Mailbox>> {
        self.shard(device).get(&device).map(|entry| Arc::clone(&entry.mailbox))
    }

    /// Closes the connections of enrolments that were revoked.
    pub(crate) fn close_revoked(&self, revoked: &BTreeSet<EnrolmentId>) {
        for index in 0..SHARDS {
            for entry in self.shard_at(index).values() {
                if revoked.contains(&entry.enrolment) {
                    entry.mailbox.close(CloseReason::Revoked);
                }
            }
        }
    }

    fn shard(&self, device: DeviceId) -> MutexGuard<'_, BTreeMap<DeviceId, Entry>> {
        // Ids are random: any byte of one spreads evenly.
        self.shard_at(usize::from(device.0.as_bytes()[0]) % SHARDS)
    }

    fn shard_at(&self, index: usize) -> MutexGuard<'_, BTreeMap<DeviceId, Entry>> {
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut shard = self.registry.shard(self.device);
        // Someone newer may be sitting here by now.
        if shard.get(&self.device).is_some_and(|entry| entry.mailbox.connection == self.mailbox.connection) {
            shard.remove(&self.device);
            self.registry.news.left(self.device);
            self.registry.count.fetch_sub(1, Ordering::Relaxed);
            self.registry.online.add(-1);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_seat_is_given_up_when_dropped() {
        let registry = registry();
        let seat = registry.seat(identity(1));
        assert!(registry.connection(identity(1).device).is_some());
        assert_eq!((registry.len(), registry.devices()), (1, vec![identity(1).device]));
        drop(seat);
        assert!(registry.connection(identity(1).device).is_none());
        assert_eq!(registry.len(), 0);
    }

    #[test]
    fn a_newer_connection_takes_the_seat_and_the_older_does_not_take_it_along() {
        let registry = registry();
        let older = registry.seat(identity(1));
        let newer = registry.seat(identity(1));
        assert_eq!(older.mailbox.take().map(|_| ()), Err(CloseReason::Replaced));
        drop(older);
        assert!(registry.connection(identity(1).device).is_some());
        assert!(newer.mailbox.take().is_ok());
        assert_eq!(registry.len(), 1);
    }

    #[test]
    fn a_revoked_enrolment_is_closed_and_nobody_else() {
        let registry = registry();
        let (one, other) = (registry.seat(identity(1)), registry.seat(identity(2)));
        registry.close_revoked(&BTreeSet::from([identity(1).enrolment]));
        assert_eq!(one.mailbox.take().map(|_| ()), Err(CloseReason::Revoked));
        assert!(other.mailbox.take().is_ok());
    }

    fn registry() -> Arc<Registry> {
        Registry::new(Arc::default(), Gauge::default())
    }

    fn identity(number: u128) -> Identity {
        let id = Uuid::from_u128(number << 120 | number);
        Identity { device: DeviceId(id), enrolment: EnrolmentId(id) }
    }
}
