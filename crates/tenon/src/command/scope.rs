//! `tenon scope`: what roles at a site are limited to beside their collections.

use authority_link::{OwnerAnswer, OwnerCall, ScopeCall, ScopeEntry};

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon scope`.
#[derive(Debug, clap::Args)]
pub(crate) struct Scope {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the security scopes, with the collections that carry them
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a security scope, or say anew what it is for
    Put {
        /// The scope's name
        name: String,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Have a collection carry these scopes, and no others
    Carry {
        /// The collection's id or name
        collection: String,
        /// A scope; may be given more than once; the default one where none is given
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    /// Remove a security scope that no collection carries and no role is limited to
    Remove {
        /// The scope's name
        name: String,
    },
}

/// Runs `tenon scope`.
pub(crate) async fn run(scope: Scope) -> anyhow::Result<()> {
    let site = scope.site;
    let (call, told) = match scope.what {
        What::List { json } => return list(&site, json).await,
        What::Put { name, description } => {
            let told = format!("{name} is stored");
            (ScopeCall::Put { name, description }, told)
        }
        What::Carry { collection, scopes } => {
            let carried = if scopes.is_empty() { "the default scope".to_owned() } else { scopes.join(", ") };
            let told = format!("{collection} carries {carried}");
            (ScopeCall::Carry { collection, scopes }, told)
        }
        What::Remove { name } => {
            let told = format!("{name} is removed");
            (ScopeCall::Remove { name }, told)
        }
    };
    match site.ask(OwnerCall::Scopes { call }).await? {
        OwnerAnswer::Done => Ok(print::line(&print::clean(&told))?),
        other => Err(unexpected(&other)),
    }
}

async fn list(site: &SiteFolder, json: bool) -> anyhow::Result<()> {
    let scopes = match site.ask(OwnerCall::Scopes { call: ScopeCall::List }).await? {
        OwnerAnswer::Scopes { scopes } => scopes,
        other => return Err(unexpected(&other)),
    };
    if json {
        return print::json(&scopes);
    }
    let row = |scope: ScopeEntry| {
        let ScopeEntry { name, description, collections, assignments } = scope;
        vec![name, description, collections.join(", "), assignments.to_string()]
    };
    let rows: Vec<_> = scopes.into_iter().map(row).collect();
    Ok(print::table(&["SCOPE", "FOR", "COLLECTIONS", "ROLES LIMITED TO IT"], &rows)?)
}
