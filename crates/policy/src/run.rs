//! Runs a document: test, set what differs, test again.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, error::Error};

use crate::{Access, Document, Machine, Properties, Resource, ResourceError, Tested};

/// What became of one resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResourceOutcome {
    /// The resource's name.
    pub name: String,
    /// The resource's type.
    pub kind: String,
    /// How it stands.
    pub status: Status,
    /// What differed or failed; empty where nothing did.
    pub detail: String,
}

/// How a resource stands after a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// It was in the desired state already.
    Compliant,
    /// It was not, and was brought there.
    Changed,
    /// It is not, and would be brought there: the run was asked to change nothing.
    Differs,
    /// It could not be brought there.
    Failed,
    /// What it depends on is not in the desired state.
    Skipped,
    /// It has no meaning on this device.
    NotApplicable,
}

/// Whether a run may change the machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// It sets what differs.
    Enforce,
    /// It says what it would set.
    WhatIf,
}

/// What a run over a document has to mind besides it.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// What the device's owner allows.
    pub access: &'a Access,
    /// Whether the run may change the machine.
    pub mode: Mode,
    /// Resources that another policy overrules, by their place in the document, and why.
    pub overruled: BTreeMap<usize, String>,
}

impl<'a> Rules<'a> {
    /// Rules for a document that is alone.
    pub fn new(access: &'a Access, mode: Mode) -> Self {
        Self { access, mode, overruled: BTreeMap::new() }
    }
}

impl Status {
    /// Returns whether the resource is in the desired state now.
    pub fn is_compliant(self) -> bool {
        match self {
            Status::Compliant | Status::Changed => true,
            Status::Differs | Status::Failed | Status::Skipped | Status::NotApplicable => false,
        }
    }
}

/// Runs every resource of a document. One that fails stops only what depends on it.
pub fn run(document: &Document, machine: &mut impl Machine, rules: &Rules) -> Vec<ResourceOutcome> {
    let mut outcomes: Vec<ResourceOutcome> = Vec::with_capacity(document.resources().len());
    for (place, resource) in document.resources().iter().enumerate() {
        let (status, detail) = outcome(place, resource, &outcomes, machine, rules);
        outcomes.push(ResourceOutcome {
            name: resource.name.clone(),
            kind: resource.properties.kind().to_owned(),
            status,
            detail,
        });
    }
    outcomes
}

fn outcome(
    place: usize,
    resource: &Resource,
    before: &[ResourceOutcome],
    machine: &mut impl Machine,
    rules: &Rules,
) -> (Status, String) {
    // What would be set counts as set: a run that changes nothing says what one that does would come to.
    let stands = |status: Status| status.is_compliant() || status == Status::Differs;
    let stopped = resource.depends_on.iter().map(|need| &before[*need]).find(|need| !stands(need.status));
    if let Some(need) = stopped {
        return (Status::Skipped, format!("depends on `{}`, which is not compliant", need.name));
    }
    if let Some(why) = rules.overruled.get(&place) {
        return (Status::Failed, why.clone());
    }
    let kind = resource.properties.kind();
    let done = if rules.access.allows(kind) {
        bring_about(&resource.properties, machine, rules.mode)
    } else {
        Err(ResourceError::NotAllowed { kind: kind.to_owned() })
    };
    done.unwrap_or_else(|error| (Status::Failed, with_causes(&error)))
}

fn bring_about(
    desired: &Properties,
    machine: &mut impl Machine,
    mode: Mode,
) -> Result<(Status, String), ResourceError> {
    let differed = match desired.test(machine)? {
        Tested::NotApplicable(why) => return Ok((Status::NotApplicable, why)),
        Tested::Differs(differed) => differed,
    };
    if differed.is_empty() {
        return Ok((Status::Compliant, String::new()));
    }
    if mode == Mode::WhatIf {
        return Ok((Status::Differs, differed.join("; ")));
    }
    desired.set(machine)?;
    Ok(match desired.test(machine)? {
        Tested::Differs(left) if left.is_empty() => (Status::Changed, differed.join("; ")),
        Tested::Differs(left) => {
            (Status::Failed, format!("still differs after it was set: {}", left.join("; ")))
        }
        Tested::NotApplicable(why) => (Status::Failed, format!("{why}, after it was set")),
    })
}

pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
