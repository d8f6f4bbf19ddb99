//! Roles in certificates: who the holder of a certificate is, checked at both ends.

use std::str::FromStr;

use action::{DeviceId, EnrolmentId, SiteId};

/// Who a certificate of a site is for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SiteRole {
    /// A notification server.
    NotificationServer,
    /// A management point.
    ManagementPoint,
    /// A device, by one of its enrolments.
    Device {
        /// The device.
        device: DeviceId,
        /// The enrolment.
        enrolment: EnrolmentId,
    },
}

/// A URI that names no role.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the URI names no role of a site")]
pub struct NotARole;

/// Returns the URI that stands among the names of a certificate.
pub fn uri(site: SiteId, role: &SiteRole) -> String {
    let (name, ids) = (role.name(), role.ids());
    format!("tenon:site:{site}:role:{name}{ids}")
}

/// Reads a URI.
///
/// # Errors
///
/// Says that the URI names no role. There is one spelling of each.
pub fn parse(text: &str) -> Result<(SiteId, SiteRole), NotARole> {
    let rest = text.strip_prefix("tenon:site:").ok_or(NotARole)?;
    let (site, role) = rest.split_once(":role:").ok_or(NotARole)?;
    let site = id(site)?;
    let role = match role {
        "notification-server" => SiteRole::NotificationServer,
        "management-point" => SiteRole::ManagementPoint,
        device => {
            let ids = device.strip_prefix("device:").ok_or(NotARole)?;
            let (device, enrolment) = ids.split_once(':').ok_or(NotARole)?;
            SiteRole::Device { device: id(device)?, enrolment: id(enrolment)? }
        }
    };
    if uri(site, &role) == text { Ok((site, role)) } else { Err(NotARole) }
}

/// Returns the DNS name in the certificate of a server with that role. Devices are clients, and have none.
pub fn dns_name(site: SiteId, role: &SiteRole) -> String {
    format!("{}.{site}.tenon.internal", role.name())
}

impl SiteRole {
    fn name(&self) -> &'static str {
        match self {
            SiteRole::NotificationServer => "notification-server",
            SiteRole::ManagementPoint => "management-point",
            SiteRole::Device { .. } => "device",
        }
    }

    fn ids(&self) -> String {
        match self {
            SiteRole::NotificationServer | SiteRole::ManagementPoint => String::new(),
            SiteRole::Device { device, enrolment } => format!(":{device}:{enrolment}"),
        }
    }
}

fn id<T: FromStr>(text: &str) -> Result<T, NotARole> {
    text.parse().map_err(|_| NotARole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "0b0e7b6c-7a43-4d57-9c3b-0d9a6f3d2c11";
    const OTHER: &str = "a43dd1b3-a006-4604-b012-5529380b3b6f";

    #[test]
    fn roles_are_uris() {
        let site = SITE.parse().expect("an id");
        let ids = (OTHER.parse().expect("an id"), SITE.parse().expect("an id"));
        let device = SiteRole::Device { device: ids.0, enrolment: ids.1 };
        check(SiteRole::NotificationServer, &format!("tenon:site:{SITE}:role:notification-server"));
        check(SiteRole::ManagementPoint, &format!("tenon:site:{SITE}:role:management-point"));
        check(device, &format!("tenon:site:{SITE}:role:device:{OTHER}:{SITE}"));
        let name = dns_name(site, &SiteRole::ManagementPoint);
        assert_eq!(name, format!("management-point.{SITE}.tenon.internal"));
    }

    #[track_caller]
    fn check(role: SiteRole, text: &str) {
        let site = SITE.parse().expect("an id");
        assert_eq!(uri(site, &role), text);
        assert_eq!(parse(text), Ok((site, role)));
        for spoilt in [
            text.to_uppercase(),
            format!("{text}:"),
            format!(" {text}"),
            text.replace("role", "rôle"),
            text.replace('-', ""),
            text.replace(SITE, ""),
        ] {
            assert_eq!(parse(&spoilt), Err(NotARole), "{spoilt}");
        }
    }
}
