//! What the program does with a run that ended.

use std::{sync::Arc, time::Duration};

use action::TaskGuid;
use device_channel::ReturnCode;
use service::clock;
use tokio::task::{Id, JoinError};

use super::{DETAILED, Program, now, runs::Running};
use crate::{
    desk::Outcome,
    run::{Doubt, Report},
    schedule::{Ended, Work},
};

/// How soon a state message that was not sent is tried again.
const SEND_AGAIN: Duration = Duration::from_secs(60);

impl Program {
    /// Takes the end of a run.
    pub(super) fn finish(&mut self, ended: Result<(Id, Report), JoinError>) {
        match ended {
            Ok((id, report)) => {
                self.end_run(id);
                self.take_report(report);
            }
            Err(error) => {
                let Some(Running { work, late, .. }) = self.end_run(error.id()) else { return };
                let detail = if late {
                    format!("the run took more than {} h and was ended", work.limit().as_secs() / 3600)
                } else {
                    "the run ended without a result; the agent's own output has the cause".to_owned()
                };
                self.logs.scheduler.error(format!("A run ended without a result: {error}: {detail}"));
                let outcome = Outcome { code: ReturnCode::FAILED, detail, ended: Ended::Badly };
                self.conclude(work, outcome, Vec::new());
            }
        }
    }

    fn take_report(&mut self, report: Report) {
        let Report {
            work,
            outcome,
            answers,
            generation,
            site_time,
            unsent,
            sent,
            credentials,
            detailed,
            doubt,
        } = report;
        if let Some(credentials) = credentials {
            self.credentials = Arc::new(*credentials);
            let learned = self.seen.learn_epoch(self.desk.journal(), self.credentials.trust.epoch);
            self.kept("the site's epoch", learned);
            self.tell_link();
        }
        if let Some(site_time) = site_time {
            let learned = self.seen.learn_time(self.desk.journal(), site_time, clock::boot());
            self.kept("the site's time", learned);
        }
        if let Some(generation) = generation {
            let learned = self.seen.learn_generation(self.desk.journal(), generation);
            self.kept("the policy's generation", learned);
            let kept = match unsent {
                Some(message) => {
                    self.desk.schedule().hurry(Work::Reports, clock::boot() + SEND_AGAIN);
                    self.seen.keep_unsent(self.desk.journal(), message)
                }
                // The site has this report, which is newer than what was left.
                None => self.seen.forget_unsent(self.desk.journal()),
            };
            self.kept("the compliance report", kept);
        }
        if sent {
            let forgotten = self.seen.forget_unsent(self.desk.journal());
            self.kept("that the report was sent", forgotten);
        }
        if let Some(until) = detailed {
            // In the journal first: the next start goes on with it.
            let kept = self.desk.journal().put_note(DETAILED, &until.0.to_string());
            self.kept("how much the logs say", kept);
            self.logs.detailed.until(until);
        }
        if doubt == Doubt::Keys {
            self.desk.schedule().hurry(Work::Credentials, clock::boot());
        }
        if work == Work::Credentials && outcome.ended == Ended::Well {
            self.look_again();
        }
        self.conclude(work, outcome, answers);
    }

    fn conclude(&mut self, work: Work, outcome: Outcome, own: Vec<(TaskGuid, Outcome)>) {
        let now = now(&self.seen);
        self.desk.ended_with(work, outcome, own, now);
        if work == Work::Credentials {
            let renewal = self.credentials.identity.renewal_in(now.wall);
            self.desk.schedule().hurry(Work::Credentials, now.boot + renewal.max(SEND_AGAIN));
        }
        if let Some(due) = self.desk.schedule().due_at(work) {
            let moment = self.logs.scheduler.moment(now.wall.plus(due.saturating_sub(now.boot)));
            self.logs.scheduler.info(format!("Next run time will be at approximately: {moment}"));
        }
    }
}
