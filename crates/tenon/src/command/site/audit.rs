//! `tenon site audit`: the audit of the site's authority.

use action::TenantId;
use authority_link::{OwnerAnswer, OwnerCall, Witnessed};

use crate::{
    exit::{self, Stop},
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon site audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Check that no entry was changed, removed or put elsewhere, here and at the console
    Verify,
    /// Forget what the site keeps of the console's audit and begin anew: after the console was restored from a backup
    Forget {
        /// The tenant's id, as `verify` shows it
        #[arg(long)]
        tenant: TenantId,
    },
    /// Print the last entry's number and hash, signed: give it to somebody else to keep
    Head {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the entries, one JSON object a line
    Export {
        /// Only entries after this number
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Set how many days entries are kept
    Keep {
        /// Days, from 31 to 3653
        days: u32,
    },
}

/// Runs `tenon site audit`.
pub(super) async fn run(asked: Audit) -> anyhow::Result<()> {
    let site = asked.site;
    match asked.what {
        What::Verify => verify(&site).await,
        What::Forget { tenant } => match site.ask(OwnerCall::ForgetWitness { tenant }).await? {
            OwnerAnswer::Done => Ok(print::line("what was kept of the console's audit is forgotten")?),
            other => Err(unexpected(&other)),
        },
        What::Head { json } => head(&site, json).await,
        What::Export { after } => export(&site, after).await,
        What::Keep { days } => match site.ask(OwnerCall::KeepAudit { days }).await? {
            OwnerAnswer::Done => Ok(print::line(&format!("entries of the audit are kept for {days} days"))?),
            other => Err(unexpected(&other)),
        },
    }
}

async fn verify(site: &SiteFolder) -> anyhow::Result<()> {
    match site.ask(OwnerCall::VerifyAudit).await? {
        OwnerAnswer::AuditVerified { last, broken: None, consoles } => {
            print::line(&format!("ok  each entry up to {last} fits the one before"))?;
            consoles.iter().try_for_each(at_console)
        }
        OwnerAnswer::AuditVerified { broken: Some(number), .. } => Err(Stop::error(
            exit::FAILED,
            format!("entry {number} of the audit does not fit the one before: somebody else has changed it"),
            "compare with an older export or head, and look at who can write the authority's store",
        )),
        other => Err(unexpected(&other)),
    }
}

/// Says what is kept of a tenant's audit at its console.
fn at_console(kept: &Witnessed) -> anyhow::Result<()> {
    let Witnessed { tenant, number, checked, broken, .. } = kept;
    if let Some(what) = broken {
        let told =
            format!("the console's audit of tenant {tenant} is not what it was: {}", print::clean(what));
        let fix = "find out who can write the console's store; after a restore: `tenon site audit forget`";
        return Err(Stop::error(exit::FAILED, told, fix));
    }
    let when = checked.map_or_else(|| "not compared yet".to_owned(), |at| format!("compared at {at}"));
    Ok(print::line(&format!(
        "ok  the console's audit of tenant {tenant} is whole up to entry {number}, {when}"
    ))?)
}

async fn head(site: &SiteFolder, json: bool) -> anyhow::Result<()> {
    let answer = site.ask(OwnerCall::AuditHead).await?;
    let OwnerAnswer::AuditHead { entry, hash, at, signed } = answer else { return Err(unexpected(&answer)) };
    if json {
        let head = serde_json::json!({ "entry": entry, "hash": hash, "at": at, "signed": signed });
        return print::json(&head);
    }
    for (word, value) in
        [("entry", entry.to_string()), ("hash", hash), ("at", at.to_string()), ("signed", signed)]
    {
        print::line(&format!("{word:<6} {value}"))?;
    }
    Ok(())
}

async fn export(site: &SiteFolder, mut after: u64) -> anyhow::Result<()> {
    loop {
        let entries = match site.ask(OwnerCall::ExportAudit { after }).await? {
            OwnerAnswer::AuditPage { entries } => entries,
            other => return Err(unexpected(&other)),
        };
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.number;
        for entry in &entries {
            print::line(&serde_json::to_string(entry)?)?;
        }
    }
}
