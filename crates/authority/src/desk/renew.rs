//! Renews the certificates of devices, and holds devices of which there are two.

use action::{DeviceId, Timestamp};
use authority_link::{Answer, Standing};

use super::{Desk, DeskError, enrol::Admission};
use crate::{
    ca::CertificateRequest,
    store::{AuditEntry, GENERATION, Store, StoredDevice},
};

impl Desk {
    /// Renews the certificate of a device that showed its newest one.
    ///
    /// A repeat, whose answer was lost, shows the certificate before the newest and the key of the newest. Anything else
    /// from an older certificate is a second device with the same identity: nobody can say which is the right one, and
    /// both are held.
    pub(super) async fn renew(
        &mut self,
        device: DeviceId,
        serial: &str,
        csr: &str,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let request = match CertificateRequest::read(csr) {
            Ok(request) => request,
            Err(error) => return Ok(Answer::Denied { reason: error.to_string() }),
        };
        let Some(known) = self.site.device(device).cloned() else {
            return Ok(Answer::Denied { reason: format!("the device {device} is unknown or revoked") });
        };
        let key_sha256 = request.key_hash().hex();
        if known.serial != serial && known.key_sha256 != key_sha256 {
            return self.hold(known, serial, now).await;
        }
        let renewed = StoredDevice { key_sha256, ..known };
        self.admit_device(renewed, &request, Admission::Renewal, now).await
    }

    /// Refuses a device from now on because there are two of it.
    async fn hold(&mut self, known: StoredDevice, serial: &str, now: Timestamp) -> Result<Answer, DeskError> {
        let (device, name) = (known.device, known.facts.name.clone());
        let changed = self.site.revocations + 1;
        let held = StoredDevice { revoked: true, standing: Standing::Held, changed, ..known };
        let entry = AuditEntry {
            at: now,
            who: format!("a device that calls itself `{name}`"),
            what: "renewal".to_owned(),
            subject: device.to_string(),
            rule: format!(
                "the certificate {serial} is not its newest: there are two devices with this identity"
            ),
            result: "refused; the device is held".to_owned(),
        };
        let mut change = self.store.begin().await?;
        Store::put_device(&mut change, &held).await?;
        Store::audit(&mut change, &entry).await?;
        let generation = Store::next_number(&mut change, GENERATION).await?;
        change.commit().await?;
        self.site.put_device(held);
        self.site.revocations = changed;
        self.site.generation = generation;
        self.log.error(format_args!(
            "Holds the device {device} ({name}): somebody renews from its certificate {serial}, which is not its newest. \
             There are two devices with this identity; enrol the right one anew."
        ));
        Ok(Answer::Denied { reason: format!("the certificate {serial} of {device} is not its newest") })
    }
}
