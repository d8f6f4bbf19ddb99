//! What the program does with what the link tells it.

use std::time::Duration;

use device_channel::{PushedTask, Request, Response, ReturnCode, SignInConfirm, ToServer, agent::Heard};
use proof::{SignedTime, TaskVerifier, VerifiedTask};
use service::{clock, error::Chain};

use super::{Program, now};
use crate::{
    journal::{Push, Task},
    link::{Command, Event, Word},
    receive::{self, Checked},
    schedule::Work,
};

/// Tasks that may wait for a newer trust document. The server pushes the others again.
const MOST_DOUBTED: usize = 16;
/// How soon the server is asked to push again: a full disk or an old release is not repaired at once.
const PUSH_AGAIN: Duration = Duration::from_secs(30);

impl Program {
    /// Takes an event of the link.
    pub(super) fn hear(&mut self, event: Event) {
        match event {
            Event::SignedIn(confirm) => self.signed_in(&confirm),
            Event::Lost => {
                self.online = false;
                self.unsaid = false;
                self.push_again = None;
                self.doubted.clear();
            }
            // The site may have another CA by now: the trust document says so.
            Event::Distrusted => self.desk.schedule().hurry(Work::Credentials, clock::boot()),
            Event::Heard(Heard::Request(request)) => self.request(*request),
            Event::Heard(Heard::Confirm(confirm)) => {
                let pairs: Vec<_> = confirm.answers.iter().map(|task| (task.push_id, task.task_id)).collect();
                let confirmed = self.desk.confirmed(&pairs);
                self.kept("the confirmation of answers", confirmed);
            }
            Event::Heard(Heard::Cancel(cancel)) => {
                let text = format!("The task {} was cancelled", cancel.task_guid.upper());
                self.logs.notification.about(cancel.task_guid).info(text);
                self.desk.cancelled(cancel.task_guid, now(&self.seen));
            }
            Event::Heard(Heard::Restarting(_) | Heard::Redirect(_) | Heard::Nothing) => {}
        }
    }

    fn signed_in(&mut self, confirm: &SignInConfirm) {
        self.online = true;
        match SignedTime::verify(&confirm.site_time, &self.credentials.trust) {
            Ok(time) => {
                let learned = self.seen.learn_time(self.desk.journal(), time.time, clock::boot());
                self.kept("the site's time", learned);
                let learned = self.seen.learn_epoch(self.desk.journal(), time.epoch);
                self.kept("the site's epoch", learned);
            }
            Err(error) => {
                self.logs.notification.warn(format!("The site's time is not believed: {}", Chain(&error)));
                self.desk.schedule().hurry(Work::Credentials, clock::boot());
            }
        }
        self.say_what_is_owed();
    }

    fn request(&mut self, request: Request) {
        let Request { push_id, task_id, task_guid, kind, param, .. } = &request;
        self.logs.notification.about(*task_guid).info(format!(
            "Receive task from server with pushid={push_id}, taskid={task_id}, taskguid={}, tasktype={} and taskParam={param}",
            task_guid.upper(),
            kind.0
        ));
        match self.check(&request) {
            Checked::AskTrust(why) => {
                let text = format!("The task waits for a newer trust document: {why}");
                self.logs.notification.about(*task_guid).warn(text);
                self.desk.schedule().hurry(Work::Credentials, clock::boot());
                if self.doubted.len() < MOST_DOUBTED {
                    self.doubted.push(request);
                }
            }
            checked => self.settle(&request, checked),
        }
    }

    /// Looks again at what waited for a newer trust document.
    pub(super) fn look_again(&mut self) {
        for request in std::mem::take(&mut self.doubted) {
            let checked = match self.check(&request) {
                Checked::AskTrust(why) => Checked::Refused(ReturnCode::REFUSED, why),
                other => other,
            };
            self.settle(&request, checked);
        }
    }

    fn check(&self, request: &Request) -> Checked {
        let identity = &self.credentials.identity;
        let verifier = TaskVerifier {
            site: identity.site,
            device: identity.device,
            enrolment: identity.enrolment,
            trust: &self.credentials.trust,
            highest_epoch: self.seen.epoch,
            trusted_time: self.seen.now(clock::boot()),
        };
        receive::check(request, &verifier)
    }

    fn settle(&mut self, request: &Request, checked: Checked) {
        let log = self.logs.notification.clone();
        match checked {
            Checked::Task(task) => self.take(task),
            Checked::Refused(code, why) => {
                log.about(request.task_guid).error(format!("The task is not run: {why}"));
                // Not in the journal: what is not the site's must not take its place.
                let message = ToServer::Response(Response {
                    at: clock::now(),
                    task: PushedTask { push_id: request.push_id, task_id: request.task_id },
                    code,
                    detail: why,
                    repeated: false,
                });
                self.command(Command::Say(vec![Word { task_guid: request.task_guid, message }]));
            }
            Checked::PushAgain(why) | Checked::AskTrust(why) => {
                log.about(request.task_guid).warn(format!("The server is to push the task again: {why}"));
                self.push_again_soon();
            }
        }
    }

    fn take(&mut self, verified: VerifiedTask) {
        let learned = self.seen.learn_time(self.desk.journal(), verified.issued_at, clock::boot());
        self.kept("the site's time", learned);
        let learned = self.seen.learn_epoch(self.desk.journal(), verified.epoch);
        self.kept("the site's epoch", learned);

        let now = now(&self.seen);
        let VerifiedTask {
            task_guid,
            task_id,
            push_id,
            task_type,
            param,
            deliver_by,
            finish_within_seconds,
            ..
        } = verified;
        let task = Task {
            push: Push { push_id, task_id, task_guid },
            task_guid,
            kind: task_type,
            param,
            deliver_by,
            finish_by: now.trusted.plus(Duration::from_secs(finish_within_seconds.into())),
        };
        match self.desk.receive(task, now) {
            Ok(()) => {
                self.seen.highest_push = self.seen.highest_push.max(push_id);
                self.tell_link();
            }
            Err(error) => {
                let text = format!("The task was not taken and not receipted: {}", Chain(&error));
                self.logs.notification.about(task_guid).error(text);
                self.push_again_soon();
            }
        }
    }

    fn push_again_soon(&mut self) {
        self.push_again.get_or_insert(clock::boot() + PUSH_AGAIN);
    }
}
