//! Which requests wait for a second person, and which accounts are one person's.

use std::collections::{BTreeMap, BTreeSet};

use action::{ActionKind, UserId};
use authority_link::ApprovalRule;
use proof::Level;

/// What the site knows of approvals.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    /// The highest level of proof that waits, by kind and collection.
    rules: BTreeMap<(ActionKind, String), Level>,
    /// Accounts with others of the same person.
    same: BTreeSet<(UserId, UserId)>,
}

impl Approvals {
    pub(crate) fn new(rules: Vec<ApprovalRule>, same: Vec<(UserId, UserId)>) -> Self {
        let rules = rules.into_iter().map(|rule| ((rule.kind, rule.collection), rule.of)).collect();
        Self { rules, same: same.into_iter().collect() }
    }

    /// Returns the rules of a kind: each collection with the highest level of proof that waits.
    pub(crate) fn of_kind(&self, kind: ActionKind) -> impl Iterator<Item = (&str, Level)> {
        let of_kind = move |((known, _), _): &(&(ActionKind, String), &Level)| *known == kind;
        self.rules.iter().filter(of_kind).map(|((_, collection), level)| (&**collection, *level))
    }

    /// Returns all rules.
    pub(crate) fn rules(&self) -> Vec<ApprovalRule> {
        let rule = |((kind, collection), of): (&(ActionKind, String), &Level)| ApprovalRule {
            kind: *kind,
            collection: collection.clone(),
            of: *of,
        };
        self.rules.iter().map(rule).collect()
    }

    /// Sets a rule.
    pub(crate) fn put_rule(&mut self, rule: ApprovalRule) {
        self.rules.insert((rule.kind, rule.collection), rule.of);
    }

    /// Removes a rule.
    pub(crate) fn remove_rule(&mut self, kind: ActionKind, collection: &str) {
        self.rules.remove(&(kind, collection.to_owned()));
    }

    /// Returns which accounts are one person's.
    pub(crate) fn same(&self) -> Vec<(UserId, UserId)> {
        self.same.iter().copied().collect()
    }

    /// Notes that two accounts are one person's.
    pub(crate) fn put_same(&mut self, user: UserId, same_as: UserId) {
        self.same.insert((user, same_as));
    }

    /// Forgets all others that an account is noted to be.
    pub(crate) fn remove_same(&mut self, user: UserId) {
        self.same.retain(|(known, _)| *known != user);
    }

    /// Returns whether two accounts are known to be one person's, by whatever way round.
    pub(crate) fn are_one(&self, one: UserId, other: UserId) -> bool {
        let mut reached = BTreeSet::from([one]);
        loop {
            let before = reached.len();
            for (user, same_as) in &self.same {
                if reached.contains(user) || reached.contains(same_as) {
                    reached.extend([*user, *same_as]);
                }
            }
            if reached.contains(&other) {
                return true;
            }
            if reached.len() == before {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn accounts_of_one_person_are_found_by_whatever_way_round() {
        let [a, b, c, d] = [1, 2, 3, 4].map(|number| UserId(Uuid::from_u128(number)));
        let approvals = Approvals::new(Vec::new(), vec![(b, a), (b, c)]);
        for (one, other, same) in [(a, a, true), (a, c, true), (c, a, true), (a, d, false), (d, c, false)] {
            assert_eq!(approvals.are_one(one, other), same, "{one} {other}");
        }
    }
}
