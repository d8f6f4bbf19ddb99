//! The lines of the field, with the traps that are known of them.

use super::*;

const GUID: &str = "A43DD1B3-A006-4604-B012-5529380B3B6F";

fn id() -> TaskGuid {
    TaskGuid(GUID.parse().expect("a guid"))
}

#[track_caller]
fn check(text: &str, expected: Fact) {
    assert_eq!(fact(text, None), Some(expected), "{text}");
}

#[test]
fn a_push_is_read_with_one_space_or_two_and_a_guid_in_either_case() {
    for guid in [GUID.to_owned(), GUID.to_lowercase()] {
        for space in [" ", "  "] {
            check(
                &format!(
                    "Starting to send push task (PushID: 7 TaskID: 8 TaskGUID: {guid} TaskType: 1 TaskParam: ) to 2 clients{space}with throttling (strategy: 1 param: 42)"
                ),
                Fact::Starting { guid: id(), push: 7, task: 8, kind: 1, clients: 2 },
            );
        }
    }
}

#[test]
fn a_parameter_cannot_pass_for_the_rest_of_the_line() {
    check(
        &format!(
            "Starting to send push task (PushID: 7 TaskID: 8 TaskGUID: {GUID} TaskType: 15 TaskParam: ) to 99 clients with) to 1 clients with throttling (strategy: 1 param: 42)"
        ),
        Fact::Starting { guid: id(), push: 7, task: 8, kind: 15, clients: 1 },
    );
    assert_eq!(fact("x: Starting to send push task (PushID: 7", None), None);
}

#[test]
fn an_answer_is_read_with_successfully_written_either_way() {
    for word in ["successfully.", "successfuly."] {
        check(
            &format!(
                "Send Task response message <BgbResponseMessage TimeStamp=\"2020-01-21T15:43:43Z\"><PushID>8</PushID><TaskID>9</TaskID><ReturnCode>1</ReturnCode></BgbResponseMessage> {word}"
            ),
            Fact::Answered { push: 8, task: 9, code: 1, detail: String::new() },
        );
    }
}

#[test]
fn what_was_forwarded_names_its_devices_or_counts_them() {
    let line = |ids: &str| {
        format!(
            "Forwarded BGB remote task. TemplateID: 1 TaskGuid: {} TaskParam:  TargetDeviceIDs: {ids}",
            GUID.to_lowercase()
        )
    };
    check(&line("1"), Fact::Forwarded { guid: id(), template: 1, devices: vec![1], count: 1 });
    check(
        &line("1, 2, … (101)"),
        Fact::Forwarded { guid: id(), template: 1, devices: vec![1, 2], count: 101 },
    );
}

#[test]
fn who_asked_is_read_whatever_the_spaces() {
    check(
        "Authorized to perform client action. TemplateID: RequestMachinePolicy TenantId: t AADUserID:     u",
        Fact::Authorized { template: "RequestMachinePolicy".into(), tenant: "t".into(), user: "u".into() },
    );
}

#[test]
fn a_report_has_its_counts_behind_a_path() {
    check(
        "Generated BGB task status report <root>\\inboxes\\bgb.box\\Bgb00001.BTS at 09/25/2026 19:35:33. (PushID: 13 ReportedClients: 1 FailedClients: 0)",
        Fact::Reported { push: 13, reported: 1, failed: 0 },
    );
}

#[test]
fn a_simulation_and_a_line_cut_short_say_nothing() {
    for text in [
        "Found simulation message. Report online status now.",
        "Receive task from server with pushid=13, ta",
        "Forwarded BGB remote task. TemplateID: 1 TaskGuid: a43d",
        "",
    ] {
        assert_eq!(fact(text, None), None, "{text}");
    }
}
