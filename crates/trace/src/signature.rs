//! The known failures, by name: what a line proves, and what to do.

use action::Hop;

/// A failure that is known by what a log says of it.
#[derive(Debug, Eq, PartialEq)]
pub struct Signature {
    /// Its name, stable for scripts.
    pub name: &'static str,
    /// The hop that it breaks.
    pub hop: Hop,
    /// Texts of which a record holds all.
    holds: &'static [&'static str],
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// Returns the failure that a text, whose runs of spaces are folded, shows.
pub fn of(text: &str) -> Option<&'static Signature> {
    KNOWN.iter().find(|known| known.holds.iter().all(|part| text.contains(part)))
}

/// All of them; the special before the general.
pub static KNOWN: &[Signature] = &[
    Signature {
        name: "already_onboarded",
        hop: Hop::ServiceConnector,
        holds: &["AccountOnboardingInfo is: 400"],
        meaning: "The cloud refuses to onboard this hierarchy: it is onboarded already, or the tenant and the service connection point are in different geographies.",
        fix: "Offboard, wait at least two hours, onboard again; compare the tenant's location with the service connection point's.",
    },
    Signature {
        name: "notifications_unauthorized",
        hop: Hop::ServiceConnector,
        holds: &["gateway/Notification is: 401"],
        meaning: "The cloud does not let this site fetch notifications: its record in the tenant is broken, or an administrator never consented to the app.",
        fix: "Grant admin consent to the app; if that is done, reset the tenant attachment (offboard, wait two hours, onboard).",
    },
    Signature {
        name: "upload_unauthorized",
        hop: Hop::ServiceConnector,
        holds: &["gateway/DevicePost is: 401"],
        meaning: "The cloud refuses the upload of devices: the site's record in the tenant is broken, or consent is missing.",
        fix: "Grant admin consent to the app; if that is done, reset the tenant attachment.",
    },
    Signature {
        name: "upload_failed",
        hop: Hop::ServiceConnector,
        holds: &["WebException]", "Failed to upload data to"],
        meaning: "The upload of devices failed.",
        fix: "The response logged just before it says why; until it works, the admin center shows old devices.",
    },
    Signature {
        name: "worker_bad_request",
        hop: Hop::ServiceConnector,
        holds: &["Failed to execute worker", "(400) Bad Request"],
        meaning: "The cloud refuses what a worker of the connector sends, as after a failed onboarding.",
        fix: "Offboard, wait at least two hours, onboard again.",
    },
    Signature {
        name: "worker_failed",
        hop: Hop::ServiceConnector,
        holds: &["nexpected exception for worker"],
        meaning: "A worker of the connector ended with an error.",
        fix: "The lines around it name the cause; while it fails, the connector takes no actions.",
    },
    Signature {
        name: "notification_fetch_failed",
        hop: Hop::ServiceConnector,
        holds: &["Web exception when getting new notification"],
        meaning: "The connector could not fetch notifications: actions wait in the cloud.",
        fix: "Look at the response logged beside it; check the proxy, the firewall and the certificate lists for the system account.",
    },
    Signature {
        name: "notification_fetch_failed",
        hop: Hop::ServiceConnector,
        holds: &["Response in the web exception"],
        meaning: "The cloud answered the connector with an error.",
        fix: "Look at the response logged beside it; 401 is consent or the tenant's record, 400 onboarding.",
    },
    Signature {
        name: "signing_certificate_not_trusted",
        hop: Hop::ServiceConnector,
        holds: &["Failed to check and load service signing certificate"],
        meaning: "The connector does not accept the certificate that the cloud signs notifications with, and drops them.",
        fix: "Install the hotfix for the changed subject name of the service's signing certificate, then repeat the actions: dropped ones do not come back.",
    },
    Signature {
        name: "connector_database_closed",
        hop: Hop::ServiceConnector,
        holds: &["ExecuteReader requires an open and available Connection"],
        meaning: "The connector's connection to the site database is stale.",
        fix: "Restart SMS_EXECUTIVE; update to a version after 2103.",
    },
    Signature {
        name: "admin_service_denied",
        hop: Hop::ServiceConnector,
        holds: &["AdminService", "403 (Forbidden)"],
        meaning: "The SMS Provider refuses the connector: it demands multi-factor authentication.",
        fix: "Exempt the service connection point from the provider's authentication level, or lower the level.",
    },
    Signature {
        name: "admin_service_failed",
        hop: Hop::ServiceConnector,
        holds: &["AdminService", "500 (Internal Server Error)"],
        meaning: "The administration service failed: the person's name was discovered as cloud-only, or a central site adds a second hop.",
        fix: "Read AdminService.log of the SMS Provider at that time; check that the person's UPN is the same in both directories.",
    },
    Signature {
        name: "admin_service_identity",
        hop: Hop::ServiceConnector,
        holds: &["System.Security.SecurityException"],
        meaning: "The administration service cannot act as the person: the discovered UPN exists only in the cloud.",
        fix: "Have user discovery find the person with the UPN of the local directory.",
    },
    Signature {
        name: "admin_service_database_timeout",
        hop: Hop::ServiceConnector,
        holds: &["Execution Timeout Expired"],
        meaning: "The site database did not answer in time.",
        fix: "Look for locks and missing maintenance in the site database; repeat the request.",
    },
    Signature {
        name: "firewall_blocks_clients",
        hop: Hop::NotificationServer,
        holds: &["is NOT allowed by Windows Firewall"],
        meaning: "The firewall of the management point blocks the clients' port: they fall back to HTTP, slower. The server's health, no action's failure.",
        fix: "Allow TCP 10123 (or the port that is set) to the notification server.",
    },
    Signature {
        name: "http_channel_dead",
        hop: Hop::NotificationServer,
        holds: &["bgb/handler.ashx", "500"],
        meaning: "Clients that use HTTP cannot sign in: the virtual directory of the notification server is empty.",
        fix: "Install bgbisapi.msi of the management point again.",
    },
    Signature {
        name: "status_not_loaded",
        hop: Hop::NotificationServer,
        holds: &["ailed to bcp file"],
        meaning: "A status file could not be loaded into the database: what clients answered is missing there.",
        fix: "Read the database error beside it; compare the version of the ODBC driver with the known bad one (18.6.1.1).",
    },
    Signature {
        name: "status_file_bad",
        hop: Hop::NotificationServer,
        holds: &["move it to bad inbox"],
        meaning: "A status file was put aside: what is in it is lost to the site.",
        fix: "Repair the cause, then move the files from bgb.box\\bad back. Many such files: the management points' database replica is set up wrongly.",
    },
    Signature {
        name: "status_file_bad",
        hop: Hop::NotificationServer,
        holds: &["Begin to move file from", "bgb.box\\bad"],
        meaning: "A status file was put aside: what is in it is lost to the site.",
        fix: "Repair the cause, then move the files from bgb.box\\bad back. Many such files: the management points' database replica is set up wrongly.",
    },
    Signature {
        name: "authority_away",
        hop: Hop::Authority,
        holds: &["The notification waits and is tried again"],
        meaning: "The connector could not have a notification decided; it waits.",
        fix: "Start the site's authority; `tenon doctor site` at the site's host says what is wrong with it.",
    },
    Signature {
        name: "console_unreachable",
        hop: Hop::ServiceConnector,
        holds: &["No link to the console"],
        meaning: "The site has no link to its console: actions wait there.",
        fix: "Run `tenon doctor site` at the site's host: name, port, proxy, certificate.",
    },
    Signature {
        name: "agent_cannot_connect",
        hop: Hop::Agent,
        holds: &["Failed to connect ("],
        meaning: "The agent could not reach the notification server.",
        fix: "Run `tenon doctor agent` at the device: name, port 10123, certificate, clock.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_the_field_is_known_by_name() {
        for (text, name) in [
            (
                "[OnboardScenario] Response from https://x/api/gateway/AccountOnboardingInfo is: 400 (Bad Request)",
                "already_onboarded",
            ),
            ("Unexpected exception for worker GenericUploadWorker", "worker_failed"),
            (
                "Failed to execute worker \"CMGatewayNotificationWorker\" with error \"The remote server returned an error: (400) Bad Request.\".",
                "worker_bad_request",
            ),
            (
                "[GetNotifications] Response from https://x/api/gateway/Notification is: 401 (Unauthorized)",
                "notifications_unauthorized",
            ),
            ("Web exception when getting new notification", "notification_fetch_failed"),
            (
                "Response in the web exception: {\"Message\":\"An error has occurred.\"}",
                "notification_fetch_failed",
            ),
            (
                "[UploadDelta_HelpdeskUpload] Response from https://x/api/gateway/DevicePost is: 401 (Unauthorized)",
                "upload_unauthorized",
            ),
            ("[WebException]: Failed to upload data to 'https://x'", "upload_failed"),
            (
                "Failed to check and load service signing certificate. System.ArgumentException: Mismatch certificate subject name",
                "signing_certificate_not_trusted",
            ),
            (
                "ExecuteReader requires an open and available Connection. The connection's current state is closed.",
                "connector_database_closed",
            ),
            (
                "Response from https://p/AdminService/v1.0/ is: 500 (Internal Server Error)",
                "admin_service_failed",
            ),
            ("Response from https://p/AdminService/v1.0/ is: 403 (Forbidden)", "admin_service_denied"),
            ("System.Security.SecurityException: The username is not valid", "admin_service_identity"),
            ("Execution Timeout Expired. The timeout period elapsed", "admin_service_database_timeout"),
            (
                "WARNING: Notification Server (%systemroot%\\system32\\dllhost.exe) with TCP port 10123 is NOT allowed by Windows Firewall on all interfaces.",
                "firewall_blocks_clients",
            ),
            ("POST /bgb/handler.ashx?RequestType=LogIn 500", "http_channel_dead"),
            ("ERROR: Failed to bcp file", "status_not_loaded"),
            ("WARNING: Failed to process file Bgb1.BLD, move it to bad inbox", "status_file_bad"),
            ("Begin to move file from C:\\x to C:\\inboxes\\bgb.box\\bad\\x", "status_file_bad"),
        ] {
            assert_eq!(of(text).map(|known| known.name), Some(name), "{text}");
            assert!(
                crate::scan::NEEDLES.iter().any(|needle| text.contains(needle)),
                "the scan finds: {text}"
            );
        }
        assert_eq!(
            of("[GetNotifications] Response from https://x/api/gateway/Notification is: 204 (NoContent)"),
            None
        );
    }
}
