//! Runs a document: test, set what differs, test again.

use std::error::Error;

use crate::{Document, Properties};

/// What touches the machine: the real one, or a rehearsal.
pub trait Resources {
    /// Why a resource cannot be tested or set.
    type Error: Error;

    /// Returns what differs from the desired state, in words without contents; empty where nothing does.
    fn test(&mut self, desired: &Properties) -> Result<Vec<String>, Self::Error>;

    /// Brings about the desired state.
    fn set(&mut self, desired: &Properties) -> Result<(), Self::Error>;
}

/// What became of one resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResourceOutcome {
    /// The resource's name.
    pub name: String,
    /// The resource's type.
    pub kind: &'static str,
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
    /// It could not be brought there.
    Failed,
    /// What it depends on failed or was skipped.
    Skipped,
}

impl Status {
    /// Returns whether the resource is in the desired state now.
    pub fn is_compliant(self) -> bool {
        match self {
            Status::Compliant | Status::Changed => true,
            Status::Failed | Status::Skipped => false,
        }
    }
}

/// Runs every resource of a document. One that fails stops only what depends on it.
pub fn run(document: &Document, resources: &mut impl Resources) -> Vec<ResourceOutcome> {
    let mut outcomes: Vec<ResourceOutcome> = Vec::with_capacity(document.resources().len());
    for resource in document.resources() {
        let stopped =
            resource.depends_on.iter().map(|need| &outcomes[*need]).find(|need| !need.status.is_compliant());
        let (status, detail) = match stopped {
            Some(need) => (Status::Skipped, format!("depends on `{}`, which is not compliant", need.name)),
            None => bring_about(&resource.properties, resources)
                .unwrap_or_else(|error| (Status::Failed, with_causes(&error))),
        };
        outcomes.push(ResourceOutcome {
            name: resource.name.clone(),
            kind: resource.properties.kind(),
            status,
            detail,
        });
    }
    outcomes
}

fn bring_about<R: Resources>(desired: &Properties, resources: &mut R) -> Result<(Status, String), R::Error> {
    let differed = resources.test(desired)?;
    if differed.is_empty() {
        return Ok((Status::Compliant, String::new()));
    }
    resources.set(desired)?;
    let left = resources.test(desired)?;

    Ok(if left.is_empty() {
        (Status::Changed, differed.join("; "))
    } else {
        (Status::Failed, format!("still differs after it was set: {}", left.join("; ")))
    })
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn each_resource_ends_in_one_of_four_ways() {
        check(&[("a", "same", "")], "a:Compliant");
        check(&[("a", "other", "")], "a:Changed");
        check(&[("a", "broken", "")], "a:Failed");
        check(&[("a", "stubborn", "")], "a:Failed");
    }

    #[test]
    fn a_failure_skips_what_depends_on_it_and_nothing_else() {
        check(
            &[("a", "broken", ""), ("b", "other", "a"), ("c", "other", "b"), ("d", "other", "")],
            "a:Failed b:Skipped c:Skipped d:Changed",
        );
        check(&[("b", "same", "a"), ("a", "other", "")], "a:Changed b:Compliant");
    }

    #[test]
    fn the_detail_says_what_differed_and_why_it_failed() {
        let outcomes = rehearse(&[("a", "other", ""), ("b", "broken", ""), ("c", "stubborn", "")]);
        let details: Vec<_> = outcomes.iter().map(|outcome| outcome.detail.as_str()).collect();
        assert_eq!(
            details,
            ["content differs", "no hammer: no wood", "still differs after it was set: content differs"]
        );
    }

    /// Files that behave as their content says.
    #[derive(Default)]
    struct Rehearsal(BTreeMap<String, u32>);

    #[derive(Debug, thiserror::Error)]
    #[error("no hammer")]
    struct NoHammer(#[source] std::io::Error);

    impl Resources for Rehearsal {
        type Error = NoHammer;

        fn test(&mut self, desired: &Properties) -> Result<Vec<String>, NoHammer> {
            let Properties::File(file) = desired;
            let sets = self.0.get(&file.path.to_string()).copied().unwrap_or(0);
            match (file.content.as_str(), sets) {
                ("same", _) | ("other", 1) => Ok(Vec::new()),
                _ => Ok(vec!["content differs".to_owned()]),
            }
        }

        fn set(&mut self, desired: &Properties) -> Result<(), NoHammer> {
            let Properties::File(file) = desired;
            *self.0.entry(file.path.to_string()).or_default() += 1;
            if file.content == "broken" { Err(NoHammer(std::io::Error::other("no wood"))) } else { Ok(()) }
        }
    }

    fn rehearse(resources: &[(&str, &str, &str)]) -> Vec<ResourceOutcome> {
        let resources: Vec<_> = resources
            .iter()
            .map(|(name, content, needs)| {
                let needs: Vec<_> = needs
                    .split_whitespace()
                    .map(|need| format!("[resourceId('Tenon.Linux/File','{need}')]"))
                    .collect();
                serde_json::json!({
                    "name": name, "type": "Tenon.Linux/File", "dependsOn": needs,
                    "properties": { "path": format!("/{name}"), "content": content },
                })
            })
            .collect();
        let text = serde_json::json!({
            "$schema": "https://aka.ms/dsc/schemas/v3/config/document.json", "resources": resources,
        });
        let document = Document::parse(&text.to_string()).expect("valid");
        run(&document, &mut Rehearsal::default())
    }

    #[track_caller]
    fn check(resources: &[(&str, &str, &str)], expected: &str) {
        let outcomes: Vec<_> = rehearse(resources)
            .iter()
            .map(|outcome| format!("{}:{:?}", outcome.name, outcome.status))
            .collect();
        assert_eq!(outcomes.join(" "), expected);
    }
}
