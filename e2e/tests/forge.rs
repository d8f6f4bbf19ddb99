//! The test takes the attacker's place: a stolen console, and a stolen operational database of the site. Each attack is
//! refused with its reason, is in the audit, and no agent does anything.

use std::{
    collections::BTreeSet,
    io::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use action::{ActionKind, OfflinePolicy, State, TaskGuid};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use console_api::{Client, Device, Kind, NewAction, NewTarget, NewUser, Role, SignIn, Signer};
use database::{Db, Statement, args};
use e2e::{AgentOnDevice, World, WorldOptions};
use proof::{Level, Request, SignedRequest};
use testkit::network::Weather;

const PUT_IN_PLACE: Statement = Statement::both("UPDATE action SET request = $2 WHERE task_guid = $1");
const NEXT_PLACE: Statement = Statement::both("UPDATE site SET outbox = outbox + 1");
const SEND_AGAIN: Statement = Statement::both(
    "INSERT INTO outbox (site, number, tenant, task_guid, what, who, offered) \
     SELECT site.id, site.outbox, site.tenant, $1, 'request', 'ann', 1 FROM site",
);
const REQUEST: Statement = Statement::both("SELECT request FROM action WHERE task_guid = $1");
const SENT: Statement = Statement::both("SELECT request FROM action");
const KEY: Statement = Statement::both("SELECT jwk FROM person_key WHERE jkt = $1");
const TABLES: Statement = Statement::both("SELECT name FROM sqlite_master WHERE type = 'table'");

/// A console whose owner is no longer its master: the test writes its database, and cuts its links.
struct Stolen {
    world: World,
    agents: Vec<AgentOnDevice>,
    devices: Vec<Device>,
    db: Db,
}

/// What the attacker changes of a request.
type Change = Box<dyn FnOnce(&mut Request)>;

impl Stolen {
    async fn console(devices: usize) -> Self {
        let world = World::start(WorldOptions { fragile_link: true, ..WorldOptions::default() }).await;
        let url = format!("sqlite:{}", world.files().join("console/console.db").display());
        let db = Db::open(&url).await.expect("the console's database");
        let mut stolen = Self { agents: Vec::new(), devices: Vec::new(), world, db };
        for number in 1..=devices {
            let name = format!("kassa-{number}");
            stolen.agents.push(stolen.world.add_agent(&name));
            stolen.devices.push(stolen.world.device(&name, |device| device.online).await);
        }
        stolen
    }

    fn weather(&self, weather: Weather) {
        self.world.link.as_ref().expect("a link that can be cut").set(weather);
    }

    fn of_kind(&self, kind: ActionKind) -> NewAction {
        NewAction {
            kind: Kind(kind),
            target: NewTarget::Device { device: self.devices[0].id },
            param: String::new(),
            deliver_by: None,
            finish_within_seconds: None,
            offline: Some(OfflinePolicy::Queue),
            task_guid: None,
        }
    }

    /// Signs and asks for machine policy on the first device.
    async fn asked(&self) -> TaskGuid {
        self.world.ask_signed(&self.of_kind(ActionKind::MACHINE_POLICY)).await
    }

    async fn sent(&self, task_guid: TaskGuid) -> String {
        let row = self.db.row(&REQUEST, args![task_guid.to_string()]).await.expect("readable");
        row.expect("an action").text("request").expect("text").to_owned()
    }

    /// Has the console send something else in place of what was signed.
    async fn put_in_place(&self, task_guid: TaskGuid, request: &str) {
        let touched = self.db.write(&PUT_IN_PLACE, args![task_guid.to_string(), request]).await;
        assert_eq!(touched.expect("written"), 1);
    }

    async fn send_again(&self, task_guid: TaskGuid) {
        self.db.write(&NEXT_PLACE, args![]).await.expect("written");
        let touched = self.db.write(&SEND_AGAIN, args![task_guid.to_string()]).await;
        assert_eq!(touched.expect("written"), 1);
    }

    /// Changes what an action says, and keeps the signature.
    async fn change(&self, task_guid: TaskGuid, change: impl FnOnce(&mut Request)) {
        let sent = self.sent(task_guid).await;
        let mut request =
            SignedRequest::parse(sent.as_bytes()).expect("signed").claimed().expect("a request");
        change(&mut request);
        let parts: Vec<&str> = sent.split('.').collect();
        let forged = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(request.encode()), parts[2]);
        assert_ne!(forged, sent);
        self.put_in_place(task_guid, &forged).await;
    }

    /// Puts a request in place that somebody else has signed, or at another time.
    async fn sign_anew(&self, task_guid: TaskGuid, by: &Signer, change: impl FnOnce(&mut Request)) {
        let sent = self.sent(task_guid).await;
        let mut request =
            SignedRequest::parse(sent.as_bytes()).expect("signed").claimed().expect("a request");
        request.jkt = by.key.public().thumbprint().to_string();
        change(&mut request);
        let signed = SignedRequest::sign(&request, &by.key).expect("signed").encode();
        self.put_in_place(task_guid, std::str::from_utf8(&signed).expect("text")).await;
    }

    fn received(&self, task_guid: TaskGuid) -> usize {
        self.agents.iter().map(|agent| received_tasks(agent, task_guid)).sum()
    }
}

/// Returns how often the agent's log says that it received a task.
fn received_tasks(agent: &AgentOnDevice, task_guid: TaskGuid) -> usize {
    let path = agent.root.parent().expect("the device's folder").join("logs/CcmNotificationAgent.log");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let wanted = format!("taskguid={}", task_guid.upper());
    text.lines().filter(|line| line.contains("Receive task from server") && line.contains(&wanted)).count()
}

/// Returns a client of another person, who has a role at the console.
async fn another_person(world: &World, name: &str) -> (Client, action::UserId) {
    let new = NewUser {
        name: name.to_owned(),
        role: Role::Administrator,
        display_name: None,
        password: Some("another password for stories".to_owned()),
    };
    world.client.create_user(&new).await.expect("an account");
    let options = console_api::ClientOptions {
        url: world.url.clone(),
        token: None,
        ca_pem: None,
        patience: Duration::from_secs(60),
    };
    let mut client = Client::new(options).expect("a client");
    let sign_in = SignIn {
        tenant: None,
        user: name.to_owned(),
        password: "another password for stories".to_owned(),
        cookie: false,
    };
    let signed_in = client.sign_in(&sign_in).await.expect("signed in");
    (client, signed_in.me.id)
}

// The link is a task of this process, which must go on while the story waits for a command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stolen_console_cannot_change_replay_or_forge_what_people_sign() {
    let stolen = Stolen::console(2).await;
    let world = &stolen.world;
    let (bobs_client, bob) = another_person(world, "bob").await;
    let bobs = world.pair(&bobs_client, bob, Level::Web).await;
    let web = world.pair(&world.client, world.admin, Level::Web).await;
    let site = world.client.sites().await.expect("sites")[0].id;
    let shops = ["collection", "put", "Shops", "--query", "name startsWith \"kassa\""];
    world.site.tenon(&shops);
    let collection = e2e::eventually("the collection at the console", async || {
        let all = world.client.collections(site).await.ok()?;
        all.into_iter().find(|collection| collection.name == "Shops" && collection.count == 2)
    })
    .await;
    let done_before = stolen.asked().await;
    assert_eq!(world.ended(done_before).await.state, State::Done);

    stolen.weather(Weather::Cut);
    let mut attacks: Vec<(&str, TaskGuid, &str)> = Vec::new();
    let other = action::Target { device: stolen.devices[1].id, name: stolen.devices[1].name.clone() };
    let changes: [(&str, Change); 5] = [
        (
            "another target",
            Box::new(|request| request.targets = action::Targets::Devices { devices: vec![other] }),
        ),
        (
            "another name",
            Box::new(|request| {
                if let action::Targets::Devices { devices } = &mut request.targets {
                    devices[0].name = "kassa-2".to_owned();
                }
            }),
        ),
        ("another kind", Box::new(|request| request.params.task_type = 1005)),
        ("another parameter", Box::new(|request| request.params.task_param = "reboot".to_owned())),
        (
            "another deadline",
            Box::new(|request| request.deliver_by = request.iat.plus(Duration::from_secs(7200))),
        ),
    ];
    for (attack, change) in changes {
        let task_guid = stolen.asked().await;
        stolen.change(task_guid, change).await;
        attacks.push((attack, task_guid, "signature_not_valid"));
    }

    let replayed = stolen.asked().await;
    stolen.put_in_place(replayed, &stolen.sent(done_before).await).await;
    attacks.push(("a replay under another id", replayed, "request_not_valid"));

    let ahead = stolen.asked().await;
    let hours = Duration::from_secs(2 * 3600);
    stolen
        .sign_anew(ahead, &world.signer, |request| {
            request.iat = request.iat.plus(hours);
            request.exp = request.iat.plus(hours);
            request.deliver_by = request.exp;
        })
        .await;
    attacks.push(("signed ahead", ahead, "request_not_valid"));

    let by_bob = stolen.asked().await;
    stolen.sign_anew(by_bob, &bobs, |_| {}).await;
    attacks.push(("signed by a key bound to another person", by_bob, "signature_not_valid"));

    let by_nobody = stolen.asked().await;
    let key = proof::PersonSigningKey::from_secret(&[7; 32]).expect("a key");
    let Signer { level, user, tenant, console, .. } = world.signer;
    let unknown = Signer { key, level, user, tenant, site, console, token: None };
    stolen.sign_anew(by_nobody, &unknown, |_| {}).await;
    attacks.push(("signed by a key of the console's own", by_nobody, "key_unknown"));

    let unsigned = stolen.asked().await;
    let again = NewAction { task_guid: Some(unsigned), ..stolen.of_kind(ActionKind::MACHINE_POLICY) };
    let draft = world.draft(&again).await;
    stolen.put_in_place(unsigned, &draft.request).await;
    attacks.push(("signed by nobody", unsigned, "proof_missing"));

    let low = stolen.asked().await;
    let native = |request: &mut Request| request.params.task_type = ActionKind::PROBE.0;
    stolen.sign_anew(low, &web, native).await;
    attacks.push(("a web key for a native kind", low, "proof_level_too_low"));

    let at = |collection: &str, at_most| NewAction {
        target: NewTarget::Collection { site, collection: collection.to_owned(), at_most: Some(at_most) },
        ..stolen.of_kind(ActionKind::MACHINE_POLICY)
    };
    let changed = world.ask_signed(&at(&collection.id, 5)).await;
    world.site.tenon(&["collection", "put", "Shops", "--query", "name startsWith \"kas\""]);
    attacks.push(("a rule that was changed", changed, "collection_changed"));
    let grew = world.ask_signed(&at("SMS00001", 1)).await;
    attacks.push(("a collection that grew", grew, "collection_grew"));

    let honest = stolen.asked().await;
    stolen.send_again(done_before).await;
    stolen.weather(Weather::Fair);
    for (attack, task_guid, reason) in &attacks {
        let action = world.ended(*task_guid).await;
        let why = action.why.as_ref().map(|why| &*why.reason);
        assert_eq!((action.state, why), (State::Refused, Some(*reason)), "{attack}: {action:#?}");
    }
    assert_eq!(world.ended(honest).await.state, State::Done, "what was signed is done");
    let probe = world.ask(ActionKind::PROBE, &stolen.devices[0]).await;
    assert_eq!(world.ended(probe).await.state, State::Done);
    assert_eq!(stolen.received(done_before), 1, "what was done is not done again");

    let audit = world.site.tenon(&["site", "audit", "export"]);
    for (attack, task_guid, reason) in &attacks {
        assert_eq!(stolen.received(*task_guid), 0, "{attack}: an agent has it");
        // What is not even for this site or time costs the authority nothing: the connector refuses it, and says so.
        if *reason != "request_not_valid" {
            let of_it = |line: &&str| line.contains(&task_guid.to_string());
            let lines: Vec<&str> = audit.lines().filter(of_it).collect();
            assert!(
                !lines.is_empty() && lines.iter().all(|line| line.contains("refused")),
                "{attack}: {lines:?}"
            );
        }
    }
    world.site.tenon(&["site", "audit", "verify"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_back_past_its_time_is_refused() {
    let stolen = Stolen::console(1).await;
    let world = &stolen.world;
    stolen.weather(Weather::Cut);
    let soon = service::clock::now().plus(Duration::from_secs(3));
    let new = NewAction { deliver_by: Some(soon), ..stolen.of_kind(ActionKind::MACHINE_POLICY) };
    let task_guid = world.ask_signed(&new).await;
    let action = world.ended(task_guid).await;
    assert_eq!(action.state, State::Expired, "{action:#?}");

    stolen.send_again(task_guid).await;
    stolen.weather(Weather::Fair);
    let log = world.site.folder.join("logs/CMGatewayNotificationWorker.log");
    e2e::eventually("the connector refuses it", async || {
        let text = std::fs::read_to_string(&log).ok()?;
        let line = format!("TaskGUID: {task_guid}.");
        text.lines().find(|it| it.contains(&line) && it.contains("did not receive it in time")).map(|_| ())
    })
    .await;
    let probe = world.ask(ActionKind::PROBE, &stolen.devices[0]).await;
    assert_eq!(world.ended(probe).await.state, State::Done);
    assert_eq!(stolen.received(task_guid), 0);
}

/// A row for each table of the site's operational store: what a stolen database could say. `DEVICE`, `GUID`, `NOW` and
/// `TOMORROW` stand for what they say.
const ROWS: &[(&str, &str)] = &[
    ("counter", "INSERT INTO counter (name, value) VALUES ('evil', 1)"),
    ("setting", "INSERT INTO setting (name, value) VALUES ('evil', '{}')"),
    ("device", "UPDATE device SET name = 'evil', online = 1, server = 'evil' WHERE device = 'DEVICE'"),
    (
        "compliance",
        "UPDATE compliance SET generation = generation + 1000, report = '{}' WHERE device = 'DEVICE'",
    ),
    (
        "removed_device",
        "INSERT INTO removed_device (device, seq, at) VALUES ('00000000-0000-4000-8000-000000000001', 999999, NOW)",
    ),
    (
        "notification",
        "INSERT INTO notification (task_guid, request, user_id, user_name, received_at) VALUES \
         ('GUID', CAST('{}' AS BLOB), 'GUID', 'ann', NOW)",
    ),
    (
        "push_message",
        "INSERT INTO push_message (task_id, task_guid, number, kind, param, deliver_by, finish_within_seconds, offline, \
         targets, unfinished, forwarded_at) SELECT 900000, 'GUID', value + 1, 1, '', TOMORROW, 3600, 'queue', 1, 1, NOW \
         FROM counter WHERE name = 'push_message'",
    ),
    ("counter", "UPDATE counter SET value = value + 1 WHERE name = 'push_message'"),
    (
        "push_task",
        "INSERT INTO push_task (task_id, device, state, changed, answered) VALUES (900000, 'DEVICE', 30, NOW, 0)",
    ),
    ("push", "INSERT INTO push (push_id, task_id) VALUES (900000, 900000)"),
    (
        "event",
        "INSERT INTO event (number, task_guid, device, hop, at, event) VALUES \
         (900000, 'GUID', 'DEVICE', 'authority', NOW, '{\"authorized\":{\"rule\":\"evil\"}}')",
    ),
    (
        "content",
        "INSERT INTO content (sha256, size, stored, bytes) VALUES ('ab', 4, NOW, CAST('evil' AS BLOB))",
    ),
    (
        "content_file",
        "INSERT INTO content_file (sha256, name, size, chunks, complete, stored) VALUES ('ab', 'evil', 4, 1, 1, NOW)",
    ),
    (
        "content_chunk",
        "INSERT INTO content_chunk (sha256, number, bytes) VALUES ('ab', 0, CAST('evil' AS BLOB))",
    ),
    (
        "device_application",
        "INSERT INTO device_application (device, application, deployment, state, detail, at, received) VALUES \
         ('DEVICE', 'evil', 'DEP00001', 'required', '', NOW, NOW)",
    ),
    (
        "device_log",
        "INSERT INTO device_log (device, task_guid, number, parts, file, text, size, at, received) VALUES \
         ('DEVICE', 'GUID', 0, 1, 'evil.log', 'evil', 4, NOW, NOW)",
    ),
    (
        "push_drain",
        "INSERT INTO push_drain (task_id, server, strategy, param, clients, sent, ahead, predicted, elapsed, through, at) \
         VALUES (900000, 'evil', 0, 0, 1, 1, 0, 0, 0, 1, NOW)",
    ),
];

#[tokio::test]
async fn rows_written_by_hand_make_no_agent_run_anything() {
    let world = World::start(WorldOptions::default()).await;
    let mut agent = world.add_agent("kassa-1");
    let other = world.add_agent("kassa-2");
    let device = world.device("kassa-1", |device| device.online && device.compliance.is_some()).await;
    let second = world.device("kassa-2", |device| device.online).await;
    let url = format!("sqlite:{}", world.site.folder.join("site.db").display());
    let db = Db::open(&url).await.expect("the site's database");

    let tables = db.rows(&TABLES, args![]).await.expect("readable");
    let tables: BTreeSet<String> = tables
        .iter()
        .map(|row| row.text("name").expect("a name").to_owned())
        .filter(|name| !name.starts_with("sqlite_") && !name.contains("migration"))
        .collect();
    let covered: BTreeSet<String> = ROWS.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(covered, tables, "each table has its attack");

    // A task that was allowed, with another kind and parameter in its row, and a device that nobody asked for.
    agent.program.kill();
    let waiting = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    world.reached(waiting, State::Queued).await;
    for row in [
        "UPDATE push_message SET kind = 1005, param = 'evil' WHERE task_guid = 'GUID'",
        "INSERT INTO push_task (task_id, device, state, changed, answered) SELECT task_id, 'DEVICE', 30, 0, 0 \
         FROM push_message WHERE task_guid = 'GUID'",
    ] {
        let row = row.replace("GUID", &waiting.to_string()).replace("DEVICE", &second.id.to_string());
        let touched = db.write(&Statement::both(String::leak(row)), args![]).await;
        assert_eq!(touched.expect("written"), 1);
    }
    agent.restart();
    e2e::eventually("the agent has the task that was signed", async || {
        (received_tasks(&agent, waiting) == 1).then_some(())
    })
    .await;
    let path = agent.root.parent().expect("a folder").join("logs/CcmNotificationAgent.log");
    let text = std::fs::read_to_string(path).expect("the agent's log");
    let wanted = format!("taskguid={}, tasktype=1 and taskParam=", waiting.upper());
    let line = text.lines().find(|line| line.contains("Receive task from server") && line.contains(&wanted));
    assert!(line.is_some_and(|line| !line.contains("evil")), "{text}");

    let probe = world.ask(ActionKind::PROBE, &second).await;
    assert_eq!(world.ended(probe).await.state, State::Done);
    assert_eq!(received_tasks(&other, waiting), 0, "a device that nobody asked for");

    let invented = TaskGuid(uuid::Uuid::new_v4());
    let now = service::clock::now();
    for (table, row) in ROWS {
        let row = row
            .replace("DEVICE", &device.id.to_string())
            .replace("GUID", &invented.to_string())
            .replace("NOW", &now.0.to_string())
            .replace("TOMORROW", &now.plus(Duration::from_secs(86_000)).0.to_string());
        let statement = Statement::both(String::leak(row));
        let touched = db.write(&statement, args![]).await;
        assert_eq!(touched.unwrap_or_else(|error| panic!("{table}: {error}: {error:?}")), 1, "{table}");
    }
    // The notification server finds the message, and the authority knows of no such action, however often it is asked.
    let log = world.site.folder.join("logs/SiteAuthority.log");
    e2e::eventually("the authority is asked twice to release it", async || {
        let text = std::fs::read_to_string(&log).ok()?;
        let refused = format!("no decision on the action {invented} is known");
        (text.matches(&refused).count() >= 2).then_some(())
    })
    .await;

    for agent in [&agent, &other] {
        assert_eq!(received_tasks(agent, invented), 0);
        let path = agent.root.parent().expect("a folder").join("logs/Scheduler.log");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        assert!(!text.contains(&*invented.upper()) && !text.contains("evil"), "{text}");
    }
}

#[tokio::test]
async fn who_cannot_sign_is_refused_with_the_fix_until_the_owner_grants_it() {
    let world = World::start(WorldOptions::default()).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let new = NewAction {
        kind: Kind(ActionKind::MACHINE_POLICY),
        target: NewTarget::Device { device: device.id },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    };
    let refused = e2e::eventually("the site has said for whom the console may vouch", async || {
        world.client.create_action(&new, &uuid::Uuid::new_v4().to_string()).await.err()
    })
    .await;
    let problem = refused.problem().expect("a problem").clone();
    assert_eq!(problem.status, 403);
    assert!(
        problem.fix.contains("tenon pair") && problem.fix.contains("tenon site vouch add"),
        "{problem:?}"
    );

    world.site.vouch_for(world.admin, "SMS00001");
    let asked = e2e::eventually("the grant at the console", async || {
        world.client.create_action(&new, &uuid::Uuid::new_v4().to_string()).await.ok()
    })
    .await;
    let task_guid = asked.actions[0].task_guid;
    let action = world.ended(task_guid).await;
    assert_eq!((action.state, &*action.proof), (State::Done, "vouched by the console"));
    let audit = world.site.tenon(&["site", "audit", "export"]);
    let line = audit.lines().find(|line| line.contains(&task_guid.to_string())).expect("audited");
    assert!(line.contains("vouched by the console (grant g1)"), "{line}");

    let probe = NewAction { kind: Kind(ActionKind::PROBE), ..new };
    let asked = world.client.create_action(&probe, "probe").await.expect("taken: the site decides");
    let action = world.ended(asked.actions[0].task_guid).await;
    assert_eq!(action.why.expect("a reason").reason, "proof_level_too_low");
}

#[tokio::test]
async fn the_command_line_pairs_and_signs_and_another_program_verifies_it() {
    let world = World::start(WorldOptions::default()).await;
    let _agent = world.add_agent("kassa-1");
    world.device("kassa-1", |device| device.online).await;
    let user = world.admin.to_string();
    let code = world.site.tenon(&["site", "pair", "--user", &user]);
    let new = console_api::NewApiToken {
        name: "story".to_owned(),
        expires: None,
        permissions: None,
        sites: Vec::new(),
        device_groups: Vec::new(),
    };
    let token = world.client.create_token(&new).await.expect("a token").secret;
    let at = ["--url", &world.url, "--token", &token];
    let said = world.site.tenon(&[&["pair", code.trim()], &at[..]].concat());
    assert!(said.contains("native"), "{said}");
    let run = ["action", "run", "probe", "--device", "kassa-1", "--wait", "--json"];
    let said = world.site.tenon(&[&run[..], &at[..]].concat());
    assert!(said.contains("signed with the person's key"), "{said}");
    let again = world.site.try_tenon(&[&["pair", code.trim()], &at[..]].concat());
    assert!(!again.0 && again.2.contains("tenon site pair"), "a code is good once: {again:?}");

    // The second verifier, which shares no code with this one, agrees on what was sent, and on all vectors.
    let url = format!("sqlite:{}", world.files().join("console/console.db").display());
    let db = Db::open(&url).await.expect("the console's database");
    let sent = db.rows(&SENT, args![]).await.expect("readable");
    let sent = sent.first().expect("an action").text("request").expect("text").to_owned();
    let keys = world.site.tenon(&["site", "key", "list", "--json"]);
    let signed = SignedRequest::parse(sent.as_bytes()).expect("signed");
    assert!(keys.contains(&signed.key().to_string()), "{keys}");
    let url = format!("sqlite:{}", world.site.folder.join("authority/authority.db").display());
    let db = Db::open(&url).await.expect("the authority's database");
    let known = db.row(&KEY, args![signed.key().to_string()]).await.expect("readable").expect("a key");
    let said = python(&["verify", known.text("jwk").expect("text")], &sent);
    assert!(said.contains("\"kind\":\"device-action\""), "{said}");
    let said = python(&["check", "docs/protocol/vectors"], "");
    assert!(said.contains("vectors agree"), "{said}");
}

/// Runs the verifier that `e2e/verifier` holds, with the packages that `cargo xtask test` has installed, and returns what it
/// says.
fn python(arguments: &[&str], input: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let installed = root.join("target/verifier/bin/python3");
    let python = if installed.exists() { installed } else { "python3".into() };
    let mut child = Command::new(python)
        .arg(root.join("e2e/verifier/proof_vectors.py"))
        .args(arguments)
        .current_dir(&root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text
}
