//! What may know what: a crate uses lower layers only, so two programs can never depend on each other.

use super::{Finding, Repository};

/// The workspace, lowest layer first.
const LAYERS: &[&[&str]] = &[
    &["action", "proof", "filter"],
    &[
        "site-link",
        "authority-link",
        "device-channel",
        "management-link",
        "console-api",
        "site-store",
        "policy",
        "application",
        "trace",
        "service",
        "outside",
        "database",
    ],
    &["testkit"],
    &["console", "connector", "authority", "notifier", "management-point", "agent", "swarm"],
    &["tenon", "e2e", "bench", "fuzz", "xtask"],
];

/// Neighbours within a layer: what is signed speaks of the shared words, the site's store is statements on the
/// database's one layer, and the benchmarks start the same programs as the stories.
const WITHIN: &[(&str, &str)] = &[("proof", "action"), ("site-store", "database"), ("bench", "e2e")];

/// Fakes and moving clocks: for tests of any crate, and for the crates that are nothing but tests.
const FOR_TESTS: &str = "testkit";
const NOTHING_BUT_TESTS: &[&str] = &["e2e", "bench"];

pub(super) fn findings(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        if layer(&package.name).is_none() {
            let what = "has no layer: give it one in xtask/src/tidy/layers.rs and in ARCHITECTURE.md";
            findings.push(Finding::new(&package.name, what));
        }
        for used in &package.uses {
            if !may_use(&package.name, &used.name, used.tests_only) {
                findings.push(Finding::new(&package.name, format!("must not depend on `{}`", used.name)));
            }
        }
    }
    findings
}

fn may_use(user: &str, used: &str, tests_only: bool) -> bool {
    if used == FOR_TESTS {
        return tests_only || NOTHING_BUT_TESTS.contains(&user);
    }
    match (layer(user), layer(used)) {
        (Some(above), Some(below)) => below < above || WITHIN.contains(&(user, used)),
        (None, _) | (_, None) => false,
    }
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_uses_lower_layers_only() {
        for (user, used, tests_only, expected) in [
            ("site-link", "action", false, true),
            ("action", "site-link", false, false),
            ("connector", "console", false, false),
            ("connector", "console", true, false),
            ("connector", "site-store", false, true),
            ("site-store", "database", false, true),
            ("database", "site-store", false, false),
            ("proof", "action", false, true),
            ("action", "proof", false, false),
            ("site-store", "service", false, false),
            ("connector", "testkit", true, true),
            ("database", "testkit", true, true),
            ("connector", "testkit", false, false),
            ("e2e", "testkit", false, true),
            ("tenon", "console", false, true),
            ("xtask", "tenon", false, false),
            ("connector", "nobody", false, false),
        ] {
            assert_eq!(may_use(user, used, tests_only), expected, "{user} on {used}");
        }
    }
}
