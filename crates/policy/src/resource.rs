//! The types of resources, one file each: what a document may say of one, how it is tested, and how it is set.

mod apt;
mod command;
mod echo;
mod os_info;
mod script;
mod service;
mod sysctl;
mod user;

pub use apt::Apt;
pub use command::CommandResource;
pub use os_info::OsInfo;
pub use script::Script;
pub use service::Service;
pub use sysctl::Sysctl;
pub use user::User;

use std::io;

use crate::{File, FileError, Machine, ProgramError, Ran, document::Problem, expression::Scope, node::Node};

/// The types that need no manifest.
pub const BUILT_IN: [&str; 8] = [
    "Tenon.Linux/File",
    "Tenon.Linux/Service",
    "DSC.PackageManagement/Apt",
    "Tenon.Linux/Sysctl",
    "Tenon.Linux/User",
    "Tenon/Script",
    "Microsoft/OSInfo",
    "Microsoft.DSC.Debug/Echo",
];

/// The longest name of a type, in bytes; it is repeated in reports.
const LONGEST_TYPE: usize = 128;

/// The desired state of a resource, by its type.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Properties {
    /// `Tenon.Linux/File`
    File(File),
    /// `Tenon.Linux/Service`
    Service(Service),
    /// `DSC.PackageManagement/Apt`
    Apt(Apt),
    /// `Tenon.Linux/Sysctl`
    Sysctl(Sysctl),
    /// `Tenon.Linux/User`
    User(User),
    /// `Tenon/Script`
    Script(Script),
    /// `Microsoft/OSInfo`: tested only
    OsInfo(OsInfo),
    /// `Microsoft.DSC.Debug/Echo`: changes nothing
    Echo,
    /// A type that a manifest on the device brings along.
    Command(CommandResource),
    /// Whatever `dsc` makes of it.
    LeftToDsc {
        /// Its type.
        kind: String,
    },
}

/// What testing a resource found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tested {
    /// What differs, in words without contents; empty where nothing does.
    Differs(Vec<String>),
    /// The resource has no meaning on this device, and why.
    NotApplicable(String),
}

/// Why a resource cannot be tested or set.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A program did not run to its end.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// A program ended badly.
    #[error("`{program}` ended with {code}: {output}")]
    Ended {
        /// The program and what it was to do.
        program: String,
        /// Its exit code, in words where it is known.
        code: String,
        /// The end of what it said.
        output: String,
    },
    /// A file of the system cannot be read or written.
    #[error("failed to {attempt} {path}")]
    System {
        /// What was attempted.
        attempt: &'static str,
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The device's owner does not allow it.
    #[error(
        "the agent's configuration does not allow policy to use `{kind}`; `resource-allow` names the types that it may"
    )]
    NotAllowed {
        /// The type.
        kind: String,
    },
    /// Another reason.
    #[error("{0}")]
    Other(String),
}

impl Properties {
    /// Checks the properties of a resource, whose expressions have been evaluated.
    pub(crate) fn checked(kind: &str, node: Node, scope: &Scope) -> Result<Self, Problem> {
        Ok(match kind {
            File::TYPE => Properties::File(File::checked(node, scope)?),
            Service::TYPE => Properties::Service(Service::checked(node)?),
            Apt::TYPE => Properties::Apt(Apt::checked(node)?),
            Sysctl::TYPE => Properties::Sysctl(Sysctl::checked(node)?),
            User::TYPE => Properties::User(User::checked(node)?),
            Script::TYPE => Properties::Script(Script::checked(node, scope)?),
            OsInfo::TYPE => Properties::OsInfo(OsInfo::checked(node)?),
            echo::TYPE => {
                echo::checked(node)?;
                Properties::Echo
            }
            other => Properties::Command(CommandResource::checked(other, node)?),
        })
    }

    /// Returns the name of the resource's type.
    pub fn kind(&self) -> &str {
        match self {
            Properties::File(_) => File::TYPE,
            Properties::Service(_) => Service::TYPE,
            Properties::Apt(_) => Apt::TYPE,
            Properties::Sysctl(_) => Sysctl::TYPE,
            Properties::User(_) => User::TYPE,
            Properties::Script(_) => Script::TYPE,
            Properties::OsInfo(_) => OsInfo::TYPE,
            Properties::Echo => echo::TYPE,
            Properties::Command(command) => &command.kind,
            Properties::LeftToDsc { kind } => kind,
        }
    }

    /// Names the one thing on a device that the resource describes, so that two that describe it can be found. Scripts
    /// and what changes nothing describe no thing that could be compared.
    pub fn target(&self) -> Option<String> {
        match self {
            Properties::File(file) => Some(format!("the file `{}`", file.path)),
            Properties::Service(service) => Some(format!("the service `{}`", service.unit())),
            Properties::Apt(package) => Some(format!("the package `{}`", package.name)),
            Properties::Sysctl(setting) => Some(format!("the kernel setting `{}`", setting.key)),
            Properties::User(user) => Some(format!("the account `{}`", user.name)),
            Properties::Script(_)
            | Properties::OsInfo(_)
            | Properties::Echo
            | Properties::Command(_)
            | Properties::LeftToDsc { .. } => None,
        }
    }

    pub(crate) fn test(&self, machine: &mut impl Machine) -> Result<Tested, ResourceError> {
        match self {
            Properties::File(file) => Ok(Tested::Differs(machine.file_differences(file)?)),
            Properties::Service(service) => service.test(machine),
            Properties::Apt(package) => package.test(machine),
            Properties::Sysctl(setting) => setting.test(machine),
            Properties::User(user) => user.test(machine),
            Properties::Script(script) => script.test(machine),
            Properties::OsInfo(wanted) => wanted.test(machine),
            Properties::Echo => Ok(Tested::Differs(Vec::new())),
            Properties::Command(command) => command.test(machine),
            Properties::LeftToDsc { kind } => Ok(Tested::NotApplicable(format!("`dsc` applies `{kind}`"))),
        }
    }

    pub(crate) fn set(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        match self {
            Properties::File(file) => Ok(machine.set_file(file)?),
            Properties::Service(service) => service.set(machine),
            Properties::Apt(package) => package.set(machine),
            Properties::Sysctl(setting) => setting.set(machine),
            Properties::User(user) => user.set(machine),
            Properties::Script(script) => script.set(machine),
            Properties::OsInfo(_) => {
                Err(ResourceError::Other("an operating system is tested, not set".to_owned()))
            }
            Properties::Command(command) => command.set(machine),
            Properties::Echo | Properties::LeftToDsc { .. } => Ok(()),
        }
    }
}

/// Returns whether a text has the form of a type's name, `Owner[.Group][.Area]/Name`.
pub(crate) fn is_type_name(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.len() <= LONGEST_TYPE
        && text.split_once('/').is_some_and(|(owner, name)| owner.split('.').all(is_word) && is_word(name))
}

/// The most of a program's output that an error repeats, in bytes.
const SHOWN_OUTPUT: usize = 400;

/// Returns a program's result, or what it said at its end as an error.
fn well(ran: Ran, what: &str) -> Result<Ran, ResourceError> {
    if ran.code == Some(0) { Ok(ran) } else { Err(ended(&ran, what, None)) }
}

fn ended(ran: &Ran, what: &str, meaning: Option<&str>) -> ResourceError {
    let code = match (ran.code, meaning) {
        (Some(code), Some(meaning)) => format!("exit code {code} ({meaning})"),
        (Some(code), None) => format!("exit code {code}"),
        (None, _) => "a signal".to_owned(),
    };
    let said = if ran.stderr.trim().is_empty() { &ran.stdout } else { &ran.stderr };
    ResourceError::Ended { program: what.to_owned(), code, output: tail(said) }
}

/// Returns the end of a text on one line.
fn tail(text: &str) -> String {
    let text = text.trim();
    let mut from = text.len().saturating_sub(SHOWN_OUTPUT);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let line: Vec<_> = text[from..].lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let line = line.join(" / ");
    if line.is_empty() { "it said nothing".to_owned() } else { line }
}
