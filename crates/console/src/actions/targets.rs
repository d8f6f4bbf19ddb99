//! Finds what an action is aimed at: which devices, of which site, under which names.

use std::collections::BTreeMap;

use action::{ActionKind, DeviceId, Reason, SiteId, Target, Targets};
use console_api::{NewTarget, SiteState};

use super::permit::ActPermit;
use crate::{
    people::permission::Permission,
    problem::{Refusal, sentence, short},
    state::Console,
    store::NewTargets,
};

/// What is asked of one site.
pub(super) struct AtSite {
    pub(super) site: SiteId,
    pub(super) targets: NewTargets,
}

/// Finds the targets, grouped by their sites. What the tenant does not have is not found, whoever has it; what the caller
/// may not start that kind of action on is refused, or not found where they may not even see it.
pub(super) async fn resolve(
    console: &Console,
    permit: &ActPermit,
    kind: ActionKind,
    target: &NewTarget,
) -> Result<Vec<AtSite>, Refusal> {
    let session = permit.session();
    let permission = Permission::Initiate(kind);
    if !session.rights().somewhere(permission) {
        return Err(session.refuse(console, permission).await?);
    }
    let at_sites = found(console, permit, target).await?;
    let (reach, seen) =
        (session.reach(console, permission).await?, session.reach(console, Permission::ReadDevices).await?);
    if !reach.is_limited() {
        return Ok(at_sites);
    }
    for at_site in &at_sites {
        match &at_site.targets {
            NewTargets::Collection { .. } if reach.holds(at_site.site) => {}
            NewTargets::Collection { .. } if seen.touches(at_site.site) => {
                return Err(session.refuse(console, permission).await?);
            }
            NewTargets::Collection { .. } => {
                return Err(Refusal::not_found("site", at_site.site).field("target.site"));
            }
            NewTargets::Devices(targets) => {
                let named: Vec<DeviceId> = targets.iter().map(|target| target.device).collect();
                let within = console.store().devices_within(permit.tenant(), &reach, &named).await?;
                let Some(outside) = named.into_iter().find(|device| !within.contains(device)) else {
                    continue;
                };
                let visible = console.store().devices_within(permit.tenant(), &seen, &[outside]).await?;
                return Err(match visible.is_empty() {
                    true => Refusal::not_found("device", outside).field("target"),
                    false => session.refuse(console, permission).await?.field("target"),
                });
            }
        }
    }
    Ok(at_sites)
}

async fn found(console: &Console, permit: &ActPermit, target: &NewTarget) -> Result<Vec<AtSite>, Refusal> {
    match target {
        NewTarget::Device { device } => devices(console, permit, &[*device], "target.device").await,
        NewTarget::Devices { devices: named } => {
            if named.is_empty() || named.len() > Targets::MOST_DEVICES {
                let detail = format!("`target.devices` names {} devices.", named.len());
                let fix = format!("Name 1 to {}; aim at a collection for more.", Targets::MOST_DEVICES);
                return Err(Refusal::not_valid("target.devices", detail, fix));
            }
            devices(console, permit, named, "target.devices").await
        }
        NewTarget::Collection { site, collection: wanted, at_most } => {
            let targets = collection(console, permit, *site, wanted, *at_most).await?;
            Ok(vec![AtSite { site: *site, targets }])
        }
    }
}

/// Says that a site is not attached.
pub(super) fn not_attached() -> Refusal {
    Refusal::conflict("site-not-attached", sentence(&Reason::SiteNotAttached), Reason::SiteNotAttached.fix())
}

async fn devices(
    console: &Console,
    permit: &ActPermit,
    named: &[DeviceId],
    field: &str,
) -> Result<Vec<AtSite>, Refusal> {
    let mut wanted = named.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let found = console.store().devices_named(permit.tenant(), &wanted).await?;
    let mut places: BTreeMap<DeviceId, (SiteId, String)> = BTreeMap::new();
    for (device, site, name) in found {
        places.insert(device, (site, name));
    }
    let mut at_sites: BTreeMap<SiteId, Vec<Target>> = BTreeMap::new();
    for device in wanted {
        let Some((site, name)) = places.remove(&device) else {
            return Err(Refusal::not_found("device", device).field(field));
        };
        at_sites.entry(site).or_default().push(Target { device, name });
    }
    let grouped = at_sites.into_iter();
    Ok(grouped.map(|(site, devices)| AtSite { site, targets: NewTargets::Devices(devices) }).collect())
}

async fn collection(
    console: &Console,
    permit: &ActPermit,
    site: SiteId,
    wanted: &str,
    at_most: Option<u64>,
) -> Result<NewTargets, Refusal> {
    let found = console.store().site(permit.tenant(), site).await?;
    let found = found.ok_or_else(|| Refusal::not_found("site", site).field("target.site"))?;
    if found.state != SiteState::Attached {
        return Err(not_attached());
    }
    let mirrored = console.store().collections(permit.tenant(), site).await?.unwrap_or_default();
    let Some(mirrored) = mirrored.into_iter().find(|mirrored| mirrored.id == wanted) else {
        return Err(Refusal::not_found("collection", short(wanted)).field("target.collection"));
    };
    // What joins between the look and the decision should not turn the action away.
    let headroom = (mirrored.count / 10).max(10);
    let at_most = at_most.unwrap_or_else(|| mirrored.count.saturating_add(headroom));
    if at_most == 0 || i64::try_from(at_most).is_err() {
        let fix = "Name the most devices that the collection may hold, or leave it out.";
        return Err(Refusal::not_valid("target.at_most", format!("`target.at_most` is {at_most}."), fix));
    }
    Ok(NewTargets::Collection { id: mirrored.id, name: mirrored.name, at_most, version: mirrored.version })
}
