//! Actions that were withdrawn: what was not pushed is not pushed any more, and devices that may have it are told.

use database::DbError;

use super::Site;
use crate::backlog::Backlog;

/// Actions and devices read at a time.
const PAGE: u32 = 10_000;

/// How far the withdrawals were taken; `None` before the first look, which starts at the last one: devices that come later
/// are told nothing of what was withdrawn before, because the store does not push it.
#[derive(Debug, Default)]
pub(super) struct Cancels(Option<u64>);

impl Cancels {
    pub(super) async fn look(&mut self, site: &Site, backlog: &mut Backlog) -> Result<(), DbError> {
        let Some(mut taken) = self.0 else {
            self.0 = Some(site.store.last_cancel().await?);
            return Ok(());
        };
        loop {
            let page = site.store.cancels_after(taken, PAGE).await?;
            let count = page.len();
            for (number, task_guid) in page {
                backlog.cancel(task_guid);
                let mut after = None;
                loop {
                    let devices = site.store.cancelled_after_push(task_guid, after, PAGE).await?;
                    for device in &devices {
                        if let Some(mailbox) = site.registry.mailbox(*device) {
                            mailbox.cancel(task_guid);
                        }
                    }
                    after = devices.last().copied();
                    if after.is_none() || devices.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                        break;
                    }
                }
                site.log
                    .about(task_guid)
                    .info(format_args!("Cancelled push task (TaskGUID: {})", task_guid.upper()));
                taken = number;
                self.0 = Some(taken);
            }
            if count < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                return Ok(());
            }
        }
    }
}
