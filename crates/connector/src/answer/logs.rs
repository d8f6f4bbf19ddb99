//! The logs of a device's agent, for a person who may read them.

use action::{DeviceId, TaskGuid};
use authority_link::Vouch;
use service::clock;
use site_link::{Answer, CollectedLogs, LOG_PARTS, LogsKnown, LogsPart};

use super::Unanswered;
use crate::{authorize::MayRead, serve::Site};

pub(super) async fn answer(
    site: &Site,
    device: DeviceId,
    vouch: Vouch,
    of: Option<TaskGuid>,
    from: u32,
) -> Result<Answer, Unanswered> {
    let reader = vouch.name.clone();
    // The rules first: who may not read learns nothing, not even whether there is anything.
    let rule = match site.authority.may_read(device, vouch, true).await? {
        MayRead::Allowed { rule, .. } => rule,
        MayRead::Refused(reason) => return Ok(Answer::Refused { reason }),
    };
    let mut known =
        LogsKnown { rule, at: clock::now(), collected: Vec::new(), parts: Vec::new(), next: None };
    match of {
        None => {
            let collected = site.store.log_collections(device).await?;
            known.collected = collected
                .into_iter()
                .map(|one| CollectedLogs {
                    task_guid: one.task_guid,
                    at: one.at,
                    received: one.received,
                    parts: one.parts,
                    stored: one.stored,
                    bytes: one.bytes,
                })
                .collect();
        }
        Some(task_guid) => {
            let mut parts = site.store.log_parts(device, task_guid, from, LOG_PARTS + 1).await?;
            let fit = usize::try_from(LOG_PARTS).unwrap_or(usize::MAX);
            known.next = parts.get(fit).map(|part| part.number);
            parts.truncate(fit);
            if from == 0 {
                // Who reads what of a device is told to its site's owner.
                let text = format!("The logs of client {device} are read by {reader}.");
                site.logs.notification.about(task_guid).info(text);
            }
            let part = |part: site_store::LogPart| LogsPart {
                number: part.number,
                file: part.file,
                text: part.text,
            };
            known.parts = parts.into_iter().map(part).collect();
        }
    }
    Ok(Answer::Logs(Box::new(known)))
}
