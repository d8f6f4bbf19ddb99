//! What a log's name tells: the component, the hop, the machine, and the place among its rotated parts.

use action::Hop;

/// The logs that are known, and the hop that writes each.
const LOGS: &[(&str, Hop)] = &[
    ("admincenter", Hop::AdminCenter),
    ("cmgatewaynotificationworker", Hop::ServiceConnector),
    ("cmgatewaysyncuploadworker", Hop::ServiceConnector),
    ("genericuploadworker", Hop::ServiceConnector),
    ("adminservice", Hop::ServiceConnector),
    ("smsprov", Hop::ServiceConnector),
    ("siteauthority", Hop::Authority),
    ("bgbserver", Hop::NotificationServer),
    ("bgbmgr", Hop::NotificationServer),
    ("managementpoint", Hop::NotificationServer),
    ("ccmnotificationagent", Hop::Agent),
    ("scripts", Hop::Agent),
    ("scheduler", Hop::Agent),
    ("policyagent", Hop::Agent),
    ("appintenteval", Hop::Agent),
];

/// What a log's name tells.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Name {
    /// The machine: the folder, and what stands in front of the component's name.
    pub machine: String,
    /// The component, in lower case.
    pub component: &'static str,
    /// The hop that writes it.
    pub hop: Hop,
    /// Older parts of a rotated log first.
    pub part: (u8, String),
}

/// Reads the name of a file, whose folders are separated by slashes; `None` where it is no known log.
pub fn name(path: &str) -> Option<Name> {
    let (folder, file) = path.rsplit_once(['/', '\\', '!']).unwrap_or(("", path));
    let lower = file.to_ascii_lowercase();
    let stem = lower.strip_suffix(".gz").unwrap_or(&lower);
    if ![".log", ".lo_", ".txt"].iter().any(|end| stem.ends_with(end)) && !stem.contains(".log.") {
        return None;
    }
    let (component, hop) = LOGS.iter().find(|(known, _)| stem.contains(known))?;
    let at = stem.find(component)?;
    let prefix = file.get(..at).unwrap_or_default().trim_end_matches(['-', '_', '.', ' ']);
    let folder = if folder.is_empty() { "." } else { folder };
    let machine = if prefix.is_empty() { folder.to_owned() } else { format!("{folder}/{prefix}") };
    // `X-20200121-154343.log` and `X.lo_` are older than `X.log`.
    let behind = &stem[at + component.len()..];
    let rank = u8::from(behind.starts_with(".log") || behind == ".txt") * 2 + u8::from(behind == ".lo_");
    Some(Name { machine, component, hop: *hop, part: (rank, file.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_machine_component_and_part() {
        let check = |path: &str| name(path).map(|name| (name.machine, name.component, name.part.0));
        assert_eq!(check("logs/mp1/BgbServer.log"), Some(("logs/mp1".into(), "bgbserver", 2)));
        assert_eq!(check("logs/mp1/BgbServer.lo_"), Some(("logs/mp1".into(), "bgbserver", 1)));
        assert_eq!(
            check("logs/PC7-CcmNotificationAgent.log"),
            Some(("logs/PC7".into(), "ccmnotificationagent", 2))
        );
        assert_eq!(
            check("CcmNotificationAgent-20200121-154343.log"),
            Some((".".into(), "ccmnotificationagent", 0))
        );
        assert_eq!(
            check("a.zip!pc/CcmNotificationAgent.log.gz"),
            Some(("a.zip!pc".into(), "ccmnotificationagent", 2))
        );
        assert_eq!(check("BgbServer.push-task-delivered.log"), Some((".".into(), "bgbserver", 0)));
        assert_eq!(check("notes.txt"), None);
        assert_eq!(check("BgbServer.exe"), None);
    }
}
