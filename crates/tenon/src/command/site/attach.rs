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
    let (site, site_name) = match attach.site.ask(OwnerCall::Status).await? {
        OwnerAnswer::Status { site, name, .. } => (site, name),
        other => return Err(unexpected(&other)),
    };
    let options = AttachOptions {
        folder: attach.site.folder,
        console: attach.console,
        code: attach.code,
        site,
        site_name,
        proxy: attach.way.proxy,
        ca_file: attach.way.ca_file,
    };
    let attached = connector::attach(options).await.map_err(|error| {
        let fix = error.fix();
        let told = service::error::Chain(&error).to_string();
        Stop::error(exit::FAILED, format!("the site was not attached: {told}"), fix)
    })?;
    for check in attached.checks {
        print::line(&format!("ok  {check}"))?;
    }
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
