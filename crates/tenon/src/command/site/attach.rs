//! `tenon site attach` and `tenon site offboard`.

use std::path::PathBuf;

use authority_link::{OwnerAnswer, OwnerCall};
use connector::{AttachOptions, OffboardOptions};

use crate::{
    exit::{self, Stop},
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon site attach`.
#[derive(Debug, clap::Args)]
pub(crate) struct Attach {
    #[command(flatten)]
    site: SiteFolder,
    /// The console, such as `https://console.example`
    #[arg(long)]
    console: String,
    /// The code that an administrator of the console made; it works once
    #[arg(long, env = "TENON_ATTACH_CODE", hide_env_values = true)]
    code: String,
    #[command(flatten)]
    way: Way,
}

/// How the console is reached.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Way {
    /// An HTTP proxy on the way to the console, such as `http://proxy.example:3128`
    #[arg(long)]
    proxy: Option<String>,
    /// Certificates that are trusted for the console instead of the system's, PEM
    #[arg(long)]
    ca_file: Option<PathBuf>,
}

/// Attaches the site to a console.
pub(super) async fn attach(attach: Attach) -> anyhow::Result<()> {
    let (site, site_name, root) = match attach.site.ask(OwnerCall::Status).await? {
        OwnerAnswer::Status { site, name, root_key_sha256, .. } => (site, name, root_key_sha256.parse().ok()),
        other => return Err(unexpected(&other)),
    };
    let (folder, way) = (attach.site.folder, attach.way);
    let options = AttachOptions {
        folder: folder.clone(),
        console: attach.console,
        code: attach.code,
        site,
        site_name,
        root,
        proxy: way.proxy.clone(),
        ca_file: way.ca_file.clone(),
    };
    let attached = connector::attach(options).await.map_err(|error| {
        let (check, fix) = (error.check(), error.fix());
        let told = print::clean(&service::error::Chain(&error).to_string());
        Stop::error(exit::FAILED, format!("the site was not attached ({check}): {told}"), fix)
    })?;
    for check in attached.checks {
        print::line(&format!("ok  {check}"))?;
    }
    print::line(&format!("ok  tenant {}", attached.tenant))?;
    if let Some(issuer) = &attached.reads_along {
        print::line(&format!(
            "note  a proxy that inspects TLS reads along: the certificate on the way is from `{}`, not the console's own. \
             It can cut the link and change nothing in it.",
            print::clean(issuer)
        ))?;
    }
    // The way there and back, over the link itself.
    connector::try_link(&folder, way.proxy.as_deref(), way.ca_file.as_ref()).await.map_err(|error| {
        let told = print::clean(&service::error::Chain(&error).to_string());
        let fix = "the site stays attached; look at `tenon site status` when its connector has tried";
        Stop::error(exit::FAILED, format!("the site is attached, and its link was not proved: {told}"), fix)
    })?;
    print::line("ok  link, there and back")?;
    print::line(&format!("the site is attached to {} (tenant {})", attached.console_url, attached.tenant))?;
    Ok(())
}

/// Ends the attachment.
pub(super) async fn offboard(site: &SiteFolder, way: Way, force: bool) -> anyhow::Result<()> {
    let options =
        OffboardOptions { folder: site.folder.clone(), proxy: way.proxy, ca_file: way.ca_file, force };
    let ended = connector::offboard(options).await.map_err(|error| {
        let told = service::error::Chain(&error).to_string();
        Stop::error(exit::FAILED, told, "where the console is gone for good, end it here alone with --force")
    })?;
    let known = if ended.confirmed { "the console has confirmed it" } else { "the console was not told" };
    print::line(&format!("the attachment to {} has ended; {known}", ended.console_url))?;
    Ok(())
}
