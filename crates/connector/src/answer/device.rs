//! What the site knows of a device, for a person who may read it.

use action::DeviceId;
use authority_link::Vouch;
use service::clock;
use site_link::{Answer, ClientDetails, DeviceKnown, DeviceTask};

use super::Unanswered;
use crate::{authorize::MayRead, serve::Site};

/// How many of the site's last actions are looked through for tasks of the device.
const LAST_ACTIONS: u32 = 500;

pub(super) async fn answer(site: &Site, device: DeviceId, vouch: Vouch) -> Result<Answer, Unanswered> {
    // The rules first: who may not read learns nothing, not even whether the store knows the device.
    let (rule, collections) = match site.authority.may_read(device, vouch, false).await? {
        MayRead::Allowed { rule, collections } => (rule, collections),
        MayRead::Refused(reason) => return Ok(Answer::Refused { reason }),
    };
    let Some(row) = site.store.device(device).await? else {
        return Ok(Answer::Refused { reason: action::Reason::DeviceUnknown });
    };
    let compliance = site.store.compliance(device).await?;
    let tasks = site.store.device_tasks(device, LAST_ACTIONS).await?;
    Ok(Answer::Device(Box::new(DeviceKnown {
        rule,
        at: clock::now(),
        client: ClientDetails {
            resource: row.resource,
            enrolment: row.enrolment,
            enrolled: row.enrolled,
            discovered: row.discovered,
            online: row.online,
            online_changed: row.online_changed,
            server: site.store.server_of(device).await?,
            client_version: row.facts.client_version,
            hardware: row.facts.hardware,
        },
        collections,
        compliance: compliance.and_then(|report| serde_json::from_str(&report.report_json).ok()),
        tasks: tasks
            .into_iter()
            .map(|task| DeviceTask {
                task_guid: task.task_guid,
                kind: task.kind,
                state: task.state,
                changed: task.changed,
            })
            .collect(),
    })))
}
