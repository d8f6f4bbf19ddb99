//! `tenon-agent policy`: policy without a site, for an administrator at the device, for tests, and for the process that
//! user policy is applied by.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use management_link::{ComplianceReport, Omitted, ResourceReport, ResourceStatus};
use policy::{Access, DevicePath, Environment, FileAccess, Mode};

use crate::enforce::{Policy, enforce};

/// The largest input of the process of a user, in bytes: several documents of the largest size.
const LARGEST_INPUT: u64 = 64 << 20;

/// Why policy could not be applied at the device.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A document cannot be read.
    #[error("failed to read the policy document {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The root cannot be entered.
    #[error("failed to enter the root {}", path.display())]
    Root {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The process of a user was started by hand, or wrongly.
    #[error("this is for the agent, which starts it as a user: {0}")]
    NotAUser(String),
    /// The answer cannot be written.
    #[error("failed to write what was found")]
    Write(#[source] io::Error),
    /// Something is not as the documents say.
    #[error("{0} of {1} resources are not compliant")]
    NotCompliant(usize, usize),
}

/// What `tenon-agent policy apply` is to do.
#[derive(Clone, Debug)]
pub struct LocalOrder {
    /// The documents, each a policy of its own with the file's name.
    pub documents: Vec<PathBuf>,
    /// The folder that becomes the root of everything.
    pub root: Option<PathBuf>,
    /// Change nothing, and say what would be changed.
    pub what_if: bool,
    /// Print JSON.
    pub json: bool,
}

/// Applies documents to this machine, or to a root beside it, and prints what became of each resource.
pub fn apply_here(order: &LocalOrder, mut out: impl Write) -> Result<(), LocalError> {
    let read = |path: &PathBuf| {
        let document = fs::read_to_string(path);
        let document = document.map_err(|source| LocalError::Read { path: path.clone(), source })?;
        let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Policy { name, priority: 0, users: Vec::new(), document })
    };
    let policies = order.documents.iter().map(read).collect::<Result<Vec<_>, LocalError>>()?;
    if let Some(root) = &order.root {
        enter(root).map_err(|source| LocalError::Root { path: root.clone(), source })?;
    }
    let mode = if order.what_if { Mode::WhatIf } else { Mode::Enforce };
    let reports = enforce(&policies, &Access::all(), &Environment::root(), mode);
    print(&reports, order.json, &mut out).map_err(LocalError::Write)?;

    let is_bad = |report: &&ResourceReport| match report.status {
        ResourceStatus::Failed | ResourceStatus::Skipped => true,
        ResourceStatus::Compliant | ResourceStatus::Changed | ResourceStatus::NotApplicable => false,
    };
    match reports.iter().filter(is_bad).count() {
        0 => Ok(()),
        bad => Err(LocalError::NotCompliant(bad, reports.len())),
    }
}

fn enter(root: &Path) -> io::Result<()> {
    rustix::process::chroot(root)?;
    rustix::process::chdir("/")?;
    Ok(())
}

fn print(reports: &[ResourceReport], json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        serde_json::to_writer(&mut *out, reports)?;
        return writeln!(out);
    }
    for ResourceReport { policy, resource, status, detail, .. } in reports {
        let status = match status {
            ResourceStatus::Compliant => "compliant",
            ResourceStatus::Changed => "changed",
            ResourceStatus::Failed => "failed",
            ResourceStatus::Skipped => "skipped",
            ResourceStatus::NotApplicable => "not applicable",
        };
        let detail = if detail.is_empty() { String::new() } else { format!(": {}", detail.escape_debug()) };
        writeln!(out, "{policy}/{}  {status}{detail}", resource.escape_debug())?;
    }
    Ok(())
}

/// Applies the policies that come on the input as the user that this process is of.
pub fn apply_as_this_user(input: impl Read, out: impl Write) -> Result<(), LocalError> {
    if rustix::process::geteuid().is_root() {
        return Err(LocalError::NotAUser("it must not be root".to_owned()));
    }
    let variable = |name: &str| {
        std::env::var(name).map_err(|_| LocalError::NotAUser(format!("`{name}` is not in its environment")))
    };
    let (user, home) = (variable("USER")?, variable("HOME")?);
    let shell = variable("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
    let place: DevicePath =
        home.parse().map_err(|why| LocalError::NotAUser(format!("its home folder {home} {why}")))?;
    let policies: Vec<Policy> = serde_json::from_reader(input.take(LARGEST_INPUT))
        .map_err(|error| LocalError::NotAUser(format!("its input is wrong: {error}")))?;
    let access = Access { files: FileAccess { root: "/".into(), allow: vec![place] }, ..Access::all() };
    let environment = Environment { user, home, shell };
    let resources = enforce(&policies, &access, &environment, Mode::Enforce);
    // As much as the agent reads of an answer, the worst first.
    let report =
        ComplianceReport { generation: 0, at: service::clock::now(), resources, omitted: Omitted::default() };
    serde_json::to_writer(out, &report.fitted().resources).map_err(|error| LocalError::Write(error.into()))
}
