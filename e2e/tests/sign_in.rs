//! People sign in at a real OpenID Connect provider, from the page and from the command line.

use console_api::{Client, Me, SignInSettings};
use e2e::{Browser, ConsoleAlone, OpenIdProvider, Program, binary, eventually};
use reqwest::Method;

/// Where the page sends a browser.
const START: &str = "/api/v1/sign-in/openid?tenant=story&return_to=/devices";
const RETURN: &str = "/api/v1/sign-in/openid/return";

#[tokio::test]
async fn a_person_of_the_provider_signs_in_from_the_page_and_out() {
    let (console, mut provider) = story().await;
    provider.person("4711", "bo]LOG]!>\u{1b}[31m\u{202e}", &["operators"]);
    let mut browser = Browser::new(&provider.ca_file);
    let arrived = browser.visit(&format!("{}{START}", console.url)).await;
    assert_eq!(arrived.url.path(), "/devices", "{arrived:?}");
    assert_eq!(arrived.url.query(), None, "nothing of the sign-in stays in the address");
    let me: Me = me(&console, &browser).await.expect("signed in");
    assert!(me.name.starts_with("bo]LOG]!>") && me.groups == ["operators"], "{me:?}");
    assert_eq!(me.role, console_api::Role::None, "a provider gives nothing by itself");

    let url = format!("{}/api/v1/sessions/current", console.url);
    let forged = browser.request(Method::DELETE, &url).header("sec-fetch-site", "cross-site");
    let csrf = me.csrf.expect("a value for the page");
    let forged = forged.header(console_api::CSRF_HEADER, &csrf).send().await.expect("an answer");
    assert_eq!(forged.status(), 403, "a page of another site cannot sign anybody out");
    let out = browser.request(Method::DELETE, &url).header(console_api::CSRF_HEADER, &csrf);
    assert_eq!(out.send().await.expect("an answer").status(), 204);
    assert!(self::me(&console, &browser).await.is_none(), "the cookie is worth nothing after that");

    let log = std::fs::read_to_string(console.files().join("console/logs/AdminCenter.log")).expect("a log");
    assert!(!log.contains('\u{1b}') && !log.contains('\u{202e}') && !log.contains("bo]LOG]!>"), "{log}");
    let (done, out, _) = signed_in_cli(&console, &["user", "list"]);
    assert!(
        done && out.contains("bo]LOG]!>") && !out.contains('\u{1b}') && !out.contains('\u{202e}'),
        "{out}"
    );
}

#[tokio::test]
async fn a_new_signing_key_is_fetched_and_no_more_than_once_a_minute() {
    let (console, mut provider) = story().await;
    provider.person("4711", "bo", &[]);
    assert_eq!(sign_in(&console, &provider).await, "/devices");
    let before = provider.keys_fetched();
    provider.rotate_keys();
    assert_eq!(sign_in(&console, &provider).await, "/devices", "the new key is found");
    assert_eq!(provider.keys_fetched(), before + 1);
    provider.rotate_keys();
    for _ in 0..2 {
        assert_eq!(sign_in(&console, &provider).await, "/?sign-in-problem=key-unknown");
    }
    assert_eq!(provider.keys_fetched(), before + 1, "a stranger cannot make the console fetch");
}

#[tokio::test]
async fn an_answer_that_is_not_this_browsers_or_not_the_providers_is_refused() {
    let (console, mut provider) = story().await;
    provider.person("4711", "bo", &[]);
    let (start, ca) = (format!("{}{START}", console.url), provider.ca_file.clone());
    let mut browser = Browser::new(&ca);
    let answer = browser.visit_until(&start, RETURN).await;
    let stolen = Browser::new(&ca).visit(answer.as_str()).await;
    assert_eq!(stolen.url.query(), Some("sign-in-problem=not-begun"), "another browser");
    let again = browser.visit(answer.as_str()).await;
    assert_eq!(again.url.query(), Some("sign-in-problem=not-begun"), "it is used up");

    for (from, to, word) in
        [(Some(&*provider.issuer), "https://evil.example", "other-issuer"), (None, "", "other-issuer")]
    {
        let mut answer = browser.visit_until(&start, RETURN).await;
        let pairs: Vec<(String, String)> = answer.query_pairs().into_owned().collect();
        let pairs =
            pairs.into_iter().filter(|(name, _)| from.is_some() || name != "iss").map(|(name, value)| {
                let changed = name == "iss";
                (name, if changed { to.to_owned() } else { value })
            });
        let pairs: Vec<_> = pairs.collect();
        answer.query_pairs_mut().clear().extend_pairs(pairs);
        let arrived = browser.visit(answer.as_str()).await;
        assert_eq!(arrived.url.query(), Some(&*format!("sign-in-problem={word}")), "{from:?}");
    }
    provider.nobody();
    let refused = Browser::new(&ca).visit(&start).await;
    assert_eq!(refused.url.query(), Some("sign-in-problem=provider-refused"));
    let audit = console.client.audit(None).await.expect("the audit").items;
    assert!(audit.iter().any(|entry| entry.result == "refused: other-issuer"), "{audit:?}");
}

#[tokio::test]
async fn the_command_line_signs_in_by_a_loopback_address() {
    let (console, mut provider) = story().await;
    provider.person("4711", "bo", &["operators"]);
    let (success, printed) = login(&console, &provider).await;
    assert!(success, "{printed}");
    let (done, out, err) = console.tenon("config", &["session", "list"]);
    assert!(done && out.contains("openid") && out.contains("this one"), "{out}{err}");
    let (done, ..) = console.tenon("config", &["logout"]);
    assert!(done);
    let (done, _, err) = console.tenon("config", &["session", "list"]);
    assert!(!done && err.contains("tenon login"), "{err}");
}

#[tokio::test]
async fn a_group_that_is_taken_away_at_the_provider_takes_its_rights_along() {
    let (console, mut provider) = story().await;
    let roles = console.client.roles().await.expect("roles");
    let desk = roles.iter().find(|role| role.name == "Help Desk Operator").expect("built in");
    let assignment = console_api::NewAssignment {
        role: desk.id,
        holder: console_api::Holder::Group { group: "helpdesk".to_owned() },
        sites: Vec::new(),
        device_groups: Vec::new(),
    };
    console.client.assign(&assignment).await.expect("assigned");
    provider.person("4711", "bo", &["helpdesk"]);
    let first = cli(&console, &provider).await;
    assert!(first.devices(&console_api::DeviceQuery::default()).await.is_ok());
    provider.person("4711", "bo", &[]);
    let second = cli(&console, &provider).await;
    for client in [&first, &second] {
        let refused = client.devices(&console_api::DeviceQuery::default()).await.expect_err("refused");
        let problem = refused.problem().expect("a problem");
        assert_eq!(problem.permission.as_deref(), Some("Managed devices / Read"));
        assert_eq!(problem.granted_by, ["ann"]);
    }
}

#[tokio::test]
async fn nobody_is_locked_out_when_accounts_of_the_console_are_switched_off() {
    let (console, mut provider) = story().await;
    let settings = console.client.sign_in_settings().await.expect("settings");
    let off = SignInSettings { local_accounts: false, ..settings };
    let refused = console.client.put_sign_in_settings(&off).await.expect_err("refused");
    assert_eq!(refused.problem().map(|problem| problem.word()), Some("no-way-in"));

    provider.person("1", "root-of-provider", &[]);
    assert_eq!(sign_in(&console, &provider).await, "/devices");
    let users = console.client.users().await.expect("users");
    let person = users.iter().find(|user| user.issuer.is_some()).expect("the provider's person");
    let administrator = console_api::UserChange {
        role: Some(console_api::Role::Administrator),
        ..console_api::UserChange::default()
    };
    console.client.change_user(person.id, &administrator).await.expect("an administrator");
    let by_provider = cli(&console, &provider).await;
    by_provider.put_sign_in_settings(&off).await.expect("switched off by who came by the provider");

    let (done, _, err) = console.tenon("ann", &["login", "--url", &console.url, "--user", "ann"]);
    assert!(!done && err.contains("provider"), "{err}");
    assert!(console.client.me().await.is_err(), "what was signed in with an account has ended");
    let config = console.files().join("console.toml").display().to_string();
    let (done, out, _) = console.tenon("ann", &["console", "reset-password", "--config", &config, "ann"]);
    assert!(done && out.contains("may sign in again"), "{out}");
}

/// Starts a console whose tenant signs in at a provider.
async fn story() -> (ConsoleAlone, OpenIdProvider) {
    let (folder, url) = ConsoleAlone::folder();
    let provider = OpenIdProvider::start(folder.path(), &url);
    let console = ConsoleAlone::start(folder, url, &provider.console_keys()).await;
    let settings = SignInSettings { local_accounts: true, openid: Some(provider.settings()) };
    let kept = console.client.put_sign_in_settings(&settings).await.expect("the provider can be used");
    assert_eq!(kept.openid.and_then(|openid| openid.page_client_secret), None, "a secret is not shown");
    (console, provider)
}

/// Signs in with a fresh browser; returns where that ends, without the origin.
async fn sign_in(console: &ConsoleAlone, provider: &OpenIdProvider) -> String {
    let arrived = Browser::new(&provider.ca_file).visit(&format!("{}{START}", console.url)).await;
    let query = arrived.url.query().map_or_else(String::new, |query| format!("?{query}"));
    format!("{}{query}", arrived.url.path())
}

/// Signs in as a command line does, and returns its client.
async fn cli(console: &ConsoleAlone, provider: &OpenIdProvider) -> Client {
    let (success, printed) = login(console, provider).await;
    assert!(success, "{printed}");
    let session = std::fs::read(console.files().join("config/tenon/session.json")).expect("a session");
    let session: serde_json::Value = serde_json::from_slice(&session).expect("a session");
    console.as_token(session["token"].as_str().expect("a token"))
}

/// Runs `tenon login`, with a browser of its own; returns whether it succeeded, and what it printed.
async fn login(console: &ConsoleAlone, provider: &OpenIdProvider) -> (bool, String) {
    let ca_file = provider.ca_file.display().to_string();
    let args = ["login", "--no-browser", "--url", &console.url, "--issuer-ca-file", &ca_file];
    // What an earlier one printed leads nowhere.
    let _ = std::fs::remove_file(console.files().join("login.out"));
    let mut login = Program::start("login", &binary("tenon"), args, console.files());
    let address = eventually("the address of the provider", async || {
        let printed = login.printed();
        printed
            .lines()
            .find_map(|line| line.strip_prefix("open this address to sign in: "))
            .map(str::to_owned)
    })
    .await;
    let arrived = Browser::new(&provider.ca_file).visit(&address).await;
    let success = login.wait().success();
    assert_eq!(arrived.body.starts_with("Signed in."), success, "{arrived:?}");
    (success, login.printed())
}

async fn me(console: &ConsoleAlone, browser: &Browser) -> Option<Me> {
    let answer = browser.request(Method::GET, &format!("{}/api/v1/me", console.url)).send().await;
    let answer = answer.expect("an answer");
    if answer.status() == 401 { None } else { Some(answer.json().await.expect("a person")) }
}

/// Runs `tenon` as ann.
fn signed_in_cli(console: &ConsoleAlone, args: &[&str]) -> (bool, String, String) {
    let (done, _, err) = console.tenon("ann", &["login", "--url", &console.url, "--user", "ann"]);
    assert!(done, "{err}");
    console.tenon("ann", args)
}
