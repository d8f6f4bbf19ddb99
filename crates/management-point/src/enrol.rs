//! Admits devices and renews their certificates. The authority decides; the device is stored before it hears of it.

use std::net::IpAddr;

use authority_link::Enrolled;
use management_link::{Answer, Discovery, EnrolAnswer, EnrolRequest, Refusal, RenewRequest};
use service::{clock, wake::Topic};
use site_store::{DeviceDetails, DeviceFacts, NewDevice};

use crate::{admit::Caller, authority::AuthorityError, facts::facts, point::Point};

impl Point {
    /// Admits a device by its join token.
    pub(crate) async fn enrol(&self, request: EnrolRequest, from: IpAddr) -> Result<Answer, Refusal> {
        let _turn = self.enrolling.acquire().await.map_err(|_| Refusal::unavailable(1))?;
        let (token, told) = (request.token.clone(), device_facts(request.discovery.clone()));
        let name = told.name.clone();
        self.log.info(format_args!(
            "Received a registration request from {from} for client {name}, join token {token}."
        ));

        let enrolled = match self.authority.enrol(request, facts(told.clone())).await {
            Ok(enrolled) => enrolled,
            Err(AuthorityError::Denied { reason }) => {
                self.count_refusal(from);
                self.log
                    .warn(format_args!("Refused the registration of client {name} from {from}: {reason}"));
                return Err(Refusal::enrolment_refused());
            }
            Err(AuthorityError::Waits { reason }) => {
                self.log.info(format_args!("Client {name} from {from} is not registered yet: {reason}"));
                return Err(Refusal::awaiting_approval());
            }
            Err(error) => return Err(self.unavailable(&format!("register client {name}"), &error)),
        };
        self.store_device(&enrolled, told).await?;
        self.log.info(format_args!(
            "Registered client {name}. ClientID: {} ResourceID: {} Enrolment: {}",
            enrolled.device, enrolled.resource, enrolled.enrolment
        ));

        Ok(Answer::Enrolled(answer(enrolled)))
    }

    /// Renews the certificate of the device that calls.
    pub(crate) async fn renew(&self, request: RenewRequest, who: &Caller) -> Result<Answer, Refusal> {
        let device = who.device;
        match self.authority.renew(device, who.serial.clone(), request.csr).await {
            Ok(enrolled) => {
                self.keep_known(&enrolled).await?;
                self.log.info(format_args!(
                    "Renewed the certificate of client {device}, until {}.",
                    enrolled.not_after
                ));
                Ok(Answer::Enrolled(answer(enrolled)))
            }
            Err(AuthorityError::Denied { reason }) => {
                self.log.warn(format_args!("Refused to renew the certificate of client {device}: {reason}"));
                Err(Refusal::renewal_refused())
            }
            Err(error) => Err(self.unavailable(&format!("renew the certificate of client {device}"), &error)),
        }
    }

    /// Stores a device again that the site's store has lost (it was restored from a backup), until the device says
    /// itself what it is.
    async fn keep_known(&self, enrolled: &Enrolled) -> Result<(), Refusal> {
        match self.store.device(enrolled.device).await {
            Ok(Some(known)) if known.enrolment == enrolled.enrolment => Ok(()),
            Ok(Some(known)) => self.store_device(enrolled, known.facts).await,
            Ok(None) => {
                let unnamed = DeviceFacts { name: enrolled.device.to_string(), ..DeviceFacts::default() };
                self.store_device(enrolled, unnamed).await
            }
            Err(error) => Err(self.not_stored(&format!("read client {}", enrolled.device), &error)),
        }
    }

    async fn store_device(&self, enrolled: &Enrolled, facts: DeviceFacts) -> Result<(), Refusal> {
        let Enrolled { device, enrolment, resource, .. } = *enrolled;
        let new = NewDevice { device, enrolment, resource, facts };
        if let Err(error) = self.store.put_device(&new, clock::now()).await {
            return Err(self.not_stored(&format!("store client {device}"), &error));
        }
        self.wakes.wake(Topic::Devices);

        Ok(())
    }
}

/// Returns what the site's store keeps of discovery data.
pub(crate) fn device_facts(discovery: Discovery) -> DeviceFacts {
    let Discovery { name, os, os_version, architecture, client_version, hardware, details } = discovery;
    let management_link::Details { user, serial, addresses, tags } = details;
    let details = DeviceDetails { user, serial, addresses, tags };
    DeviceFacts { name, os, os_version, architecture, client_version, hardware, details }
}

fn answer(enrolled: Enrolled) -> EnrolAnswer {
    let Enrolled { device, enrolment, resource, chain, not_after, trust_document } = enrolled;
    EnrolAnswer { device, enrolment, resource, chain, not_after, trust_document }
}
