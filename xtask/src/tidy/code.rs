//! Rules about the code's words: the field's names and no others, and no task without an owner.

use std::{collections::BTreeSet, path::Path};

use super::{
    Finding, Repository, files,
    lexer::{Word, words},
};

/// Words that the field uses for something else, or that say nothing, each with the word to use.
const FORBIDDEN: &[(&str, &str)] = &[
    ("job", "device action, or push task"),
    ("jobs", "device actions, or push tasks"),
    ("hub", "notification server, or console"),
    ("gateway", "connector"),
    ("nodemanager", "agent"),
    ("manager", "what it does"),
    ("helper", "what it does"),
    ("helpers", "what they do"),
    ("utils", "what they do"),
];

/// Identifiers that are not ours: the field's own component names, and HTTP statuses.
const GIVEN: &[&str] = &[
    "GATEWAY_NOTIFICATION_WORKER",
    "GATEWAY_SYNC_UPLOAD_WORKER",
    "BAD_GATEWAY",
    "GATEWAY_TIMEOUT",
    "BadGateway",
    "GatewayTimeout",
];

/// The one function that starts a task and gives its handle to an owner.
const OWNER_OF_TASKS: &str = "crates/service/src/running.rs";

/// These rules' own lists.
const THIS: &str = "xtask/src/tidy/code.rs";

pub(super) fn findings(repository: &Repository) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in repository.files_with("rs").filter(|path| *path != Path::new(THIS)) {
        let text = repository.text(path)?;
        let all = words(&text);
        let mut wrong = forbidden(&all);
        if path != Path::new(OWNER_OF_TASKS) && !files::is_test(path) {
            wrong.extend(unowned(&all));
        }
        // The first place of each is enough to find the others.
        let mut said = BTreeSet::new();
        wrong.retain(|(_, what)| said.insert(what.clone()));
        let place = |line| format!("{}:{line}", path.display());
        findings.extend(wrong.into_iter().map(|(line, what)| Finding::new(place(line), what)));
    }
    Ok(findings)
}

fn forbidden(all: &[Word<'_>]) -> Vec<(usize, String)> {
    let mut wrong = Vec::new();
    for word in all.iter().filter(|word| !GIVEN.contains(&word.text)) {
        let parts = parts(word.text);
        for (part, instead) in FORBIDDEN {
            if parts.iter().any(|own| own == part) || parts.concat() == *part {
                wrong.push((word.line, format!("`{}` is not a word of ours: say {instead}", word.text)));
            }
        }
    }
    wrong
}

/// Returns the parts of an identifier, in lower case: `PushTask` and `push_task` are `push` and `task`.
fn parts(identifier: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before_was_lower = false;
    for next in identifier.chars() {
        let begins = next == '_' || (next.is_uppercase() && before_was_lower);
        if begins {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| next != '_') {
            part.extend(next.to_lowercase());
        }
        before_was_lower = next.is_lowercase() || next.is_ascii_digit();
    }
    parts.retain(|part| !part.is_empty());
    // The product's name, as Microsoft Graph writes it.
    if let Some(at) = parts.windows(2).position(|two| two == ["configuration", "manager"]) {
        parts.drain(at..at + 2);
    }
    parts
}

/// Returns the tasks that are started without an owner, tests at the end of a file apart.
fn unowned(all: &[Word<'_>]) -> Vec<(usize, String)> {
    let texts: Vec<&str> = all.iter().map(|word| word.text).collect();
    let end = texts.windows(7).position(|seven| seven == ["#", "[", "cfg", "(", "test", ")", "]"]);
    let code = &texts[..end.unwrap_or(texts.len())];
    let starts = |at: usize| {
        let rest = &code[at..];
        let short = rest.starts_with(&["tokio", ":", ":", "spawn"]);
        short || rest.starts_with(&["tokio", ":", ":", "task", ":", ":", "spawn"])
    };
    let what = "a task without an owner: use a JoinSet, `service::running::Running::part` or `owned`";
    (0..code.len()).filter(|at| starts(*at)).map(|at| (all[at].line, what.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_other_fields_are_found_in_any_case() {
        for (source, expected) in [
            ("struct JobQueue;", 1),
            ("let push_job = 1;", 1),
            ("struct NodeManager;", 2),
            ("const HUB: u8 = 0;", 1),
            ("struct Jobless; let github = 1; StatusCode::BAD_GATEWAY;", 0),
            ("struct TriggerConfigurationManagerAction; let configuration_manager_action = 1;", 0),
            ("// a job\n\"hub\"", 0),
        ] {
            assert_eq!(forbidden(&words(source)).len(), expected, "{source}");
        }
    }

    #[test]
    fn a_task_without_an_owner_is_found_outside_tests() {
        for (source, expected) in [
            ("fn a() { tokio::spawn(b()); }", 1),
            ("fn a() { tokio::task::spawn(b()); }", 1),
            ("fn a() { tasks.spawn(b()); tokio::task::spawn_blocking(c); }", 0),
            ("fn a() {}\n#[cfg(test)]\nmod tests { fn b() { tokio::spawn(c()); } }", 0),
        ] {
            assert_eq!(unowned(&words(source)).len(), expected, "{source}");
        }
    }
}
