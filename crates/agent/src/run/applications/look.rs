//! Looks at the machine: which deployment type is for it, and whether the application is there.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, Read as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use application::{Application, Detection, Machine, Observed, Requirement, Script, Verdict, VersionRule};
use proof::{Hash, Hasher};
use rustix::fs::{OFlags, statvfs};

use crate::{
    child::{self, Pace},
    keep,
};

/// How long the package system may take to say what is installed.
const QUERY: Duration = Duration::from_secs(60);
/// The longest first line of a file that is read for a version.
const LINE: u64 = 4 << 10;
/// The exit code of a script that says no.
const NO: i32 = 1;
/// The exit code of `dpkg-query` where it knows no such package.
const NO_PACKAGE: i32 = 1;

/// What is looked at, and how.
#[derive(Clone, Debug)]
pub(super) struct Looker {
    pub(super) machine: Machine,
    /// The folder that stands for `/`.
    pub(super) root: PathBuf,
    /// A private folder for scripts.
    pub(super) scratch: PathBuf,
    pub(super) pace: Pace,
}

impl Looker {
    /// Looks for an application: with the first deployment type whose requirements the machine meets.
    pub(super) async fn observe(&self, application: &Application) -> Observed {
        let mut unmet = Vec::new();
        for (index, one) in application.deployment_types.iter().enumerate() {
            match self.unmet(&one.requirements).await {
                Ok(None) => {
                    return match self.detect(&one.detection).await {
                        Ok(true) => Observed::Installed(index),
                        Ok(false) => Observed::Absent(index),
                        Err(why) => Observed::Unknown(format!("`{}`: {why}", one.name)),
                    };
                }
                Ok(Some(why)) => unmet.push(format!("`{}`: {why}", one.name)),
                Err(why) => return Observed::Unknown(format!("`{}`: {why}", one.name)),
            }
        }
        Observed::NotForIt(unmet.join("; "))
    }

    /// Returns the first requirement that is not met, in words.
    async fn unmet(&self, requirements: &[Requirement]) -> Result<Option<String>, String> {
        for requirement in requirements {
            match requirement.verdict(&self.machine) {
                Verdict::Met => {}
                Verdict::Unmet(why) => return Ok(Some(why)),
                Verdict::AskDisk(path, least) => {
                    let free = self.free(path).map_err(|error| format!("the space of {path}: {error}"))?;
                    if free < least {
                        return Ok(Some(format!("{path} has {free} MiB of free space, not {least}")));
                    }
                }
                Verdict::AskScript(script) => {
                    let says =
                        self.ask(script).await.map_err(|why| format!("the requirement's script: {why}"))?;
                    if !says {
                        return Ok(Some("the requirement's script says no".to_owned()));
                    }
                }
            }
        }
        Ok(None)
    }

    async fn detect(&self, detection: &Detection) -> Result<bool, String> {
        match detection {
            Detection::Package { name, version } => {
                let installed = self.package(name).await?;
                Ok(installed.is_some_and(|found| version.as_ref().is_none_or(|rule| rule.takes(&found))))
            }
            Detection::File { path, sha256, version } => {
                let place = self.under_root(path);
                let (sha256, version) = (*sha256, version.clone());
                let looked =
                    tokio::task::spawn_blocking(move || look_at_file(&place, sha256, version.as_ref())).await;
                let looked = looked.unwrap_or_else(|error| Err(io::Error::other(error)));
                looked.map_err(|error| format!("failed to look at {path}: {error}"))
            }
            Detection::Script(script) => {
                self.ask(script).await.map_err(|why| format!("the detection script failed: {why}"))
            }
        }
    }

    /// Returns the version of an installed package.
    async fn package(&self, name: &str) -> Result<Option<String>, String> {
        let database = self.root.join("var/lib/dpkg");
        let mut admin = OsString::from("--admindir=");
        admin.push(&database);
        let mut words = vec![OsString::from("dpkg-query"), admin];
        words.extend(["-W", "-f=${db:Status-Status} ${Version}\n", "--", name].map(OsString::from));
        let finished = self.run(words, QUERY).await?;
        match finished.code() {
            Some(0) => {
                let text = String::from_utf8_lossy(&finished.output);
                let installed = text.lines().filter_map(|line| line.strip_prefix("installed "));
                Ok(installed.map(str::to_owned).next())
            }
            Some(NO_PACKAGE) => Ok(None),
            _ => Err(format!("failed to ask dpkg for `{name}`: {}", finished.words(QUERY))),
        }
    }

    /// Runs a script of a document: exit code 0 says yes, 1 no.
    async fn ask(&self, script: &Script) -> Result<bool, String> {
        let path = self.scratch.join("script");
        let written = keep::write(&path, script.body.as_bytes())
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o500)));
        written.map_err(|error| format!("failed to write it: {error}"))?;
        let mut words: Vec<OsString> = script.interpreter.iter().map(OsString::from).collect();
        words.push(path.into_os_string());
        let finished = self.run(words, script.timeout).await?;
        match finished.code() {
            Some(0) => Ok(true),
            Some(NO) => Ok(false),
            _ => Err(finished.words(script.timeout)),
        }
    }

    async fn run(&self, words: Vec<OsString>, timeout: Duration) -> Result<child::Finished, String> {
        let program = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = self.scratch.clone();
        let order = child::Order { words, folder, timeout, pace: self.pace, kept: child::KEPT_OUTPUT };
        child::run(&order).await.map_err(|error| format!("failed to start `{program}`: {error}"))
    }

    fn free(&self, path: &str) -> io::Result<u64> {
        let space = statvfs(self.under_root(path))?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize) >> 20)
    }

    fn under_root(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}

/// Looks at a file. Only a plain file is one: anything else could keep whoever opens it waiting.
fn look_at_file(path: &Path, sha256: Option<Hash>, version: Option<&VersionRule>) -> io::Result<bool> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut file = BufReader::new(file);
    if let Some(rule) = version {
        let mut line = Vec::new();
        file.by_ref().take(LINE).read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line).into_owned();
        return Ok(Detection::version_in(&line).is_some_and(|found| rule.takes(found)));
    }
    let Some(sha256) = sha256 else { return Ok(true) };
    let mut hasher = Hasher::default();
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(hasher.finish() == sha256);
        }
        hasher.update(bytes);
        let read = bytes.len();
        file.consume(read);
    }
}

/// Reads what requirements are compared with.
pub(super) fn machine(root: &Path) -> Machine {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    // A root that is only a folder has no release of its own: then it is the machine's.
    let release = read("etc/os-release").or_else(|| read("usr/lib/os-release"));
    let release = release.or_else(|| std::fs::read_to_string("/etc/os-release").ok()).unwrap_or_default();
    let value = |name| crate::facts::value(&release, name).unwrap_or_default();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    Machine {
        os: value("ID"),
        os_like: value("ID_LIKE").split_whitespace().map(str::to_owned).collect(),
        os_version: value("VERSION_ID"),
        architecture: std::env::consts::ARCH.to_owned(),
        memory: mebibytes(&memory),
    }
}

fn mebibytes(meminfo: &str) -> u64 {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = total.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kibibytes.unwrap_or(0) >> 10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looker(folder: &Path) -> Looker {
        let scratch = folder.join("scratch");
        keep::private_folder(&scratch).expect("made");
        Looker { machine: machine(folder), root: folder.to_owned(), scratch, pace: Pace::Usual }
    }

    fn application(member: &str) -> Application {
        let text = format!(
            r#"{{"deploymentTypes": [{{"name": "t", {member}, "install": {{"run": ["/bin/true"]}}}}]}}"#
        );
        Application::parse(&text).expect(member)
    }

    #[tokio::test]
    async fn files_are_detected_by_presence_version_and_hash() {
        let folder = tempfile::tempdir().expect("a folder");
        let looker = looker(folder.path());
        std::fs::create_dir(folder.path().join("etc")).expect("made");
        std::fs::write(folder.path().join("etc/tool"), "Tool v1.4-2, stable\nmore").expect("written");
        let hash = Hash::of(b"Tool v1.4-2, stable\nmore").hex();
        for (detection, there) in [
            (r#"{"file": "/etc/tool"}"#.to_owned(), true),
            (r#"{"file": "/etc/none"}"#.to_owned(), false),
            (r#"{"file": "/etc/tool/under"}"#.to_owned(), false),
            (r#"{"file": "/etc"}"#.to_owned(), false),
            (r#"{"file": "/etc/tool", "version": ">= 1.4"}"#.to_owned(), true),
            (r#"{"file": "/etc/tool", "version": "> 1.5"}"#.to_owned(), false),
            (format!(r#"{{"file": "/etc/tool", "sha256": "{hash}"}}"#), true),
            (format!(r#"{{"file": "/etc/tool", "sha256": "{}"}}"#, "0".repeat(64)), false),
        ] {
            let observed = looker.observe(&application(&format!(r#""detection": {detection}"#))).await;
            let expected = if there { Observed::Installed(0) } else { Observed::Absent(0) };
            assert_eq!(observed, expected, "{detection}");
        }
    }

    #[tokio::test]
    async fn a_script_says_yes_no_or_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        let looker = looker(folder.path());
        for (body, timeout, expected) in [
            ("exit 0", 60, "Installed(0)"),
            ("exit 1", 60, "Absent(0)"),
            ("echo broken >&2; exit 2", 60, "the detection script failed: exit code 2: broken"),
            ("kill -9 $$", 60, "it was ended by a signal"),
            ("sleep 1000", 1, "ran for more than 1 s"),
            ("yes", 60, "printed more than 64 MiB"),
            ("sleep 1000 & exit 0", 60, "Installed(0)"),
        ] {
            let detection =
                format!(r#""detection": {{"script": {{"body": "{body}", "timeoutSeconds": {timeout}}}}}"#);
            let observed = format!("{:?}", looker.observe(&application(&detection)).await);
            assert!(observed.contains(expected), "`{expected}` is missing from {observed}");
        }
        let missing = r#""detection": {"script": {"body": "x", "interpreter": ["/nowhere"]}}"#;
        assert!(matches!(looker.observe(&application(missing)).await, Observed::Unknown(_)));
    }

    #[tokio::test]
    async fn the_first_type_whose_requirements_are_met_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let looker = looker(folder.path());
        for (requirements, expected) in [
            (r#"[{"memoryMib": 1}]"#, "Absent(0)"),
            (r#"[{"memoryMib": 1000000000}]"#, "MiB of memory"),
            (r#"[{"os": ["plan9"]}]"#, "not plan9"),
            (r#"[{"architecture": ["pdp11"]}]"#, "not pdp11"),
            (r#"[{"diskFreeMib": 1}]"#, "Absent(0)"),
            (r#"[{"diskFreeMib": 1000000000000}]"#, "MiB of free space"),
            (r#"[{"script": {"body": "exit 1"}}]"#, "script says no"),
            (r#"[{"script": {"body": "exit 9"}}]"#, "Unknown"),
        ] {
            let member = format!(r#""requirements": {requirements}, "detection": {{"file": "/none"}}"#);
            let observed = format!("{:?}", looker.observe(&application(&member)).await);
            assert!(observed.contains(expected), "`{expected}` is missing from {observed}");
        }
    }

    #[test]
    fn memory_is_read() {
        assert_eq!(mebibytes("MemFree: 1 kB\nMemTotal:       16384000 kB\n"), 16000);
        assert_eq!(mebibytes(""), 0);
    }
}
