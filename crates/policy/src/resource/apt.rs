//! `DSC.PackageManagement/Apt`: a Debian package, through `dpkg-query` and `apt-get`. No name reaches a shell.

use super::{ResourceError, Tested, well};
use crate::{
    Machine, Program, Ran,
    document::{Fields, Problem, shown},
    node::Node,
};

const DPKG_QUERY: &str = "/usr/bin/dpkg-query";
const DPKG: &str = "/usr/bin/dpkg";
const APT_GET: &str = "/usr/bin/apt-get";
/// What apt-get says where dpkg has not ended what it began.
const INTERRUPTED: &str = "dpkg was interrupted";
const APT_CACHE: &str = "/usr/bin/apt-cache";

/// How long apt waits for another program that holds its lock, in seconds.
const LOCK_SECONDS: u64 = 120;
/// How long a download and an installation may take, beyond the wait for the lock.
const WITHIN_SECONDS: u64 = 1800;
/// The longest name or version, in bytes.
const LONGEST: usize = 128;
/// The exit code of `dpkg-query` for a package that dpkg has never heard of.
const NEVER_HEARD_OF: i32 = 1;

/// The desired state of a package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Apt {
    /// The package's name.
    pub name: String,
    /// Whether it is to be installed.
    pub exists: bool,
    /// Which version.
    pub version: Version,
}

/// A version of a package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Version {
    /// Any that is installed.
    Any,
    /// The newest that the device's package lists know.
    Latest,
    /// This one.
    Exact(String),
}

impl Apt {
    /// The name of the type.
    pub const TYPE: &'static str = "DSC.PackageManagement/Apt";

    pub(crate) fn checked(node: Node) -> Result<Self, Problem> {
        let known = ["packageName", "version", "_exist", "ensure"];
        let mut fields = Fields::of(Self::TYPE, node, &known)?;
        let (at, name) = fields.needed("packageName", "Add the package's name as `packageName`.")?;
        if !is_package_name(&name) {
            let what = format!("`{}` is no name of a Debian package", shown(&name));
            return Err(Problem::new(at, what, "Write lower-case letters, digits, `+`, `-` and `.`."));
        }
        let exists = fields.exists()?;
        let version = match fields.text("version")? {
            None => Version::Any,
            Some((at, _)) if !exists => {
                let what = "a package that is to be absent has a version";
                return Err(Problem::new(at, what, "Remove `version`."));
            }
            Some((_, text)) if text == "latest" => Version::Latest,
            Some((_, text)) if is_version(&text) => Version::Exact(text),
            Some((at, text)) => {
                let what = format!("`{}` is no version of a Debian package", shown(&text));
                return Err(Problem::new(at, what, "Write it as `apt-cache policy` shows it, or `latest`."));
            }
        };
        Ok(Self { name, exists, version })
    }

    pub(super) fn test(&self, machine: &mut impl Machine) -> Result<Tested, ResourceError> {
        if !machine.exists(DPKG_QUERY) {
            return Ok(Tested::NotApplicable("this device has no dpkg".to_owned()));
        }
        let installed = self.installed(machine)?;
        let difference = match (self.exists, installed, &self.version) {
            (false, None, _) => None,
            (false, Some(version), _) => Some(format!("it is installed, version {version}")),
            (true, None, _) => Some("it is not installed".to_owned()),
            (true, Some(_), Version::Any) => None,
            (true, Some(version), Version::Exact(wanted)) => {
                (version != *wanted).then(|| format!("the version is {version}, not {wanted}"))
            }
            (true, Some(version), Version::Latest) => {
                let newest = self.newest(machine)?.unwrap_or_else(|| version.clone());
                (version != newest).then(|| format!("the version is {version}, and {newest} is the latest"))
            }
        };
        Ok(Tested::Differs(difference.into_iter().collect()))
    }

    pub(super) fn set(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        finish_what_was_interrupted(machine)?;
        if !self.exists {
            return apt_get(machine, &["remove", "--", &self.name]).and_then(|ran| ended_well(ran, "remove"));
        }
        if self.newest(machine)?.is_none() {
            // The lists may be older than the package.
            apt_get(machine, &["update"]).and_then(|ran| ended_well(ran, "update"))?;
        }
        let what = match &self.version {
            Version::Exact(version) => format!("{}={version}", self.name),
            Version::Any | Version::Latest => self.name.clone(),
        };
        let install = ["--allow-downgrades", "install", "--", &what];
        let ran = apt_get(machine, &install)?;
        if ran.code != Some(0) && matches!(self.version, Version::Exact(_)) {
            apt_get(machine, &["update"]).and_then(|ran| ended_well(ran, "update"))?;
            return apt_get(machine, &install).and_then(|ran| ended_well(ran, "install"));
        }
        ended_well(ran, "install")
    }

    /// Returns the installed version.
    fn installed(&self, machine: &mut impl Machine) -> Result<Option<String>, ResourceError> {
        let query = ["--show", "--showformat=${db:Status-Status} ${Version}\\n", "--", &self.name];
        let ran = machine.run(&Program::new(DPKG_QUERY, &query))?;
        if ran.code == Some(NEVER_HEARD_OF) {
            return Ok(None);
        }
        let lines = well(ran, "dpkg-query --show")?.stdout;
        Ok(lines.lines().find_map(|line| line.strip_prefix("installed ")).map(str::to_owned))
    }

    /// Returns the version that apt would install.
    fn newest(&self, machine: &mut impl Machine) -> Result<Option<String>, ResourceError> {
        let ran = machine.run(&Program::new(APT_CACHE, &["policy", "--", &self.name]))?;
        let told = well(ran, "apt-cache policy")?.stdout;
        let candidate = told.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
        Ok(candidate.filter(|version| *version != "(none)").map(str::to_owned))
    }
}

/// Finishes what an interrupted run left half done: it would make every apt-get fail. What cannot be finished is named by
/// the run that follows.
fn finish_what_was_interrupted(machine: &mut impl Machine) -> Result<(), ResourceError> {
    let unfinished = well(machine.run(&Program::new(DPKG, &["--audit"]))?, "dpkg --audit")?.stdout;
    if unfinished.trim().is_empty() {
        return Ok(());
    }
    // A package that was cut off while it was unpacked is flagged `R`: it can only be unpacked again, or removed.
    let states = ["--show", "--showformat=${db:Status-Abbrev} ${Package}\\n"];
    let states = machine.run(&Program::new(DPKG_QUERY, &states))?.stdout;
    for name in states.lines().filter(|line| line.as_bytes().get(2) == Some(&b'R')) {
        let name = name[3..].trim();
        if apt_get(machine, &["--reinstall", "install", "--", name])?.code != Some(0) {
            let remove = ["--force-remove-reinstreq", "--remove", "--", name];
            machine.run(&with_lists(Program::new(DPKG, &remove)))?;
        }
    }
    configure(machine)
}

fn ended_well(ran: Ran, verb: &str) -> Result<(), ResourceError> {
    well(ran, &format!("apt-get {verb}")).map(drop)
}

fn apt_get(machine: &mut impl Machine, arguments: &[&str]) -> Result<Ran, ResourceError> {
    let lock = format!("DPkg::Lock::Timeout={LOCK_SECONDS}");
    let mut all = vec![
        "--yes",
        "-o",
        &lock,
        "-o",
        "Dpkg::Options::=--force-confdef",
        "-o",
        "Dpkg::Options::=--force-confold",
    ];
    all.extend(arguments);
    let program = with_lists(Program::new(APT_GET, &all));
    let ran = machine.run(&program)?;
    if ran.code == Some(0) || !ran.stderr.contains(INTERRUPTED) {
        return Ok(ran);
    }
    // dpkg was cut off while it noted that all was well: it has nothing unfinished to name, and apt refuses all the same.
    configure(machine)?;
    Ok(machine.run(&program)?)
}

fn configure(machine: &mut impl Machine) -> Result<(), ResourceError> {
    let configure = Program::new(DPKG, &["--force-confold", "--configure", "-a"]);
    machine.run(&with_lists(configure))?;
    Ok(())
}

fn with_lists(program: Program) -> Program {
    program
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("DEBCONF_NONINTERACTIVE_SEEN", "true")
        .within_seconds(LOCK_SECONDS + WITHIN_SECONDS)
}

/// Names as Debian's policy has them. One that ends with a minus would mean its removal to apt.
fn is_package_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let (name, architecture) = name.split_once(':').unwrap_or((name, "any"));
    (2..=LONGEST).contains(&name.len())
        && name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|byte| is_letter(byte) || b"+-.".contains(&byte))
        && !name.ends_with('-')
        && !architecture.is_empty()
        && architecture.bytes().all(|byte| is_letter(byte) || byte == b'-')
}

fn is_version(text: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b".+-:~".contains(&byte);
    text.len() <= LONGEST
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && text.bytes().all(is_sign)
}
