//! The lines of `CMGatewayNotificationWorker.log`, to the letter of the field.

use action::{ActionKind, Reason, ResourceId, Targets, TaskGuid, TenantId, UserId};

/// The most devices that a line lists; the others are counted.
const LISTED: usize = 100;

pub(crate) const RECEIVED: &str = "Received new notification. Validating basic notification details...";
pub(crate) const VALIDATING: &str = "Validating device action message content...";

pub(crate) fn authorized(kind: ActionKind, tenant: TenantId, user: UserId) -> String {
    format!("Authorized to perform client action. {}", who(kind, tenant, user))
}

pub(crate) fn unauthorized(kind: ActionKind, tenant: TenantId, user: UserId) -> String {
    format!("Unauthorized to perform client action. {}", who(kind, tenant, user))
}

fn who(kind: ActionKind, tenant: TenantId, user: UserId) -> String {
    format!("TemplateID: {} TenantId: {tenant} AADUserID: {user}", kind.template())
}

pub(crate) fn forwarded(
    kind: ActionKind,
    task_guid: TaskGuid,
    param: &str,
    devices: &[ResourceId],
) -> String {
    let ids = listed(devices.iter().map(ResourceId::to_string));
    format!(
        "Forwarded BGB remote task. TemplateID: {} TaskGuid: {task_guid} TaskParam: {param} TargetDeviceIDs: {ids}",
        kind.0
    )
}

/// What the field's own log leaves out: why, which action, and which devices.
pub(crate) fn because(reason: &Reason, task_guid: TaskGuid, targets: Option<&Targets>) -> String {
    let devices = match targets {
        Some(Targets::Devices { devices }) => {
            format!(" Devices: {}.", listed(devices.iter().map(|target| target.name.clone())))
        }
        Some(Targets::Collection { collection, .. }) => format!(" Collection: {collection}."),
        None => String::new(),
    };
    format!("TaskGUID: {task_guid}.{devices} Reason: {reason}. {}", reason.fix())
}

fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let count = all.len();
    let mut text = all.take(LISTED).collect::<Vec<_>>().join(", ");
    if count > LISTED {
        text.push_str(&format!(", … ({count})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use action::{DeviceId, Target};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_lines_are_the_seeds() {
        let tenant = TenantId("a1b2c3a1-b2c3-d4a1-b2c3-d4a1b2c3a1b2".parse().expect("a guid"));
        let user = UserId("3a1e89e6-e190-4615-9d38-a208b0eb1c78".parse().expect("a guid"));
        let task_guid = TaskGuid("A43DD1B3-A006-4604-B012-5529380B3B6F".parse().expect("a guid"));
        let kind = ActionKind::MACHINE_POLICY;
        assert_eq!(
            authorized(kind, tenant, user),
            "Authorized to perform client action. TemplateID: RequestMachinePolicy TenantId: \
             a1b2c3a1-b2c3-d4a1-b2c3-d4a1b2c3a1b2 AADUserID: 3a1e89e6-e190-4615-9d38-a208b0eb1c78"
        );
        assert_eq!(
            unauthorized(kind, tenant, user),
            "Unauthorized to perform client action. TemplateID: RequestMachinePolicy TenantId: \
             a1b2c3a1-b2c3-d4a1-b2c3-d4a1b2c3a1b2 AADUserID: 3a1e89e6-e190-4615-9d38-a208b0eb1c78"
        );
        assert_eq!(
            forwarded(kind, task_guid, "", &[ResourceId(1)]),
            "Forwarded BGB remote task. TemplateID: 1 TaskGuid: a43dd1b3-a006-4604-b012-5529380b3b6f TaskParam:  \
             TargetDeviceIDs: 1"
        );
    }

    #[test]
    fn a_line_lists_a_hundred_devices_and_counts_the_rest() {
        let devices: Vec<ResourceId> = (1..=101).map(ResourceId).collect();
        let line = forwarded(ActionKind::PROBE, TaskGuid(Uuid::nil()), "x", &devices);
        assert!(line.ends_with(", 99, 100, … (101)"), "{line}");
        let line = forwarded(ActionKind::PROBE, TaskGuid(Uuid::nil()), "x", &devices[..100]);
        assert!(line.ends_with(", 99, 100"), "{line}");
    }

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        let devices = vec![Target { device: DeviceId(Uuid::nil()), name: "kade-03".into() }];
        let line = because(
            &Reason::UserUnknownToSite { discovers: Vec::new(), grantor: None },
            TaskGuid(Uuid::nil()),
            Some(&Targets::Devices { devices }),
        );
        assert_eq!(
            line,
            "TaskGUID: 00000000-0000-0000-0000-000000000000. Devices: kade-03. Reason: the site does not know this \
             person. Have the site's administrator make this person known: `tenon role assign`."
        );
    }
}
