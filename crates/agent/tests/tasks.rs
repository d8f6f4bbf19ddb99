//! Tasks over real TLS: from the push to the answer, with every word of the server the test's.

mod site;

use std::{fs, time::Duration};

use action::{ActionKind, DeviceId, EnrolmentId, PushId, SiteId, TaskId};
use agent::Cycles;
use device_channel::{Cancel, Confirm, PushedTask, Restarting, ToAgent, ToServer};
use management_link::ResourceStatus;
use proof::{SigningKey, TaskLeaf};
use site::{Device, Doctored, Machine, Reach, Site};

const DOCUMENT: &str = "\
$schema: https://aka.ms/dsc/schemas/v3/config/document.json
resources:
  - name: greeting
    type: Tenon.Linux/File
    properties: {path: /etc/motd, content: \"Managed by Tenon.\\n\", mode: '0644'}
";

#[tokio::test]
async fn sync_machine_policy_changes_the_machine_and_leaves_the_seeds_lines() {
    let (site, machine, mut device) = online(Reach::Tcp).await;
    let motd = machine.root().join("etc/motd");
    site.told(|desk| (!desk.compliance.is_empty()).then_some(())).await;
    assert!(!motd.exists(), "no policy targets the device yet");
    site.put_policy(DOCUMENT);

    let task = task(&site, 7, ActionKind::MACHINE_POLICY);
    device.say(ToAgent::Request(Box::new(task.clone()))).await;
    let answer = device.answer().await;

    assert_eq!((answer.code.0, answer.task.push_id, answer.task.task_id), (1, PushId(7), TaskId(8)));
    assert_eq!(fs::read_to_string(&motd).expect("set"), "Managed by Tenon.\n");
    let report =
        site.told(|desk| desk.compliance.iter().find(|report| report.generation == 2).cloned()).await;
    assert_eq!(
        (report.resources[0].status, report.resources[0].policy.as_str()),
        (ResourceStatus::Changed, "greeting")
    );

    let log = machine.logs.0.texts();
    let guid = task.task_guid.upper();
    assert!(
        log.contains(&format!(
            "Receive task from server with pushid=7, taskid=8, taskguid={guid}, tasktype=1 and taskParam="
        )),
        "{log:?}"
    );
    let at = answer.at.to_string();
    let at = at.split('.').next().expect("a time");
    let sent = format!(
        "Send Task response message <BgbResponseMessage TimeStamp=\"{at}Z\"><PushID>7</PushID><TaskID>8</TaskID>\
         <ReturnCode>1</ReturnCode></BgbResponseMessage> successfully."
    );
    machine.logs.0.containing(&sent).await;
    machine.logs.1.containing("Next run time will be at approximately: ").await;
    let lines = machine.logs.0.all();
    assert!(lines.iter().any(|line| line.task_guid == Some(task.task_guid) && line.text == sent));
}

#[tokio::test]
async fn a_probe_is_answered_in_one_write_and_unknown_types_are_not_supported() {
    let (site, _machine, mut device) = online(Reach::Tcp).await;
    for (number, kind, code) in [(7, 1001, 1), (10, 4711, 2)] {
        device.say(ToAgent::Request(Box::new(task(&site, number, ActionKind(kind))))).await;
        let write = device.hear_write().await;
        let [ToServer::Receipt(receipt), ToServer::Response(response)] = write.as_slice() else {
            panic!("receipt and answer in one write, not {write:?}");
        };
        assert_eq!((receipt.task.push_id, response.code.0), (PushId(number), code), "type {kind}");
    }
}

#[tokio::test]
async fn logs_are_sent_in_parts_without_secrets_and_nothing_else_of_the_folder() {
    let (site, machine, mut device) = online(Reach::Tcp).await;
    let logs = machine.folder.path().join("logs");
    let asked = site.authority.task_with(7, ActionKind::COLLECT_LOGS, "");
    device.say(ToAgent::Request(Box::new(asked))).await;
    let answer = device.answer().await;
    assert!(answer.code.0 == 0 && answer.detail.contains("no log files"), "{answer:?}");

    fs::create_dir_all(&logs).expect("a folder");
    fs::write(logs.join("BgbServer.log"), "another program's\n").expect("written");
    fs::write(logs.join("PolicyAgent.log"), "Authorization: Bearer abc123def456\n").expect("written");
    fs::write(logs.join("Scheduler.log"), "x".repeat(99) + "\n").expect("written");
    let asked = site.authority.task_with(9, ActionKind::COLLECT_LOGS, r#"{"max_kib": 1}"#);
    device.say(ToAgent::Request(Box::new(asked.clone()))).await;
    assert_eq!(device.answer().await.code.0, 1);
    let parts = site.told(|desk| (desk.logs.len() == 2).then(|| desk.logs.clone())).await;
    let shown: Vec<_> = parts.iter().map(|part| (part.number, part.parts, part.file.as_str())).collect();
    assert_eq!(shown, [(0, 2, "Scheduler.log"), (1, 2, "PolicyAgent.log")]);
    assert_eq!(parts[1].text, "Authorization: Bearer [removed]\n");
    assert!(parts.iter().all(|part| part.task_guid == asked.task_guid));

    let asked = site.authority.task_with(11, ActionKind::COLLECT_LOGS, r#"{"max_kib": 1000000}"#);
    device.say(ToAgent::Request(Box::new(asked))).await;
    let answer = device.answer().await;
    assert!(answer.code.0 == 0 && answer.detail.contains("between 1 and 4096"), "{answer:?}");
}

#[tokio::test]
async fn the_logs_say_more_for_a_time_also_after_a_restart() {
    let (mut site, mut machine, mut device) = online(Reach::Tcp).await;
    let says_more = |machine: &Machine| {
        machine.logs.0.texts().iter().filter(|text| text.contains("The notification server says:")).count()
    };
    device.say(ToAgent::Request(Box::new(task(&site, 5, ActionKind::PROBE)))).await;
    device.answer().await;
    assert_eq!(says_more(&machine), 0, "as usual");

    let asked = site.authority.task_with(7, ActionKind::LOG_LEVEL, r#"{"level": "detailed", "minutes": 5}"#);
    device.say(ToAgent::Request(Box::new(asked))).await;
    assert_eq!(device.answer().await.code.0, 1);
    machine.logs.1.containing("The logs are detailed until").await;
    device.say(ToAgent::Request(Box::new(task(&site, 9, ActionKind::PROBE)))).await;
    device.answer().await;
    let before = says_more(&machine);
    assert!(before > 0, "detailed");

    machine.kill().await;
    machine.start();
    let mut device = site.device().await;
    device.say(ToAgent::Request(Box::new(task(&site, 11, ActionKind::PROBE)))).await;
    device.answer().await;
    let after = says_more(&machine);
    assert!(after > before, "the restart has kept it");

    let asked = site.authority.task_with(13, ActionKind::LOG_LEVEL, r#"{"level": "usual"}"#);
    device.say(ToAgent::Request(Box::new(asked))).await;
    assert_eq!(device.answer().await.code.0, 1);
    let after = says_more(&machine);
    device.say(ToAgent::Request(Box::new(task(&site, 15, ActionKind::PROBE)))).await;
    device.answer().await;
    assert_eq!(says_more(&machine), after, "as usual again");
    machine.stop().await;
}

#[tokio::test]
async fn what_the_authority_did_not_sign_for_this_device_is_refused() {
    let (site, machine, mut device) = online(Reach::Tcp).await;
    let own = SigningKey::from_seed([2; 32]);
    let thief = SigningKey::from_seed([9; 32]);
    let uuid = uuid::Uuid::from_u128(77);
    let mut number = 100;
    let mut spoilt = |key: &SigningKey, spoil: fn(&mut TaskLeaf, uuid::Uuid)| {
        number += 1;
        site.authority.task(number, ActionKind::PROBE, key, |leaf| spoil(leaf, uuid))
    };
    let mut tasks = vec![
        ("another device's leaf", 5, spoilt(&own, |leaf, id| leaf.device = DeviceId(id))),
        ("another enrolment's leaf", 5, spoilt(&own, |leaf, id| leaf.enrolment = EnrolmentId(id))),
        ("another site's leaf", 5, spoilt(&own, |leaf, id| leaf.site = SiteId(id))),
        ("an old epoch", 5, spoilt(&own, |leaf, _| leaf.epoch = 0)),
        (
            "past its deadline",
            3,
            spoilt(&own, |leaf, _| leaf.deliver_by = leaf.issued_at.minus(Duration::from_secs(60))),
        ),
        ("signed by a thief", 5, spoilt(&thief, |_, _| {})),
    ];
    let change = |what: &'static str, spoil: fn(&mut device_channel::Request)| {
        let mut request = site.authority.task(200, ActionKind::PROBE, &own, |_| {});
        spoil(&mut request);
        (what, 5, request)
    };
    tasks.push(change("another type", |request| request.kind = ActionKind::MACHINE_POLICY));
    tasks.push(change("another parameter", |request| request.param = "rm -rf /".to_owned()));
    tasks.push(change("more time", |request| {
        request.deliver_by = request.deliver_by.plus(Duration::from_secs(1))
    }));
    tasks.push(change("another action", |request| request.task_guid.0 = uuid::Uuid::from_u128(201)));
    tasks.push(change("no proof", |request| request.proof.clear()));
    tasks.push(change("another signature", |request| request.signature[0] ^= 1));
    for (what, code, request) in tasks {
        device.say(ToAgent::Request(Box::new(request))).await;
        let write = device.hear_write().await;
        let [ToServer::Response(response)] = write.as_slice() else { panic!("{what}: {write:?}") };
        assert_eq!(response.code.0, code, "{what}: {response:?}");
        assert!(!response.detail.is_empty(), "{what}");
    }
    device.say(ToAgent::Request(Box::new(task(&site, 7, ActionKind::PROBE)))).await;
    assert_eq!(device.answer().await.code.0, 1, "and the site's own task is run");
    machine.logs.0.containing("The task is not run: ").await;
}

#[tokio::test]
async fn a_doctored_policy_is_not_applied() {
    let (site, machine, mut device) = online(Reach::Tcp).await;
    site.told(|desk| (!desk.compliance.is_empty()).then_some(())).await;
    site.put_policy(DOCUMENT);
    let cases = [
        (Doctored::OtherKey, false, "not signed by the site's policy key"),
        (Doctored::OtherDevice, false, "not signed by the site's policy key for this device"),
        (Doctored::Not, true, "has another hash"),
    ];
    for (number, (doctored, swapped, why)) in (20..).zip(cases) {
        {
            let mut desk = site.desk.lock().expect("not poisoned");
            (desk.manifest, desk.swapped_documents) = (doctored, swapped);
        }
        device.say(ToAgent::Request(Box::new(task(&site, number, ActionKind::MACHINE_POLICY)))).await;
        let answer = device.answer().await;
        assert_eq!(answer.code.0, 0, "{doctored:?}");
        assert!(answer.detail.contains(why), "{doctored:?}: {}", answer.detail);
        assert!(!machine.root().join("etc/motd").exists(), "{doctored:?}");
    }
    {
        let mut desk = site.desk.lock().expect("not poisoned");
        (desk.manifest, desk.swapped_documents) = (Doctored::Not, false);
    }
    device.say(ToAgent::Request(Box::new(task(&site, 30, ActionKind::MACHINE_POLICY)))).await;
    assert_eq!(device.answer().await.code.0, 1);
    site.desk.lock().expect("not poisoned").manifest = Doctored::Old;
    device.say(ToAgent::Request(Box::new(task(&site, 31, ActionKind::MACHINE_POLICY)))).await;
    let answer = device.answer().await;
    assert!(answer.detail.contains("an older policy is not applied"), "{}", answer.detail);
}

#[tokio::test]
async fn a_policy_that_fails_is_answered_with_what_failed() {
    let (site, _machine, mut device) = online(Reach::Tcp).await;
    site.put_policy(&DOCUMENT.replace("mode: '0644'", "mode: '0644', owner: no-such-user"));
    device.say(ToAgent::Request(Box::new(task(&site, 7, ActionKind::MACHINE_POLICY)))).await;
    let answer = device.answer().await;
    assert_eq!(answer.code.0, 0);
    assert!(
        answer.detail.contains("1 of 1 resources are not compliant; greeting/greeting: `no-such-user`"),
        "{}",
        answer.detail
    );
    site.put_policy("resources: []");
    device.say(ToAgent::Request(Box::new(task(&site, 8, ActionKind::MACHINE_POLICY)))).await;
    let answer = device.answer().await;
    assert!(answer.detail.contains("`$schema` is missing"), "{}", answer.detail);
}

#[tokio::test]
async fn while_the_site_is_away_the_last_policy_is_kept_and_the_report_comes_later() {
    let (site, machine, mut device) = online(Reach::Tcp).await;
    site.put_policy(DOCUMENT);
    device.say(ToAgent::Request(Box::new(task(&site, 7, ActionKind::MACHINE_POLICY)))).await;
    assert_eq!(device.answer().await.code.0, 1);

    let motd = machine.root().join("etc/motd");
    fs::write(&motd, "changed by hand").expect("written");
    site.desk.lock().expect("not poisoned").away = true;
    device.say(ToAgent::Request(Box::new(task(&site, 8, ActionKind::MACHINE_POLICY)))).await;
    let answer = device.answer().await;
    assert_eq!(answer.code.0, 0);
    assert!(
        answer.detail.contains("the policy of the last download was applied instead"),
        "{}",
        answer.detail
    );
    assert_eq!(fs::read_to_string(&motd).expect("set"), "Managed by Tenon.\n");
}

#[tokio::test]
async fn an_answer_is_repeated_until_it_is_confirmed_across_restarts_of_both() {
    let (mut site, mut machine, mut device) = online(Reach::Tcp).await;
    let first = task(&site, 7, ActionKind::PROBE);
    device.say(ToAgent::Request(Box::new(first.clone()))).await;
    assert!(!device.answer().await.repeated);
    machine.kill().await;
    machine.start();

    let mut device = site.device().await;
    assert_eq!(device.sign_in.highest_push, PushId(7));
    let again = device.answer().await;
    assert_eq!((again.task.push_id, again.code.0, again.repeated), (PushId(7), 1, false));

    // The server forgot it, too: a new push of the same task.
    let key = SigningKey::from_seed([2; 32]);
    let second = site.authority.task(9, ActionKind::PROBE, &key, |leaf| {
        leaf.task_guid = first.task_guid;
        leaf.task_id = first.task_id;
    });
    device.say(ToAgent::Request(Box::new(second))).await;
    let repeated = device.answer().await;
    assert_eq!((repeated.task.push_id, repeated.code.0, repeated.repeated), (PushId(9), 1, true));

    let pair = |push| PushedTask { push_id: PushId(push), task_id: TaskId(8) };
    device.say(ToAgent::Confirm(Confirm { answers: vec![pair(7), pair(9)] })).await;
    device.say(ToAgent::Request(Box::new(task(&site, 11, ActionKind::PROBE)))).await;
    assert_eq!(device.answer().await.task.push_id, PushId(11));
    machine.stop().await;
    machine.start();
    let mut device = site.device().await;
    assert_eq!(device.answer().await.task.push_id, PushId(11), "what was confirmed is not said again");
}

#[tokio::test]
async fn where_tcp_is_blocked_the_websocket_carries_the_channel() {
    let (site, machine, mut device) = online(Reach::WebSocket).await;
    device.say(ToAgent::Request(Box::new(task(&site, 7, ActionKind::PROBE)))).await;
    assert!(matches!(device.hear().await, ToServer::Receipt(_)));
    assert!(matches!(device.hear().await, ToServer::Response(_)));
    machine.logs.0.containing("Failed to connect (TCP)").await;
    machine.logs.0.containing("(WebSocket)").await;
}

#[tokio::test]
async fn from_the_websocket_it_goes_back_to_tcp() {
    let mut site = Site::start(Reach::WebSocket).await;
    let mut machine = Machine::new();
    machine.enrol(site.token()).await.expect("enrolled");
    machine.start_with(Cycles { look_for_tcp: Duration::from_millis(200), ..Cycles::default() });
    let _web = site.device().await;
    site.unblock_tcp().await;
    let mut device = site.device().await;
    device.say(ToAgent::Request(Box::new(task(&site, 7, ActionKind::PROBE)))).await;
    let write = device.hear_write().await;
    assert!(matches!(write.as_slice(), [ToServer::Receipt(_), ToServer::Response(_)]), "over TCP: {write:?}");
    machine.logs.0.containing("TCP works again: leaving the WebSocket").await;
}

#[tokio::test]
async fn a_server_that_restarts_or_leaves_is_found_again() {
    let (mut site, machine, device) = online(Reach::Tcp).await;
    device.say(ToAgent::Restarting(Restarting { within_seconds: 0 })).await;
    let device = site.device().await;
    drop(device);
    let mut device = site.device().await;
    device.say(ToAgent::Request(Box::new(task(&site, 7, ActionKind::PROBE)))).await;
    assert_eq!(device.answer().await.code.0, 1);
    machine.logs.0.containing("The notification server restarts").await;
}

#[tokio::test]
async fn a_new_task_key_is_learned_from_a_new_trust_document() {
    let (site, _machine, mut device) = online(Reach::Tcp).await;
    let unknown = SigningKey::from_seed([9; 32]);
    device.say(ToAgent::Request(Box::new(site.authority.task(7, ActionKind::PROBE, &unknown, |_| {})))).await;
    assert_eq!(
        device.answer().await.code.0,
        5,
        "the trust document was looked at again, and does not name the key"
    );
    device.say(ToAgent::Cancel(Cancel { task_guid: action::TaskGuid(uuid::Uuid::nil()) })).await;
    device.say(ToAgent::Request(Box::new(task(&site, 8, ActionKind::PROBE)))).await;
    assert_eq!(device.answer().await.code.0, 1);
}

/// A site with one device that is online.
async fn online(reach: Reach) -> (Site, Machine, Device) {
    let mut site = Site::start(reach).await;
    let mut machine = Machine::new();
    machine.enrol(site.token()).await.expect("enrolled");
    machine.start();
    let device = site.device().await;
    assert_eq!(
        (device.sign_in.device, device.sign_in.enrolment),
        (site.authority.device, site.authority.enrolment)
    );
    (site, machine, device)
}

fn task(site: &Site, number: u64, kind: ActionKind) -> device_channel::Request {
    site.authority.task(number, kind, &site.authority.task_key, |_| {})
}
