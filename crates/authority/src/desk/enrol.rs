//! Admits devices: by a join token, and by the certificate that they have.

use action::{DeviceId, EnrolmentId, Timestamp};
use authority_link::{Answer, Enrolled, Facts};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use proof::{SiteRole, join_token::Secret};

use super::{Desk, DeskError};
use crate::{
    ca::{CertificateRequest, Issued, NotIssued},
    store::{AuditEntry, Store, StoredDevice, StoredToken},
};

impl Desk {
    /// Admits a device with a join token. A device that asks again with the same key gets the same ids, and takes no second use.
    pub(super) async fn enrol(
        &mut self,
        token: &str,
        secret: &str,
        csr: &str,
        facts: Facts,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let request = match CertificateRequest::read(csr) {
            Ok(request) => request,
            Err(error @ (NotIssued::Request | NotIssued::Make)) => {
                return Ok(Answer::Denied { reason: error.to_string() });
            }
        };
        let Some(stored) = self.store.join_token(token).await?.filter(|stored| is_secret_of(stored, secret))
        else {
            return Ok(Answer::Denied {
                reason: format!("the join token `{token}` is unknown, or its secret is wrong"),
            });
        };
        let key_sha256 = request.key_hash().hex();
        if let Some(known) = self.site.device_with_key(&key_sha256) {
            if known.revoked {
                return Ok(Answer::Denied { reason: format!("the device {} is revoked", known.device) });
            }
            let again = StoredDevice { facts, ..known.clone() };
            return self.admit_device(again, &request, None, now).await;
        }
        let device = StoredDevice {
            device: DeviceId(service::dice::uuid()),
            enrolment: EnrolmentId(service::dice::uuid()),
            resource: self.numbers.resource()?,
            key_sha256,
            serial: String::new(),
            facts,
            revoked: false,
            changed: 0,
            enrolled_at: now,
        };
        self.admit_device(device, &request, Some(&stored), now).await
    }

    /// Renews the certificate of a device that showed its newest one.
    pub(super) async fn renew(
        &mut self,
        device: DeviceId,
        serial: &str,
        csr: &str,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let request = CertificateRequest::read(csr)?;
        let Some(known) = self.site.device(device) else {
            return Ok(Answer::Denied { reason: format!("the device {device} is unknown or revoked") });
        };
        let key_sha256 = request.key_hash().hex();
        // A repeat (the answer was lost) shows the certificate before the newest, with the key of the newest.
        if known.serial != serial && known.key_sha256 != key_sha256 {
            self.log.warn(format_args!(
                "Refused to renew {device} ({}) from a certificate that is not its newest: it may have a clone.",
                known.facts.name
            ));
            return Ok(Answer::Denied {
                reason: format!("the certificate {serial} of {device} is not its newest"),
            });
        }
        let renewed = StoredDevice { key_sha256, ..known.clone() };
        self.admit_device(renewed, &request, None, now).await
    }

    /// Issues a certificate, stores the device and takes a use of the token, all in one commit.
    async fn admit_device(
        &mut self,
        mut device: StoredDevice,
        request: &CertificateRequest,
        token: Option<&StoredToken>,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let role = SiteRole::Device { device: device.device, enrolment: device.enrolment };
        let Issued { chain, serial, not_after } = self.keys.ca.issue(request, self.keys.site, &role, now)?;
        device.serial = serial;
        let trust_document = self.trust_document(now)?;
        let mut change = self.store.begin().await?;
        let mut generation = self.site.generation;
        if let Some(token) = token {
            if !Store::use_join_token(&mut change, &token.id, now).await? {
                return Ok(Answer::Denied { reason: format!("the join token `{}` has ended", token.id) });
            }
            if let Some(collection) = &token.collection {
                Store::add_members(&mut change, collection, &[device.device]).await?;
            }
            let name = &device.facts.name;
            let entry = AuditEntry {
                at: now,
                who: format!("a device that calls itself `{name}`"),
                what: "enrolment".to_owned(),
                subject: device.device.to_string(),
                rule: format!("join token {}", token.id),
                result: "done".to_owned(),
            };
            Store::audit(&mut change, &entry).await?;
            generation = Store::next_number(&mut change, "generation").await?;
        }
        Store::put_device(&mut change, &device).await?;
        change.commit().await?;
        if let Some(collection) = token.and_then(|token| token.collection.as_ref())
            && let Some(collection) = self.site.collections.get_mut(collection)
        {
            collection.add_direct(device.device);
        }
        self.site.put_device(device.clone());
        self.site.generation = generation;
        let (id, resource) = (device.device, device.resource);
        self.log.info(format_args!(
            "Issued a certificate to {id} ({}), valid until {not_after}.",
            device.facts.name
        ));
        Ok(Answer::Enrolled(Box::new(Enrolled {
            device: id,
            enrolment: device.enrolment,
            resource,
            chain,
            not_after,
            trust_document,
        })))
    }
}

/// Compares in constant time; what differs is not told.
fn is_secret_of(stored: &StoredToken, secret: &str) -> bool {
    let shown = Secret::from_text(secret).map(|secret| secret.hash().hex()).unwrap_or_default();
    verify_slices_are_equal(shown.as_bytes(), stored.secret_sha256.as_bytes()).is_ok()
}
