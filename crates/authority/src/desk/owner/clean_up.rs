//! Devices that are not heard of any more are taken out of service.

use action::Timestamp;
use authority_link::{OwnerAnswer, Standing};

use super::{DAY, Desk, DeskError, not_valid, record};
use crate::store::Store;

/// The fewest days: a machine that was switched off for a holiday comes back.
const LEAST_DAYS: u32 = 30;
/// The most days: ten years.
const MOST_DAYS: u32 = 3_653;

const DAYS: &str = "clean up days";
/// Since when the authority has listened without a break.
const LISTENED_SINCE: &str = "listened since";
/// When it last noted that it listens.
const LISTENED_AT: &str = "listened at";

impl Desk {
    pub(super) async fn set_clean_up(&mut self, days: u32, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        if days != 0 && !(LEAST_DAYS..=MOST_DAYS).contains(&days) {
            let what = format!("devices are cleaned up after {LEAST_DAYS} to {MOST_DAYS} days, or never");
            return Ok(not_valid(what, "choose another number; 0 is never"));
        }
        let mut change = self.store.begin().await?;
        Store::put_number(&mut change, DAYS, days.into()).await?;
        let subject = if days == 0 { "never".to_owned() } else { format!("after {days} days") };
        let generation =
            record(&mut change, now, "clean-up of devices that are not heard of", &subject).await?;
        change.commit().await?;
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) async fn clean_up_days(&self) -> Result<OwnerAnswer, DeskError> {
        let days = self.store.number(DAYS).await?;
        Ok(OwnerAnswer::CleanUp { days: u32::try_from(days).unwrap_or(u32::MAX) })
    }

    /// Notes who was heard of, and takes out of service who was not for too long. Where the authority itself was away
    /// for a day, it begins to count anew: nobody could be heard of meanwhile.
    pub(in crate::desk) async fn clean_up(&mut self, now: Timestamp) -> Result<(), DeskError> {
        let seen: Vec<_> = std::mem::take(&mut self.seen).into_iter().collect();
        if !seen.is_empty() {
            self.store.put_seen(&seen).await?;
        }
        let at = |number: u64| Timestamp(i64::try_from(number).unwrap_or(i64::MAX));
        let (since, last) = (self.store.number(LISTENED_SINCE).await?, self.store.number(LISTENED_AT).await?);
        let without_a_break = last != 0 && now.since(at(last)) < DAY;
        let since = if without_a_break { at(since) } else { now };
        let mut change = self.store.begin().await?;
        let number = |moment: Timestamp| u64::try_from(moment.0).unwrap_or_default();
        Store::put_number(&mut change, LISTENED_SINCE, number(since)).await?;
        Store::put_number(&mut change, LISTENED_AT, number(now)).await?;
        change.commit().await?;

        let days = u32::try_from(self.store.number(DAYS).await?).unwrap_or(u32::MAX);
        let before = now.minus(DAY * days);
        if days == 0 || since > before {
            return Ok(());
        }
        let what = format!("device retired: not heard of for {days} days");
        for device in self.store.unseen(before).await? {
            self.set_standing(device, &[Standing::Active], Standing::Retired, &what, now).await?;
        }
        Ok(())
    }
}
