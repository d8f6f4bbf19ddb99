//! A real OpenID Connect provider: `oidc-provider` in Node.js, signing in whoever the story says.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::free_port;

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
