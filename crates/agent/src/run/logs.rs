//! The agent's own logs, for who looks for the cause of something: the newest lines of each file up to a cap, without what
//! looks like a secret, in parts that the management point stores for the action that asked.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use action::{TaskGuid, Timestamp};
use device_channel::ReturnCode;
use management_link::{Call, LogsPart, StateMessage};
use serde::Deserialize;
use service::{clock, error::Chain, log::Component};

use super::{Order, Report};
use crate::{
    desk::Outcome,
    schedule::{Ended, Work},
};

/// The files that are sent: the agent's own, and nothing else that stands in the folder.
const COMPONENTS: [Component; 4] = [
    Component::NOTIFICATION_AGENT,
    Component::SCHEDULER,
    Component::POLICY_AGENT,
    Component::APP_INTENT_EVAL,
];

/// How much is sent where nobody says it, in KiB: some hours of a busy agent.
const USUAL_KIB: u32 = 1024;
/// The most that can be asked for, in KiB.
const MOST_KIB: u32 = 4096;

/// What a task asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    max_kib: Option<u32>,
}

pub(super) async fn run(order: Order) -> Report {
    let mut answers = Vec::with_capacity(order.asked.len());
    for (task, _, param) in &order.asked {
        let outcome = match collect(&order, *task, param).await {
            Ok(told) => {
                order.log.log.about(*task).info(told);
                Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well }
            }
            Err(why) => {
                order.log.log.about(*task).error(format!("The logs were not sent: {why}"));
                Outcome { code: ReturnCode::FAILED, detail: why, ended: Ended::Well }
            }
        };
        answers.push((*task, outcome));
    }
    let whole = Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well };
    Report { answers, ..Report::new(Work::Logs, whole) }
}

async fn collect(order: &Order, task: TaskGuid, param: &str) -> Result<String, String> {
    let cap = cap(param)?;
    let folder = order.log_folder.clone();
    let at = clock::now();
    // A thread of its own: a slow disk must not silence the connection.
    let read = tokio::task::spawn_blocking(move || parts(task, at, &folder, cap));
    let parts = read.await.map_err(|_| "reading the logs failed".to_owned())?;
    if parts.is_empty() {
        return Err(format!("the agent has no log files in {}", order.log_folder.display()));
    }
    let failed = |error: &dyn std::error::Error| Chain(error).to_string();
    let mut session = order.credentials.management().await.map_err(|error| failed(&error))?;
    let (count, mut bytes) = (parts.len(), 0);
    for part in parts {
        bytes += part.text.len();
        let call = Call::State(StateMessage::Logs(part));
        session.call(&call).await.map_err(|error| failed(&error))?;
    }
    Ok(format!("Sent {} KiB of logs in {count} parts", bytes.div_ceil(1024)))
}

/// Returns how many bytes a task wants at most.
fn cap(param: &str) -> Result<u64, String> {
    let fix = "the parameter is empty or `{\"max_kib\": 512}`";
    let wanted = match param {
        "" => Wanted { max_kib: None },
        param => serde_json::from_str(param).map_err(|error| format!("{error}: {fix}"))?,
    };
    match wanted.max_kib.unwrap_or(USUAL_KIB) {
        kib @ 1..=MOST_KIB => Ok(u64::from(kib) << 10),
        kib => Err(format!("{kib} KiB are not between 1 and {MOST_KIB}")),
    }
}

/// Reads the newest lines of the agent's logs.
fn parts(task: TaskGuid, at: Timestamp, folder: &Path, cap: u64) -> Vec<LogsPart> {
    let names: Vec<String> = COMPONENTS.iter().map(|component| component.file.to_owned()).collect();
    let rotated = |name: &String| format!("{}.lo_", name.trim_end_matches(".log"));
    let length = |name: &str| folder.join(name).metadata().map_or(0, |metadata| metadata.len());
    let lengths: Vec<_> = names.iter().map(|name| length(name) + length(&rotated(name))).collect();
    let mut files = Vec::new();
    for (name, share) in names.iter().zip(shares(&lengths, cap)) {
        let newest = tail(&folder.join(name), share);
        let before = share.saturating_sub(length(name));
        let older = rotated(name);
        // What the file has no room for, the one before it gives.
        let oldest = if length(name) < share { tail(&folder.join(&older), before) } else { Vec::new() };
        files.extend([(older, oldest), (name.clone(), newest)]);
    }
    files.retain(|(_, lines)| !lines.is_empty());
    management_link::parts(task, at, &files)
}

/// Divides the cap among files: each gets the same, and what one does not need goes to the others.
fn shares(lengths: &[u64], cap: u64) -> Vec<u64> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|index| lengths.get(*index).copied());
    let mut shares = vec![0; lengths.len()];
    let (mut left, mut files) = (cap, u64::try_from(lengths.len()).unwrap_or(u64::MAX));
    for index in order {
        let length = lengths.get(index).copied().unwrap_or_default();
        let share = length.min(left / files.max(1));
        if let Some(place) = shares.get_mut(index) {
            *place = share;
        }
        left -= share;
        files = files.saturating_sub(1);
    }
    shares
}

/// Returns the last whole lines of a file that fit `share` bytes, without what looks like a secret. A file that cannot be
/// read has none.
fn tail(path: &Path, share: u64) -> Vec<String> {
    last(path, share).unwrap_or_default().lines().map(trace::redact::line).collect()
}

/// Returns the end of a file, from the first line that begins in it.
fn last(path: &Path, share: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(share);
    // One byte more says whether a line begins there.
    file.seek(SeekFrom::Start(from.saturating_sub(1)))?;
    let mut bytes = Vec::new();
    file.take(share.saturating_add(1)).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(match from {
        0 => text,
        _ => text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_cap_is_said_or_usual_and_has_bounds() {
        assert_eq!(cap(""), Ok(1 << 20));
        assert_eq!(cap(r#"{"max_kib": 4096}"#), Ok(4 << 20));
        for bad in [r#"{"max_kib": 0}"#, r#"{"max_kib": 4097}"#, "7", r#"{"files": "/etc/shadow"}"#] {
            cap(bad).expect_err(bad);
        }
    }

    #[test]
    fn a_small_file_leaves_its_share_to_the_others() {
        assert_eq!(shares(&[10, 1_000, 0, 1_000], 1_010), [10, 500, 0, 500]);
        assert_eq!(shares(&[10, 20], 1_000), [10, 20]);
        assert_eq!(shares(&[], 1_000), Vec::<u64>::new());
        assert_eq!(shares(&[100, 100, 100], 10).iter().sum::<u64>(), 10);
    }

    #[test]
    fn the_newest_lines_of_the_agents_own_files_are_read_without_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        write("PolicyAgent.lo_", "oldest\nolder\n");
        write("PolicyAgent.log", "password=hunter2 was refused\nnewest\n");
        write("Scheduler.log", &"a line of nineteen\n".repeat(1_000));
        write("BgbServer.log", "the log of another program\n");
        write("agent.key", "-----BEGIN PRIVATE KEY-----\n");
        let task = TaskGuid(uuid::Uuid::from_u128(1));
        let read = parts(task, Timestamp(9), folder.path(), 1_000);
        let shown: Vec<_> = read.iter().map(|part| (part.file.as_str(), part.text.as_str())).collect();
        assert_eq!(shown[1], ("PolicyAgent.lo_", "oldest\nolder\n"));
        assert_eq!(shown[2], ("PolicyAgent.log", "password=[removed] was refused\nnewest\n"));
        assert_eq!(shown.len(), 3, "{shown:?}");
        let scheduler = shown[0].1;
        assert!(scheduler.starts_with("a line") && scheduler.len() <= 1_000 && scheduler.len() > 800);
        // The cap counts the bytes of the files: `[removed]` is longer than `hunter2` by two.
        assert!(read.iter().map(|part| part.text.len()).sum::<usize>() <= 1_002);
    }

    #[test]
    fn a_file_that_is_not_there_or_no_text_hurts_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let task = TaskGuid(uuid::Uuid::from_u128(1));
        assert_eq!(parts(task, Timestamp(9), folder.path(), 1_000), []);
        fs::write(folder.path().join("Scheduler.log"), [0xff, 0x00, b'x', b'\n', 7, b'\n']).expect("written");
        let read = parts(task, Timestamp(9), folder.path(), 1_000);
        assert_eq!(read.len(), 1);
        assert!(read[0].text.contains('x'));
    }
}
