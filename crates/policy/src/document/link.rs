//! Links the resources of a document: what each depends on, and the order in which they run.

use std::collections::BTreeMap;

use super::{Document, Engine, Problem, Resource, resource::Raw, shown};
use crate::order;

/// Finds what each resource depends on and puts the resources into running order.
pub(super) fn in_order(raws: Vec<Raw>) -> Result<Document, Problem> {
    let mut places = BTreeMap::new();
    for (index, raw) in raws.iter().enumerate() {
        places.entry((raw.properties.kind(), raw.name.as_str())).or_insert(index);
    }
    let position = |kind: &str, name: &str| places.get(&(kind, name)).copied();
    let mut targets = BTreeMap::new();
    let mut depends_on = Vec::with_capacity(raws.len());
    for (index, raw) in raws.iter().enumerate() {
        if position(raw.properties.kind(), &raw.name) != Some(index) {
            let what = "two resources of one type have this name";
            return Err(Problem::new(raw.at, what, "Give each a name of its own.").of(&raw.name));
        }
        same_target(&mut targets, &raws, index)?;

        let mut needs = Vec::new();
        for (at, kind, name) in &raw.depends_on {
            let need = position(kind, name).ok_or_else(|| {
                let what = format!(
                    "it depends on `{}` `{}`, which the document does not hold",
                    shown(kind),
                    shown(name)
                );
                Problem::new(*at, what, "Add that resource, or remove the dependency.").of(&raw.name)
            })?;
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        depends_on.push(needs);
    }

    let order = order::order(&depends_on).map_err(|cycle| {
        let names: Vec<_> =
            cycle.iter().chain(cycle.first()).map(|index| format!("`{}`", raws[*index].name)).collect();
        let at = cycle.first().map_or(0, |index| raws[*index].at);
        Problem::new(
            at,
            format!("the resources depend on each other: {}", names.join(" → ")),
            "Remove one of these dependencies.",
        )
    })?;

    let mut place = vec![0; raws.len()];
    for (running, index) in order.iter().enumerate() {
        place[*index] = running;
    }
    let mut resources: Vec<_> = raws
        .into_iter()
        .zip(depends_on)
        .map(|(raw, needs)| Resource {
            name: raw.name,
            properties: raw.properties,
            depends_on: needs.into_iter().map(|need| place[need]).collect(),
        })
        .zip(&place)
        .collect();
    resources.sort_by_key(|(_, place)| **place);

    Ok(Document {
        resources: resources.into_iter().map(|(resource, _)| resource).collect(),
        warnings: Vec::new(),
        engine: Engine::Agent,
    })
}

/// Two resources of one thing would undo each other at every run.
fn same_target(seen: &mut BTreeMap<String, usize>, raws: &[Raw], index: usize) -> Result<(), Problem> {
    let raw = &raws[index];
    let Some(target) = raw.properties.target() else { return Ok(()) };
    let what = match seen.get(&target) {
        Some(other) => format!("{target} is described by resource `{}` as well", raws[*other].name),
        None => {
            seen.insert(target, index);
            return Ok(());
        }
    };
    Err(Problem::new(raw.at, what, "Describe each thing once.").of(&raw.name))
}
