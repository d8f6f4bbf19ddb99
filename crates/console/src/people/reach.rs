//! From the places in which somebody may do something to the devices that they reach.

use std::collections::{BTreeMap, BTreeSet};

use action::TenantId;
use filter::Filter;
use uuid::Uuid;

use super::rights::Place;
use crate::{
    devices,
    problem::Refusal,
    state::Console,
    store::{Part, Reach},
};

/// Returns what is reached in any of the alternatives, in each of which all places hold.
pub(super) async fn of(
    console: &Console,
    tenant: TenantId,
    alternatives: &[&[Place]],
) -> Result<Reach, Refusal> {
    if alternatives.iter().any(|places| places.iter().all(Place::is_everywhere)) {
        return Ok(Reach::Everywhere);
    }
    let named = alternatives.iter().any(|places| places.iter().any(|place| !place.groups.is_empty()));
    let mut groups: BTreeMap<Uuid, Filter> = BTreeMap::new();
    if named {
        for group in console.store().device_groups(tenant).await? {
            // A group that cannot be read any more holds nobody.
            if let Ok(filter) = devices::parse(&group.filter) {
                groups.insert(group.id, filter);
            }
        }
    }
    Ok(Reach::Within(alternatives.iter().map(|places| part(places, &groups)).collect()))
}

fn part(places: &[Place], groups: &BTreeMap<Uuid, Filter>) -> Part {
    let mut part = Part { sites: None, groups: Vec::new() };
    for place in places {
        if !place.sites.is_empty() {
            let named: BTreeSet<_> = place.sites.iter().copied().collect();
            part.sites = Some(match part.sites {
                None => named,
                Some(sites) => sites.intersection(&named).copied().collect(),
            });
        }
        if !place.groups.is_empty() {
            part.groups.push(place.groups.iter().filter_map(|group| groups.get(group).cloned()).collect());
        }
    }
    part
}
