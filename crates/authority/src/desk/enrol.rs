//! Admits devices by a join token.

use action::{DeviceId, EnrolmentId, Timestamp};
use authority_link::{Answer, Enrolled, Facts, Standing};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use proof::{Hash, SiteRole, join_token::Secret};

use super::{Desk, DeskError};
use crate::{
    ca::{CertificateRequest, Issued},
    store::{AuditEntry, GENERATION, Store, StoredDevice, StoredToken},
};

/// Why a device is given a certificate.
pub(super) enum Admission {
    /// It is new, and shows a join token.
    Token(StoredToken),
    /// It is known by its key, and shows a join token again: the answer was lost, or it was reset.
    Again(StoredToken),
    /// It is known, has lost its key, and shows a token that was made for it. The enrolment before is refused from now on.
    Return(StoredToken, EnrolmentId),
    /// It shows its newest certificate.
    Renewal,
}

impl Desk {
    /// Admits a device with a join token. A device that asks again with the same key gets the same ids, and takes no
    /// second use.
    pub(super) async fn enrol(
        &mut self,
        token: &str,
        secret: &str,
        csr: &str,
        facts: Facts,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let denied = |reason: String| Ok(Answer::Denied { reason });
        let request = match CertificateRequest::read(csr) {
            Ok(request) => request,
            Err(error) => return denied(error.to_string()),
        };
        let Some(stored) = self.store.join_token(token).await?.filter(|stored| is_secret_of(stored, secret))
        else {
            return denied(format!("the join token `{token}` is unknown, or its secret is wrong"));
        };
        let key_sha256 = request.key_hash().hex();
        let known = self.site.device_with_key(&key_sha256);
        if let Some(known) = known.filter(|known| known.standing == Standing::Pending) {
            return Ok(Answer::Waits { reason: format!("the device {} waits for approval", known.device) });
        }
        // The token of a device that was approved may have ended while it waited.
        let approved = known.is_some_and(|known| known.serial.is_empty() && !known.revoked);
        if stored.expires <= now && !approved {
            return denied(format!("the join token `{token}` ended at {}", stored.expires));
        }
        if let Some(known) = known {
            if known.revoked && stored.device == Some(known.device) {
                let (device, key) = (known.device, key_sha256);
                return self.return_device(device, key, facts, &request, stored, now).await;
            }
            if known.revoked {
                return denied(format!("the device {} is revoked", known.device));
            }
            if stored.device.is_some_and(|device| device != known.device) {
                return denied(format!("the join token `{token}` is for another device"));
            }
            let again = StoredDevice { facts, ..known.clone() };
            return self.admit_device(again, &request, Admission::Again(stored), now).await;
        }
        if let Some(device) = stored.device {
            return self.return_device(device, key_sha256, facts, &request, stored, now).await;
        }
        let device = StoredDevice {
            device: DeviceId(service::dice::uuid()),
            enrolment: EnrolmentId(service::dice::uuid()),
            resource: self.numbers.resource()?,
            key_sha256,
            serial: String::new(),
            facts,
            revoked: stored.approval,
            standing: if stored.approval { Standing::Pending } else { Standing::Active },
            changed: 0,
            enrolled_at: now,
        };
        if stored.approval {
            return self.keep_pending(device, &stored, now).await;
        }
        self.admit_device(device, &request, Admission::Token(stored), now).await
    }

    /// Admits a device under its old ids with a new key.
    async fn return_device(
        &mut self,
        device: DeviceId,
        key_sha256: String,
        facts: Facts,
        request: &CertificateRequest,
        token: StoredToken,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let known = self.site.devices.get(&device).filter(|known| known.standing != Standing::Deleted);
        let Some(known) = known.cloned() else {
            return Ok(Answer::Denied { reason: format!("the site has no device {device}") });
        };
        let before = known.enrolment;
        let back = StoredDevice {
            enrolment: EnrolmentId(service::dice::uuid()),
            key_sha256,
            serial: String::new(),
            facts,
            revoked: false,
            standing: Standing::Active,
            ..known
        };
        self.admit_device(back, request, Admission::Return(token, before), now).await
    }

    /// Stores a device that waits for the owner's approval; it has a use of its token, and no certificate.
    async fn keep_pending(
        &mut self,
        device: StoredDevice,
        token: &StoredToken,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let mut change = self.store.begin().await?;
        if !Store::use_join_token(&mut change, &token.id, now).await? {
            let reason = format!("the join token `{}` is used up or was revoked", token.id);
            return Ok(Answer::Denied { reason });
        }
        let joins = token.collection.clone().filter(|id| self.site.collections.contains_key(id));
        if let Some(collection) = &joins {
            Store::add_members(&mut change, collection, &[device.device]).await?;
        }
        let admission = Admission::Token(token.clone());
        let audited = self.admitted(&device, &admission, now);
        let entry = AuditEntry { result: format!("waits for approval; {}", audited.result), ..audited };
        Store::audit(&mut change, &entry).await?;
        Store::put_device(&mut change, &device).await?;
        change.commit().await?;
        if let Some(collection) = joins {
            self.site.collections.add_direct(&collection, device.device);
        }
        let (id, name) = (device.device, device.facts.name.clone());
        self.site.put_device(device);
        self.log.info(format_args!(
            "The device {id} ({name}) waits for approval: `tenon site device approve {id}`."
        ));
        Ok(Answer::Waits { reason: format!("the device {id} waits for approval") })
    }

    /// Issues a certificate, stores the device and takes a use of the token, all in one commit.
    pub(super) async fn admit_device(
        &mut self,
        mut device: StoredDevice,
        request: &CertificateRequest,
        admission: Admission,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let role = SiteRole::Device { device: device.device, enrolment: device.enrolment };
        let Issued { chain, serial, not_after } = self.keys.ca.issue(request, self.keys.site, &role, now)?;
        device.serial = serial;
        let trust_document = self.trust_document(now)?;
        let mut change = self.store.begin().await?;
        let mut joins = None;
        if let Admission::Token(token) | Admission::Return(token, _) = &admission {
            if !Store::use_join_token(&mut change, &token.id, now).await? {
                let reason = format!("the join token `{}` is used up or was revoked", token.id);
                return Ok(Answer::Denied { reason });
            }
            joins = token.collection.clone().filter(|id| self.site.collections.contains_key(id));
            if let Some(collection) = &joins {
                Store::add_members(&mut change, collection, &[device.device]).await?;
            }
        }
        let revocations = self.site.revocations + 1;
        if let Admission::Return(_, before) = &admission {
            Store::put_former_enrolment(&mut change, *before, revocations).await?;
        }
        Store::audit(&mut change, &self.admitted(&device, &admission, now)).await?;
        Store::put_device(&mut change, &device).await?;
        let facts_changed = self.site.device(device.device).is_none_or(|known| known.facts != device.facts);
        let generation = match facts_changed {
            true => Store::next_number(&mut change, GENERATION).await?,
            false => self.site.generation,
        };
        change.commit().await?;

        if let Some(collection) = joins {
            self.site.collections.add_direct(&collection, device.device);
        }
        if let Admission::Return(_, before) = &admission {
            self.site.former.insert(*before, revocations);
            self.site.revocations = revocations;
        }
        self.site.put_device(device.clone());
        self.site.generation = generation;
        let StoredDevice { device, enrolment, resource, facts, .. } = device;
        let name = &facts.name;
        self.log.info(format_args!("Issued a certificate to {device} ({name}), valid until {not_after}."));
        let enrolled = Enrolled { device, enrolment, resource, chain, not_after, trust_document };
        Ok(Answer::Enrolled(Box::new(enrolled)))
    }

    fn admitted(&self, device: &StoredDevice, admission: &Admission, now: Timestamp) -> AuditEntry {
        let (what, rule) = match admission {
            Admission::Token(token) => ("enrolment", format!("join token {}", token.id)),
            Admission::Again(token) => {
                ("enrolment repeated", format!("join token {}, and its own key", token.id))
            }
            Admission::Return(token, _) => {
                ("enrolment with a new key", format!("join token {}, made for this device", token.id))
            }
            Admission::Renewal => ("renewal", "its newest certificate".to_owned()),
        };
        let same = self.site.same_hardware(device.device, &device.facts.hardware);
        let result = match (admission, same) {
            (Admission::Token(_), Some(other)) => {
                self.log.warn(format_args!(
                    "The new device {} ({}) has the same hardware as {} ({}).",
                    device.device, device.facts.name, other.device, other.facts.name
                ));
                format!("done; same hardware as {}", other.device)
            }
            _ => "done".to_owned(),
        };
        AuditEntry {
            at: now,
            who: format!("a device that calls itself `{}`", device.facts.name),
            what: what.to_owned(),
            subject: device.device.to_string(),
            rule,
            result,
        }
    }
}

/// Compares in constant time; what differs is not told.
fn is_secret_of(stored: &StoredToken, secret: &str) -> bool {
    let Some(shown) = Secret::from_text(secret) else { return false };
    let Ok(kept) = stored.secret_sha256.parse::<Hash>() else { return false };
    verify_slices_are_equal(&shown.hash().0, &kept.0).is_ok()
}
