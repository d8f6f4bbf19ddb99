//! `Tenon.Linux/Service`: a systemd service, through `systemctl`.

use super::{ResourceError, Tested, well};
use crate::{
    Machine, Program,
    document::{Fields, Problem, shown},
    node::Node,
};

/// Where systemd says that it runs.
const RUNNING: &str = "/run/systemd/system";
/// The longest name of a unit, as systemd has it.
const LONGEST: usize = 255;
/// A service that takes longer to start is stuck; systemd's own limit is 90 s.
const WITHIN_SECONDS: u64 = 120;

/// The desired state of a service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Service {
    /// Its name, with or without `.service`.
    pub name: String,
    /// Whether it is to start with the machine; `None` leaves that as it is.
    pub enabled: Option<bool>,
    /// Whether it is to run; `None` leaves that as it is.
    pub running: Option<bool>,
}

impl Service {
    /// The name of the type.
    pub const TYPE: &'static str = "Tenon.Linux/Service";

    pub(crate) fn checked(node: Node) -> Result<Self, Problem> {
        let mut fields = Fields::of(Self::TYPE, node, &["name", "enabled", "running"])?;
        let (at, name) = fields.needed("name", "Add the service's name, such as `name: ssh`.")?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
        if name.is_empty() || name.len() > LONGEST || name.starts_with('-') || !name.bytes().all(is_name) {
            let what = format!("`{}` is no name of a service", shown(&name));
            return Err(Problem::new(at, what, "Write it as `systemctl` shows it, such as `ssh`."));
        }
        let (enabled, running) = (fields.flag("enabled")?, fields.flag("running")?);
        if enabled.is_none() && running.is_none() {
            let what = "neither `enabled` nor `running` is given";
            return Err(Problem::new(fields.at, what, "Add one of them, or both."));
        }
        Ok(Self { name, enabled, running })
    }

    /// Returns the name of the unit.
    pub fn unit(&self) -> String {
        let has_suffix = [".service", ".socket", ".timer", ".path", ".mount", ".target"]
            .iter()
            .any(|suffix| self.name.ends_with(suffix));
        if has_suffix { self.name.clone() } else { format!("{}.service", self.name) }
    }

    pub(super) fn test(&self, machine: &mut impl Machine) -> Result<Tested, ResourceError> {
        if self.running.is_some() && !machine.exists(RUNNING) {
            return Ok(Tested::NotApplicable("systemd does not run here".to_owned()));
        }
        let mut differences = Vec::new();
        if let Some(wanted) = self.running {
            let show = [
                "show",
                "--property=LoadState",
                "--property=ActiveState",
                "--property=NeedDaemonReload",
                "--",
                &self.unit(),
            ];
            let shown = well(machine.run(&systemctl(&show))?, "systemctl show")?.stdout;
            let is = |line: &str| shown.lines().any(|shown| shown == line);
            if wanted && is("LoadState=not-found") {
                return Err(ResourceError::Other(format!(
                    "the service `{}` does not exist on this device; install its package first",
                    self.name
                )));
            }
            let runs = is("ActiveState=active") || is("ActiveState=reloading");
            if runs != wanted {
                differences.push(if wanted { "it does not run" } else { "it runs" }.to_owned());
            }
        }
        if let Some(wanted) = self.enabled {
            let ran = machine.run(&systemctl(&["is-enabled", "--", &self.unit()]))?;
            let state = ran.stdout.trim().to_owned();
            let is_enabled = matches!(state.as_str(), "enabled" | "enabled-runtime" | "alias");
            match (wanted, state.as_str()) {
                (true, "static" | "indirect" | "generated" | "transient") => {}
                (true, "masked" | "masked-runtime") => {
                    return Err(ResourceError::Other(format!(
                        "the service `{0}` is masked on this device; `systemctl unmask {0}` undoes it",
                        self.name
                    )));
                }
                (true, "" | "not-found") => {
                    return Err(ResourceError::Other(format!(
                        "the service `{}` does not exist on this device; install its package first",
                        self.name
                    )));
                }
                (wanted, state) if wanted != is_enabled => differences.push(if wanted {
                    format!("it is {state}, not enabled")
                } else {
                    "it is enabled".to_owned()
                }),
                _ => {}
            }
        }
        Ok(Tested::Differs(differences))
    }

    pub(super) fn set(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        let unit = self.unit();
        let verb = |wanted, yes, no| if wanted { yes } else { no };
        if let Some(enabled) = self.enabled {
            let verb = verb(enabled, "enable", "disable");
            well(machine.run(&systemctl(&[verb, "--", &unit]))?, &format!("systemctl {verb}"))?;
        }
        if let Some(running) = self.running {
            let verb = verb(running, "start", "stop");
            well(machine.run(&systemctl(&[verb, "--", &unit]))?, &format!("systemctl {verb}"))?;
        }
        Ok(())
    }
}

fn systemctl(arguments: &[&str]) -> Program {
    Program::new("/usr/bin/systemctl", arguments).within_seconds(WITHIN_SECONDS)
}
