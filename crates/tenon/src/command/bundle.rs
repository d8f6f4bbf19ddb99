//! `tenon bundle`: everything that this machine knows of one action, without secrets, in one file.

use std::{fs, io::Write, path::PathBuf};

use ::trace::{bundle, path::path, redact};
use action::TaskGuid;
use anyhow::Context as _;
use flate2::{Compression, write::GzEncoder};

use super::trace::known;
use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// What the file is for.
const README: &str = "\
What Tenon knows of one device action on the machine where this was made.

action.json         the action and its history, as the admin center has them
path.json           its path over the hops, and where it stopped
lines/              the lines of each log that name the action
report.json         what these logs say (the same as `tenon diagnose`)
configuration/      the configuration, without secrets
versions.json       programs and machine
notes.txt           what could not be read

Secrets were taken out of lines and configuration. Read it before you give it away all the same.
";

/// The places of logs and configuration where the packages put them.
const LOGS: [&str; 3] = ["/var/log/tenon", "/var/lib/tenon/site/logs", "/var/lib/tenon/console/logs"];
const CONFIGURATION: [&str; 3] = ["/etc/tenon/console.toml", "/etc/tenon/site.toml", "/etc/tenon/agent.toml"];

/// `tenon bundle`.
#[derive(Debug, clap::Args)]
pub(crate) struct Bundle {
    #[command(flatten)]
    console: ConsoleOptions,
    /// The action's id
    task_guid: TaskGuid,
    /// The file that is made; `tenon-TASKGUID.tar.gz` in this folder where it is left out
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Log files, folders or archives; those of the packages where they are left out
    #[arg(long, value_name = "PATH")]
    logs: Vec<PathBuf>,
    /// Configuration files; those of the packages where they are left out
    #[arg(long, value_name = "FILE")]
    config: Vec<PathBuf>,
}

/// Runs `tenon bundle`.
pub(crate) async fn run(bundle: Bundle) -> anyhow::Result<()> {
    let task_guid = bundle.task_guid;
    let mut notes = Vec::new();
    let output = bundle.output.clone().unwrap_or_else(|| format!("tenon-{task_guid}.tar.gz").into());
    let mut parts = vec![("README.txt".to_owned(), README.as_bytes().to_vec())];
    parts.push(("versions.json".to_owned(), json(&versions())?));
    match from_console(&bundle).await {
        Ok(told) => parts.extend(told),
        Err(error) => notes.push(format!("the admin center: {error:#}")),
    }
    parts.extend(configuration(&bundle, &mut notes));

    let logs = present(&bundle.logs, &LOGS);
    let read = move || (bundle::lines(task_guid, &logs), ::trace::report(&::trace::read(&logs)));
    let reading = tokio::task::spawn_blocking(read).await;
    let (lines, mut report) = reading.context("the reading of the logs ended early")?;
    report.keep_only(&task_guid.to_string());
    // The report names lines as they stand in the logs.
    let report = redact::line(&String::from_utf8_lossy(&json(&report)?));
    parts.push(("report.json".to_owned(), report.into_bytes()));
    notes.extend(lines.notes.iter().map(|(path, why)| format!("{path}: {why}")));
    for (number, file) in lines.files.iter().enumerate() {
        let name = file.name.rsplit(['/', '\\']).next().unwrap_or(&file.name);
        let mut text = format!("{}\n", file.name);
        for line in &file.lines {
            text.push_str(line);
            text.push('\n');
        }
        parts.push((format!("lines/{number:03}-{}", print::clean(name)), text.into_bytes()));
    }
    parts.push(("notes.txt".to_owned(), (notes.join("\n") + "\n").into_bytes()));

    let written = write(&parts).with_context(|| format!("failed to make {}", output.display()))?;
    crate::files::write_private(&output, &written)?;
    let files = lines.files.len();
    let lines: usize = lines.files.iter().map(|file| file.lines.len()).sum();
    print::line(&format!("{}: {lines} lines of {files} logs", output.display()))?;
    for note in notes {
        print::line(&print::clean(&format!("left out: {note}")))?;
    }
    Ok(())
}

/// Returns what the admin center has of the action.
async fn from_console(bundle: &Bundle) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let client = bundle.console.client()?;
    let action = client.action(bundle.task_guid).await.map_err(refused)?;
    let paths: Vec<_> = known::of(&client, &action, None).await?.iter().map(path).collect();
    Ok(vec![("action.json".to_owned(), json(&action)?), ("path.json".to_owned(), json(&paths)?)])
}

fn configuration(bundle: &Bundle, notes: &mut Vec<String>) -> Vec<(String, Vec<u8>)> {
    let mut parts = Vec::new();
    for file in present(&bundle.config, &CONFIGURATION) {
        match fs::read_to_string(&file) {
            Ok(text) => {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                parts.push((format!("configuration/{name}"), redact::settings(&text).into_bytes()));
            }
            Err(error) => notes.push(format!("{}: {error}", file.display())),
        }
    }
    parts
}

/// Returns the paths that were named, else those of the packages that are there.
fn present(named: &[PathBuf], usual: &[&str]) -> Vec<PathBuf> {
    if !named.is_empty() {
        return named.to_vec();
    }
    usual.iter().map(PathBuf::from).filter(|path| path.exists()).collect()
}

fn versions() -> serde_json::Value {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let named = |name: &str| {
        let value = system.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.map(|value| value.trim_matches('"').to_owned())
    };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    serde_json::json!({
        "tenon": env!("CARGO_PKG_VERSION"),
        "made": service::clock::now(),
        "system": named("PRETTY_NAME"),
        "kernel": kernel.trim(),
        "architecture": std::env::consts::ARCH,
    })
}

fn json(value: &impl serde::Serialize) -> anyhow::Result<Vec<u8>> {
    Ok(serde_json::to_vec_pretty(value)?)
}

fn write(parts: &[(String, Vec<u8>)]) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, bytes) in parts {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(bytes.len()).unwrap_or(0));
        header.set_mode(0o600);
        header.set_cksum();
        archive.append_data(&mut header, name, bytes.as_slice())?;
    }
    let mut packed = archive.into_inner()?;
    packed.flush()?;
    packed.finish()
}
