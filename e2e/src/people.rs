//! People of a story at their command line.

use std::process::Command;

use console_api::Client;

use crate::{
    World, binary,
    world::{PASSWORD, client},
};

impl World {
    /// Runs `tenon` as the administrator, who is signed in at the console; returns its exit code and what it prints.
    pub async fn tenon(&self, args: &[&str]) -> (i32, String) {
        let mut command = tokio::process::Command::new(binary("tenon"));
        command
            .args(args)
            .env("TENON_URL", &self.url)
            .env("TENON_TOKEN", self.client.token().unwrap_or_default())
            .env("XDG_CONFIG_HOME", self.files().join("config"))
            .stdin(std::process::Stdio::null());
        let output = command.output().await.expect("tenon starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout) + &text(&output.stderr))
    }

    /// Returns a client that nobody is signed in with.
    pub fn stranger(&self) -> Client {
        client(&self.url, None)
    }

    /// Runs `tenon` as a person of the console who signs in with the password of the story; returns whether it succeeded,
    /// and what it printed.
    ///
    /// # Panics
    ///
    /// Where the person cannot sign in.
    pub fn tenon_as(&self, user: &str, args: &[&str]) -> (bool, String, String) {
        let run = |args: &[&str]| {
            let output = Command::new(binary("tenon"))
                .args(args)
                .env("XDG_CONFIG_HOME", self.files().join(format!("home-{user}")))
                .env_remove("TENON_TOKEN")
                .env("TENON_PASSWORD", PASSWORD)
                .output()
                .expect("tenon starts");
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.success(), text(&output.stdout), text(&output.stderr))
        };
        let (done, _, err) = run(&["login", "--url", &self.url, "--user", user]);
        assert!(done, "{user} cannot sign in: {err}");
        run(args)
    }
}
