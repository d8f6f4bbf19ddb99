//! The API is tried with whatever its description allows and does not allow: nothing of it is a failure of the console.
//!
//! A fixed seed and few examples, about a minute; at length by hand, see docs/protocol/console-api.md.

use std::{path::Path, process::Command};

use console_api::NewApiToken;
use e2e::ConsoleAlone;

/// What is left out: an answer that never ends, and what may end the token that everything else is tried with.
const LEFT_OUT: &str = "^/api/v1/(events|sessions/.*|users/.*|tokens/.*|sign-in/settings|me/password)$";

#[tokio::test]
async fn nothing_that_can_be_asked_is_a_failure_of_the_console() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = folder.with_file_name("target").join("schemathesis/bin/schemathesis");
    assert!(program.is_file(), "it is not installed: run `cargo xtask test` first");
    let (place, url) = ConsoleAlone::folder();
    let console = ConsoleAlone::start(place, url, "").await;
    let new = NewApiToken {
        name: "tried".to_owned(),
        expires: None,
        permissions: None,
        sites: Vec::new(),
        device_groups: Vec::new(),
    };
    let token = console.client.create_token(&new).await.expect("a token").secret;
    let examples = std::env::var("TENON_API_EXAMPLES").unwrap_or_else(|_| "4".to_owned());
    let output = Command::new(program)
        .current_dir(console.files())
        .arg("run")
        .arg(folder.with_file_name("docs").join("openapi.json"))
        .args(["--url", &console.url, "--header", &format!("Authorization:Bearer {token}")])
        .args(["--checks", "not_a_server_error", "--continue-on-failure", "--no-shrink"])
        .args(["--phases", "coverage,fuzzing", "--max-examples", &examples, "--seed", "1"])
        .args(["--exclude-path-regex", LEFT_OUT, "--request-timeout", "20", "--warnings", "off"])
        .args(["--suppress-health-check", "all", "--workers", "1"])
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    // It is the administrator's to the end: what was refused was not refused for want of a right.
    console.as_token(&token).me().await.expect("the token is good, and the console goes on");
}
