//! A record that is taken over: the owner says that a device which waits is one that the site knows already.

use action::{DeviceId, EnrolmentId, Timestamp};
use authority_link::{Facts, OwnerAnswer, Standing};

use super::{Desk, DeskError, not_valid, record};
use crate::store::{Store, StoredDevice};

impl Desk {
    /// Admits a device that waits for approval as `known`: with its key it comes back under that one's ids. Whoever has the
    /// key before is refused from then on, and so is the other of two that were held.
    pub(super) async fn take_over(
        &mut self,
        waits: DeviceId,
        known: DeviceId,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let fix = "look them up: `tenon site device list`";
        let pending = self.site.devices.get(&waits).filter(|device| device.standing == Standing::Pending);
        let Some(pending) = pending.cloned() else {
            return Ok(not_valid(
                format!("no device {waits} waits for approval"),
                "look it up: `tenon site device list --pending`; one that was admitted already comes back by a token for \
                 the other record: `tenon join-token create --device`",
            ));
        };
        let taken = self.site.devices.get(&known).filter(|device| {
            device.device != waits && !matches!(device.standing, Standing::Deleted | Standing::Pending)
        });
        let Some(taken) = taken.cloned() else {
            return Ok(not_valid(
                format!("the site has no device {known} whose record could be taken over"),
                fix,
            ));
        };
        let (before, revocations) = (taken.enrolment, self.site.revocations + 1);
        let back = StoredDevice {
            enrolment: EnrolmentId(service::dice::uuid()),
            key_sha256: pending.key_sha256.clone(),
            // It has no certificate yet, and may ask for one although its token has ended.
            serial: String::new(),
            facts: pending.facts.clone(),
            revoked: false,
            standing: Standing::Active,
            ..taken
        };
        // It never had a certificate: there is nothing to take back.
        let gone = StoredDevice {
            key_sha256: String::new(),
            facts: Facts::default(),
            standing: Standing::Deleted,
            ..pending
        };
        // What its token put it into, the device is in.
        let collections = self.site.collections.values().filter(|one| one.stored.members.contains(&waits));
        let joins: Vec<String> = collections.map(|one| one.stored.id.clone()).collect();
        let mut change = self.store.begin().await?;
        for collection in &joins {
            Store::add_members(&mut change, collection, &[known]).await?;
        }
        Store::put_former_enrolment(&mut change, before, revocations).await?;
        Store::put_device(&mut change, &gone).await?;
        Store::put_device(&mut change, &back).await?;
        let subject = format!("{known} by {waits}");
        let generation = record(&mut change, now, "device taken over", &subject).await?;
        change.commit().await?;
        self.site.former.insert(before, revocations);
        self.site.revocations = revocations;
        for collection in &joins {
            self.site.collections.add_direct(collection, known);
        }
        self.site.put_device(gone);
        self.site.put_device(back);
        self.site.generation = generation;
        self.log.warn(format_args!(
            "By the site's owner: the device {known} is taken over by the one that waited as {waits}."
        ));
        Ok(OwnerAnswer::Done)
    }
}
