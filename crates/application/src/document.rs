//! The document of an application, checked whole.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{ContentFile, Detection, Requirement, ReturnCodes, Step};

/// The largest text of a document, in bytes: what the management point serves as one document.
pub const LARGEST: usize = 1 << 20;
/// The most deployment types of an application.
pub const MOST_TYPES: usize = 32;
/// The most content files of a deployment type.
pub const MOST_CONTENT: usize = 64;
/// The most applications that one names as dependencies, and as superseded.
const MOST_NAMES: usize = 32;
/// The longest name of anything, in bytes.
const LONGEST_NAME: usize = 128;
/// The longest description, in bytes.
const LONGEST_DESCRIPTION: usize = 4096;

/// An application.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Application {
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// Who makes it.
    #[serde(default)]
    pub publisher: String,
    /// Its version, for people: what is installed is seen by detection.
    #[serde(default)]
    pub software_version: String,
    /// The names of the applications that are installed before it.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// The applications that it takes the place of.
    #[serde(default)]
    pub supersedes: Vec<Supersedes>,
    /// The ways to install it; the first whose requirements the device meets is taken.
    pub deployment_types: Vec<DeploymentType>,
}

/// An application that another takes the place of.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Supersedes {
    /// Its name.
    pub application: String,
    /// Whether it is removed before the other is installed; else the other replaces it itself.
    #[serde(default)]
    pub uninstall: bool,
}

/// A way to install an application.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeploymentType {
    /// Its name.
    pub name: String,
    /// What a device must be for it.
    #[serde(default)]
    pub requirements: Vec<Requirement>,
    /// How it is seen whether the application is there.
    pub detection: Detection,
    /// The files that its steps need.
    #[serde(default)]
    pub content: Vec<ContentFile>,
    /// What installs it.
    pub install: Step,
    /// What removes it, where it can be removed.
    pub uninstall: Option<Step>,
    /// What the steps' exit codes mean.
    #[serde(default)]
    pub return_codes: ReturnCodes,
}

/// Why a document is refused, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the application is not valid{}: {what}", .line.map_or_else(String::new, |line| format!(", line {line}")))]
pub struct DocumentError {
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

impl Application {
    /// Reads and checks a document: JSON where it begins with a brace, YAML otherwise.
    ///
    /// # Errors
    ///
    /// Says what is wrong, in which line where the shape is wrong, and what to do.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        if text.len() > LARGEST {
            return Err(refused(format!("it has {} bytes, more than {LARGEST}", text.len())));
        }
        let application: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| shape(Some(error.line()), &error.to_string()))?
        } else {
            yaml_serde::from_str(text)
                .map_err(|error| shape(error.location().map(|at| at.line()), &error.to_string()))?
        };
        application.check().map_err(refused)?;
        Ok(application)
    }

    fn check(&self) -> Result<(), String> {
        for (member, text) in [("publisher", &self.publisher), ("softwareVersion", &self.software_version)] {
            if text.len() > LONGEST_NAME || text.contains(char::is_control) {
                return Err(format!(
                    "`{member}` is longer than {LONGEST_NAME} bytes, or holds control characters"
                ));
            }
        }
        if self.description.len() > LONGEST_DESCRIPTION {
            return Err(format!("`description` is longer than {LONGEST_DESCRIPTION} bytes"));
        }
        names("dependsOn", self.depends_on.iter())?;
        names("supersedes", self.supersedes.iter().map(|superseded| &superseded.application))?;
        if self.deployment_types.is_empty() || self.deployment_types.len() > MOST_TYPES {
            return Err(format!("`deploymentTypes` has between 1 and {MOST_TYPES} entries"));
        }
        names("deploymentTypes", self.deployment_types.iter().map(|one| &one.name))?;
        for one in &self.deployment_types {
            one.check().map_err(|what| format!("deployment type `{}`: {what}", one.name))?;
        }
        Ok(())
    }
}

impl DeploymentType {
    fn check(&self) -> Result<(), String> {
        if self.content.len() > MOST_CONTENT {
            return Err(format!("`content` has more than {MOST_CONTENT} files"));
        }
        self.content.iter().try_for_each(ContentFile::check)?;
        let files: BTreeSet<&str> = self.content.iter().map(|file| file.name.as_str()).collect();
        if files.len() != self.content.len() {
            return Err("`content` has two files of one name".to_owned());
        }
        for (member, step) in [("install", Some(&self.install)), ("uninstall", self.uninstall.as_ref())] {
            if let Some(file) = step.and_then(Step::needs)
                && !files.contains(file)
            {
                return Err(format!("`{member}` needs `{}`, which is not in `content`", file.escape_debug()));
            }
        }
        self.return_codes.check()
    }
}

fn names<'a>(member: &str, list: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in list {
        if name.trim().is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_control) {
            return Err(format!("a name in `{member}` is empty, too long, or holds control characters"));
        }
        if !seen.insert(name) || seen.len() > MOST_NAMES {
            return Err(format!("`{member}` names `{name}` twice, or more than {MOST_NAMES} of them"));
        }
    }
    Ok(())
}

fn shape(line: Option<usize>, message: &str) -> DocumentError {
    // Both parsers end their messages with the place, which is said apart.
    let what = message.split(" at line ").next().unwrap_or(message).to_owned();
    DocumentError { line: line.filter(|line| *line > 0), ..refused(what) }
}

fn refused(what: String) -> DocumentError {
    DocumentError { line: None, what, fix: "correct it, and put the application again".to_owned() }
}

#[cfg(test)]
mod tests;
