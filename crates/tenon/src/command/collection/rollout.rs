//! `tenon collection rollout`: pushes that go ring by ring.

use authority_link::{OwnerAnswer, OwnerCall, Ring, RolloutPlan, Then};

use crate::{
    exit::{self, Stop},
    owner::{SiteFolder, unexpected},
    print,
};

/// Stores the rollout of a collection.
pub(super) async fn put(
    site: &SiteFolder,
    collection: String,
    rings: &[String],
    stop_above_percent: u32,
) -> anyhow::Result<()> {
    let rings = rings.iter().map(|text| ring(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let told = format!("pushes to {collection} go in {} rings", rings.len() + 1);
    let plan = RolloutPlan { rings, stop_above_percent };
    match site.ask(OwnerCall::PutRollout { collection, plan }).await? {
        OwnerAnswer::Done => Ok(print::line(&print::clean(&told))?),
        other => Err(unexpected(&other)),
    }
}

/// Removes the rollout of a collection.
pub(super) async fn remove(site: &SiteFolder, collection: String) -> anyhow::Result<()> {
    let told = format!("pushes to {collection} go to all of its devices at once");
    match site.ask(OwnerCall::RemoveRollout { collection }).await? {
        OwnerAnswer::Done => Ok(print::line(&print::clean(&told))?),
        other => Err(unexpected(&other)),
    }
}

/// Lists the rollouts.
pub(super) async fn list(site: &SiteFolder, json: bool) -> anyhow::Result<()> {
    let rollouts = match site.ask(OwnerCall::ListRollouts).await? {
        OwnerAnswer::Rollouts { rollouts } => rollouts,
        other => return Err(unexpected(&other)),
    };
    if json {
        return print::json(&rollouts);
    }
    let rows: Vec<_> = rollouts
        .into_iter()
        .map(|rollout| {
            let rings: Vec<String> = rollout.plan.rings.iter().map(written).collect();
            let stop = format!("above {} %", rollout.plan.stop_above_percent);
            vec![rollout.collection, rollout.name, rings.join(" "), stop]
        })
        .collect();
    Ok(print::table(&["ID", "NAME", "RINGS", "STOPS"], &rows)?)
}

fn written(ring: &Ring) -> String {
    match ring.then {
        Then::Done { percent } => format!("{}:done={percent}", ring.collection),
        Then::After { seconds } => format!("{}:after={seconds}s", ring.collection),
    }
}

/// Reads a ring, such as `Pilot:done=95` or `Early:after=2h`.
fn ring(text: &str) -> anyhow::Result<Ring> {
    read(text).ok_or_else(|| {
        Stop::error(
            exit::USAGE,
            format!("`{text}` is no ring"),
            "write it as COLLECTION:done=PERCENT or COLLECTION:after=TIME, such as `Pilot:done=95` or `Early:after=2h`",
        )
    })
}

fn read(text: &str) -> Option<Ring> {
    let (collection, then) = text.rsplit_once(':')?;
    let (when, value) = then.split_once('=')?;
    let then = match when {
        "done" => Then::Done { percent: value.trim_end_matches('%').parse().ok()? },
        "after" => Then::After { seconds: seconds(value)? },
        _ => return None,
    };
    (!collection.is_empty()).then(|| Ring { collection: collection.to_owned(), then })
}

fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    match unit {
        "s" => Some(number),
        "m" => number.checked_mul(60),
        "h" => number.checked_mul(3600),
        "d" => number.checked_mul(86_400),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_written_like_this() {
        for (text, expected) in [
            ("Pilot:done=95", Some("Pilot:done=95")),
            ("Pilot:done=95%", Some("Pilot:done=95")),
            ("A: b:after=2h", Some("A: b:after=7200s")),
            ("Early:after=1d", Some("Early:after=86400s")),
            ("Early:after=90", None),
            ("Early:after=", None),
            ("Early:done=x", None),
            ("Early", None),
            (":done=5", None),
            ("Early:soon=5", None),
        ] {
            assert_eq!(read(text).map(|ring| written(&ring)).as_deref(), expected, "{text}");
        }
    }
}
