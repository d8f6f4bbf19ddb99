//! What a device must be for a deployment type to be for it.

use serde::Deserialize;

use crate::{Script, VersionRule};

/// One requirement; a deployment type has any number, and a device meets them all or the type is not for it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Requirement {
    /// The operating system, by `ID` or `ID_LIKE` of os-release(5), and its `VERSION_ID`.
    Os {
        /// Any of these.
        ids: Vec<String>,
        /// Its version, where that matters.
        version: Option<VersionRule>,
    },
    /// Any of these architectures, by their names in Debian or in the kernel: `amd64` and `x86_64` are the same.
    Architecture(Vec<String>),
    /// At least this much memory, in MiB.
    Memory(u64),
    /// At least this much free disk space, in MiB, where `path` is.
    Disk {
        /// A folder of the file system.
        path: String,
        /// The space, in MiB.
        free: u64,
    },
    /// What a script says.
    Script(Script),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    os: Option<Vec<String>>,
    os_version: Option<VersionRule>,
    architecture: Option<Vec<String>>,
    memory_mib: Option<u64>,
    disk_free_mib: Option<u64>,
    disk_path: Option<String>,
    script: Option<Script>,
}

/// What requirements are compared with.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Machine {
    /// `ID` of os-release(5), such as `debian`.
    pub os: String,
    /// `ID_LIKE`.
    pub os_like: Vec<String>,
    /// `VERSION_ID`.
    pub os_version: String,
    /// The kernel's name of the architecture, such as `x86_64`.
    pub architecture: String,
    /// Memory, in MiB.
    pub memory: u64,
}

/// Whether a device meets a requirement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict<'a> {
    /// It does.
    Met,
    /// It does not, and why.
    Unmet(String),
    /// The free space of this path decides: at least so many MiB.
    AskDisk(&'a str, u64),
    /// This script decides.
    AskScript(&'a Script),
}

impl Requirement {
    /// Compares it with a machine.
    pub fn verdict(&self, machine: &Machine) -> Verdict<'_> {
        match self {
            Requirement::Os { ids, version } => {
                let is = |id: &String| *id == machine.os || machine.os_like.contains(id);
                if !ids.iter().any(is) {
                    return Verdict::Unmet(format!("the system is {}, not {}", machine.os, ids.join(" or ")));
                }
                match version {
                    Some(rule) if !rule.takes(&machine.os_version) => {
                        Verdict::Unmet(format!("the system's version is {}, not {rule}", machine.os_version))
                    }
                    Some(_) | None => Verdict::Met,
                }
            }
            Requirement::Architecture(names) => {
                let own = architecture(&machine.architecture);
                if names.iter().any(|name| architecture(name) == own) {
                    Verdict::Met
                } else {
                    let wanted = names.join(" or ");
                    Verdict::Unmet(format!("the architecture is {}, not {wanted}", machine.architecture))
                }
            }
            Requirement::Memory(least) if machine.memory >= *least => Verdict::Met,
            Requirement::Memory(least) => {
                Verdict::Unmet(format!("it has {} MiB of memory, not {least}", machine.memory))
            }
            Requirement::Disk { path, free } => Verdict::AskDisk(path, *free),
            Requirement::Script(script) => Verdict::AskScript(script),
        }
    }
}

/// Debian and the kernel name the same things differently.
fn architecture(name: &str) -> &str {
    match name {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "i386" | "i686" => "x86",
        "armhf" | "armv7l" => "arm",
        "ppc64el" | "ppc64le" => "powerpc64",
        other => other,
    }
}

impl TryFrom<Written> for Requirement {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        const ONE: &str = "a requirement is one of `os` (with `osVersion`), `architecture`, `memoryMib`, `diskFreeMib` \
                           (with `diskPath`), `script`";
        let Written { os, os_version, architecture, memory_mib, disk_free_mib, disk_path, script } = written;
        let named = |list: &[String]| !list.is_empty() && list.iter().all(|name| !name.is_empty());
        match (os, os_version, architecture, memory_mib, disk_free_mib, disk_path, script) {
            (Some(ids), version, None, None, None, None, None) if named(&ids) => {
                Ok(Requirement::Os { ids, version })
            }
            (None, None, Some(names), None, None, None, None) if named(&names) => {
                Ok(Requirement::Architecture(names))
            }
            (None, None, None, Some(least), None, None, None) => Ok(Requirement::Memory(least)),
            (None, None, None, None, Some(free), path, None) => {
                let path = path.unwrap_or_else(|| "/".to_owned());
                if !path.starts_with('/') {
                    return Err("`diskPath` is the whole path of a folder, such as `/srv`".to_owned());
                }
                Ok(Requirement::Disk { path, free })
            }
            (None, None, None, None, None, None, Some(script)) => Ok(Requirement::Script(script)),
            _ => Err(ONE.to_owned()),
        }
    }
}
