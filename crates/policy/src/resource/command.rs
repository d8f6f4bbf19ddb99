//! Command resources: any executable that a manifest on the device describes, in the form of DSC's resource manifests.

mod manifest;
#[cfg(test)]
mod tests;

pub(crate) use manifest::{Manifest, find};

use serde_json::{Map, Value as Json};

use self::manifest::{Argument, Input, Method, Returns};
use super::{ResourceError, Tested, ended};
use crate::{Machine, Program, Ran, document::Problem, node::Node};

/// How long an executable may run.
const WITHIN_SECONDS: u64 = 300;

/// A resource whose type a manifest on the device brings along.
#[derive(Clone, Eq, PartialEq)]
pub struct CommandResource {
    /// Its type.
    pub kind: String,
    /// Its properties, as the executable gets them.
    pub properties: Map<String, Json>,
}

impl std::fmt::Debug for CommandResource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Properties may be secrets.
        f.debug_struct("CommandResource").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl CommandResource {
    pub(crate) fn checked(kind: &str, node: Node) -> Result<Self, Problem> {
        let at = node.at;
        match node.to_json() {
            Json::Object(properties) => Ok(Self { kind: kind.to_owned(), properties }),
            _ => Err(Problem::new(at, "`properties` is no map", "Write a map.")),
        }
    }

    pub(super) fn test(&self, machine: &mut impl Machine) -> Result<Tested, ResourceError> {
        let Some(manifest) = find(&self.kind, machine)? else {
            let what = format!("no manifest on this device brings the type `{}` along", self.kind);
            return Ok(Tested::NotApplicable(what));
        };
        let Some(test) = &manifest.test else {
            let state = object(&self.call(&manifest, &manifest.get, machine)?, "get")?;
            return Ok(Tested::Differs(differing(&self.properties, &state)));
        };
        let ran = self.call(&manifest, test, machine)?;
        let state = object(&ran, "test")?;
        if let Some(Json::Bool(wanted)) = state.get("_inDesiredState") {
            let differs = if *wanted { Vec::new() } else { vec!["its own test says so".to_owned()] };
            return Ok(Tested::Differs(differs));
        }
        let differences = match test.returns {
            // The second line names the properties that differ.
            Some(Returns::StateAndDiff) => {
                let line = ran.stdout.lines().filter(|line| !line.trim().is_empty()).nth(1).unwrap_or("");
                let names: Vec<String> = serde_json::from_str(line)
                    .map_err(|_| ResourceError::Other("`test` names no list of differences".to_owned()))?;
                names.into_iter().map(|name| format!("`{name}` differs")).collect()
            }
            Some(Returns::State) | None => differing(&self.properties, &state),
        };
        Ok(Tested::Differs(differences))
    }

    pub(super) fn set(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        let Some(manifest) = find(&self.kind, machine)? else {
            return Err(ResourceError::Other(format!("the manifest of `{}` is gone", self.kind)));
        };
        let is_to_go = self.properties.get("_exist") == Some(&Json::Bool(false));
        let method = match (&manifest.delete, &manifest.set) {
            (Some(delete), set) if is_to_go && !set.as_ref().is_some_and(|set| set.handles_exist) => delete,
            (_, Some(set)) => set,
            (_, None) => {
                return Err(ResourceError::Other(format!("`{}` is tested only: it has no `set`", self.kind)));
            }
        };
        self.call(&manifest, method, machine).map(drop)
    }

    fn call(
        &self,
        manifest: &Manifest,
        method: &Method,
        machine: &mut impl Machine,
    ) -> Result<Ran, ResourceError> {
        let json = Json::Object(self.properties.clone()).to_string();
        let mut arguments = Vec::new();
        for argument in &method.args {
            match argument {
                Argument::Plain(text) => arguments.push(text.as_str()),
                Argument::Json { name } => arguments.extend([name.as_str(), &json]),
            }
        }
        let mut program = Program::new(&method.executable, &arguments).within_seconds(WITHIN_SECONDS);
        program = match method.input {
            Some(Input::Stdin) => program.stdin(json.clone()),
            Some(Input::Env) => self.properties.iter().fold(program, |program, (name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                program.env(name, &value)
            }),
            None => program,
        };
        let ran = machine.run(&program)?;
        if ran.code == Some(0) {
            return Ok(ran);
        }
        let meaning = ran.code.and_then(|code| manifest.exit_codes.get(&code.to_string()));
        Err(ended(&ran, &method.executable, meaning.map(String::as_str)))
    }
}

/// Reads the first line of an executable's output, which is its state.
fn object(ran: &Ran, method: &str) -> Result<Map<String, Json>, ResourceError> {
    let text = ran.stdout.trim();
    let line = text.lines().next().unwrap_or("");
    let parsed = serde_json::from_str(text).or_else(|_| serde_json::from_str(line));
    parsed
        .map_err(|error| ResourceError::Other(format!("what `{method}` printed is no JSON object: {error}")))
}

/// Names the desired properties that the state does not have: DSC's synthetic test.
fn differing(desired: &Map<String, Json>, state: &Map<String, Json>) -> Vec<String> {
    let exists = |state: &Map<String, Json>| state.get("_exist") != Some(&Json::Bool(false));
    if !exists(desired) && !exists(state) {
        return Vec::new();
    }
    let differs = desired.iter().filter(|(name, wanted)| match (name.as_str(), state.get(*name)) {
        ("_exist", None) => **wanted == Json::Bool(false),
        (_, Some(actual)) => !holds(actual, wanted),
        (_, None) => true,
    });
    differs.map(|(name, _)| format!("`{name}` differs")).collect()
}

/// Returns whether an actual value holds a desired one: of an object, each desired member.
fn holds(actual: &Json, wanted: &Json) -> bool {
    match (actual, wanted) {
        (Json::Object(actual), Json::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| actual.get(name).is_some_and(|actual| holds(actual, wanted)))
        }
        _ => actual == wanted,
    }
}
