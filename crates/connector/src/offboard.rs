//! Ends the attachment from the site's end.

use std::{path::PathBuf, time::Duration};

use serde::Serialize;
use service::proxy::{NotAProxy, Proxy};
use site_link::{ToConsole, ToSite};
use tokio::time::timeout;

use crate::{
    attachment::{Attachment, AttachmentError, forget, load_key},
    console_url::ConsoleUrl,
    dial::{DialError, Dialer},
    link::{Link, LinkError},
};

/// How long the console may take to confirm: it commits once.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is needed to end an attachment.
#[derive(Clone, Debug)]
pub struct OffboardOptions {
    /// The site's folder.
    pub folder: PathBuf,
    /// The HTTP proxy on the way to the console, where there is one.
    pub proxy: Option<String>,
    /// The certificates to trust for the console instead of the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// Forget the console also where it does not confirm.
    pub force: bool,
}

/// An attachment that was ended.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Offboarded {
    /// The console that the site was attached to.
    pub console_url: ConsoleUrl,
    /// Whether the console knows; false only where it was forced.
    pub confirmed: bool,
}

/// Why an attachment was not ended.
#[derive(Debug, thiserror::Error)]
pub enum OffboardError {
    /// There is none.
    #[error("the site is not attached")]
    NotAttached,
    /// The proxy's address is none.
    #[error(transparent)]
    ProxySetting(#[from] NotAProxy),
    /// The console did not confirm.
    #[error("{console_url} did not confirm: {why}")]
    NotConfirmed {
        /// The console.
        console_url: ConsoleUrl,
        /// Why.
        why: String,
    },
    /// The site's own files cannot be read or written.
    #[error(transparent)]
    Files(#[from] AttachmentError),
}

impl OffboardError {
    /// Returns what the site's owner can do.
    pub fn fix(&self) -> &'static str {
        match self {
            OffboardError::NotAttached => "Nothing: `tenon site status` shows how the site stands.",
            OffboardError::ProxySetting(_) => "Correct `connector.proxy` in the site's configuration.",
            OffboardError::NotConfirmed { .. } => {
                "Try again when the console can be reached; or use `--force`, and offboard the site at the console too."
            }
            OffboardError::Files(_) => "Run the command as the folder's owner or as root.",
        }
    }
}

/// Ends the attachment: the console marks the site as offboarded, and the site forgets its key. A connector that runs
/// notices within seconds.
///
/// # Errors
///
/// What failed, with what to do. The attachment stands then.
pub async fn offboard(options: OffboardOptions) -> Result<Offboarded, OffboardError> {
    let folder = options.folder.as_path();
    let attachment = Attachment::load(folder)?.ok_or(OffboardError::NotAttached)?;
    let proxy = options.proxy.as_deref().map(str::parse::<Proxy>).transpose()?;
    let told = tell(&options, &attachment, proxy).await;
    if let Err(why) = &told
        && !options.force
    {
        return Err(OffboardError::NotConfirmed { console_url: attachment.console_url, why: why.clone() });
    }
    forget(folder)?;
    Ok(Offboarded { console_url: attachment.console_url, confirmed: told.is_ok() })
}

/// Tells the console over a link of its own, which takes the place of the connector's.
async fn tell(
    options: &OffboardOptions,
    attachment: &Attachment,
    proxy: Option<Proxy>,
) -> Result<(), String> {
    let chain = |error: &dyn std::error::Error| service::error::Chain(error).to_string();
    let key = load_key(&options.folder).map_err(|error| chain(&error))?;
    let key = key.ok_or_else(|| "the site's link key is missing".to_owned())?;
    let dialer = Dialer::new(attachment.console_url.clone(), proxy, options.ca_file.as_ref())
        .map_err(|error: DialError| chain(&error))?;
    let confirmed = async {
        let mut link = Link::open(&dialer, attachment, &key).await?;
        link.send(&ToConsole::Offboard).await?;
        while link.receive().await? != ToSite::Offboard {}
        Ok::<(), LinkError>(())
    };
    match timeout(PATIENCE, confirmed).await {
        Ok(outcome) => outcome.map_err(|error| chain(&error)),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}
