//! The bytes of each message, written by hand: what stands here stands on the wire between versions.

use action::{ActionKind, PushId, TaskId, Timestamp};
use device_channel::{
    Cancel, Confirm, Progress, PushedTask, Receipt, Redirect, Request, Response, Restarting, ReturnCode,
    SignIn, SignInConfirm, SignInRefusal, SignInRefused, ToAgent, ToServer,
};

const TASK: PushedTask = PushedTask { push_id: PushId(8), task_id: TaskId(9) };
const AT: Timestamp = Timestamp(1_579_621_423_000);

#[test]
fn the_response_is_that_of_the_field_to_the_letter() {
    check_to_server(
        ToServer::Response(response(ReturnCode::SUCCESS, "", false)),
        r#"<BgbResponseMessage TimeStamp="2020-01-21T15:43:43Z"><PushID>8</PushID><TaskID>9</TaskID><ReturnCode>1</ReturnCode></BgbResponseMessage>"#,
    );
}

#[test]
fn a_response_says_more_where_there_is_more_to_say() {
    check_to_server(
        ToServer::Response(response(ReturnCode::FAILED, "a < b & \"c\"\n", true)),
        r#"<BgbResponseMessage TimeStamp="2020-01-21T15:43:43Z"><PushID>8</PushID><TaskID>9</TaskID><ReturnCode>0</ReturnCode><Detail>a &lt; b &amp; &quot;c&quot;&#10;</Detail><Repeated/></BgbResponseMessage>"#,
    );
}

#[test]
fn the_other_messages_of_an_agent() {
    let sign_in = SignIn {
        device: "3f2504e0-4f89-41d3-9a0c-0305e82c3301".parse().expect("an id"),
        enrolment: "9a0c0305-4f89-41d3-8f25-04e0e82c3301".parse().expect("an id"),
        boot: "6ba7b810-9dad-41d1-80b4-00c04fd430c8".parse().expect("an id"),
        client_version: "0.1.0".to_owned(),
        message_version: 1,
        highest_epoch: 1,
        highest_push: PushId(7),
    };
    check_to_server(
        ToServer::SignIn(sign_in),
        "<BgbSignInMessage><DeviceID>3f2504e0-4f89-41d3-9a0c-0305e82c3301</DeviceID><EnrolmentID>9a0c0305-4f89-41d3-8f25-04e0e82c3301</EnrolmentID><BootID>6ba7b810-9dad-41d1-80b4-00c04fd430c8</BootID><ClientVersion>0.1.0</ClientVersion><MessageVersion>1</MessageVersion><HighestEpoch>1</HighestEpoch><HighestPushID>7</HighestPushID></BgbSignInMessage>",
    );
    check_to_server(
        ToServer::Receipt(Receipt { at: AT, task: TASK }),
        r#"<BgbReceiptMessage TimeStamp="2020-01-21T15:43:43Z"><PushID>8</PushID><TaskID>9</TaskID></BgbReceiptMessage>"#,
    );
    check_to_server(
        ToServer::Progress(Progress { at: AT, task: TASK, percent: 40 }),
        r#"<BgbProgressMessage TimeStamp="2020-01-21T15:43:43Z"><PushID>8</PushID><TaskID>9</TaskID><Percent>40</Percent></BgbProgressMessage>"#,
    );
    check_to_server(ToServer::KeepAlive, "<BgbKeepAliveMessage/>");
}

#[test]
fn a_request_carries_what_the_authority_signed() {
    let request = Request {
        push_id: PushId(7),
        task_id: TaskId(8),
        task_guid: "a43dd1b3-a006-4604-b012-5529380b3b6f".parse().expect("an id"),
        kind: ActionKind::MACHINE_POLICY,
        param: String::new(),
        epoch: 1,
        key_id: [0xab; 8],
        request_hash: [0x11; 32],
        issued_at: AT,
        valid_until: Timestamp(AT.0 + 900_000),
        deliver_by: Timestamp(AT.0 + 86_400_000),
        finish_within_seconds: 3600,
        tree_size: 2,
        leaf_index: 1,
        proof: vec![[0; 32]],
        signature: [0; 64],
    };
    check_to_agent(
        ToAgent::Request(Box::new(request)),
        "<BgbRequestMessage><PushID>7</PushID><TaskID>8</TaskID><TaskGUID>A43DD1B3-A006-4604-B012-5529380B3B6F</TaskGUID><TaskType>1</TaskType><TaskParam></TaskParam><Epoch>1</Epoch><KeyID>abababababababab</KeyID><RequestHash>1111111111111111111111111111111111111111111111111111111111111111</RequestHash><IssuedAt>2020-01-21T15:43:43.000Z</IssuedAt><ValidUntil>2020-01-21T15:58:43.000Z</ValidUntil><DeliverBy>2020-01-22T15:43:43.000Z</DeliverBy><FinishWithinSeconds>3600</FinishWithinSeconds><TreeSize>2</TreeSize><LeafIndex>1</LeafIndex><Proof>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</Proof><Signature>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==</Signature></BgbRequestMessage>",
    );
}

#[test]
fn the_other_messages_of_a_server() {
    let confirm = SignInConfirm {
        message_version: 1,
        keep_alive_seconds: 240,
        site_time: "payload.signature".to_owned(),
    };
    check_to_agent(
        ToAgent::SignInConfirm(confirm),
        "<BgbSignInConfirmMessage><MessageVersion>1</MessageVersion><KeepAliveSeconds>240</KeepAliveSeconds><SiteTime>payload.signature</SiteTime></BgbSignInConfirmMessage>",
    );
    let refused = SignInRefused { reason: SignInRefusal::NotThatDevice, retry_after_seconds: 60 };
    check_to_agent(
        ToAgent::SignInRefused(refused),
        "<BgbSignInRefusedMessage><Reason>not that device</Reason><RetryAfterSeconds>60</RetryAfterSeconds></BgbSignInRefusedMessage>",
    );
    let servers = vec!["ns1.example:10123".to_owned(), "ns2.example:10123".to_owned()];
    check_to_agent(
        ToAgent::Redirect(Redirect { servers }),
        "<BgbRedirectMessage><Servers>ns1.example:10123 ns2.example:10123</Servers></BgbRedirectMessage>",
    );
    let other = PushedTask { push_id: PushId(10), task_id: TaskId(11) };
    check_to_agent(
        ToAgent::Confirm(Confirm { answers: vec![TASK, other] }),
        "<BgbConfirmMessage><Answers>8/9 10/11</Answers></BgbConfirmMessage>",
    );
    let task_guid = "a43dd1b3-a006-4604-b012-5529380b3b6f".parse().expect("an id");
    check_to_agent(
        ToAgent::Cancel(Cancel { task_guid }),
        "<BgbCancelMessage><TaskGUID>A43DD1B3-A006-4604-B012-5529380B3B6F</TaskGUID></BgbCancelMessage>",
    );
    check_to_agent(ToAgent::KeepAlive, "<BgbKeepAliveMessage/>");
    check_to_agent(
        ToAgent::Restarting(Restarting { within_seconds: 30 }),
        "<BgbRestartingMessage><WithinSeconds>30</WithinSeconds></BgbRestartingMessage>",
    );
}

fn response(code: ReturnCode, detail: &str, repeated: bool) -> Response {
    Response { at: AT, task: TASK, code, detail: detail.to_owned(), repeated }
}

#[track_caller]
fn check_to_server(message: ToServer, xml: &str) {
    assert_eq!(message.encode(), xml);
    assert_eq!(ToServer::decode(xml.as_bytes()), Ok(Some(message)));
}

#[track_caller]
fn check_to_agent(message: ToAgent, xml: &str) {
    assert_eq!(message.encode(), xml);
    assert_eq!(ToAgent::decode(xml.as_bytes()), Ok(Some(message)));
}
