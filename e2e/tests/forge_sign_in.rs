//! Whoever wants to be somebody else at a site: what the site pinned, and what it refuses.

use std::path::{Path, PathBuf};

use action::{ActionKind, ConsoleId, TaskGuid, TenantId};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use console_api::{
    Client, Holder, KeyAtSite, Kind, NewAction, NewAssignment, NewKey, NewTarget, SignedActions, Signer,
};
use e2e::{Browser, OpenIdProvider, Program, World, WorldOptions, binary, eventually};
use proof::{
    Level, PersonSigningKey,
    key_binding::{For, KeyBinding, Retirement},
};
use serde_json::{Value, json};
use service::clock;

const CLI_REDIRECT: &str = "http://127.0.0.1:9/callback";

#[tokio::test]
async fn a_person_binds_a_key_at_the_command_line_and_the_site_says_whose_it_is() {
    let mut world = World::start(WorldOptions { with_provider: true, ..WorldOptions::default() }).await;
    let told = pin(&world, &["--native-client", "cli", "--web-client", "page"]);
    assert!(told.contains("is believed for the people of the tenant"), "{told}");
    provider(&mut world).person("4711", "bo", &[]);
    let (_, stranger) = login(&world).await;
    assert!(stranger.contains("the site does not know this person"), "{stranger}");
    let person = signed_in(&world).me().await.expect("signed in").id;
    assert_eq!(person, proof::person_of(&issuer(&world), "sub", "4711"), "console and site make the same id");
    world.site.tenon(&["role", "know", &person.to_string(), "--name", "Bo"]);
    let (success, known) = login(&world).await;
    assert!(success && known.contains("site Story: your key signs until"), "{known}");
    assert!(known.contains("(native)"), "{known}");
}

#[tokio::test]
async fn a_person_is_discovered_by_a_claim_and_three_refusals_are_told_apart() {
    let mut world = World::start(WorldOptions { with_provider: true, ..WorldOptions::default() }).await;
    let _agents = (world.add_agent("kassa-1"), world.add_agent("office-1"));
    for name in ["kassa-1", "office-1"] {
        world.device(name, |device| device.online).await;
    }
    pin(&world, &["--native-client", "cli", "--web-client", "page", "--discover", "groups=operators"]);
    let shown = world.site.tenon(&["site", "issuer", "show"]);
    assert!(shown.contains("groups=operators"), "{shown}");
    let roles = world.client.roles().await.expect("roles");
    let role = roles.iter().find(|role| role.name == "Help Desk Operator").expect("built in").id;
    for group in ["operators", "helpdesk"] {
        let holder = Holder::Group { group: group.to_owned() };
        let assignment = NewAssignment { role, holder, sites: Vec::new(), device_groups: Vec::new() };
        world.client.assign(&assignment).await.expect("assigned");
    }

    // The console lets them ask; the site does not know them.
    provider(&mut world).person("4711", "bo", &["helpdesk"]);
    let (home, _, printed) = login_at(&world).await;
    let unknown = "the site does not know this person; it takes in whoever signs in with the claim groups=operators; a \
                   role can be granted by the site's owner";
    assert!(printed.contains(unknown), "{printed}");
    let (_, told) = run_at(&home, "kassa-1");
    assert!(told.contains("tenon pair") || told.contains("does not know"), "{told}");

    // Once they have the group, the site does, and gives them nothing by itself.
    provider(&mut world).person("4711", "bo", &["helpdesk", "operators"]);
    let (home, success, printed) = login_at(&world).await;
    assert!(success && printed.contains("site Story: your key signs until"), "{printed}");
    let people = world.site.tenon(&["role", "people"]);
    let person = proof::person_of(&issuer(&world), "sub", "4711").to_string();
    let line = people.lines().find(|line| line.contains(&person)).expect("known");
    assert!(line.contains("bo") && line.contains(&issuer(&world)), "{line}");
    let (done, told) = run_at(&home, "kassa-1");
    assert!(!done && told.contains("give this person no role with the permission"), "{told}");

    world.site.tenon(&["collection", "put", "Tills", "--query", "name startsWith \"kassa-\""]);
    let assign = ["role", "assign", "Operations Administrator", "--user", &person, "--name", "Bo"];
    world.site.tenon(&[&assign[..], &["--collection", "Tills"]].concat());
    let (done, told) = run_at(&home, "kassa-1");
    assert!(done, "{told}");
    let (done, told) = run_at(&home, "office-1");
    assert!(!done && told.contains("the device is outside the collections of the role (Tills)"), "{told}");

    // The group is taken away at the provider: the next sign-in binds no key.
    provider(&mut world).person("4711", "bo", &["helpdesk"]);
    let (_, _, printed) = login_at(&world).await;
    assert!(printed.contains(unknown), "{printed}");
    let audit = world.site.tenon(&["site", "audit", "export"]);
    assert_eq!(audit.matches("person discovered").count(), 1, "{audit}");
}

#[tokio::test]
async fn an_issuer_is_dialled_where_the_owner_allows_it_only() {
    let world = World::start(WorldOptions { with_provider: true, ..WorldOptions::default() }).await;
    let own = issuer(&world);
    for (issuer, expected) in [
        ("https://169.254.169.254", "is not dialled"),
        ("https://[fe80::1]", "is not dialled"),
        ("https://localhost", "is not dialled"),
        (&own, "is not dialled"),
        ("http://id.example", "no https address"),
    ] {
        let (done, _, err) =
            world.site.try_tenon(&["site", "issuer", "set", issuer, "--native-client", "cli"]);
        assert!(!done && err.contains(expected), "{issuer}: {err}");
    }
    assert_eq!(world.site.tenon(&["site", "issuer", "show"]).lines().count(), 1, "nothing is pinned");
}

#[tokio::test]
async fn a_token_that_is_not_for_this_key_at_this_site_is_refused_with_its_reason() {
    let mut world = World::start(WorldOptions { with_provider: true, ..WorldOptions::default() }).await;
    pin(&world, &["--native-client", "cli", "--web-client", "page"]);
    provider(&mut world).person("4711", "bo", &[]);
    let bo = proof::person_of(&issuer(&world), "sub", "4711").to_string();
    world.site.tenon(&["role", "know", &bo, "--name", "Bo"]);
    let mine = Forger::new(&world, Level::Native, 7).await;
    let token = mine.token(&world, "cli").await;
    let bound = only(mine.show(&world, &token).await);
    assert_eq!(bound.bound.as_ref().map(|bound| bound.level.as_str()), Some("native"), "{bound:?}");

    let thief = Forger::new(&world, Level::Native, 8).await;
    thief.refused(&world, &token, "stands for another key, tenant or level").await;
    let (head, rest) = token.split_once('.').expect("a token");
    let (claims, _) = rest.split_once('.').expect("a token");
    let none = encode(json!({ "alg": "none" }).to_string());
    mine.refused(&world, &format!("{none}.{claims}."), "`alg` is `none`").await;
    let evil = encode(with(claims, "sub", "4712"));
    mine.refused(
        &world,
        &format!("{head}.{evil}.{}", token.rsplit('.').next().expect("a signature")),
        "not its issuer's",
    )
    .await;
    let elsewhere = encode(with(claims, "iss", "https://evil.example"));
    mine.refused(&world, &format!("{head}.{elsewhere}.AAAA"), "has not pinned").await;
    let redirect = format!("{}/api/v1/sign-in/openid/return", world.url);
    let of_page =
        world.provider.as_ref().expect("a provider").id_token("page", &mine.nonce(), &redirect).await;
    mine.refused(&world, &of_page, "for the client `page`").await;

    // Another person's sign-in with a key that is bound already.
    provider(&mut world).person("4712", "kim", &[]);
    let kim = proof::person_of(&issuer(&world), "sub", "4712").to_string();
    world.site.tenon(&["role", "know", &kim, "--name", "Kim"]);
    let of_kim = mine.token(&world, "cli").await;
    mine.refused(&world, &of_kim, "belongs to another person").await;

    // The tenant at the provider is pinned from now on; its tokens name none.
    pin(&world, &["--native-client", "cli", "--web-client", "page", "--tenant-claim", "tid=t1"]);
    let without = thief.token(&world, "cli").await;
    thief.refused(&world, &without, "`tid` is not the tenant that is pinned").await;

    let retirement =
        Retirement { jkt: mine.key.public().thumbprint(), tenant: mine.tenant, iat: clock::now() };
    let retired = console_api::RetiredKey { retirement: retirement.sign(&mine.key) };
    world.client.retire_key(&retired).await.expect("carried");
    pin(&world, &["--native-client", "cli", "--web-client", "page"]);
    mine.refused(&world, &token, "the key was ended").await;
    let audit = world.site.tenon(&["site", "audit", "export"]);
    assert!(audit.matches("key bound").count() >= 8, "each refusal stands in the audit: {audit}");
}

#[tokio::test]
async fn a_flood_of_unknown_keys_causes_one_fetch() {
    let mut world = World::start(WorldOptions { with_provider: true, ..WorldOptions::default() }).await;
    pin(&world, &["--native-client", "cli"]);
    provider(&mut world).person("4711", "bo", &[]);
    let before = provider(&mut world).keys_fetched();
    let forger = Forger::new(&world, Level::Native, 7).await;
    let claims = json!({ "iss": issuer(&world), "iat": clock::now().0 / 1000 }).to_string();
    for number in 0..30 {
        let header = json!({ "alg": "RS256", "kid": format!("stranger-{number}") }).to_string();
        let token = format!("{}.{}.{}", encode(header), encode(&claims), encode([0; 256]));
        forger.refused(&world, &token, "a key that the site does not know").await;
    }
    assert_eq!(
        provider(&mut world).keys_fetched(),
        before,
        "keys that were fetched just now are not fetched again"
    );
}

#[tokio::test]
async fn a_silent_sign_in_with_a_key_of_its_own_gets_no_further_than_the_web_level() {
    let mut world = World::start(WorldOptions { with_provider: true, ..WorldOptions::default() }).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    pin(&world, &["--native-client", "cli", "--web-client", "page"]);
    provider(&mut world).person("4711", "bo", &["operators"]);
    let bo = proof::person_of(&issuer(&world), "sub", "4711");
    let id = bo.to_string();
    world.site.tenon(&["role", "assign", "Operations Administrator", "--user", &id, "--name", "Bo"]);
    let roles = world.client.roles().await.expect("roles");
    let role = roles.iter().find(|role| role.name == "Help Desk Operator").expect("built in").id;
    let holder = Holder::Group { group: "operators".to_owned() };
    let assignment = NewAssignment { role, holder, sites: Vec::new(), device_groups: Vec::new() };
    world.client.assign(&assignment).await.expect("assigned");
    let (success, printed) = login(&world).await;
    assert!(success, "{printed}");

    // The page's origin can sign the person in again without a word, and choose the key.
    let forger = Forger::new(&world, Level::Web, 9).await;
    let redirect = format!("{}/api/v1/sign-in/openid/return", world.url);
    let provider = world.provider.as_ref().expect("a provider");
    let token = provider.id_token("page", &forger.nonce(), &redirect).await;
    let bound = only(forger.show(&world, &token).await);
    assert_eq!(bound.bound.map(|bound| bound.level).as_deref(), Some("web"));
    let as_bo = signed_in(&world);
    let signer = Signer {
        key: PersonSigningKey::from_secret(&[9; 32]).expect("a key"),
        level: Level::Web,
        user: bo,
        tenant: forger.tenant,
        site: bound.site,
        console: forger.console,
        token: Some((issuer(&world), proof::Hash::of(token.as_bytes()).hex())),
    };
    for (kind, refused) in
        [(ActionKind::MACHINE_POLICY, None), (ActionKind::PROBE, Some("proof_level_too_low"))]
    {
        let new = NewAction {
            kind: Kind(kind),
            target: NewTarget::Device { device: device.id },
            param: String::new(),
            deliver_by: None,
            finish_within_seconds: None,
            offline: None,
            task_guid: None,
        };
        let drafts = as_bo.draft_action(&new).await.expect("drafts").drafts;
        let id = TaskGuid(uuid::Uuid::new_v4());
        let signed = signer.sign(&drafts[0], &new, id, clock::now()).expect("signed");
        let requests = vec![String::from_utf8(signed.encode()).expect("text")];
        as_bo.create_signed(&SignedActions { requests }, &id.to_string()).await.expect("carried");
        let action = world.ended(id).await;
        assert_eq!(action.why.map(|why| why.reason).as_deref(), refused, "{kind:?}");
    }
}

/// Somebody with a key, and the console in hand.
struct Forger {
    key: PersonSigningKey,
    tenant: TenantId,
    console: ConsoleId,
    level: Level,
}

impl Forger {
    async fn new(world: &World, level: Level, number: u8) -> Self {
        let openid = world.client.sign_in_methods(None).await.expect("methods").openid.expect("a provider");
        let key = PersonSigningKey::from_secret(&[number; 32]).expect("a key");
        Self { key, tenant: openid.tenant, console: openid.console, level }
    }

    fn binding(&self, id_token: &str) -> KeyBinding {
        KeyBinding {
            key: self.key.public(),
            rz: [9; 32],
            tenant: self.tenant,
            console: self.console,
            level: self.level,
            iat: clock::now(),
            id_token: id_token.to_owned(),
            refreshed: None,
        }
    }

    fn nonce(&self) -> String {
        self.binding("").commitment().nonce()
    }

    async fn token(&self, world: &World, client: &str) -> String {
        world.provider.as_ref().expect("a provider").id_token(client, &self.nonce(), CLI_REDIRECT).await
    }

    async fn show(&self, world: &World, id_token: &str) -> Vec<KeyAtSite> {
        let binding = self.binding(id_token).sign(For::Sites, &self.key);
        world.client.bind_key(&NewKey { binding }).await.expect("the console carries it")
    }

    async fn refused(&self, world: &World, id_token: &str, expected: &str) {
        let told = only(self.show(world, id_token).await);
        let why = told.why.unwrap_or_else(|| panic!("not refused: {:?} {:?}", told.bound, told.unanswered));
        assert!(why.text.contains(expected), "`{}` is not `{expected}`", why.text);
    }
}

fn only(mut told: Vec<KeyAtSite>) -> KeyAtSite {
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

fn with(claims: &str, name: &str, value: &str) -> String {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let mut claims: Value = serde_json::from_slice(&claims).expect("claims");
    claims[name] = value.into();
    claims.to_string()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn provider(world: &mut World) -> &mut OpenIdProvider {
    world.provider.as_mut().expect("a provider")
}

fn issuer(world: &World) -> String {
    world.provider.as_ref().expect("a provider").issuer.clone()
}

fn pin(world: &World, options: &[&str]) -> String {
    let (issuer, ca_file) =
        (issuer(world), world.provider.as_ref().expect("a provider").ca_file.display().to_string());
    let fixed = ["site", "issuer", "set", &issuer, "--ca-file", &ca_file, "--private-addresses"];
    world.site.tenon(&[&fixed, options].concat())
}

/// Runs `tenon login` with a browser of its own; returns whether it succeeded, and what it printed.
async fn login(world: &World) -> (bool, String) {
    let (_, success, printed) = login_at(world).await;
    (success, printed)
}

/// The same; returns the folder of the person's settings first.
async fn login_at(world: &World) -> (PathBuf, bool, String) {
    let ca_file = world.provider.as_ref().expect("a provider").ca_file.clone();
    let (url, ca) = (&world.url, ca_file.display().to_string());
    let folder = tempfile::tempdir_in(world.files()).expect("a folder").keep();
    let args = ["login", "--no-browser", "--url", url, "--issuer-ca-file", &ca];
    let mut login = Program::start("login", &binary("tenon"), args, &folder);
    let address = eventually("the address of the provider", async || {
        let printed = login.printed();
        printed
            .lines()
            .find_map(|line| line.strip_prefix("open this address to sign in: "))
            .map(str::to_owned)
    })
    .await;
    Browser::new(&ca_file).visit(&address).await;
    let success = login.wait().success();
    std::fs::copy(folder.join("config/tenon/session.json"), world.files().join("session.json"))
        .expect("a session");
    (folder.join("config"), success, login.printed())
}

/// Has the person with these settings sync a device's machine policy; returns whether it was done, and what was printed.
fn run_at(config: &Path, device: &str) -> (bool, String) {
    let output = std::process::Command::new(binary("tenon"))
        .args(["action", "run", "sync-machine-policy", "--device", device, "--wait"])
        .env("XDG_CONFIG_HOME", config)
        .env_remove("TENON_TOKEN")
        .output()
        .expect("tenon starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// Returns a client with the session of the last login.
fn signed_in(world: &World) -> Client {
    let session = std::fs::read(world.files().join("session.json")).expect("a session");
    let session: Value = serde_json::from_slice(&session).expect("a session");
    let token = session["token"].as_str().expect("a token").to_owned();
    let options = console_api::ClientOptions {
        url: world.url.clone(),
        token: Some(token),
        ca_pem: None,
        patience: std::time::Duration::from_secs(30),
    };
    Client::new(options).expect("a client")
}
