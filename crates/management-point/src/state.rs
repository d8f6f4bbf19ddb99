//! Keeps what devices say of themselves.

use action::DeviceId;
use database::DbError;
use management_link::{Answer, ApplicationsReport, ComplianceReport, LogsPart, Refusal, StateMessage};
use service::{clock, wake::Topic};
use site_store::{ApplicationRow, Compliance, DeviceFacts, LogPart, LogPut, Retention};

use crate::{admit::Caller, enrol::device_facts, facts::facts, point::Point};

impl Point {
    /// Stores a state message of the device that calls.
    pub(crate) async fn keep_state(&self, message: StateMessage, who: &Caller) -> Result<Answer, Refusal> {
        let device = who.device;
        let (topic, outcome) = match message {
            StateMessage::Discovery(discovery) => {
                ("discovery data".to_owned(), self.keep_discovery(device, device_facts(discovery)).await)
            }
            StateMessage::Applications(report) => {
                let topic = format!("applications, {}", report.applications.len());
                (topic, self.store.put_applications(device, &applications(&report), clock::now()).await)
            }
            StateMessage::Logs(part) => return self.keep_logs(part, device).await,
            StateMessage::Compliance(report) => {
                let report = compliance(&report);
                let topic = format!(
                    "compliance, {} of {} resources, generation {}",
                    report.compliant, report.total, report.generation
                );
                (topic, self.store.put_compliance(device, &report, clock::now()).await)
            }
        };
        match outcome {
            Ok(true) => {
                self.log.info(format_args!("Stored a state message of client {device}: {topic}."));
                self.wakes.wake(Topic::Devices);
                Ok(Answer::Stored)
            }
            Ok(false) => {
                self.log.warn(format_args!(
                    "Refused a state message of client {device}: it is not in the site's store."
                ));
                Err(Refusal::certificate_refused())
            }
            Err(error) => Err(self.not_stored(&format!("store {topic} of client {device}"), &error)),
        }
    }

    /// Stores a part of the device's logs, where a task has asked for them.
    async fn keep_logs(&self, part: LogsPart, device: DeviceId) -> Result<Answer, Refusal> {
        let LogsPart { task_guid, number, parts, file, text, at } = part;
        let part = LogPart { task_guid, number, parts, file, text, at };
        let most = Retention::default().log_bytes;
        match self.store.put_log(device, &part, most, clock::now()).await {
            Ok(LogPut::Stored) => {
                // One line for all: they come as fast as the wire takes them.
                if number + 1 == parts {
                    let text = format!("Stored the logs of client {device}, {parts} parts.");
                    self.log.about(task_guid).info(text);
                }
                Ok(Answer::Stored)
            }
            Ok(LogPut::NotAsked) => {
                let text = format!("Refused logs of client {device}: no task has asked for them.");
                self.log.about(task_guid).warn(text);
                Err(Refusal::not_asked())
            }
            Ok(LogPut::DeviceUnknown) => {
                self.log
                    .warn(format_args!("Refused logs of client {device}: it is not in the site's store."));
                Err(Refusal::certificate_refused())
            }
            Err(error) => Err(self.not_stored(&format!("store logs of client {device}"), &error)),
        }
    }

    /// Stores discovery data, and has the authority told of it.
    async fn keep_discovery(&self, device: DeviceId, told: DeviceFacts) -> Result<bool, DbError> {
        let known = self.store.put_discovery(device, &told, clock::now()).await?;
        if known {
            self.untold.remember(device, facts(told));
            self.wakes.wake(Topic::Facts);
        }

        Ok(known)
    }
}

fn compliance(report: &ComplianceReport) -> Compliance {
    let (compliant, total) = report.compliant_of_total();
    let report_json = serde_json::to_string(report).expect("texts and numbers can be written");
    Compliance { generation: report.generation, at: report.at, compliant, total, report_json }
}

fn applications(report: &ApplicationsReport) -> Vec<ApplicationRow> {
    let row = |one: &management_link::ApplicationReport| ApplicationRow {
        application: one.application.clone(),
        deployment: one.deployment.clone(),
        state: state_name(one.state),
        detail: one.detail.clone(),
        at: report.at,
    };
    report.applications.iter().map(row).collect()
}

/// The word of a state on the wire, which is that of the store as well.
fn state_name(state: management_link::ApplicationState) -> String {
    serde_json::to_value(state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
