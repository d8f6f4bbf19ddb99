//! `tenon site trust`: the site's own keys, which devices believe, and their replacement.

use authority_link::{OwnerAnswer, OwnerCall, SiteKey};

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon site trust`.
#[derive(Debug, clap::Args)]
pub(crate) struct Trust {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the keys that devices believe
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Replace a key. Devices learn of the new one from the next trust document, and believe the old one for a while
    Rotate {
        /// Which key
        key: Which,
        /// For how many days the old one is believed; 1 for the task key, 7 for the policy key, 60 for the CA and 365 for
        /// the root key where it is left out
        #[arg(long)]
        overlap_days: Option<u32>,
    },
}

/// A key of the site.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Which {
    /// Signs pushes and the site's time
    Task,
    /// Signs what policies devices have
    Policy,
    /// Issues the certificates of devices and servers
    Ca,
    /// Signs the trust document; join tokens lead to it
    Root,
}

impl Which {
    fn key(self) -> SiteKey {
        match self {
            Which::Task => SiteKey::Task,
            Which::Policy => SiteKey::Policy,
            Which::Ca => SiteKey::Ca,
            Which::Root => SiteKey::Root,
        }
    }

    /// As long as what it has signed may be on its way or in use: a task 15 minutes, a manifest until the next policy run, a
    /// device's certificate 30 days, a trust document a year.
    fn overlap_days(self) -> u32 {
        match self {
            Which::Task => 1,
            Which::Policy => 7,
            Which::Ca => 60,
            Which::Root => 365,
        }
    }
}

/// Runs `tenon site trust`.
pub(super) async fn run(asked: Trust) -> anyhow::Result<()> {
    let site = asked.site;
    match asked.what {
        What::List { json } => match site.ask(OwnerCall::ListKeys).await? {
            OwnerAnswer::Keys { keys } if json => print::json(&keys),
            OwnerAnswer::Keys { keys } => {
                let rows: Vec<_> = keys
                    .into_iter()
                    .map(|entry| {
                        let until =
                            entry.until.map_or_else(|| "in use".to_owned(), |at| format!("until {at}"));
                        vec![entry.key.name().to_owned(), entry.sha256, until]
                    })
                    .collect();
                Ok(print::table(&["KEY", "SHA-256", "BELIEVED"], &rows)?)
            }
            other => Err(unexpected(&other)),
        },
        What::Rotate { key, overlap_days } => {
            let overlap_days = overlap_days.unwrap_or_else(|| key.overlap_days());
            match site.ask(OwnerCall::RotateKey { key: key.key(), overlap_days }).await? {
                OwnerAnswer::Rotated { version, until } => Ok(print::line(&format!(
                    "a new {} is in use; version {version} of the trust document names it, and the old one is believed \
                     until {until}",
                    key.key().name()
                ))?),
                other => Err(unexpected(&other)),
            }
        }
    }
}
