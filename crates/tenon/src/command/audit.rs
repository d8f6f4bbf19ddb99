//! `tenon audit`: who did what at the console, and whether that record, and those of the sites, are what they were.

use action::SiteId;
use console_api::{AuditCheck, Client, SiteAudit};

use crate::{
    exit::{self, Stop},
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the entries that are kept, the oldest first, one JSON object a line
    Export {
        /// Only entries after this number
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Print where the chain ends, to be kept by somebody else
    Head,
    /// Read the whole chain and check it, and compare those of the sites with what the console keeps of them
    Verify {
        /// A head of earlier, as `tenon audit head` printed it: NUMBER:HASH
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<String>,
    },
    /// Forget what the console keeps of a site's audit and begin anew: after the site was restored from a backup
    Forget {
        /// The site's id
        #[arg(long)]
        site: SiteId,
    },
}

/// Runs `tenon audit`.
pub(crate) async fn run(audit: Audit) -> anyhow::Result<()> {
    let client = audit.console.client()?;
    let json = audit.console.json;
    match audit.what {
        What::Export { mut after } => loop {
            let entries = client.export_audit(after).await.map_err(refused)?;
            let Some(last) = entries.last() else { return Ok(()) };
            after = last.number;
            for entry in &entries {
                print::line(&serde_json::to_string(entry)?)?;
            }
        },
        What::Head => {
            let head = client.audit_head().await.map_err(refused)?;
            if json {
                return print::json(&head);
            }
            print::line(&format!("{}:{}", head.number, print::clean(&head.hash)))?;
        }
        What::Verify { head } => {
            let checked = verify(&client, head.as_deref()).await?;
            let sites = verify_sites(&client).await?;
            if json {
                print::json(&serde_json::json!({ "whole": true, "number": checked, "sites": sites }))?;
            } else {
                print::line(&format!("the audit is whole up to entry {checked}"))?;
                for site in &sites {
                    print::line(&print::clean(&told(site)))?;
                }
            }
            if let Some(broken) = sites.iter().find(|site| site.broken.is_some()) {
                let told = format!("the audit of the site {} is not what it was", print::clean(&broken.name));
                let fix = "find out who can write the authority's store there; after a restore: `tenon audit forget`";
                return Err(Stop::error(exit::FAILED, told, fix));
            }
        }
        What::Forget { site } => {
            client.forget_site_audit(site).await.map_err(refused)?;
            print::line(&format!("what was kept of the audit of site {site} is forgotten; it begins anew"))?;
        }
    }
    Ok(())
}

/// Reads and checks the chain up to the head of now; returns that head's number.
async fn verify(client: &Client, kept: Option<&str>) -> anyhow::Result<u64> {
    let kept = kept.map(parse).transpose()?;
    let head = client.audit_head().await.map_err(refused)?;
    let broken = |error: console_api::AuditError| {
        let told = service::error::Chain(&error).to_string();
        Stop::error(
            exit::FAILED,
            told,
            "compare with a backup of the console's store, and find out who could write there",
        )
    };
    if let Some((number, _)) = kept.as_ref().filter(|(number, _)| *number < head.base_number) {
        let told =
            format!("the entries up to {} are no longer kept, and the head is at {number}", head.base_number);
        return Err(Stop::error(exit::FAILED, told, "compare with a newer head"));
    }
    let mut check =
        AuditCheck::begin(&head, kept.as_ref().map(|(number, hash)| (*number, &**hash))).map_err(broken)?;
    while check.number() < head.number {
        let entries = client.export_audit(check.number()).await.map_err(refused)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries.iter().take_while(|entry| entry.number <= head.number) {
            check.take(entry).map_err(broken)?;
        }
    }
    check.end(&head).map_err(broken)?;
    Ok(head.number)
}

/// Has the console compare the audit of each site; one whose site is away stands as it was last compared.
async fn verify_sites(client: &Client) -> anyhow::Result<Vec<SiteAudit>> {
    let mut all = Vec::new();
    for kept in client.site_audits().await.map_err(refused)? {
        all.push(client.verify_site_audit(kept.site).await.unwrap_or(kept));
    }
    Ok(all)
}

fn told(site: &SiteAudit) -> String {
    let SiteAudit { name, number, checked, .. } = site;
    match &site.broken {
        None if site.verified => {
            format!(
                "site {name}: whole up to entry {number}, signed by the site's authority, compared at {checked}"
            )
        }
        None => format!(
            "site {name}: whole up to entry {number}, compared at {checked}; the console does not know the site's root key \
             (attach the site anew), so its connector alone says that this is the site's audit"
        ),
        Some(what) => format!("site {name}: {what}; what was there up to entry {number} is kept here"),
    }
}

fn parse(head: &str) -> anyhow::Result<(u64, String)> {
    let parsed =
        head.split_once(':').and_then(|(number, hash)| Some((number.parse().ok()?, hash.to_owned())));
    parsed.ok_or_else(|| {
        let told = format!("`{}` is no head", print::clean(head));
        Stop::error(exit::USAGE, told, "give what `tenon audit head` printed: NUMBER:HASH")
    })
}
