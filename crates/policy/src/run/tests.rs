use std::{collections::BTreeMap, io};

use super::*;
use crate::{File, FileError, Program, ProgramError, Ran};

#[test]
fn each_resource_ends_in_one_of_its_ways() {
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
fn a_run_that_may_change_nothing_says_what_would_be_set() {
    let mut machine = Rehearsal::default();
    let document = document(&[("a", "other", ""), ("b", "other", "a"), ("c", "same", "")]);
    let access = Access::all();
    let outcomes = run(&document, &mut machine, &Rules::new(&access, Mode::WhatIf));
    assert_eq!(shown(&outcomes), "a:Differs b:Differs c:Compliant");
    assert!(machine.0.is_empty(), "nothing was set");
}

#[test]
fn the_detail_says_what_differed_and_why_it_failed() {
    let outcomes = rehearse(&[("a", "other", ""), ("b", "broken", ""), ("c", "stubborn", "")]);
    let details: Vec<_> = outcomes.iter().map(|outcome| outcome.detail.as_str()).collect();
    assert_eq!(
        details,
        ["content differs", "failed to write /b: no wood", "still differs after it was set: content differs"]
    );
}

#[test]
fn a_type_that_the_owner_does_not_allow_is_not_tested() {
    let text = "$schema: https://aka.ms/dsc/schemas/v3/config/document.json\nresources:\n- name: a\n  \
                type: Tenon/Script\n  properties: {test: 'true', set: 'true'}\n";
    let document = Document::parse(text).expect("valid");
    let access = Access::none();
    let outcomes = run(&document, &mut Rehearsal::default(), &Rules::new(&access, Mode::Enforce));
    assert_eq!(outcomes[0].status, Status::Failed);
    assert!(outcomes[0].detail.contains("`resource-allow`"), "{}", outcomes[0].detail);
}

#[test]
fn what_another_policy_overrules_is_not_set() {
    let document = document(&[("a", "other", ""), ("b", "same", "a")]);
    let access = Access::all();
    let mut rules = Rules::new(&access, Mode::Enforce);
    rules.overruled.insert(0, "another stands".to_owned());
    let mut machine = Rehearsal::default();
    let outcomes = run(&document, &mut machine, &rules);
    assert_eq!(shown(&outcomes), "a:Failed b:Skipped");
    assert_eq!((outcomes[0].detail.as_str(), machine.0.len()), ("another stands", 0));
}

/// Files that behave as their content says.
#[derive(Default)]
struct Rehearsal(BTreeMap<String, u32>);

impl Machine for Rehearsal {
    fn run(&mut self, program: &Program) -> Result<Ran, ProgramError> {
        panic!("no program is run, and not {}", program.path())
    }

    fn read(&mut self, _: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn write(&mut self, _: &str, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn exists(&mut self, _: &str) -> bool {
        false
    }

    fn manifests(&mut self) -> io::Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    fn file_differences(&mut self, file: &File) -> Result<Vec<String>, FileError> {
        let sets = self.0.get(&file.path.to_string()).copied().unwrap_or(0);
        match (file.content.as_str(), sets) {
            ("same", _) | ("other", 1) => Ok(Vec::new()),
            _ => Ok(vec!["content differs".to_owned()]),
        }
    }

    fn set_file(&mut self, file: &File) -> Result<(), FileError> {
        let path = file.path.to_string();
        *self.0.entry(path.clone()).or_default() += 1;
        if file.content == "broken" {
            Err(FileError::Failed { attempt: "write", path, source: io::Error::other("no wood") })
        } else {
            Ok(())
        }
    }
}

fn rehearse(resources: &[(&str, &str, &str)]) -> Vec<ResourceOutcome> {
    let access = Access::all();
    run(&document(resources), &mut Rehearsal::default(), &Rules::new(&access, Mode::Enforce))
}

fn document(resources: &[(&str, &str, &str)]) -> Document {
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
    Document::parse(&text.to_string()).expect("valid")
}

fn shown(outcomes: &[ResourceOutcome]) -> String {
    let outcomes: Vec<_> =
        outcomes.iter().map(|outcome| format!("{}:{:?}", outcome.name, outcome.status)).collect();
    outcomes.join(" ")
}

#[track_caller]
fn check(resources: &[(&str, &str, &str)], expected: &str) {
    assert_eq!(shown(&rehearse(resources)), expected);
}
