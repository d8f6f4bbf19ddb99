//! The order in which applications are installed: what one depends on comes before it.

use std::collections::{BTreeMap, BTreeSet};

/// Applications that depend on each other in a circle; the names of the circle, the first again at its end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("these applications depend on each other in a circle: {}", .0.join(" → "))]
pub struct Loop(pub Vec<String>);

/// Orders names so that what each depends on, given in the map, comes before it; names that are not in the map are
/// left out. Names without an order between them stand by the alphabet.
///
/// # Errors
///
/// Names a circle.
pub fn order(depends: &BTreeMap<&str, Vec<&str>>) -> Result<Vec<String>, Loop> {
    let mut ordered = Vec::with_capacity(depends.len());
    let mut done = BTreeSet::new();
    for name in depends.keys().copied() {
        // A stack of its own: documents from outside do not decide how deep this program calls itself.
        let mut path: Vec<(&str, usize)> = vec![(name, 0)];
        while let Some((name, next)) = path.last_mut() {
            if done.contains(*name) {
                path.pop();
                continue;
            }
            let before = depends.get(*name).and_then(|list| list.get(*next).copied());
            *next += 1;
            match before {
                None => {
                    done.insert(*name);
                    ordered.push((*name).to_owned());
                    path.pop();
                }
                Some(before) if !depends.contains_key(before) || done.contains(before) => {}
                Some(before) => {
                    if let Some(at) = path.iter().position(|(name, _)| *name == before) {
                        let mut circle: Vec<_> =
                            path.iter().skip(at).map(|(name, _)| (*name).to_owned()).collect();
                        circle.push(before.to_owned());
                        return Err(Loop(circle));
                    }
                    path.push((before, 0));
                }
            }
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_depends_on_comes_first() {
        check("a:b b:c c:", Ok("c b a"));
        check("a: b: c:", Ok("a b c"));
        check("app:lib,tool lib:base tool:base base:", Ok("base lib tool app"));
        check("a:elsewhere", Ok("a"));
        check("a:b b:a", Err("a b a"));
        check("x:a a:b b:c c:a", Err("a b c a"));
        check("a:a", Err("a a"));
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let depends = text
            .split(' ')
            .filter_map(|part| part.split_once(':'))
            .map(|(name, before)| (name, before.split(',').filter(|name| !name.is_empty()).collect()))
            .collect();
        let found = order(&depends).map(|names| names.join(" ")).map_err(|Loop(names)| names.join(" "));
        assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
    }
}
