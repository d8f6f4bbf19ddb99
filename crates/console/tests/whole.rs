//! A console as it is started, used through its client.

use std::{net::SocketAddr, path::Path, time::Duration};

use console::{Config, TlsFiles, admin};
use console_api::{Change, Client, ClientOptions, DeviceQuery, LiveChange, NewUser, Role, Setup, SignIn};
use rcgen::{CertificateParams, KeyPair};
use service::{
    log::{Component, ComponentLog},
    running::Running,
    shutdown::Shutdown,
};

const PASSWORD: &str = "a password for tests";
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_new_console_gets_its_first_administrator_and_knows_them_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("console.db").display());
    let first = admin::setup_code(&database).await.expect("the store works").expect("nobody is there");
    let code = admin::setup_code(&database).await.expect("the store works").expect("nobody is there");
    let (running, address, shutdown) = start(&database, ([127, 0, 0, 1], 0).into(), None).await;
    let mut client = client(&format!("http://{address}"), None, None);

    let setup = |code: &str| Setup {
        code: code.to_owned(),
        tenant: "story".to_owned(),
        user: "ann".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let error = client.set_up(&setup(&first)).await.expect_err("a newer code was made");
    assert_eq!(error.problem().expect("a problem").field.as_deref(), Some("code"));
    let signed_in = client.set_up(&setup(&code)).await.expect("set up");
    assert!(signed_in.me.operator && signed_in.me.role == Role::Administrator);
    assert_eq!(admin::setup_code(&database).await.expect("the store works"), None);

    let mut live = client.changes(None);
    live.open().await.expect("a stream");
    shutdown.begin();
    running.join().await.expect("an orderly end");

    let (running, _, shutdown) = start(&database, address, None).await;
    assert_eq!(client.me().await.expect("still signed in").name, "ann");
    let site = attach_nothing(&client).await;
    assert_eq!(site, 0);
    let made = admin::create_tenant(&database, "second", "ann").await.expect("made at the host");
    let ambiguous = admin::reset_password(&database, None, "ann").await.expect_err("two tenants have an ann");
    assert!(ambiguous.to_string().contains("name the tenant"), "{ambiguous}");
    let reset = admin::reset_password(&database, Some("story"), "ann").await.expect("reset at the host");
    assert!(
        client.me().await.is_err_and(|error| error.problem().is_some_and(|problem| problem.status == 401))
    );
    for (tenant, account) in [("second", &made), ("story", &reset)] {
        let sign_in = SignIn {
            tenant: Some(tenant.to_owned()),
            user: account.name.clone(),
            password: account.password.clone(),
            cookie: false,
        };
        client.sign_in(&sign_in).await.expect("the made password");
        assert_eq!(client.me().await.expect("signed in").tenant, account.tenant);
    }
    client.sign_out().await.expect("signed out");
    assert!(client.me().await.is_err());
    shutdown.begin();
    running.join().await.expect("an orderly end");
}

#[tokio::test]
async fn a_stream_of_changes_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("console.db").display());
    let account = admin::create_tenant(&database, "story", "ann").await.expect("made");
    let (running, address, shutdown) = start(&database, ([127, 0, 0, 1], 0).into(), None).await;
    let mut client = client(&format!("http://{address}"), None, None);
    let sign_in = SignIn { tenant: None, user: account.name, password: account.password, cookie: false };
    client.sign_in(&sign_in).await.expect("signed in");
    // More than the console has: what it does not know is a reset, and that is the first event.
    let mut live = client.changes(Some(9));
    let first = live.next().await.expect("an event");
    assert_eq!(first, LiveChange { id: 0, change: Change::Reset });
    shutdown.begin();
    running.join().await.expect("an orderly end");

    let (running, _, shutdown) = start(&database, address, None).await;
    let waiting = tokio::time::timeout(Duration::from_millis(200), live.next()).await;
    assert!(waiting.is_err(), "nothing has changed, and the stream is not an error: {waiting:?}");
    shutdown.begin();
    running.join().await.expect("an orderly end");
}

#[tokio::test]
async fn a_console_with_a_certificate_serves_https_only() {
    service::tls::install_provider();
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("console.db").display());
    let (tls, pem) = certificate(folder.path());
    let account = admin::create_tenant(&database, "story", "ann").await.expect("made");
    let (running, address, shutdown) = start(&database, ([127, 0, 0, 1], 0).into(), Some(tls)).await;
    let sign_in = SignIn { tenant: None, user: account.name, password: account.password, cookie: false };

    let url = format!("https://localhost:{}", address.port());
    let mut trusting = client(&url, None, Some(pem.into_bytes()));
    trusting.sign_in(&sign_in).await.expect("over TLS");
    let new =
        NewUser { name: "ben".into(), display_name: None, role: Role::HelpDeskOperator, password: None };
    let made = trusting.create_user(&new).await.expect("made");
    assert!(made.password.is_some_and(|password| password.len() > 12));
    assert_eq!(trusting.users().await.expect("listed").len(), 2);

    let mut strange = client(&url, None, None);
    assert!(strange.sign_in(&sign_in).await.is_err_and(|error| error.problem().is_none()), "not trusted");
    let mut plain = client(&format!("http://localhost:{}", address.port()), None, None);
    assert!(plain.sign_in(&sign_in).await.is_err(), "not encrypted");
    shutdown.begin();
    running.join().await.expect("an orderly end");
}

#[tokio::test]
async fn unsafe_settings_do_not_start() {
    let config = Config::new(([0, 0, 0, 0], 0).into(), "https://console.example", "sqlite::memory:");
    let (log, _) = ComponentLog::memory(Component::ADMIN_CENTER);
    let error = console::start(config, log, Shutdown::new()).await.expect_err("plain HTTP for everybody");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("`tls`") && cause.contains("trusted-proxies"), "{cause}");
}

/// Uses what a new console has: nothing.
async fn attach_nothing(client: &Client) -> usize {
    let code = client.create_attach_code().await.expect("a code");
    assert!(code.code.starts_with("TA1."));
    let devices = client.devices(&DeviceQuery::default()).await.expect("listed");
    client.sites().await.expect("listed").len() + devices.items.len()
}

async fn start(database: &str, listen: SocketAddr, tls: Option<TlsFiles>) -> (Running, SocketAddr, Shutdown) {
    let (log, _) = ComponentLog::memory(Component::ADMIN_CENTER);
    let shutdown = Shutdown::new();
    let config = Config { tls, ..Config::new(listen, "http://localhost:8080", database) };
    let running = console::start(config, log, shutdown.clone()).await.expect("a console");
    let address = running.address.expect("it listens");
    (running, address, shutdown)
}

fn client(url: &str, token: Option<String>, ca_pem: Option<Vec<u8>>) -> Client {
    Client::new(ClientOptions { url: url.to_owned(), token, ca_pem, patience: PATIENCE }).expect("a client")
}

fn certificate(folder: &Path) -> (TlsFiles, String) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    let files = TlsFiles { certificate: folder.join("c.pem"), key: folder.join("k.pem") };
    std::fs::write(&files.certificate, &pem).expect("written");
    std::fs::write(&files.key, key.serialize_pem()).expect("written");
    (files, pem)
}
