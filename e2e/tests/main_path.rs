//! The main job: an administrator syncs a machine's policy, and every hop says so.

use action::{ActionKind, Hop, State};
use e2e::{World, WorldOptions};

const POLICY: &str = "\
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
  - name: greeting
    type: Tenon.Linux/File
    properties:
      path: /etc/motd
      content: |
        Managed by Tenon.
      mode: '0644'
";

#[tokio::test]
async fn machine_policy_is_applied_and_every_hop_leaves_the_seeds_lines() {
    let world = World::start(WorldOptions::default()).await;
    let policy = world.files().join("greeting.yaml");
    std::fs::write(&policy, POLICY).expect("a policy document");
    world.site.tenon(&[
        "policy",
        "put",
        "greeting",
        &policy.display().to_string(),
        "--collection",
        "SMS00001",
    ]);
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    // The agent applies policy at its start as well: what the action brings back must have been taken away first.
    let motd = agent.root.join("etc/motd");
    world.device("kassa-1", |device| device.compliance.is_some()).await;
    std::fs::write(&motd, "changed by hand").expect("the agent wrote the file at its start");

    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    let action = world.ended(task_guid).await;

    assert_eq!(action.state, State::Done, "{action:#?}");
    assert_eq!(std::fs::read_to_string(&motd).expect("the file"), "Managed by Tenon.\n");
    for hop in [Hop::AdminCenter, Hop::ServiceConnector, Hop::Authority, Hop::NotificationServer, Hop::Agent]
    {
        assert!(
            action.history.iter().any(|entry| entry.hop == hop),
            "no word from the {hop:?} in the history: {:#?}",
            action.history
        );
    }
    let tenant = "a1b2c3a1-b2c3-44a1-b2c3-d4a1b2c3a1b2";
    world
        .site
        .log("CMGatewayNotificationWorker.log")
        .holds(&[
            "Received new notification. Validating basic notification details...",
            "Validating device action message content...",
            &format!("Authorized to perform client action. TemplateID: RequestMachinePolicy TenantId: {tenant} AADUserID: {tenant}"),
            "Forwarded BGB remote task. TemplateID: 1 TaskGuid: a43dd1b3-a006-4604-b012-5529380b3b6f TaskParam: TargetDeviceIDs: 1",
        ])
        .expect("the connector's lines");
    world
        .site
        .log("BgbServer.log")
        .holds(&[
            "Get one push message from database.",
            "Starting to send push task (PushID: 7 TaskID: 8 TaskGUID: A43DD1B3-A006-4604-B012-5529380B3B6F TaskType: 1 TaskParam: ) \
             to 1 clients  with throttling (strategy: 1 param: 42)",
            "Finished sending push task (PushID: 7 TaskID: 8) to 1 clients",
        ])
        .expect("the notification server's lines");
    agent
        .log("CcmNotificationAgent.log")
        .holds(&[
            "Receive task from server with pushid=7, taskid=8, taskguid=A43DD1B3-A006-4604-B012-5529380B3B6F, tasktype=1 and taskParam=",
            "Send Task response message <BgbResponseMessage TimeStamp=\"2020-01-21T15:43:43Z\"><PushID>8</PushID>\
             <TaskID>9</TaskID><ReturnCode>1</ReturnCode></BgbResponseMessage> successfully.",
        ])
        .expect("the agent's lines");
}

#[tokio::test]
async fn without_a_role_at_the_site_the_admin_reads_what_is_missing() {
    let world = World::start(WorldOptions { may_act: false, ..WorldOptions::default() }).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;

    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    let action = world.ended(task_guid).await;

    assert_eq!(action.state, State::Refused);
    let why = action.why.expect("a refusal has a reason");
    assert_eq!((&*why.reason, why.hop), ("user_unknown_to_site", Hop::Authority));
    assert!(why.fix.contains("tenon role assign"), "{}", why.fix);
    let id = "a1b2c3a1-b2c3-44a1-b2c3-d4a1b2c3a1b2";
    world
        .site
        .log("CMGatewayNotificationWorker.log")
        .holds(&[
            "Received new notification. Validating basic notification details..",
            "Validating device action message content...",
            &format!("Unauthorized to perform client action. TemplateID: RequestMachinePolicy TenantId: {id} AADUserID: {id}"),
        ])
        .expect("the connector's lines");
}

#[tokio::test]
async fn what_the_agent_does_not_support_reaches_the_admin() {
    let world = World::start(WorldOptions::default()).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    for (kind, state) in [
        (ActionKind::USER_POLICY, State::Done),
        (ActionKind::APPLICATIONS, State::Done),
        (ActionKind(4711), State::NotSupported),
    ] {
        let task_guid = world.ask(kind, &device).await;
        let action = world.ended(task_guid).await;
        assert_eq!(action.state, state, "{kind:?}");
    }
}
