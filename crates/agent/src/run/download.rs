//! The download of a device's policy: the signed manifest, and the documents that it names.

use management_link::{Answer, Call, path};
use proof::{Hash, Manifest, NotSigned};
use service::error::Chain;

use super::{
    Doubt, Order,
    documents::{Documents, DocumentsError},
};
use crate::{
    enforce::Policy,
    management::{ManagementError, Session},
};

/// Why the policy was not downloaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum DownloadError {
    #[error("{0}")]
    NoSession(String),
    #[error("failed to ask the management point for the policy")]
    Management(#[from] ManagementError),
    #[error("the manifest is not signed by the site's policy key for this device")]
    NotSigned(#[from] NotSigned),
    #[error(
        "the manifest has generation {offered}, and this device has seen {seen}: an older policy is not applied"
    )]
    Older { offered: u64, seen: u64 },
    #[error(transparent)]
    Documents(#[from] DocumentsError),
}

/// What was downloaded, or was there from the last time.
pub(super) struct Download {
    pub(super) manifest: Manifest,
    pub(super) policies: Vec<Policy>,
}

/// Downloads the manifest, and the documents that are not there yet.
pub(super) async fn download(order: &Order, session: &mut Session) -> Result<Download, DownloadError> {
    let Answer::Manifest(text) = session.call(&Call::Manifest).await? else {
        return Err(ManagementError::Mixed(path::MANIFEST).into());
    };
    let manifest = verified(&text, order)?;
    let documents = Documents::new(&order.folder)?;
    let mut policies = Vec::with_capacity(manifest.policies.len());
    for policy in &manifest.policies {
        let kept = documents.kept(policy.sha256);
        let how = if kept.is_some() { "is here from before" } else { "is fetched" };
        order.log.detail(format!("Policy `{}`: the document {} {how}", policy.name, policy.sha256));
        let document = match kept {
            Some(document) => document,
            None => documents.fetch(policy.sha256, session).await?,
        };
        policies.push(Policy::of(policy, document));
    }
    documents.put_manifest(&text)?;
    documents.forget_others(&manifest)?;

    let (generation, count) = (manifest.generation, policies.len());
    order.log.info(format!("Downloaded the policy: generation {generation}, {count} policies"));
    Ok(Download { manifest, policies })
}

fn verified(text: &str, order: &Order) -> Result<Manifest, DownloadError> {
    let manifest = Manifest::verify(text, &order.credentials.trust, order.credentials.identity.device)?;
    if manifest.generation < order.generation {
        return Err(DownloadError::Older { offered: manifest.generation, seen: order.generation });
    }
    Ok(manifest)
}

/// Returns the policy of the last run, verified anew: the device keeps its state while the site is away.
pub(super) fn kept(order: &Order) -> Option<Download> {
    let documents = Documents::new(&order.folder).ok()?;
    let manifest = verified(&documents.manifest()?, order).ok()?;
    let document = |sha256: Hash| documents.kept(sha256);
    let policies = manifest
        .policies
        .iter()
        .map(|policy| Some(Policy::of(policy, document(policy.sha256)?)))
        .collect::<Option<Vec<_>>>()?;
    order.log.info(format!("Applying the policy of the last download, generation {}", manifest.generation));
    Some(Download { manifest, policies })
}

/// What a run of policy works with: what was downloaded now, or what is there from the last time and why.
pub(super) struct Found {
    pub(super) download: Option<Download>,
    pub(super) not_downloaded: Option<String>,
    pub(super) doubt: Doubt,
}

/// Downloads the policy, or takes that of the last download where the site is away.
pub(super) async fn downloaded_or_kept(
    order: &Order,
    session: &mut Result<Session, ManagementError>,
) -> Found {
    let downloaded = match session {
        Ok(session) => download(order, session).await,
        Err(error) => Err(DownloadError::NoSession(Chain(error).to_string())),
    };
    match downloaded {
        Ok(download) => Found { download: Some(download), not_downloaded: None, doubt: Doubt::No },
        Err(error) => {
            let why = Chain(&error).to_string();
            order.log.warn(format!("Failed to download the policy: {why}"));
            // A key that is not known may be a new one of the site's.
            let doubt = if matches!(error, DownloadError::NotSigned(_)) { Doubt::Keys } else { Doubt::No };
            Found { download: kept(order), not_downloaded: Some(why), doubt }
        }
    }
}
