//! `tenon site status`, `halt` and `resume`.

use action::DeviceId;
use authority_link::{OwnerAnswer, OwnerCall};
use connector::LinkState;

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// Says how the site stands.
pub(super) async fn status(site: &SiteFolder, json: bool) -> anyhow::Result<()> {
    let answer = site.ask(OwnerCall::Status).await?;
    let OwnerAnswer::Status { site: id, name, root_key_sha256, epoch, devices, halted } = answer else {
        return Err(unexpected(&answer));
    };
    let status = connector::status(&site.folder)?;
    if json {
        return print::json(&serde_json::json!({
            "site": id, "name": name, "root_key_sha256": root_key_sha256, "epoch": epoch, "devices": devices,
            "halted": halted, "attachment": status.attachment, "link": status.link,
        }));
    }
    let attached = status.attachment.as_ref().map_or_else(
        || "to no console".to_owned(),
        |attachment| format!("to {} since {}", attachment.console_url, attachment.attached_at),
    );
    let link = match status.link {
        LinkState::Unknown => "unknown: no connector runs".to_owned(),
        LinkState::Connected { since } => format!("connected since {since}"),
        LinkState::Away { since, why } => format!("away since {since}: {why}"),
    };
    let releases = if halted { "halted: nothing is signed until `tenon site resume`" } else { "go on" };
    for (word, value) in [
        ("site", format!("{name} ({id})")),
        ("root key", root_key_sha256),
        ("epoch", epoch.to_string()),
        ("devices", devices.to_string()),
        ("releases", releases.to_owned()),
        ("attached", attached),
        ("link", link),
    ] {
        print::line(&format!("{word:<9} {}", print::clean(&value)))?;
    }
    Ok(())
}

/// Has the authority refuse a device from now on.
pub(super) async fn revoke(site: &SiteFolder, device: DeviceId) -> anyhow::Result<()> {
    let told = format!("{device} is revoked: it is disconnected within seconds, and refused from now on");
    done(site.ask(OwnerCall::RevokeDevice { device }).await?, &told)
}

/// Has the authority sign no release.
pub(super) async fn halt(site: &SiteFolder) -> anyhow::Result<()> {
    done(
        site.ask(OwnerCall::Halt).await?,
        "halted: nothing is released to any device until `tenon site resume`",
    )
}

/// Ends a halt.
pub(super) async fn resume(site: &SiteFolder) -> anyhow::Result<()> {
    done(site.ask(OwnerCall::Resume).await?, "releases go on")
}

fn done(answer: OwnerAnswer, told: &str) -> anyhow::Result<()> {
    match answer {
        OwnerAnswer::Done => Ok(print::line(told)?),
        other => Err(unexpected(&other)),
    }
}
