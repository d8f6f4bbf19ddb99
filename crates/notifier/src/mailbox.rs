//! What a connection is to say. Holds memory only while something waits.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use action::TaskGuid;
use device_channel::{CloseReason, PushedTask};
use tokio::sync::Notify;

use crate::release::Release;

/// Push tasks that wait for one connection. They are small and rare: sixteen is an admin who clicks on everything. A full
/// mailbox is `Busy`, and the task is handed over again a second later.
const MOST_PUSHES: usize = 16;

/// Withdrawals that wait for one connection. They save the device work and decide nothing, so that more are dropped.
const MOST_CANCELS: usize = 64;

/// What a connection is to say.
#[derive(Debug)]
pub(crate) enum Order {
    /// A task: one leaf of a release.
    Push { release: Arc<Release>, index: u32 },
    /// An answer is stored.
    Confirm(PushedTask),
    /// A report was about a task that the site does not know.
    Unknown(PushedTask),
    /// An action was withdrawn.
    Cancel(TaskGuid),
}

/// What became of a task that was handed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "a task that was not queued has to be kept for later"]
pub(crate) enum Handover {
    Queued,
    /// The device is not connected here.
    Offline,
    /// The device is connected but reads too slowly.
    Busy,
}

/// The orders of one connection.
#[derive(Debug)]
pub(crate) struct Mailbox {
    /// The connection's number: a newer connection of the same device has another one.
    pub(crate) connection: u64,
    waiting: Mutex<Waiting>,
    rung: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    orders: VecDeque<Order>,
    pushes: usize,
    close: Option<CloseReason>,
}

impl Mailbox {
    pub(crate) fn new(connection: u64) -> Self {
        Self { connection, waiting: Mutex::default(), rung: Notify::new() }
    }

    /// Hands over a task, without waiting.
    pub(crate) fn push(&self, release: Arc<Release>, index: u32) -> Handover {
        let mut waiting = self.waiting();
        if waiting.close.is_some() {
            return Handover::Offline;
        }
        if waiting.pushes == MOST_PUSHES {
            return Handover::Busy;
        }
        waiting.pushes += 1;
        waiting.orders.push_back(Order::Push { release, index });
        drop(waiting);
        self.rung.notify_one();
        Handover::Queued
    }

    /// Says that an answer is stored. Bounded by the reports that wait to be stored.
    pub(crate) fn confirm(&self, task: PushedTask) {
        self.put(Order::Confirm(task));
    }

    /// Says that a report was about a task that the site does not know.
    pub(crate) fn unknown(&self, task: PushedTask) {
        self.put(Order::Unknown(task));
    }

    /// Says that an action was withdrawn.
    pub(crate) fn cancel(&self, task_guid: TaskGuid) {
        if self.waiting().orders.len() < MOST_CANCELS {
            self.put(Order::Cancel(task_guid));
        }
    }

    /// Tells the connection to end.
    pub(crate) fn close(&self, reason: CloseReason) {
        self.waiting().close.get_or_insert(reason);
        self.rung.notify_one();
    }

    /// Returns what waits, in order.
    ///
    /// # Errors
    ///
    /// The reason to end the connection.
    pub(crate) fn take(&self) -> Result<VecDeque<Order>, CloseReason> {
        let mut waiting = self.waiting();
        if let Some(reason) = &waiting.close {
            return Err(reason.clone());
        }
        waiting.pushes = 0;
        Ok(std::mem::take(&mut waiting.orders))
    }

    /// Waits until there is something to take. Safe to cancel.
    pub(crate) async fn rung(&self) {
        self.rung.notified().await;
    }

    fn put(&self, order: Order) {
        self.waiting().orders.push_back(order);
        self.rung.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_has_a_bound_and_tells_the_sender() {
        let mailbox = Mailbox::new(1);
        let release = Arc::new(crate::release::tests::release(1));
        for _ in 0..MOST_PUSHES {
            assert_eq!(mailbox.push(Arc::clone(&release), 0), Handover::Queued);
        }
        assert_eq!(mailbox.push(Arc::clone(&release), 0), Handover::Busy);
        assert_eq!(mailbox.take().expect("open").len(), MOST_PUSHES);
        assert_eq!(mailbox.push(Arc::clone(&release), 0), Handover::Queued);
        mailbox.close(CloseReason::Replaced);
        mailbox.close(CloseReason::Revoked);
        assert_eq!(mailbox.push(release, 0), Handover::Offline);
        assert_eq!(mailbox.take().map(|_| ()), Err(CloseReason::Replaced), "the first reason stands");
    }

    #[test]
    fn an_idle_mailbox_is_small_and_holds_no_memory() {
        let mailbox = Mailbox::new(1);
        mailbox.cancel(TaskGuid(uuid::Uuid::nil()));
        assert_eq!(mailbox.take().expect("open").len(), 1);
        assert_eq!(mailbox.waiting().orders.capacity(), 0);
        assert!(size_of::<Mailbox>() <= 160, "{} bytes", size_of::<Mailbox>());
    }
}
