//! `tenon device logs` and `tenon device log-level`: what the agent on a device logs, from the admin center.

use std::path::{Path, PathBuf};

use action::{ActionKind, DeviceId, State, TaskGuid};
use anyhow::Context as _;
use console_api::{Client, DeviceLogs, Kind, LogPart, NewAction, NewTarget};

use crate::{
    command::action::{ask, follow},
    exit::{self, Stop},
    files, print,
    session::refused,
};

/// The most answers that one reading takes: the parts of one collection are fewer.
const MOST_ANSWERS: usize = 64;

/// `tenon device logs`.
#[derive(Debug, clap::Args)]
pub(super) struct Logs {
    /// The device's id or name
    device: String,
    /// Have the agent send its logs now, and read them
    #[arg(long, conflicts_with = "of")]
    collect: bool,
    /// How much is collected at most, in KiB: the newest lines of each file
    #[arg(long, requires = "collect", value_parser = clap::value_parser!(u32).range(1..=4096))]
    max_kib: Option<u32>,
    /// Read what this action has collected
    #[arg(long, value_name = "TASKGUID")]
    of: Option<TaskGuid>,
    /// Write the files into this folder instead of printing them
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// `tenon device log-level`.
#[derive(Debug, clap::Args)]
pub(super) struct LogLevel {
    /// The device's id or name
    device: String,
    /// How much the agent's logs say
    level: Level,
    /// For how long they are detailed; they are as usual again by themselves
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Level {
    /// As always
    Usual,
    /// With lines that only help who looks for the cause of something
    Detailed,
}

/// Lists what was collected, or reads it.
pub(super) async fn run(client: &Client, wanted: &Logs, json: bool) -> anyhow::Result<()> {
    let device = super::find(client, &wanted.device).await?.id;
    let of = if wanted.collect {
        let param = wanted.max_kib.map(|kib| serde_json::json!({ "max_kib": kib }).to_string());
        Some(done(client, device, ActionKind::COLLECT_LOGS, param.unwrap_or_default(), json).await?)
    } else {
        wanted.of
    };
    let Some(of) = of else { return list(client, device, json).await };
    let logs = read(client, device, of).await?;
    if logs.parts.is_empty() {
        return Err(Stop::error(
            exit::FAILED,
            format!("the site has no logs of this device by the action {of}"),
            "they are kept for a week; collect them again: `tenon device logs DEVICE --collect`",
        ));
    }
    match &wanted.output {
        Some(folder) => write(folder, &logs.parts),
        None if json => print::json(&logs),
        None => show(&logs.parts),
    }
}

/// Sets the level of a device's logs.
pub(super) async fn set_level(client: &Client, wanted: &LogLevel, json: bool) -> anyhow::Result<()> {
    let device = super::find(client, &wanted.device).await?.id;
    let param = match wanted.level {
        Level::Usual => serde_json::json!({ "level": "usual" }),
        Level::Detailed => serde_json::json!({ "level": "detailed", "minutes": wanted.minutes }),
    };
    done(client, device, ActionKind::LOG_LEVEL, param.to_string(), json).await.map(drop)
}

/// Asks for an action on the device and waits for its end.
async fn done(
    client: &Client,
    device: DeviceId,
    kind: ActionKind,
    param: String,
    quiet: bool,
) -> anyhow::Result<TaskGuid> {
    let new = NewAction {
        kind: Kind(kind),
        target: NewTarget::Device { device },
        param,
        deliver_by: None,
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    };
    let asked = ask::stored(client, &new, &service::dice::uuid().to_string()).await?;
    let task_guid = asked.actions.first().context("the console has stored no action")?.task_guid;
    let ended = follow::to_the_end(client, task_guid, quiet).await?;
    if ended.state == State::Done {
        return Ok(task_guid);
    }
    Err(Stop::error(
        exit::NOT_ALL_DONE,
        format!("the action {task_guid} ended as {}", ended.state.name()),
        format!("see why: `tenon trace {task_guid}`"),
    ))
}

async fn list(client: &Client, device: DeviceId, json: bool) -> anyhow::Result<()> {
    let logs = client.device_logs(device, None, 0).await.map_err(refused)?;
    if json {
        return print::json(&logs.collected);
    }
    let rows: Vec<_> = logs
        .collected
        .iter()
        .map(|one| {
            vec![
                one.received.to_string(),
                format!("{}/{}", one.stored, one.parts),
                format!("{} KiB", one.bytes.div_ceil(1024)),
                one.task_guid.to_string(),
            ]
        })
        .collect();
    print::table(&["RECEIVED", "PARTS", "SIZE", "COLLECTED BY"], &rows)?;
    Ok(())
}

/// Reads all parts that an action has brought.
async fn read(client: &Client, device: DeviceId, of: TaskGuid) -> anyhow::Result<DeviceLogs> {
    let mut logs = client.device_logs(device, Some(of), 0).await.map_err(refused)?;
    for _ in 0..MOST_ANSWERS {
        let Some(from) = logs.next else { break };
        let more = client.device_logs(device, Some(of), from).await.map_err(refused)?;
        logs.parts.extend(more.parts);
        logs.next = more.next;
    }
    Ok(logs)
}

/// Joins the parts of each file.
fn joined(parts: &[LogPart]) -> Vec<(&str, String)> {
    let mut joined: Vec<(&str, String)> = Vec::new();
    for part in parts {
        match joined.iter_mut().find(|(file, _)| *file == part.file) {
            Some((_, text)) => text.push_str(&part.text),
            None => joined.push((&part.file, part.text.clone())),
        }
    }
    joined
}

fn show(parts: &[LogPart]) -> anyhow::Result<()> {
    for (file, text) in joined(parts) {
        print::line(&print::clean(&format!("==> {file} <==")))?;
        for line in text.lines() {
            print::line(&print::clean(line))?;
        }
    }
    Ok(())
}

fn write(folder: &Path, parts: &[LogPart]) -> anyhow::Result<()> {
    files::private_folder(folder)?;
    for (file, text) in joined(parts) {
        // The name comes from a device: it names a file in this folder, or none.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if !file.chars().all(is_plain) || file.starts_with('.') {
            return Err(Stop::error(
                exit::FAILED,
                format!("the device has sent a file of the name `{}`", print::clean(file)),
                "read it without --output",
            ));
        }
        let path = folder.join(file);
        files::write_private(&path, text.as_bytes())?;
        print::line(&path.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u32, file: &str, text: &str) -> LogPart {
        LogPart { number, file: file.into(), text: text.into() }
    }

    #[test]
    fn the_parts_of_a_file_are_one_file() {
        let parts = [part(0, "A.log", "1\n"), part(1, "A.log", "2\n"), part(2, "B.log", "3\n")];
        assert_eq!(joined(&parts), [("A.log", "1\n2\n".to_owned()), ("B.log", "3\n".to_owned())]);
    }

    #[test]
    fn no_name_of_a_device_leaves_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        write(&inner, &[part(0, "PolicyAgent.lo_", "x\n")]).expect("written");
        assert_eq!(std::fs::read_to_string(inner.join("PolicyAgent.lo_")).expect("there"), "x\n");
        for name in ["../evil", ".bashrc", "a/b", "/etc/motd", "\u{202e}gol"] {
            write(&inner, &[part(0, name, "x")]).expect_err(name);
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
