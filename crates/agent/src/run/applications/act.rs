//! Does what was planned: provides the content, runs the step in a private folder, says what its exit code means.

use std::{ffi::OsString, fs, io, path::Path, time::Duration};

use application::{Act, DeploymentType, Done, Meaning, Planned, ReturnCodes, Step};
use service::error::Chain;

use super::{content::Cache, look::Looker};
use crate::{
    child::{self, KEPT_OUTPUT},
    keep,
    management::Session,
};

/// How long apt waits for its own lock, which another installation may hold, in seconds.
const WAIT_FOR_LOCK: u32 = 120;
/// What apt says where a run of dpkg was cut off.
const INTERRUPTED: &str = "dpkg was interrupted";

/// What apt says where it did not get the lock.
const LOCKED: [&str; 2] = ["Could not get lock", "Unable to acquire the dpkg frontend lock"];
/// How long it may take to finish what an installation that was cut off left behind.
const CONFIGURE: Duration = Duration::from_secs(1800);
/// What Debian's packages make where the machine must restart.
const REBOOT_REQUIRED: &str = "run/reboot-required";

/// What became of a step.
pub(super) struct Acted {
    pub(super) done: Done,
    /// Whether the machine must restart.
    pub(super) restart: bool,
}

/// Does a planned step in the folder `work`, which is made for it and removed after it.
pub(super) async fn act(
    looker: &Looker,
    cache: &Cache,
    session: Option<&mut Session>,
    one: &DeploymentType,
    planned: Planned,
    work: &Path,
) -> Acted {
    let step = match planned {
        Planned::Install(_) => Some(&one.install),
        Planned::Remove(_) => one.uninstall.as_ref(),
    };
    let Some(step) = step else {
        let why = format!("the deployment type `{}` says nothing about removal", one.name);
        return Acted { done: Done::Failed(why), restart: false };
    };
    let acted = in_folder(looker, cache, session, one, step, work).await;
    // What is left of it is private, and is removed before the next step.
    let _ = fs::remove_dir_all(work);
    acted
}

async fn in_folder(
    looker: &Looker,
    cache: &Cache,
    mut session: Option<&mut Session>,
    one: &DeploymentType,
    step: &Step,
    work: &Path,
) -> Acted {
    let later = |why: String| Acted { done: Done::Later(why), restart: false };
    if let Err(error) = fresh(work) {
        return later(format!("failed to make the folder {}: {error}", work.display()));
    }
    for file in &one.content {
        if let Err(error) = cache.provide(file, session.as_deref_mut(), work).await {
            return Acted { done: Done::Failed(Chain(&error).to_string()), restart: false };
        }
    }
    let marker = looker.root.join(REBOOT_REQUIRED);
    let marked = marker.exists();
    let words = match words(&step.act, &looker.root, work) {
        Ok(words) => words,
        Err(error) => return later(format!("failed to prepare the package system: {error}")),
    };
    let is_package = !matches!(step.act, Act::Run(_));
    let repairs = is_package && looker.root == Path::new("/");
    if repairs {
        repair(looker, work).await;
    }
    let mut finished = child::run(&order(looker, words.clone(), step.timeout, work)).await;
    // Something of a run that was cut off still held the lock when the repair was tried, and has let go of it since.
    let interrupted = finished.as_ref().is_ok_and(|done| says(&done.output, &[INTERRUPTED]));
    if repairs && interrupted {
        repair(looker, work).await;
        finished = child::run(&order(looker, words, step.timeout, work)).await;
    }
    let finished = match finished {
        Ok(finished) => finished,
        Err(error) => {
            return Acted { done: Done::Failed(format!("failed to start it: {error}")), restart: false };
        }
    };
    let said = finished.words(step.timeout);
    if is_package && says(&finished.output, &LOCKED) {
        return later(format!("the package system was busy for {WAIT_FOR_LOCK} s"));
    }
    let codes = if is_package { &ReturnCodes::default() } else { &one.return_codes };
    match codes.meaning(finished.code()) {
        Meaning::Success => Acted { done: Done::Worked, restart: !marked && marker.exists() },
        Meaning::RestartNeeded => Acted { done: Done::Worked, restart: true },
        Meaning::Retry => later(said),
        Meaning::Failure => Acted { done: Done::Failed(said), restart: false },
    }
}

/// Has dpkg finish what a run that was cut off has left; what it cannot finish the step itself meets and names.
async fn repair(looker: &Looker, work: &Path) {
    let words = ["dpkg", "--configure", "-a"].map(OsString::from).to_vec();
    let _ = child::run(&order(looker, words, CONFIGURE, work)).await;
}

fn says(output: &[u8], texts: &[&str]) -> bool {
    let output = String::from_utf8_lossy(output);
    texts.iter().any(|text| output.contains(text))
}

fn order(looker: &Looker, words: Vec<OsString>, timeout: Duration, work: &Path) -> child::Order {
    child::Order { words, folder: work.to_owned(), timeout, pace: looker.pace, kept: KEPT_OUTPUT }
}

/// Makes an empty private folder.
fn fresh(work: &Path) -> io::Result<()> {
    match fs::remove_dir_all(work) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    keep::private_folder(work)
}

/// Returns the program of a step with its arguments.
fn words(act: &Act, root: &Path, work: &Path) -> io::Result<Vec<OsString>> {
    match act {
        Act::Run(words) => Ok(words.iter().map(OsString::from).collect()),
        Act::InstallPackage { file } => {
            let mut words = apt(root)?;
            words.extend(["install", "--"].map(OsString::from));
            words.push(work.join(file).into_os_string());
            Ok(words)
        }
        Act::RemovePackage { name } => {
            let mut words = apt(root)?;
            words.extend(["remove", "--", name].map(OsString::from));
            Ok(words)
        }
    }
}

/// apt, asking nothing, waiting for its own lock, keeping configuration files that an administrator has changed.
fn apt(root: &Path) -> io::Result<Vec<OsString>> {
    let mut words: Vec<OsString> =
        ["apt-get", "-q", "-y", "--no-install-recommends"].map(OsString::from).into();
    let mut set = |option: &str| words.extend([OsString::from("-o"), OsString::from(option)]);
    set(&format!("DPkg::Lock::Timeout={WAIT_FOR_LOCK}"));
    set("Dpkg::Use-Pty=0");
    set("Dpkg::Options::=--force-confdef");
    set("Dpkg::Options::=--force-confold");
    if root == Path::new("/") {
        return Ok(words);
    }
    for folder in [
        "var/lib/dpkg/updates",
        "var/lib/dpkg/info",
        "var/lib/apt/lists/partial",
        "var/cache/apt/archives/partial",
        "var/log/apt",
        "etc/apt",
    ] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::OpenOptions::new().append(true).create(true).open(root.join("var/lib/dpkg/status"))?;
    for (option, place) in [
        ("Dir::State", "var/lib/apt"),
        ("Dir::State::status", "var/lib/dpkg/status"),
        ("Dir::Cache", "var/cache/apt"),
        ("Dir::Log", "var/log/apt"),
        ("Dir::Etc", "etc/apt"),
        ("DPkg::Options::", "--root"),
    ] {
        let place = match place {
            "--root" => format!("--root={}", root.display()),
            place => root.join(place).display().to_string(),
        };
        set(&format!("{option}={place}"));
    }
    Ok(words)
}
