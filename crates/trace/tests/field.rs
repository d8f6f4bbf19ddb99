//! The lines that the field's own documentation shows, and two excerpts of a real site.

use std::collections::BTreeMap;

use trace::{Reading, Report, report};

const GUID: &str = "a43dd1b3-a006-4604-b012-5529380b3b6f";

/// The connector's page, the server's, and the client's, as they are copied from the documentation: no times, two
/// spaces, two dots or three, and an answer that belongs to another push.
const CONNECTOR: &str = "\
   Received new notification. Validating basic notification details...
   Validating device action message content...
   Authorized to perform client action. TemplateID: RequestMachinePolicy TenantId: a1b2c3a1-b2c3-d4a1-b2c3-d4a1b2c3a1b2 AADUserID:     a1b2c3a1-b2c3-d4a1-b2c3-d4a1b2c3a1b2
   Forwarded BGB remote task. TemplateID: 1 TaskGuid: a43dd1b3-a006-4604-b012-5529380b3b6f TaskParam: TargetDeviceIDs: 1  \n";
const REFUSED: &str = "\
Received new notification. Validating basic notification details..
Validating device action message content...
Unauthorized to perform client action. TemplateID: RequestMachinePolicy TenantId: a1b2c3a1-b2c3-d4a1-b2c3-d4a1b2c3a1b2 AADUserID: 3a1e89e6-e190-4615-9d38-a208b0eb1c78\n";
const SERVER: &str = "\
Get one push message from database.
Starting to send push task (PushID: 7 TaskID: 8 TaskGUID: A43DD1B3-A006-4604-B012-5529380B3B6F TaskType: 1 TaskParam: ) to 1 clients  with throttling (strategy: 1 param: 42)\n";
const CLIENT: &str = "\
Receive task from server with pushid=7, taskid=8, taskguid=A43DD1B3-A006-4604-B012-5529380B3B6F, tasktype=1 and taskParam=

Send Task response message <BgbResponseMessage TimeStamp=\"2020-01-21T15:43:43Z\"><PushID>8</PushID><TaskID>9</TaskID><ReturnCode>1</ReturnCode></BgbResponseMessage> successfully.\n";

const REAL_SERVER: &str = r"Get one push message from database.~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:04.905+240><thread=7896 (0x1ED8)>
Starting to send push task (PushID: 13 TaskID: 13 TaskGUID: 00000000-0000-0000-0000-000000000001 TaskType: 1 TaskParam: ) to 1 clients with throttling (strategy: 1 param: 42)~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:04.936+240><thread=7896 (0x1ED8)>
Finished sending push task (PushID: 13 TaskID: 13) to 1 clients~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:04.952+240><thread=7896 (0x1ED8)>
Retrieving push tasks from database...~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:04.954+240><thread=7896 (0x1ED8)>
";
const REAL_REPORT: &str = r"Generated BGB task status report <siteInstallRoot>\inboxes\bgb.box\Bgb00001.BTS at 09/25/2026 19:35:33. (PushID: 13 ReportedClients: 1 FailedClients: 0)~~  $$<SMS_NOTIFICATION_SERVER><09-25-2026 19:35:33.877+240><thread=4008 (0xFA8)>
";
const REAL_CLIENT: &str = r#"<![LOG[Receive task from server with pushid=13, taskid=13, taskguid=00000000-0000-0000-0000-000000000001, tasktype=1 and taskParam=]LOG]!><time="19:35:04.986+240" date="09-25-2026" component="BgbAgent" context="" type="1" thread="8540" file="bgbconnector.cpp:386">
"#;

fn told(logs: &[(&str, &str)]) -> Report {
    let (mut reading, mut machines) = (Reading::default(), BTreeMap::new());
    for (name, text) in logs {
        reading.log(&mut machines, name, &mut text.as_bytes()).expect("memory can be read");
    }
    report(&reading)
}

fn verdicts(report: &Report) -> Vec<(&str, &str)> {
    report.actions.iter().map(|action| (action.task_guid.as_deref().unwrap_or(""), action.verdict)).collect()
}

#[test]
fn the_answer_of_another_push_is_no_success() {
    let report = told(&[
        ("CMGatewayNotificationWorker.log", CONNECTOR),
        ("BgbServer.log", SERVER),
        ("CcmNotificationAgent.log", CLIENT),
    ]);
    assert_eq!(verdicts(&report), [(GUID, "unknown")]);
    assert_eq!(report.answers_without_receipt, 1);
    let action = &report.actions[0];
    assert_eq!(action.user.as_deref(), Some("a1b2c3a1-b2c3-d4a1-b2c3-d4a1b2c3a1b2"));
    assert_eq!(action.what, "RequestMachinePolicy");
    assert_eq!(action.events.len(), 4, "{action:?}");
    assert!(action.evidence.is_empty());
}

#[test]
fn a_refusal_names_the_person_and_the_line() {
    let report = told(&[("CMGatewayNotificationWorker.log", &format!("{CONNECTOR}{REFUSED}"))]);
    assert_eq!(verdicts(&report).len(), 2);
    let refused = report.actions.iter().find(|action| action.verdict == "refused").expect("a refusal");
    assert_eq!(refused.user.as_deref(), Some("3a1e89e6-e190-4615-9d38-a208b0eb1c78"));
    assert_eq!(refused.evidence[0].line, 7);
    assert!(refused.fix.contains("Notify Resource"), "{}", refused.fix);
}

#[test]
fn the_status_report_is_the_proof_and_a_finished_push_is_none() {
    let id = "00000000-0000-0000-0000-000000000001";
    let report = told(&[("mp/BgbServer.log", REAL_SERVER), ("pc/CcmNotificationAgent.log", REAL_CLIENT)]);
    assert_eq!(verdicts(&report), [(id, "unknown")]);
    let report = told(&[("mp/BgbServer.log", &format!("{REAL_SERVER}{REAL_REPORT}"))]);
    assert_eq!(verdicts(&report), [(id, "done")]);
    assert_eq!(report.actions[0].evidence[0].line, 5);
    assert_eq!(report.actions[0].evidence[0].at.as_deref(), Some("2026-09-25T23:35:33.877Z"));
    let report = told(&[(
        "mp/BgbServer.log",
        &format!("{REAL_SERVER}{}", REAL_REPORT.replace("FailedClients: 0", "FailedClients: 1")),
    )]);
    assert_eq!(verdicts(&report), [(id, "failed")]);
}

#[test]
fn a_dropped_notification_is_lost_and_its_cause_is_named() {
    let log = "Received new notification. Validating basic notification details...\n\
        Error occured when process notification with notification Id 42. Ignore the notification.\n\
        Failed to check and load service signing certificate. System.ArgumentException: Mismatch certificate subject name\n";
    let report = told(&[("CMGatewayNotificationWorker.log", log)]);
    assert_eq!(verdicts(&report), [("", "lost")]);
    assert_eq!(report.failures[0].name, "signing_certificate_not_trusted");
    assert_eq!(report.failures[0].places, [("CMGatewayNotificationWorker.log".to_owned(), 3)]);
}

#[test]
fn a_copy_of_the_same_log_adds_no_push() {
    let log = format!("{REAL_SERVER}{REAL_REPORT}");
    let report = told(&[("a/BgbServer.log", &log), ("b/BgbServer.log", &log)]);
    assert_eq!(report.actions.len(), 1);
    assert_eq!(report.actions[0].verdict, "done");
}
