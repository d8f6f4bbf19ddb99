//! Conflicts: policies of one device that describe one thing differently. The one of the higher priority stands; where
//! two have the same, neither is applied. Either way it is said, in the compliance of each resource that lost.

use std::collections::BTreeMap;

use crate::Document;

/// A policy among others.
#[derive(Clone, Copy, Debug)]
pub struct Weighed<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its priority; the highest stands.
    pub priority: u32,
    /// Its document.
    pub document: &'a Document,
}

/// One thing that several policies describe, not all of them alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// The thing, such as ``the file `/etc/motd` ``.
    pub target: String,
    /// Who describes it: the places in what was given, and of the resource in its document.
    pub claims: Vec<(usize, usize)>,
    /// The one whose description stands, as a place in `claims`; `None`: nobody's.
    pub stands: Option<usize>,
}

/// Finds the conflicts among policies.
pub fn conflicts(policies: &[Weighed]) -> Vec<Conflict> {
    let mut claims: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
    for (policy, weighed) in policies.iter().enumerate() {
        for (place, resource) in weighed.document.resources().iter().enumerate() {
            if let Some(target) = resource.properties.target() {
                claims.entry(target).or_default().push((policy, place));
            }
        }
    }
    let properties =
        |(policy, place): &(usize, usize)| &policies[*policy].document.resources()[*place].properties;
    let differing = claims
        .into_iter()
        .filter(|(_, claims)| claims.windows(2).any(|two| properties(&two[0]) != properties(&two[1])));

    differing
        .map(|(target, claims)| {
            let highest = claims.iter().map(|(policy, _)| policies[*policy].priority).max();
            let is_highest = |claim: &&(usize, usize)| Some(policies[claim.0].priority) == highest;
            let mut leading = claims.iter().filter(is_highest);
            let first = leading.next();
            let agreed = leading.all(|other| first.map(properties) == Some(properties(other)));
            let stands =
                first.filter(|_| agreed).and_then(|first| claims.iter().position(|claim| claim == first));
            Conflict { target, claims, stands }
        })
        .collect()
}

/// Returns, for each policy, the resources that are not to be applied and why, by their places.
pub fn overruled(policies: &[Weighed]) -> Vec<BTreeMap<usize, String>> {
    let mut overruled = vec![BTreeMap::new(); policies.len()];
    for Conflict { target, claims, stands } in conflicts(policies) {
        let winner = stands.map(|stands| claims[stands]);
        for (policy, place) in &claims {
            let why = match winner {
                Some((winner, winning_place)) => {
                    let of = |policy: usize, place: usize| {
                        &policies[policy].document.resources()[place].properties
                    };
                    if of(*policy, *place) == of(winner, winning_place) {
                        continue;
                    }
                    format!(
                        "conflict: policy `{}` describes {target} as well, with priority {} over {}, and stands",
                        policies[winner].name, policies[winner].priority, policies[*policy].priority
                    )
                }
                None => {
                    let others = claims.iter().filter(|(other, _)| other != policy);
                    let others: Vec<_> =
                        others.map(|(other, _)| format!("`{}`", policies[*other].name)).collect();
                    format!(
                        "conflict: {} describes {target} differently with the same priority {}; give one of them a \
                         higher priority",
                        others.join(", "),
                        policies[*policy].priority
                    )
                }
            };
            overruled[*policy].insert(*place, why);
        }
    }
    overruled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_priority_stands_and_the_other_says_so() {
        check(&[("a", 1, "x"), ("b", 2, "y")], &["a: policy `b`", ""]);
        check(&[("a", 5, "x"), ("b", 2, "y"), ("c", 1, "z")], &["", "b: policy `a`", "c: policy `a`"]);
    }

    #[test]
    fn of_equal_priority_neither_is_applied() {
        check(&[("a", 1, "x"), ("b", 1, "y")], &["a: `b` describes", "b: `a` describes"]);
        check(
            &[("a", 1, "x"), ("b", 1, "y"), ("c", 0, "x")],
            &["a: `b`, `c` describes", "b: `a`, `c` describes", "c: `a`, `b` describes"],
        );
    }

    #[test]
    fn what_is_described_alike_is_no_conflict() {
        check(&[("a", 1, "x"), ("b", 1, "x")], &["", ""]);
        check(&[("a", 2, "x"), ("b", 2, "x"), ("c", 1, "y")], &["", "", "c: policy `a`"]);
        check(&[("a", 2, "x"), ("b", 1, "y"), ("c", 1, "x")], &["", "b: policy `a`", ""]);
    }

    #[track_caller]
    fn check(policies: &[(&str, u32, &str)], expected: &[&str]) {
        let documents: Vec<_> = policies.iter().map(|(_, _, content)| document(content)).collect();
        let weighed: Vec<_> = policies
            .iter()
            .zip(&documents)
            .map(|((name, priority, _), document)| Weighed { name, priority: *priority, document })
            .collect();
        for ((reasons, expected), policy) in overruled(&weighed).iter().zip(expected).zip(policies) {
            let expected = expected.split_once(": ").map(|(_, text)| text);
            match (reasons.get(&0), expected) {
                (None, None) => {}
                (Some(reason), Some(expected)) => assert!(reason.contains(expected), "{reason}"),
                (found, expected) => panic!("{}: {found:?}, not {expected:?}", policy.0),
            }
        }
    }

    fn document(content: &str) -> Document {
        Document::parse(&format!(
            "$schema: https://aka.ms/dsc/schemas/v3/config/document.json\nresources:\n- name: it\n  \
             type: Tenon.Linux/File\n  properties: {{path: /etc/motd, content: {content}}}\n"
        ))
        .expect("valid")
    }
}
