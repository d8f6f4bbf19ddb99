//! `Tenon/Script`: a script that tests and one that sets. The one resource that has a shell, because the document asks
//! for it.

use super::{ResourceError, Tested, ended, well};
use crate::{
    Machine, Program,
    document::{Fields, Problem, shown},
    expression::Scope,
    node::Node,
};

/// The longest script, in bytes: the kernel takes 128 KiB as one argument.
const LONGEST: usize = 64 << 10;
/// How long a script may run where the document does not say.
const DEFAULT_SECONDS: u64 = 60;
/// The longest that a document may allow: a run of the policy has a deadline too.
const MOST_SECONDS: u64 = 3600;
/// The exit code of a test for a state that differs. Any other but 0 is a mistake of the script.
const DIFFERS: i32 = 1;

/// A test and what to do where it finds a difference.
#[derive(Clone, Eq, PartialEq)]
pub struct Script {
    /// Ends with 0 where nothing differs, with 1 where something does.
    pub test: String,
    /// Brings about the desired state.
    pub set: String,
    /// How long each may run, in seconds.
    pub seconds: u64,
    /// The account that runs them; `None`: the agent's own.
    pub run_as: Option<String>,
    /// What they are given to, with `-c`.
    pub interpreter: String,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Scripts may hold secrets.
        f.debug_struct("Script").field("run_as", &self.run_as).finish_non_exhaustive()
    }
}

impl Script {
    /// The name of the type.
    pub const TYPE: &'static str = "Tenon/Script";

    pub(crate) fn checked(node: Node, scope: &Scope) -> Result<Self, Problem> {
        let known = ["test", "set", "timeoutSeconds", "runAs", "interpreter", "template"];
        let mut fields = Fields::of(Self::TYPE, node, &known)?;
        let at = fields.at;
        let is_template = fields.flag("template")?.unwrap_or(false);
        let mut script = |name: &str, fix: &str| {
            let text = if is_template {
                fields.template(name, scope)?
            } else {
                fields.text(name)?.map(|(_, text)| text)
            };
            match text {
                None => Err(Problem::new(at, format!("`{name}` is missing"), fix)),
                Some(text) if text.len() > LONGEST || text.contains('\0') => {
                    let what = format!("`{name}` has more than {LONGEST} bytes, or a zero byte");
                    Err(Problem::new(at, what, "Put it into a file, and call that."))
                }
                Some(text) => Ok(text),
            }
        };
        let test = script("test", "Add a script that ends with 0 where nothing differs, with 1 otherwise.")?;
        let set = script("set", "Add a script that brings about what `test` looks for.")?;
        let seconds = fields.whole("timeoutSeconds", 1, MOST_SECONDS)?.unwrap_or(DEFAULT_SECONDS);
        let run_as = match fields.text("runAs")? {
            Some((at, name)) if !super::user::is_name(&name) => {
                let what = format!("`{}` is no name of an account", shown(&name));
                return Err(Problem::new(at, what, "Write a name from /etc/passwd."));
            }
            other => other.map(|(_, name)| name),
        };
        let interpreter = match fields.text("interpreter")? {
            Some((at, path)) if path.parse::<crate::DevicePath>().is_err() => {
                let what = format!("the interpreter `{}` is no absolute path", shown(&path));
                return Err(Problem::new(at, what, "Write it as `/usr/bin/python3`."));
            }
            other => other.map_or_else(|| "/bin/sh".to_owned(), |(_, path)| path),
        };
        Ok(Self { test, set, seconds, run_as, interpreter })
    }

    pub(super) fn test(&self, machine: &mut impl Machine) -> Result<Tested, ResourceError> {
        let ran = machine.run(&self.program(&self.test))?;
        match ran.code {
            Some(0) => Ok(Tested::Differs(Vec::new())),
            Some(DIFFERS) => Ok(Tested::Differs(vec!["the test script says so".to_owned()])),
            _ => Err(ended(&ran, "the test script", None)),
        }
    }

    pub(super) fn set(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        well(machine.run(&self.program(&self.set))?, "the set script").map(drop)
    }

    fn program(&self, script: &str) -> Program {
        let program = Program::new(&self.interpreter, &["-c", script]).within_seconds(self.seconds);
        match &self.run_as {
            Some(account) => program.run_as(account),
            None => program,
        }
    }
}
