//! A script that was written for Microsoft Graph, and a proxy that signs for it with a service key.

use std::{fs, path::Path, process::Command};

use action::State;
use console_api::DeviceQuery;
use e2e::{Program, World, WorldOptions, binary, free_port};
use serde_json::Value;

#[tokio::test]
async fn microsofts_own_client_asks_through_the_proxy_and_no_further_than_the_key() {
    let world = World::start(WorldOptions::default()).await;
    let _agent = world.add_agent("kassa-1");
    let _other = world.add_agent("office-1");
    let device = world.device("kassa-1", |device| device.online).await;
    world.device("office-1", |device| device.online).await;
    world.site.tenon(&["collection", "put", "Shops", "--query", "name startsWith \"kassa-\""]);
    let user = world.admin.to_string();
    let service = ["--level", "web", "--kind", "sync-machine-policy", "--collection", "Shops", "--days", "7"];
    let pair = ["site", "pair", "--user", &user, "--name", "ann"];
    let code = world.site.tenon(&[&pair[..], &service[..]].concat());
    let new = console_api::NewApiToken {
        name: "script".to_owned(),
        expires: None,
        permissions: None,
        sites: Vec::new(),
        device_groups: Vec::new(),
    };
    let token = world.client.create_token(&new).await.expect("a token").secret;
    let at = ["--url", &world.url, "--token", &token];
    // The proxy has the same configuration folder as the commands of a site.
    world.site.tenon(&[&["pair", "--level", "web", code.trim()], &at[..]].concat());
    let keys = world.site.tenon(&["site", "key", "list"]);
    assert!(keys.contains("paired at the site for a service"), "{keys}");

    let proxy = Proxy::start(&world, &at);
    let secret = fs::read_to_string(world.files().join("config/tenon/proxy-secret"));
    let secret = secret.expect("the proxy made a secret");
    let asked = proxy.script(&secret, "kassa-1", "refreshMachinePolicy");
    assert_eq!(asked["device"], "kassa-1", "{asked}");
    assert_eq!(asked["asked"], true, "{asked}");
    assert_eq!(asked["results"][0], "refreshMachinePolicy", "{asked}");
    let actions = world.client.actions(&console_api::ActionQuery::default()).await.expect("actions").items;
    let action = world.ended(actions[0].task_guid).await;
    assert_eq!((action.state, action.proof.as_str()), (State::Done, "signed with the person's key"));

    for (name, graph, why) in [
        ("kassa-1", "appEvaluation", "signature_not_valid"),
        ("office-1", "refreshMachinePolicy", "device_outside_collections"),
    ] {
        let asked = proxy.script(&secret, name, graph);
        assert_eq!(asked["asked"], true, "the site decides: {asked}");
        let actions =
            world.client.actions(&console_api::ActionQuery::default()).await.expect("actions").items;
        let action = world.ended(actions[0].task_guid).await;
        assert_eq!(action.state, State::Refused, "{action:?}");
        assert_eq!(action.why.map(|why| why.reason), Some(why.to_owned()), "{name} {graph}");
    }

    let stranger = proxy.script("not-the-secret", "kassa-1", "refreshMachinePolicy");
    assert_eq!(stranger["refused"]["status"], 401, "{stranger}");
    let unknown = proxy.script(&secret, "kassa-1", "reboot");
    assert_eq!(unknown["refused"]["status"], 400, "{unknown}");
    let devices = world.client.devices(&DeviceQuery::default()).await.expect("devices").items;
    assert_eq!(devices.len(), 2);
    assert_eq!(device.name, "kassa-1");
}

#[test]
fn a_proxy_answers_on_this_machine_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(binary("tenon"))
        .args(["proxy", "--listen", "0.0.0.0:8790", "--url", "http://127.0.0.1:1", "--token", "x"])
        .env("XDG_CONFIG_HOME", folder.path())
        .output()
        .expect("tenon starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && err.contains("not an address of this machine alone"), "{err}");
}

/// A proxy that runs, and the certificate by which scripts know it.
struct Proxy {
    _program: Program,
    host: String,
    certificate: std::path::PathBuf,
}

impl Proxy {
    fn start(world: &World, at: &[&str]) -> Self {
        let host = format!("127.0.0.1:{}", free_port());
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
        let (certificate, key) = (world.files().join("proxy.pem"), world.files().join("proxy.key"));
        fs::write(&certificate, made.cert.pem()).expect("written");
        fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        let (chain, secret) = (certificate.display().to_string(), key.display().to_string());
        let own = ["proxy", "--listen", &host, "--tls-certificate", &chain, "--tls-key", &secret];
        let program = Program::start("proxy", &binary("tenon"), [&own[..], at].concat(), world.files());
        let waited = std::time::Instant::now();
        while !program.printed().contains("Microsoft Graph answers") {
            assert!(waited.elapsed().as_secs() < 60, "{}", program.printed());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Self { _program: program, host, certificate }
    }

    /// Runs the script; returns what it printed.
    fn script(&self, token: &str, device: &str, action: &str) -> Value {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("graph");
        assert!(
            folder.join("node_modules").exists(),
            "run `cargo xtask test`, or `npm ci` in e2e/graph first"
        );
        let output = Command::new("node")
            .arg(folder.join("story.mjs"))
            .args([&self.host, token, device, action])
            .env("NODE_EXTRA_CA_CERTS", &self.certificate)
            .output()
            .expect("node starts");
        let text = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(text.trim())
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
    }
}
