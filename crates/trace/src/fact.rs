//! What a record says: the field's lines and Tenon's own, told from each other by how they begin.
//!
//! A text is read from its beginning and in the order in which its parts stand, so that a parameter or a name from
//! outside cannot pass for a part of the line.

use action::TaskGuid;

use crate::signature::{self, Signature};

/// What a record says.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each field is the part of the line that has its name")]
pub enum Fact {
    /// The console stored an action.
    Stored { guid: TaskGuid, template: String, tenant: String, user: String },
    /// The console heard where the action stands.
    ConsoleState { guid: TaskGuid, state: String },
    /// The connector received a notification.
    Notified,
    /// The site's rules allow it. The line names no action.
    Authorized { template: String, tenant: String, user: String },
    /// The site's rules refuse it. The line names no action.
    Unauthorized { template: String, tenant: String, user: String },
    /// The connector handed it to the notification server.
    Forwarded { guid: TaskGuid, template: u32, devices: Vec<u64>, count: u64 },
    /// Why an action, or some of its targets, was refused (Tenon's line behind `Unauthorized`).
    Because { guid: TaskGuid, why: String },
    /// The notification was not valid (Tenon).
    NotValid { guid: TaskGuid, why: String },
    /// The connector dropped a notification.
    Dropped { id: String },
    /// Somebody withdrew it.
    Cancelled { guid: TaskGuid },
    /// The notification server began a push.
    Starting { guid: TaskGuid, push: u64, task: u64, kind: u32, clients: u64 },
    /// All of a push was written to sockets. No success.
    Finished { push: u64, task: u64 },
    /// The notification server reported what clients answered.
    Reported { push: u64, reported: u64, failed: u64 },
    /// The site authority did not release a push; it is tried again.
    NotReleased { guid: TaskGuid, why: String },
    /// The client has the task.
    Received { guid: TaskGuid, push: u64, task: u64, kind: u32 },
    /// The client answered. The line names no action.
    Answered { push: u64, task: u64, code: i64, detail: String },
    /// The agent's check refused the task.
    NotRun { guid: TaskGuid, why: String },
    /// The client sent a script's result.
    ScriptResult { guid: TaskGuid },
    /// A known failure.
    Symptom(&'static Signature),
}

/// Understands a text; `about` is the action that the framing names.
pub fn fact(text: &str, about: Option<TaskGuid>) -> Option<Fact> {
    let folded = fold(text);
    let text = folded.as_str();
    told(text, about).or_else(|| signature::of(text).map(Fact::Symptom))
}

fn told(text: &str, about: Option<TaskGuid>) -> Option<Fact> {
    if let Some(rest) = text.strip_prefix("Starting to send push task (") {
        return starting(rest);
    }
    if let Some(rest) = text.strip_prefix("Finished sending push task (PushID: ") {
        let (push, rest) = number(rest)?;
        let (task, _) = number(rest.strip_prefix(" TaskID: ")?)?;
        return Some(Fact::Finished { push, task });
    }
    if let Some(rest) = text.strip_prefix("Receive task from server with pushid=") {
        let (push, rest) = number(rest)?;
        let (task, rest) = number(rest.strip_prefix(", taskid=")?)?;
        let (guid, rest) = guid(rest.strip_prefix(", taskguid=")?)?;
        let kind = rest.strip_prefix(", tasktype=").and_then(number)?.0;
        return Some(Fact::Received { guid, push, task, kind: u32::try_from(kind).ok()? });
    }
    if let Some(rest) = text.strip_prefix("Send Task response message <BgbResponseMessage") {
        return answered(rest);
    }
    if let Some(rest) = text.strip_prefix("Forwarded BGB remote task. TemplateID: ") {
        return forwarded(rest);
    }
    if let Some(rest) = text.strip_prefix("Authorized to perform client action. ") {
        let (template, tenant, user) = who(rest)?;
        return Some(Fact::Authorized { template, tenant, user });
    }
    if let Some(rest) = text.strip_prefix("Unauthorized to perform client action. ") {
        let (template, tenant, user) = who(rest)?;
        return Some(Fact::Unauthorized { template, tenant, user });
    }
    if text.starts_with("Received new notification.") {
        return Some(Fact::Notified);
    }
    if text.starts_with("Generated BGB task status report ") {
        // The path in front of it is the site's own; what counts stands at the end.
        let (_, rest) = text.rsplit_once("(PushID: ")?;
        let (push, rest) = number(rest)?;
        let (reported, rest) = number(rest.strip_prefix(" ReportedClients: ")?)?;
        let (failed, _) = number(rest.strip_prefix(" FailedClients: ")?)?;
        return Some(Fact::Reported { push, reported, failed });
    }
    // Microsoft's own text has the missing letter.
    for head in [
        "Error occured when process notification with notification Id ",
        "Error occurred when process notification with notification Id ",
    ] {
        if let Some(rest) = text.strip_prefix(head) {
            let id = rest.split([' ', '.']).next().unwrap_or_default().to_owned();
            return Some(Fact::Dropped { id });
        }
    }
    tenons(text, about)
}

/// The lines that Tenon adds to the field's.
fn tenons(text: &str, about: Option<TaskGuid>) -> Option<Fact> {
    if let Some(rest) = text.strip_prefix("Stored device action") {
        let rest = rest.split_once(". TemplateID: ")?.1;
        let (template, rest) = rest.split_once(" TaskGuid: ")?;
        let (guid, rest) = guid(rest)?;
        let (tenant, rest) = rest.strip_prefix(" TenantId: ")?.split_once(" AADUserID: ")?;
        let user = rest.split(' ').next().unwrap_or_default();
        return Some(Fact::Stored {
            guid,
            template: template.to_owned(),
            tenant: tenant.to_owned(),
            user: user.to_owned(),
        });
    }
    if let Some(rest) = text.strip_prefix("Device action is ") {
        let (state, rest) = rest.split_once(". TaskGuid: ")?;
        return Some(Fact::ConsoleState { guid: guid(rest)?.0, state: state.to_owned() });
    }
    if let Some(rest) = text.strip_prefix("TaskGUID: ") {
        let (guid, rest) = guid(rest)?;
        return Some(Fact::Because { guid, why: reason(rest) });
    }
    if let Some(rest) = text.strip_prefix("Refused the notification. TaskGUID: ") {
        let (guid, rest) = guid(rest)?;
        return Some(Fact::NotValid { guid, why: reason(rest) });
    }
    if text.starts_with("Cancelled by ") {
        let (_, rest) = text.rsplit_once(". TaskGUID: ")?;
        return Some(Fact::Cancelled { guid: guid(rest)?.0 });
    }
    if let Some(rest) = text.strip_prefix("Failed to release push task (TaskGUID: ") {
        let (guid, rest) = guid(rest)?;
        let why = rest.split_once(" ms: ").map_or(rest, |(_, why)| why).to_owned();
        return Some(Fact::NotReleased { guid, why });
    }
    if let Some(why) = text.strip_prefix("The task is not run: ") {
        return Some(Fact::NotRun { guid: about?, why: why.to_owned() });
    }
    if let Some((_, rest)) = text.split_once("ending script state message (fast): ") {
        return Some(Fact::ScriptResult { guid: guid(rest.trim_start_matches('{'))?.0 });
    }
    None
}

fn starting(rest: &str) -> Option<Fact> {
    let (push, rest) = number(rest.strip_prefix("PushID: ")?)?;
    let (task, rest) = number(rest.strip_prefix(" TaskID: ")?)?;
    let (guid, rest) = guid(rest.strip_prefix(" TaskGUID: ")?)?;
    let (kind, rest) = number(rest.strip_prefix(" TaskType: ")?)?;
    // The parameter is free text: what follows it is looked for from the end.
    let (_, rest) = rest.rsplit_once(") to ").filter(|(_, rest)| rest.contains(" clients"))?;
    let (clients, _) = number(rest)?;
    Some(Fact::Starting { guid, push, task, kind: u32::try_from(kind).ok()?, clients })
}

fn answered(rest: &str) -> Option<Fact> {
    let push = number(element(rest, "PushID")?)?.0;
    let task = number(element(rest, "TaskID")?)?.0;
    let code = element(rest, "ReturnCode")?.trim().parse().ok()?;
    let detail = element(rest, "Detail").unwrap_or_default().to_owned();
    Some(Fact::Answered { push, task, code, detail })
}

fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(value, _)| value)
}

fn forwarded(rest: &str) -> Option<Fact> {
    let (template, rest) = number(rest)?;
    let (guid, rest) = guid(rest.strip_prefix(" TaskGuid: ")?)?;
    let (_, ids) = rest.rsplit_once("TargetDeviceIDs:")?;
    let devices: Vec<u64> = ids
        .split([',', ' '])
        .map_while(|id| if id.is_empty() { Some(None) } else { id.parse().ok().map(Some) })
        .flatten()
        .collect();
    let count = match ids.rsplit_once("… (") {
        Some((_, count)) => number(count)?.0,
        None => devices.len() as u64,
    };
    Some(Fact::Forwarded { guid, template: u32::try_from(template).ok()?, devices, count })
}

fn who(rest: &str) -> Option<(String, String, String)> {
    let (template, rest) = rest.strip_prefix("TemplateID: ")?.split_once(" TenantId: ")?;
    let (tenant, rest) = rest.split_once(" AADUserID: ")?;
    let user = rest.split(' ').next().unwrap_or_default();
    Some((template.to_owned(), tenant.to_owned(), user.to_owned()))
}

fn reason(rest: &str) -> String {
    rest.split_once(" Reason: ").map_or(rest, |(_, why)| why).trim().to_owned()
}

fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn guid(text: &str) -> Option<(TaskGuid, &str)> {
    const LENGTH: usize = 36;
    let (guid, rest) = text.split_at_checked(LENGTH)?;
    Some((TaskGuid(guid.parse().ok()?), rest))
}

/// Folds runs of spaces, which differ between versions of the same line, and takes them off its ends.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word.trim_matches(['\r', '\u{a0}', '`']));
    }
    folded
}

#[cfg(test)]
mod tests;
