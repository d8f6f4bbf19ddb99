//! What a device answers to the tasks that reach it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use action::{DeviceId, EnrolmentId, PushId, TaskGuid, Timestamp};
use device_channel::{PushedTask, Receipt, Request, Response, ReturnCode, ToServer};
use proof::{NotSigned, SignedTime, TaskVerifier, TrustDocument, task::Refusal};

use crate::roots::Roots;

/// Tasks that a device remembers, to tell one that is pushed again.
const REMEMBERED: usize = 16;

/// The tasks of one device, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Answers {
    device: DeviceId,
    enrolment: EnrolmentId,
    /// Where tasks are verified: the roots that were, by any device of this process.
    verify: Option<Arc<Roots>>,
    /// The site's time, and when it was seen.
    site_time: Option<(Timestamp, Duration)>,
    done: VecDeque<TaskGuid>,
    pub(crate) highest_epoch: u64,
    pub(crate) highest_push: PushId,
}

/// What became of a task.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// It was done before.
    Repeated,
    /// It is not to be done.
    Refused(Refusal),
}

impl Answers {
    pub(crate) fn new(
        device: DeviceId,
        enrolment: EnrolmentId,
        trust: &TrustDocument,
        verify: Option<Arc<Roots>>,
    ) -> Self {
        Self {
            device,
            enrolment,
            verify,
            site_time: None,
            done: VecDeque::new(),
            highest_epoch: trust.epoch,
            highest_push: PushId(0),
        }
    }

    /// Takes the site's time, of the sign-in.
    ///
    /// # Errors
    ///
    /// The site has not signed it. A device that does not verify does not look.
    pub(crate) fn learn(
        &mut self,
        text: &str,
        trust: &TrustDocument,
        boot: Duration,
    ) -> Result<(), NotSigned> {
        if self.verify.is_some() {
            let signed = SignedTime::verify(text, trust)?.time;
            self.site_time = Some((self.trusted(boot).max(signed), boot));
        }
        Ok(())
    }

    /// Answers a task at `now`, the device's time: receipt and response. A task that `fails` is done all the same.
    pub(crate) fn answer(
        &mut self,
        request: Request,
        trust: &TrustDocument,
        now: Timestamp,
        boot: Duration,
        fails: bool,
    ) -> (Outcome, [ToServer; 2]) {
        let task = PushedTask { push_id: request.push_id, task_id: request.task_id };
        let (task_guid, epoch) = (request.task_guid, request.epoch);
        let outcome = match self.check(request, trust, boot) {
            Err(refusal) => Outcome::Refused(refusal),
            Ok(()) => {
                self.highest_epoch = self.highest_epoch.max(epoch);
                self.highest_push = self.highest_push.max(task.push_id);
                self.remember(task_guid)
            }
        };
        let (code, detail) = match &outcome {
            Outcome::Done if fails => (ReturnCode::FAILED, "a simulated failure".to_owned()),
            Outcome::Done | Outcome::Repeated => (ReturnCode::SUCCESS, String::new()),
            Outcome::Refused(Refusal::Expired(_) | Refusal::ReleaseEnded(_)) => {
                (ReturnCode::EXPIRED, String::new())
            }
            Outcome::Refused(refusal) => (ReturnCode::REFUSED, refusal.to_string()),
        };
        let repeated = matches!(outcome, Outcome::Repeated);
        let receipt = ToServer::Receipt(Receipt { at: now, task });
        let response = ToServer::Response(Response { at: now, task, code, detail, repeated });

        (outcome, [receipt, response])
    }

    fn check(&self, request: Request, trust: &TrustDocument, boot: Duration) -> Result<(), Refusal> {
        let Some(roots) = &self.verify else { return Ok(()) };
        let verifier = TaskVerifier {
            site: trust.site,
            device: self.device,
            enrolment: self.enrolment,
            trust,
            highest_epoch: self.highest_epoch,
            trusted_time: self.trusted(boot),
        };
        verifier.verify_with(request.presented(), |push, key| roots.verify(push, key)).map(|_| ())
    }

    fn trusted(&self, boot: Duration) -> Timestamp {
        self.site_time.map_or(Timestamp(0), |(time, seen)| time.plus(boot.saturating_sub(seen)))
    }

    fn remember(&mut self, task: TaskGuid) -> Outcome {
        if self.done.contains(&task) {
            return Outcome::Repeated;
        }
        if self.done.len() == REMEMBERED {
            self.done.pop_front();
        }
        self.done.push_back(task);
        Outcome::Done
    }
}

#[cfg(test)]
mod tests;
