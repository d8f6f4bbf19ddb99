//! A real OpenID Connect provider: `oidc-provider` in Node.js, signing in whoever the story says.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use console_api::OpenIdSettings;
use proof::Hash;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Browser, free_port};

/// The secret of the client `page`.
const PAGE_SECRET: &str = "the-secret-of-the-page";

/// A provider that runs. Dropping it ends it.
#[derive(Debug)]
pub struct OpenIdProvider {
    /// What its tokens name.
    pub issuer: String,
    /// Its certificate, which only those trust who are told to.
    pub ca_file: PathBuf,
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl OpenIdProvider {
    /// Starts a provider that sends browsers back to the console at `console_url`.
    ///
    /// # Panics
    ///
    /// Where it does not start.
    pub fn start(files: &Path, console_url: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc/provider.mjs");
        let installed = script.with_file_name("node_modules").is_dir();
        assert!(installed, "its packages are missing: run `cargo xtask test`, or `npm ci` in e2e/oidc first");
        let (ca_file, key_file) = (files.join("provider.pem"), files.join("provider.key"));
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
        fs::write(&ca_file, made.cert.pem()).expect("the provider's certificate");
        fs::write(&key_file, made.signing_key.serialize_pem()).expect("the provider's key");
        let mut child = Command::new("node")
            .arg(script)
            .env("OIDC_PORT", free_port().to_string())
            .env("OIDC_CERTIFICATE", &ca_file)
            .env("OIDC_KEY", key_file)
            .env("OIDC_PAGE_REDIRECT", format!("{console_url}/api/v1/sign-in/openid/return"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It warns about what a story may do and a provider of the internet must not.
            .stderr(fs::File::create(files.join("provider.out")).expect("a file for the output"))
            .spawn()
            .expect("node starts");
        let commands = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        let mut provider = Self { issuer: String::new(), ca_file, child, commands, answers };
        provider.issuer = provider.read()["issuer"].as_str().expect("an issuer").to_owned();
        provider
    }

    /// Returns what the console's configuration says of it.
    pub fn console_keys(&self) -> String {
        format!("private-issuers = true\nissuer-ca-file = \"{}\"\n", self.ca_file.display())
    }

    /// Returns how a tenant signs in at it.
    pub fn settings(&self) -> OpenIdSettings {
        OpenIdSettings {
            issuer: self.issuer.clone(),
            page_client_id: "page".to_owned(),
            page_client_secret: Some(PAGE_SECRET.to_owned()),
            cli_client_id: Some("cli".to_owned()),
            person_claim: "sub".to_owned(),
            groups_claim: "groups".to_owned(),
            name_claim: "preferred_username".to_owned(),
            scopes: vec!["groups".to_owned()],
            session_minutes: 60,
        }
    }

    /// Signs the person in as that client, with that nonce, and returns the ID token: what anybody can do who has the
    /// person's browser for a moment.
    ///
    /// # Panics
    ///
    /// Where nobody is signed in.
    pub async fn id_token(&self, client: &str, nonce: &str, redirect: &str) -> String {
        let verifier = "a-verifier-that-is-long-enough-to-be-one-of-pkce";
        let challenge = encode(Hash::of(verifier.as_bytes()).0);
        let start = reqwest::Url::parse_with_params(
            &format!("{}/auth", self.issuer),
            [
                ("response_type", "code"),
                ("client_id", client),
                ("redirect_uri", redirect),
                ("scope", "openid profile"),
                ("nonce", nonce),
                ("state", "s"),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ],
        );
        let path = reqwest::Url::parse(redirect).expect("an address").path().to_owned();
        let mut browser = Browser::new(&self.ca_file);
        let back = browser.visit_until(start.expect("an address").as_str(), &path).await;
        let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let body = reqwest::Url::parse_with_params(
            "http://form/",
            [
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", redirect),
                ("client_id", client),
                ("code_verifier", verifier),
            ],
        );
        let body = body.expect("a form").query().expect("a form").to_owned();
        let mut call = browser.request(Method::POST, &format!("{}/token", self.issuer)).body(body);
        call = call.header("content-type", "application/x-www-form-urlencoded");
        if client == "page" {
            call = call.basic_auth(client, Some(PAGE_SECRET));
        }
        let answer: Value = call.send().await.expect("an answer").json().await.expect("JSON");
        answer["id_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    /// Signs this person in from now on.
    pub fn person(&mut self, subject: &str, name: &str, groups: &[&str]) {
        let account = json!({ "sub": subject, "preferred_username": name, "name": name, "groups": groups });
        self.tell(&json!({ "account": account }));
    }

    /// Signs nobody in from now on.
    pub fn nobody(&mut self) {
        self.tell(&json!({ "account": null }));
    }

    /// Signs with new keys from now on; the old ones are gone.
    pub fn rotate_keys(&mut self) {
        self.tell(&json!({ "rotate": true }));
    }

    /// Returns how often the keys were fetched.
    pub fn keys_fetched(&mut self) -> u64 {
        self.tell(&json!({ "count": true }))["fetched"].as_u64().expect("a number")
    }

    fn tell(&mut self, command: &Value) -> Value {
        writeln!(self.commands, "{command}").expect("the provider listens");
        self.read()
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the provider answers");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("the provider said `{line}`: {error}"))
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
