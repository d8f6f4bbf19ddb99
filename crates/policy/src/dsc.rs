//! Microsoft's `dsc` as the engine, where the device's owner has named it and the document asks for it.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::{Access, Machine, Mode, Program, ResourceOutcome, Status};

/// How long `dsc` may take for a document.
const WITHIN_SECONDS: u64 = 1800;

/// What `dsc config set` and `dsc config test` print.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    #[serde(default)]
    results: Vec<Named>,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    had_errors: bool,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    result: Json,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
    message: String,
    level: String,
}

/// Has `dsc` apply a document.
pub fn apply(text: &str, machine: &mut impl Machine, access: &Access, mode: Mode) -> Vec<ResourceOutcome> {
    let failed = |detail: String| {
        vec![ResourceOutcome { name: String::new(), kind: "dsc".to_owned(), status: Status::Failed, detail }]
    };
    let Some(path) = &access.dsc else {
        return failed(
            "the document asks for the engine `dsc`, and the agent's configuration names none".to_owned(),
        );
    };
    if access.types.is_some() {
        return failed(
            "the engine `dsc` may use any type, and `resource-allow` does not allow that".to_owned(),
        );
    }
    let verb = match mode {
        Mode::Enforce => "set",
        Mode::WhatIf => "test",
    };
    let arguments = ["config", verb, "--output-format", "json", "--file", "-"];
    let program =
        Program::new(&path.to_string_lossy(), &arguments).stdin(text).within_seconds(WITHIN_SECONDS);
    let ran = match machine.run(&program) {
        Ok(ran) => ran,
        Err(error) => return failed(crate::run::with_causes(&error)),
    };
    let Ok(printed) = serde_json::from_str::<Printed>(&ran.stdout) else {
        let said: String =
            ran.stderr.trim().chars().rev().take(400).collect::<Vec<_>>().into_iter().rev().collect();
        let code = ran.code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
        return failed(format!("`dsc config {verb}` ended with {code} and printed no result: {said}"));
    };
    let mut outcomes: Vec<_> = printed.results.iter().map(outcome).collect();
    for message in printed.messages.into_iter().filter(|message| message.level.eq_ignore_ascii_case("error"))
    {
        outcomes.push(ResourceOutcome {
            name: message.name,
            kind: message.kind,
            status: Status::Failed,
            detail: message.message,
        });
    }
    let is_well = ran.code == Some(0) && !printed.had_errors;
    if !is_well && outcomes.iter().all(|outcome| outcome.status != Status::Failed) {
        outcomes.extend(failed(format!("`dsc config {verb}` had errors that it does not name")));
    }
    outcomes
}

fn outcome(result: &Named) -> ResourceOutcome {
    let names = |member: &str| {
        let names = result.result.get(member).and_then(Json::as_array).into_iter().flatten();
        names.filter_map(Json::as_str).map(|name| format!("`{name}` differs")).collect::<Vec<_>>().join("; ")
    };
    let (status, detail) = match result.result.get("inDesiredState").and_then(Json::as_bool) {
        Some(true) => (Status::Compliant, String::new()),
        Some(false) => (Status::Differs, names("differingProperties")),
        None => match names("changedProperties") {
            changed if changed.is_empty() => (Status::Compliant, String::new()),
            changed => (Status::Changed, changed),
        },
    };
    ResourceOutcome { name: result.name.clone(), kind: result.kind.clone(), status, detail }
}
