//! `tenon site whocan` and `explain`: who may have a device do something, and why somebody may not.

use action::ActionKind;
use authority_link::{Explained, OwnerAnswer, OwnerCall};

use crate::{
    exit::{self, Stop},
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon site whocan`.
#[derive(Debug, clap::Args)]
pub(crate) struct WhoCan {
    #[command(flatten)]
    site: SiteFolder,
    /// The action, such as `sync-machine-policy`, or its number
    action: String,
    /// The device's id or name
    device: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `tenon site explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    site: SiteFolder,
    /// The person's id or name
    user: String,
    /// The action, such as `sync-machine-policy`, or its number
    action: String,
    /// The device's id or name
    device: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists those who may.
pub(super) async fn who_can(asked: WhoCan) -> anyhow::Result<()> {
    let call = OwnerCall::WhoCan { kind: kind(&asked.action)?, device: asked.device };
    let (name, people) = match asked.site.ask(call).await? {
        OwnerAnswer::WhoCan { name, people, .. } => (name, people),
        other => return Err(unexpected(&other)),
    };
    if asked.json {
        return print::json(&people);
    }
    if people.is_empty() {
        let nobody = format!("nobody may have {name} do that: `tenon role assign` gives a role");
        return Ok(print::line(&print::clean(&nobody))?);
    }
    let rows: Vec<_> = people.into_iter().map(|p| vec![p.name, p.user.to_string(), p.rule]).collect();
    Ok(print::table(&["NAME", "USER", "BY"], &rows)?)
}

/// Says why somebody may or may not.
pub(super) async fn explain(asked: Explain) -> anyhow::Result<()> {
    let call = OwnerCall::Explain { user: asked.user, kind: kind(&asked.action)?, device: asked.device };
    let explained = match asked.site.ask(call).await? {
        OwnerAnswer::Explained(explained) => *explained,
        other => return Err(unexpected(&other)),
    };
    if asked.json {
        return print::json(&explained);
    }
    for line in lines(&explained) {
        print::line(&print::clean(&line))?;
    }
    Ok(())
}

fn lines(explained: &Explained) -> Vec<String> {
    let who =
        if explained.user_name.is_empty() { explained.user.to_string() } else { explained.user_name.clone() };
    let (what, device) = (explained.kind.title(), &explained.device_name);
    let mut lines = Vec::new();
    match (&explained.rule, &explained.reason) {
        (Some(rule), _) => lines.push(format!("{who} may run `{what}` on {device}: {rule}")),
        (None, Some(reason)) => {
            lines.push(format!("{who} may not run `{what}` on {device}: {reason}"));
            lines.push(reason.fix().to_owned());
        }
        (None, None) => lines.push(format!("{who} may not run `{what}` on {device}")),
    }
    for held in &explained.held {
        let holds = if held.holds_device { "holds the device" } else { "does not hold the device" };
        let does = match &held.missing {
            _ if held.out_of_scope => "does not count, for the collection carries no such scope".to_owned(),
            Some(missing) => format!("lacks `{missing}`"),
            None => "allows it".to_owned(),
        };
        let roles = held.roles.join(", ");
        lines.push(format!(
            "  {roles} on {} ({}): {does}; the collection {holds}",
            held.name, held.collection
        ));
    }
    lines
}

fn kind(action: &str) -> anyhow::Result<ActionKind> {
    let named = ActionKind::named(action).or_else(|| action.parse().ok().map(ActionKind));
    named.ok_or_else(|| {
        let known: Vec<_> = ActionKind::known().filter_map(ActionKind::name).collect();
        Stop::error(
            exit::USAGE,
            format!("`{action}` is no action"),
            format!("known are: {}; or give its number", known.join(", ")),
        )
    })
}
