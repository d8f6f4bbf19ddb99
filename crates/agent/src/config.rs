//! The agent's configuration: `agent.toml`, checked.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use application::Window;
use policy::{Access, BUILT_IN, DevicePath, FileAccess};
use serde::Deserialize;
use service::{
    config::ConfigError,
    log::{Format, LogSettings},
    proxy::{NotAProxy, Proxy},
};

use crate::{child::Pace, schedule::Cycles};

/// The shortest period of machine policy: more often, a fleet is a load and no policy changes so often.
const SHORTEST_PERIOD: Duration = Duration::from_secs(60);
/// The longest period of machine policy: beyond a day a device is not managed.
const LONGEST_PERIOD: Duration = Duration::from_hours(24);

/// The longest period of applications: a month.
const LONGEST_APPLICATIONS: Duration = Duration::from_hours(30 * 24);
/// Content that is kept where nothing is said, in MiB: some large applications.
const CONTENT_CACHE_MIB: u64 = 2048;
/// The most content that may be kept, in MiB: one TiB.
const LARGEST_CACHE_MIB: u64 = 1 << 20;

/// The agent's settings, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// The folder of the agent's key, certificate, journal and policies. Only its owner may read it.
    pub folder: PathBuf,
    /// What policy may use and change on this machine.
    pub access: Access,
    /// The name that the device reports; the host's where it is left out.
    pub name: Option<String>,
    /// How often the cycles run.
    pub cycles: Cycles,
    /// When the machine may be changed by what nobody asked for at once; empty: always.
    pub windows: Vec<Window>,
    /// How much a program that is run may take from others.
    pub pace: Pace,
    /// Bytes of content that are kept at most.
    pub content_limit: u64,
    /// The HTTP proxy that every connection goes through, where one is set.
    pub proxy: Option<Proxy>,
}

/// Everything that `agent.toml` holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// The agent's own settings.
    pub config: Config,
    /// Its logs.
    pub logs: LogSettings,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    folder: Option<PathBuf>,
    log_folder: Option<PathBuf>,
    log_format: Option<Format>,
    file_root: Option<PathBuf>,
    file_allow: Option<Vec<String>>,
    resource_allow: Option<Vec<String>>,
    resource_path: Option<Vec<PathBuf>>,
    dsc: Option<PathBuf>,
    name: Option<String>,
    machine_policy_minutes: Option<u64>,
    application_minutes: Option<u64>,
    maintenance_windows: Option<Vec<String>>,
    low_priority: Option<bool>,
    content_cache_mib: Option<u64>,
    proxy: Option<String>,
}

/// Why `agent.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read, or is no valid file.
    #[error(transparent)]
    File(#[from] ConfigError),
    /// A key has a value that cannot be.
    #[error("the agent configuration {}, key `{key}`: {what}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What is wrong, and what is right.
        what: String,
    },
}

impl Settings {
    /// Where the file stands unless the command line says otherwise.
    pub const PATH: &'static str = "/etc/tenon/agent.toml";

    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        service::config::load::<File>(path, "agent")
            .map_err(SettingsError::File)
            .and_then(|file| checked(file, path))
    }

    /// Checks a file's text; `path` is named in errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        service::config::parse::<File>(text, path, "agent")
            .map_err(SettingsError::File)
            .and_then(|file| checked(file, path))
    }
}

fn checked(file: File, path: &Path) -> Result<Settings, SettingsError> {
    let wrong = |key, what: String| SettingsError::Key { path: path.to_owned(), key, what };
    let absolute = |key, folder: Option<PathBuf>, usual: &str| match folder {
        Some(folder) if folder.is_absolute() => Ok(folder),
        Some(folder) => {
            Err(wrong(key, format!("`{}` is not absolute; write the whole path", folder.display())))
        }
        None => Ok(PathBuf::from(usual)),
    };

    let folder = absolute("folder", file.folder, "/var/lib/tenon/agent")?;
    let log_folder = absolute("log-folder", file.log_folder, "/var/log/tenon")?;
    let files = match (file.file_root, file.file_allow) {
        (None, None) => None,
        (None, Some(_)) => {
            return Err(wrong("file-allow", "it needs `file-root`; write `file-root = \"/\"`".to_owned()));
        }
        (Some(root), allow) => {
            let root = absolute("file-root", Some(root), "/")?;
            let allow = allow.unwrap_or_else(|| vec!["/".to_owned()]);
            let allow = allow.iter().map(|text| allowed(text).map_err(|what| wrong("file-allow", what)));
            Some(FileAccess { root, allow: allow.collect::<Result<_, _>>()? })
        }
    };
    let types = match file.resource_allow {
        // Who may write any file of the machine may do anything else as well.
        None => (!files.as_ref().is_some_and(is_whole)).then(Vec::new),
        Some(types) if types.iter().any(|kind| kind == "*") => None,
        Some(types) => Some(types),
    };
    if let Some(other) = types.iter().flatten().find(|kind| !kind.contains('/')) {
        let what = format!("`{other}` is no type; write `*`, or types such as `{}`", BUILT_IN[1]);
        return Err(wrong("resource-allow", what));
    }
    let resource_path = match file.resource_path {
        None => Access::RESOURCE_PATH.map(PathBuf::from).to_vec(),
        Some(folders) => folders
            .into_iter()
            .map(|folder| absolute("resource-path", Some(folder), ""))
            .collect::<Result<_, _>>()?,
    };
    let dsc = file.dsc.map(|path| absolute("dsc", Some(path), "")).transpose()?;
    let files = files.unwrap_or_else(|| Access::none().files);
    let access = Access { files, types, resource_path, dsc };
    if let Some(name) = &file.name
        && (name.is_empty()
            || name.len() > management_link::LONGEST_FACT
            || name.chars().any(char::is_control))
    {
        return Err(wrong("name", "it is empty, longer than 255 bytes or not printable".to_owned()));
    }
    let mut cycles = Cycles::default();
    if let Some(minutes) = file.machine_policy_minutes {
        cycles.machine_policy = Duration::from_secs(minutes.saturating_mul(60));
        if !(SHORTEST_PERIOD..=LONGEST_PERIOD).contains(&cycles.machine_policy) {
            return Err(wrong("machine-policy-minutes", format!("{minutes} is not between 1 and 1440")));
        }
    }

    if let Some(minutes) = file.application_minutes {
        cycles.applications = Duration::from_secs(minutes.saturating_mul(60));
        if !(SHORTEST_PERIOD..=LONGEST_APPLICATIONS).contains(&cycles.applications) {
            return Err(wrong("application-minutes", format!("{minutes} is not between 1 and 43200")));
        }
    }
    let windows = file.maintenance_windows.unwrap_or_default();
    let windows: Vec<Window> = windows
        .iter()
        .map(|text| text.parse().map_err(|error| wrong("maintenance-windows", format!("{error}"))))
        .collect::<Result<_, _>>()?;
    let mebibytes = file.content_cache_mib.unwrap_or(CONTENT_CACHE_MIB);
    if mebibytes == 0 || mebibytes > LARGEST_CACHE_MIB {
        let what = format!("{mebibytes} is not between 1 and {LARGEST_CACHE_MIB}");
        return Err(wrong("content-cache-mib", what));
    }
    let proxy = file.proxy.map(|text| text.parse()).transpose();
    let proxy = proxy.map_err(|error: NotAProxy| wrong("proxy", error.to_string()))?;
    let pace = if file.low_priority.unwrap_or(true) { Pace::Low } else { Pace::Usual };

    Ok(Settings {
        config: Config {
            folder,
            access,
            name: file.name,
            cycles,
            windows,
            pace,
            content_limit: mebibytes << 20,
            proxy,
        },
        logs: LogSettings { format: file.log_format.unwrap_or_default(), ..LogSettings::new(log_folder) },
    })
}

fn is_whole(files: &FileAccess) -> bool {
    files.root == Path::new("/") && files.allow.contains(&DevicePath::root())
}

fn allowed(text: &str) -> Result<DevicePath, String> {
    if text == "/" {
        return Ok(DevicePath::root());
    }
    text.parse().map_err(|why| format!("`{text}` {why}; write a path such as `/etc/motd`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_root_policy_may_change_nothing() {
        let settings = parse("").expect("valid");
        assert_eq!(settings.config.access.files.allow, []);
        assert_eq!(settings.config.access.types, Some(Vec::new()));
        assert_eq!(settings.config.folder, Path::new("/var/lib/tenon/agent"));
        assert_eq!(settings.logs.folder, Path::new("/var/log/tenon"));
        assert_eq!(settings.config.cycles, Cycles::default());
    }

    #[test]
    fn a_file_root_is_allowed_whole_or_in_parts() {
        let whole = parse("file-root = \"/srv/device\"").expect("valid").config.access.files;
        assert_eq!((whole.root.as_path(), whole.allow), (Path::new("/srv/device"), vec![DevicePath::root()]));
        let part = parse("file-root = \"/\"\nfile-allow = [\"/etc\", \"/srv/www\"]").expect("valid");
        let allow: Vec<_> = part.config.access.files.allow.iter().map(ToString::to_string).collect();
        assert_eq!(allow, ["/etc", "/srv/www"]);
        assert_eq!(parse("file-root = \"/\"\nfile-allow = []").expect("valid").config.access.files.allow, []);
    }

    #[test]
    fn other_types_than_files_are_allowed_with_the_whole_root_or_by_name() {
        for (text, script, service) in [
            ("", false, false),
            ("file-root = \"/\"", true, true),
            ("file-root = \"/\"\nresource-allow = []", false, false),
            ("file-root = \"/\"\nfile-allow = [\"/etc\"]", false, false),
            ("file-root = \"/srv/device\"", false, false),
            ("resource-allow = [\"*\"]", true, true),
            ("resource-allow = [\"Tenon/Script\"]", true, false),
        ] {
            let access = parse(text).expect("valid").config.access;
            let found = (access.allows("Tenon/Script"), access.allows("Tenon.Linux/Service"));
            assert_eq!(found, (script, service), "{text}");
        }
    }

    #[test]
    fn each_mistake_is_named_by_its_key() {
        check("colour = 1", "key `colour`");
        check("folder = \"here\"", "key `folder`: `here` is not absolute");
        check("file-allow = [\"/etc\"]", "key `file-allow`: it needs `file-root`");
        check(
            "file-root = \"/\"\nfile-allow = [\"/etc/..\"]",
            "key `file-allow`: `/etc/..` is not in its plain form",
        );
        check("name = \"\"", "key `name`");
        check("machine-policy-minutes = 0", "key `machine-policy-minutes`: 0 is not between 1 and 1440");
        check("resource-allow = [\"scripts\"]", "key `resource-allow`: `scripts` is no type; write `*`");
        check("resource-path = [\"here\"]", "key `resource-path`: `here` is not absolute");
        check("dsc = \"dsc\"", "key `dsc`: `dsc` is not absolute");
        check("log-format = \"xml\"", "key `log-format`");
        check("application-minutes = 0", "key `application-minutes`: 0 is not between");
        check("maintenance-windows = [\"Sat\"]", "key `maintenance-windows`: `Sat` is no maintenance window");
        check("content-cache-mib = 0", "key `content-cache-mib`");
        check("proxy = \"proxy.example\"", "key `proxy`: the proxy's address is not of the form http://");
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = parse(text).expect_err("a mistake").to_string();
        assert!(shown.contains(expected), "`{expected}` is missing from `{shown}`");
    }

    fn parse(text: &str) -> Result<Settings, SettingsError> {
        Settings::parse(text, Path::new("agent.toml"))
    }
}
