//! `tenon site issuer`: the identity providers whose tokens the site believes.

use std::path::{Path, PathBuf};

use action::TenantId;
use anyhow::Context as _;
use authority_link::{IssuerEntry, IssuerPin, OwnerAnswer, OwnerCall};

use crate::{
    exit::{self, Stop},
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon site issuer`.
#[derive(Debug, clap::Args)]
pub(crate) struct Issuer {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Believe an identity provider, or change what is pinned of it; its keys are fetched anew
    Set(Box<Set>),
    /// Show the identity providers that the site believes
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Believe an identity provider no more
    Remove {
        /// Its address
        issuer: String,
    },
}

#[derive(Debug, clap::Args)]
struct Set {
    /// Its address, as its tokens name it, such as `https://id.example`
    issuer: String,
    /// The client of the command line: its requests have the native level
    #[arg(long)]
    native_client: Option<String>,
    /// The client of the page: its requests have the web level
    #[arg(long)]
    web_client: Option<String>,
    /// The claim that names the person: `sub`, or `oid` at Microsoft Entra
    #[arg(long, default_value = "sub")]
    person_claim: String,
    /// The claim that names the tenant at the provider, and what it must say, such as `tid=8a6f…`
    #[arg(long, value_name = "CLAIM=VALUE")]
    tenant_claim: Option<String>,
    /// The signatures that are believed: RS256, PS256, ES256, EdDSA
    #[arg(long, value_delimiter = ',', default_value = "RS256")]
    algorithms: Vec<String>,
    /// Certificates that are trusted for it beside the system's, PEM
    #[arg(long)]
    ca_file: Option<PathBuf>,
    /// Its keys, a JSON Web Key Set; nothing is fetched then, and the file is given anew when they change
    #[arg(long, conflicts_with = "ca_file")]
    keys_file: Option<PathBuf>,
    /// Let it be at an address of the site's own network
    #[arg(long)]
    private_addresses: bool,
    /// Know whoever signs in with this claim, such as `groups=operators`; may be given more than once. Left out, the owner
    /// makes each person known
    #[arg(long = "discover", value_name = "CLAIM=VALUE")]
    discover: Vec<String>,
    /// The tenant whose people it names; that of the console which the site is attached to where it is left out
    #[arg(long)]
    tenant: Option<TenantId>,
}

/// Runs `tenon site issuer`.
pub(super) async fn run(asked: Issuer) -> anyhow::Result<()> {
    let site = asked.site;
    match asked.what {
        What::Set(set) => put(&site, *set).await,
        What::Show { json } => show(&site, json).await,
        What::Remove { issuer } => {
            let told = format!("{issuer} is believed no more; the keys that it proved sign until they end");
            done(site.ask(OwnerCall::RemoveIssuer { issuer }).await?, &told)
        }
    }
}

async fn put(site: &SiteFolder, set: Set) -> anyhow::Result<()> {
    let tenant = match set.tenant {
        Some(tenant) => tenant,
        None => connector::status(&site.folder)?.attachment.map(|attachment| attachment.tenant).ok_or_else(
            || {
                let what =
                    "the site is attached to no console, so whose people the issuer names is not known";
                Stop::error(exit::USAGE, what, "attach the site first, or name the tenant: `--tenant ID`")
            },
        )?,
    };
    let tenant_claim = set.tenant_claim.as_deref().map(pair).transpose()?;
    let discover = set.discover.iter().map(|text| pair(text)).collect::<anyhow::Result<_>>()?;
    let pin = IssuerPin {
        issuer: set.issuer,
        tenant,
        algorithms: set.algorithms,
        tenant_claim,
        person_claim: set.person_claim,
        native_client: set.native_client,
        web_client: set.web_client,
        ca: read(set.ca_file.as_deref())?,
        jwks: read(set.keys_file.as_deref())?,
        private_addresses: set.private_addresses,
        discover,
    };
    let told = format!("{} is believed for the people of the tenant {tenant}", pin.issuer);
    done(site.ask(OwnerCall::PutIssuer { pin: Box::new(pin) }).await?, &told)
}

async fn show(site: &SiteFolder, json: bool) -> anyhow::Result<()> {
    let issuers = match site.ask(OwnerCall::ListIssuers).await? {
        OwnerAnswer::Issuers { issuers } => issuers,
        other => return Err(unexpected(&other)),
    };
    if json {
        return print::json(&issuers);
    }
    let rows: Vec<_> = issuers.into_iter().map(row).collect();
    let headings = [
        "ISSUER",
        "NATIVE CLIENT",
        "WEB CLIENT",
        "PERSON",
        "TENANT CLAIM",
        "DISCOVERS",
        "ALGORITHMS",
        "KEYS",
    ];
    Ok(print::table(&headings, &rows)?)
}

fn row(entry: IssuerEntry) -> Vec<String> {
    let IssuerEntry { pin, keys, retired } = entry;
    let tenant = pin.tenant_claim.map_or_else(String::new, |(claim, value)| format!("{claim}={value}"));
    let discovers: Vec<_> = pin.discover.iter().map(|(claim, value)| format!("{claim}={value}")).collect();
    let keys = if retired == 0 { keys.to_string() } else { format!("{keys} and {retired} retired") };
    vec![
        pin.issuer,
        pin.native_client.unwrap_or_default(),
        pin.web_client.unwrap_or_default(),
        pin.person_claim,
        tenant,
        discovers.join(", "),
        pin.algorithms.join(", "),
        keys,
    ]
}

fn pair(text: &str) -> anyhow::Result<(String, String)> {
    let pair = text.split_once('=').ok_or_else(|| {
        Stop::error(exit::USAGE, format!("`{text}` is no CLAIM=VALUE"), "write it like `tid=8a6f…`")
    })?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

fn read(path: Option<&Path>) -> anyhow::Result<Option<String>> {
    let text = path.map(|path| {
        std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
    });
    text.transpose()
}

fn done(answer: OwnerAnswer, told: &str) -> anyhow::Result<()> {
    match answer {
        OwnerAnswer::Done => Ok(print::line(told)?),
        other => Err(unexpected(&other)),
    }
}
