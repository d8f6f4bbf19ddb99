use std::{net::SocketAddr, sync::Arc, time::Duration};

use action::ConsoleId;
use axum::{
    Json, Router, body::Bytes, extract::State, http::StatusCode, response::IntoResponse, routing::get,
};
use connector::{AttachError, AttachOptions, OffboardOptions};
use proof::Hash;
use service::{
    clock,
    http::{Listener, serve},
    log::{Component, ComponentLog},
    shutdown::Shutdown,
};
use site_link::{
    ATTACH_PATH, AttachCode, CodeId, ToConsole, ToSite, VERSION,
    attach::{AttachAnswer, AttachProblem, AttachRefusal, AttachRequest, Greeting},
    keys::LinkKey,
};
use tokio::{net::TcpListener, task::JoinSet};
use uuid::Uuid;

use crate::support::{Console, Site, site, tenant, within};

/// How the console of a test misbehaves.
#[derive(Clone, Copy, Default)]
struct Mischief {
    clock_off: Duration,
    swap_key: bool,
    refuse: Option<AttachRefusal>,
    /// What the console says that its certificate is.
    certificate: Option<Hash>,
}

#[tokio::test]
async fn a_site_is_attached_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (address, _console) = attach_page(Mischief::default()).await;
    let options = options(folder.path(), &format!("http://{address}"));
    let attached = connector::attach(options.clone()).await.expect("attached");
    assert_eq!(attached.tenant, tenant());
    assert_eq!(attached.checks, ["reachability", "loopback", "clock", "code"]);

    let status = connector::status(folder.path()).expect("readable");
    let attachment = status.attachment.expect("attached");
    assert_eq!((attachment.site, attachment.console_key), (site(), LinkKey::from_seed(&[2; 32]).public()));
    let again = connector::attach(options).await.expect_err("attached already");
    assert!(matches!(again, AttachError::AlreadyAttached { .. }), "{again}");
}

#[tokio::test]
async fn each_check_that_fails_is_named_and_leaves_the_site_unattached() {
    let free = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port").local_addr().expect("bound");
    check("no address", "console.example", Mischief::default(), "address").await;
    check("no TLS", "http://console.example", Mischief::default(), "address").await;
    check("nobody there", &format!("http://{free}"), Mischief::default(), "reachability").await;
    check("no TLS at a TLS address", "https", Mischief::default(), "TLS").await;
    let clock_off = Duration::from_secs(600);
    check("clocks", "http", Mischief { clock_off, ..Mischief::default() }, "clock").await;
    check("a swapped key", "http", Mischief { swap_key: true, ..Mischief::default() }, "code").await;
    let refuse = Some(AttachRefusal::CodeNotValid);
    check("a used code", "http", Mischief { refuse, ..Mischief::default() }, "code").await;
}

#[tokio::test]
async fn half_a_code_is_refused_before_anything_is_asked_and_is_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = options(folder.path(), "https://console.invalid");
    options.code.truncate(20);
    let half = options.code.clone();
    let refused = connector::attach(options).await.expect_err("half a code");
    assert_eq!(refused.check(), "code");
    assert!(!refused.to_string().contains(&half), "{refused}");
}

#[tokio::test]
async fn the_site_ends_the_attachment_and_the_running_connector_notices() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    site.start(&console, console.address()).await;
    let connected = console.accept(site.known(), 0, 1).await;
    let options = offboarding(&site, false);
    let offboarding = connector::offboard(options);
    let confirming = async {
        let mut link = console.accept(site.known(), 0, 1).await;
        connected.close(site_link::CloseReason::Superseded).await;
        link.hear_until("an offboard", |message| (*message == ToConsole::Offboard).then_some(())).await;
        link.say(&ToSite::Offboard).await;
        link
    };
    let (offboarded, _link) = within("the end", async { tokio::join!(offboarding, confirming) }).await;
    assert!(offboarded.expect("offboarded").confirmed);
    assert_eq!(connector::status(site.folder.path()).expect("readable").attachment, None);
    site.stop().await;
}

#[tokio::test]
async fn the_console_ends_the_attachment() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 1).await;
    link.say(&ToSite::Offboard).await;
    within("a line", site.lines.containing("The site is no longer attached.")).await;
    assert_eq!(connector::status(site.folder.path()).expect("readable").attachment, None);
    site.stop().await;
}

#[tokio::test]
async fn a_console_that_is_gone_keeps_nobody_attached_by_force() {
    let site = Site::new().await;
    let console = Console::start().await;
    site.attach(&console, console.address());
    drop(console);
    let refused = connector::offboard(offboarding(&site, false)).await.expect_err("nobody confirms");
    assert!(refused.fix().contains("--force"));
    assert!(connector::status(site.folder.path()).expect("readable").attachment.is_some());
    let offboarded = connector::offboard(offboarding(&site, true)).await.expect("forced");
    assert!(!offboarded.confirmed);
    assert_eq!(connector::status(site.folder.path()).expect("readable").attachment, None);
}

async fn check(what: &str, address: &str, mischief: Mischief, expected: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (page, _console) = attach_page(mischief).await;
    let address = match address {
        "http" | "https" => format!("{address}://{page}"),
        other => other.to_owned(),
    };
    let mut options = options(folder.path(), &address);
    // Whom this end trusts does not matter: the other end speaks no TLS at all.
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, CA).expect("written");
    options.ca_file = Some(ca);
    let refused = connector::attach(options).await.expect_err(what);
    assert_eq!(refused.check(), expected, "{what}: {refused}");
    assert!(refused.fix().ends_with('.'), "{what}");
    assert_eq!(connector::status(folder.path()).expect("readable").attachment, None, "{what}");
}

pub(crate) fn options(folder: &std::path::Path, console: &str) -> AttachOptions {
    AttachOptions {
        folder: folder.to_owned(),
        console: console.to_owned(),
        code: code().reveal(),
        site: site(),
        site_name: "Delft".into(),
        root: None,
        proxy: None,
        ca_file: None,
    }
}

fn offboarding(site: &Site, force: bool) -> OffboardOptions {
    OffboardOptions { folder: site.folder.path().to_owned(), proxy: None, ca_file: None, force }
}

fn code() -> AttachCode {
    AttachCode::new(tenant(), CodeId(Uuid::from_bytes([0x40; 16])), [0x50; 16])
}

/// Serves what a console serves to a site that attaches, with TLS.
pub(crate) async fn tls_page(
    config: Arc<rustls::ServerConfig>,
    certificate: Option<Hash>,
) -> (SocketAddr, JoinSet<()>) {
    let socket = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    serve_page(Mischief { certificate, ..Mischief::default() }, Listener::Tls(socket, config))
}

/// Serves the same without TLS, and with mischief.
async fn attach_page(mischief: Mischief) -> (SocketAddr, JoinSet<()>) {
    let socket = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    serve_page(mischief, Listener::Plain(socket))
}

fn serve_page(mischief: Mischief, listener: Listener) -> (SocketAddr, JoinSet<()>) {
    let router = Router::new().route(ATTACH_PATH, get(greet).post(attach)).with_state(Arc::new(mischief));
    let address = listener.address().expect("bound");
    let (log, _) = ComponentLog::memory(Component::ADMIN_CENTER);
    let mut tasks = JoinSet::new();
    tasks.spawn(serve(router, listener, log, Shutdown::new()));
    (address, tasks)
}

async fn greet(State(mischief): State<Arc<Mischief>>) -> Json<Greeting> {
    let at = clock::now().plus(mischief.clock_off);
    let console = ConsoleId(Uuid::from_bytes([3; 16]));
    Json(Greeting { version: VERSION, console, at, certificate: mischief.certificate })
}

async fn attach(State(mischief): State<Arc<Mischief>>, body: Bytes) -> axum::response::Response {
    let request = AttachRequest::decode(&body).expect("a request");
    let verified = request.verify(tenant(), &code().key());
    if let Some(refusal) = mischief.refuse.or(verified.err()) {
        let problem = AttachProblem {
            title: "The site was not attached".into(),
            status: 403,
            detail: refusal.to_string(),
            reason: refusal.name().into(),
            at: clock::now(),
        };
        return (StatusCode::FORBIDDEN, Json(problem)).into_response();
    }
    let console = ConsoleId(Uuid::from_bytes([3; 16]));
    let mut answer =
        AttachAnswer::new(&request, &code().key(), console, LinkKey::from_seed(&[2; 32]).public());
    if mischief.swap_key {
        answer.key = LinkKey::from_seed(&[66; 32]).public();
    }
    Json(answer).into_response()
}

/// A CA that signed nothing.
const CA: &str = "\
-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUfmFsoHu5nbux14uvEAqxPbBeePEwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGTm9ib2R5MCAXDTI2MTEyNDE5Mzg1NVoYDzIxMjYxMDMxMTkz
ODU1WjARMQ8wDQYDVQQDDAZOb2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AATUjF2pguagN4MHoZ5h6IYsWf7ot6kpScasH1OSUZN7KzudnVNxCL4S62P4bUyt
lxJ5ix1vNNnwhlzAA1oavuZ9o1MwUTAdBgNVHQ4EFgQUVch8X4t56BQwePYY9hn2
0ephxvowHwYDVR0jBBgwFoAUVch8X4t56BQwePYY9hn20ephxvowDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAxPW+zErRUDk6ws6A+0MqSnF/b1ZI
vBS+sPVQMazt3QQCIGUj1fn6+ijJGGc6FhCV2fZIZaJ8+f0rTKk0Z0D0Q3ab
-----END CERTIFICATE-----
";
