//! What is really built: no banned crate, and no runtime in the wires. Licences and sources are cargo-deny's.
//!
//! `Cargo.lock` also lists what no feature turns on; this asks `cargo tree`, which knows the features.

use std::collections::BTreeSet;

use super::{Finding, protocol::WIRES};
use crate::shell;

/// Crates that may not be built, each with the reason.
const BANNED: &[(&str, &str)] = &[
    ("ring", "aws-lc-rs is the one provider of TLS and signatures"),
    ("openssl-sys", "aws-lc-rs is the one provider of TLS and signatures"),
    ("native-tls", "rustls is the one implementation of TLS"),
];

/// The pure crates beside the wires: words, formats, rules.
const PURE: [&str; 3] = ["action", "proof", "filter"];

/// A runtime, or a socket.
const RUNTIMES: [&str; 6] = ["tokio", "mio", "socket2", "async-io", "hyper", "rustls"];

pub(super) fn findings() -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let built = built(&["--workspace", "--edges", "normal,build,dev"])?;
    for (name, reason) in BANNED.iter().filter(|(name, _)| built.contains(*name)) {
        findings.push(Finding::new(*name, format!("is built, and must not be: {reason}")));
    }
    for pure in PURE.iter().chain(&WIRES) {
        let built = self::built(&["--package", pure, "--edges", "normal"])?;
        for name in RUNTIMES.iter().filter(|name| built.contains(**name)) {
            findings.push(Finding::new(*pure, format!("has a runtime or a socket: it depends on `{name}`")));
        }
    }
    Ok(findings)
}

/// Returns the names of the crates that are built.
fn built(arguments: &[&str]) -> anyhow::Result<BTreeSet<String>> {
    let mut command = shell::cargo(["tree", "--prefix", "none", "--format", "{p}"]);
    Ok(names(&shell::output(command.args(arguments))?))
}

fn names(tree: &str) -> BTreeSet<String> {
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_tree() {
        let tree = "action v0.1.0 (/home/me/crates/action)\nserde v1.0.229\nserde_derive v1.0.229 (proc-macro) (*)\n";
        assert_eq!(names(tree).into_iter().collect::<Vec<_>>(), ["action", "serde", "serde_derive"]);
    }

    #[test]
    fn a_runtime_would_be_seen_where_there_is_one() {
        let service = built(&["--package", "service", "--edges", "normal"]).expect("a tree");
        assert!(service.contains("tokio") && service.contains("rustls"));
    }
}
