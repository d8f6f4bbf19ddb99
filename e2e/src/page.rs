//! Stories in a real browser: a script of `e2e/page/` walks through the page as a person would.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::time::Instant;

use crate::World;

/// How long a whole story may take.
const WITHIN: Duration = Duration::from_secs(240);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a story is told, as JSON: texts and whatever else.
#[derive(Clone, Debug)]
pub struct Told(Vec<(&'static str, String)>);

/// A story that runs.
#[derive(Debug)]
pub struct Story {
    name: &'static str,
    child: Child,
    output: PathBuf,
}

impl Told {
    /// Returns what every story of a world is told.
    pub fn of(world: &World) -> Self {
        Self(Vec::new()).text("url", &world.url).text("user", "ann").text("password", world.password())
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, name: &'static str, value: &str) -> Self {
        self.json(name, quoted(value))
    }

    /// Adds texts.
    #[must_use]
    pub fn texts(self, name: &'static str, values: &[&str]) -> Self {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        self.json(name, format!("[{}]", values.join(",")))
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, name: &'static str, value: usize) -> Self {
        self.json(name, value.to_string())
    }

    fn json(mut self, name: &'static str, value: String) -> Self {
        self.0.push((name, value));
        self
    }

    fn written(&self) -> String {
        let members: Vec<String> = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }
}

impl Story {
    /// Starts the story `e2e/page/NAME.mjs`. Its pictures go into `page-stories` beside the test's programs.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(name: &'static str, world: &World, told: Told) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        assert!(
            folder.join("node_modules").exists(),
            "the packages of the page's stories are not installed: run `cargo xtask test`"
        );
        let pictures = crate::binary("tenon").with_file_name("page-stories");
        let told = told
            .text("story", name)
            .text("chromium", &chromium())
            .text("pictures", &pictures.display().to_string());
        let output = world.files().join(format!("{name}.story"));
        let out = std::fs::File::create(&output).expect("a file for the story's output");
        let err = out.try_clone().expect("a second handle on the output");
        let child = Command::new("node")
            .arg(folder.join(format!("{name}.mjs")))
            .arg(told.written())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .expect("node starts");
        Self { name, child, output }
    }

    /// Waits until the story has come to its end.
    ///
    /// # Panics
    ///
    /// When it failed, or is not at its end within four minutes.
    pub async fn ends_well(mut self) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the story can be asked") {
                break status;
            }
            assert!(start.elapsed() < WITHIN, "the story `{}` is stuck:\n{}", self.name, self.said());
            tokio::time::sleep(LOOK_EVERY).await;
        };
        assert!(status.success(), "the story `{}` failed:\n{}", self.name, self.said());
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        // It may have ended by itself; node takes its browser along.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn chromium() -> String {
    std::env::var("TENON_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned())
}

/// Writes a text as JSON has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
