//! `tenon site pair`, `sign-out`, `key`, `level` and `vouch`: by what people prove at this site that they ask.

use action::{ActionKind, UserId};
use authority_link::{OwnerAnswer, OwnerCall, ProofAnswer, ProofCall, ServiceKey};
use console_api::Kind;
use proof::Level;
use uuid::Uuid;

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon site pair`.
#[derive(Debug, clap::Args)]
pub(crate) struct Pair {
    #[command(flatten)]
    site: SiteFolder,
    /// The person's id at the console (`tenon user list`)
    #[arg(long)]
    user: UserId,
    /// The person's name, for people to read; the one that the site knows where it is left out
    #[arg(long, default_value = "")]
    name: String,
    /// What the key may sign: `web` for a page, `native` for the command line
    #[arg(long, default_value_t = Level::Native)]
    level: Level,
    /// Make it the key of a service: what it may ask for, such as `sync-machine-policy`; may be given more than once
    #[arg(long = "kind", requires = "collection")]
    kinds: Vec<Kind>,
    /// The collection whose devices a service key may ask for
    #[arg(long, requires = "kinds")]
    collection: Option<String>,
    /// How many days a service key holds
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=365))]
    days: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `tenon site sign-out`.
#[derive(Debug, clap::Args)]
pub(crate) struct SignOut {
    #[command(flatten)]
    site: SiteFolder,
    /// The person's id at the console
    user: UserId,
}

/// `tenon site key`.
#[derive(Debug, clap::Args)]
pub(crate) struct Keys {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: KeysWhat,
}

#[derive(Debug, clap::Subcommand)]
enum KeysWhat {
    /// List the keys that people sign with
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End a key
    End {
        /// The key, or the beginning of it
        key: String,
    },
}

/// `tenon site level`.
#[derive(Debug, clap::Args)]
pub(crate) struct Levels {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: LevelsWhat,
}

#[derive(Debug, clap::Subcommand)]
enum LevelsWhat {
    /// List which level each kind of action needs
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Set which level a kind of action needs
    Set {
        /// Such as `sync-machine-policy` (see `tenon action kinds`), or a task type's number
        kind: Kind,
        /// `web` or `native`
        level: Level,
    },
}

/// `tenon site vouch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Vouch {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: VouchWhat,
}

#[derive(Debug, clap::Subcommand)]
enum VouchWhat {
    /// Let the console vouch for a person who cannot sign, at web level
    Add {
        /// The person's id at the console
        #[arg(long)]
        user: UserId,
        /// The person's name, for people to read; the one that the site knows where it is left out
        #[arg(long, default_value = "")]
        name: String,
        /// The API token that the person asks with (`tenon token list`); their sessions where it is left out
        #[arg(long)]
        token: Option<Uuid>,
        /// The collection whose devices may be asked for
        #[arg(long)]
        collection: String,
        /// How many requests within an hour
        #[arg(long, default_value_t = 60)]
        per_hour: u32,
        /// How many days the grant holds
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=365))]
        days: u64,
    },
    /// List for whom the console may vouch
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// No longer let the console vouch
    End {
        /// The grant's id
        id: String,
    },
}

/// Asks the authority about the proofs of people.
pub(crate) async fn ask(site: &SiteFolder, call: ProofCall) -> anyhow::Result<ProofAnswer> {
    match site.ask(OwnerCall::Proofs { call: Box::new(call) }).await? {
        OwnerAnswer::Proofs { said } => Ok(*said),
        other => Err(unexpected(&other)),
    }
}

/// Prints a pairing code. It is good for ten minutes, once.
pub(super) async fn pair(pair: Pair) -> anyhow::Result<()> {
    let service = pair.collection.map(|collection| ServiceKey {
        kinds: pair.kinds.iter().map(|kind| kind.0).collect(),
        collection,
        valid_seconds: pair.days * 24 * 3600,
    });
    let call = ProofCall::CreatePairing { user: pair.user, name: pair.name, level: pair.level, service };
    match ask(&pair.site, call).await? {
        ProofAnswer::Pairing { code, expires } if pair.json => {
            print::json(&serde_json::json!({ "code": code, "expires": expires }))
        }
        ProofAnswer::Pairing { code, .. } => Ok(print::line(&code)?),
        other => Err(unexpected(&other)),
    }
}

/// Ends all keys of a person.
pub(super) async fn sign_out(asked: SignOut) -> anyhow::Result<()> {
    match ask(&asked.site, ProofCall::SignOut { user: asked.user }).await? {
        ProofAnswer::Ended { keys } => Ok(print::line(&format!("{keys} keys of {} are ended", asked.user))?),
        other => Err(unexpected(&other)),
    }
}

/// Lists or ends keys.
pub(super) async fn keys(asked: Keys) -> anyhow::Result<()> {
    match asked.what {
        KeysWhat::List { json } => match ask(&asked.site, ProofCall::ListKeys).await? {
            ProofAnswer::Keys { keys } if json => print::json(&keys)?,
            ProofAnswer::Keys { keys } => {
                let rows = keys.into_iter().map(|key| {
                    let state = key
                        .ended
                        .map_or_else(|| format!("until {}", key.expires), |ended| format!("ended {ended}"));
                    vec![key.key, key.name, key.user.to_string(), key.level.to_string(), key.how, state]
                });
                let rows: Vec<_> = rows.collect();
                print::table(&["KEY", "NAME", "USER", "LEVEL", "HOW", "STATE"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        KeysWhat::End { key } => match ask(&asked.site, ProofCall::EndKey { key: key.clone() }).await? {
            ProofAnswer::Done => print::line(&format!("the key {} is ended", print::clean(&key)))?,
            other => return Err(unexpected(&other)),
        },
    }
    Ok(())
}

/// Lists or sets levels.
pub(super) async fn levels(asked: Levels) -> anyhow::Result<()> {
    match asked.what {
        LevelsWhat::List { json } => match ask(&asked.site, ProofCall::ListLevels).await? {
            ProofAnswer::Levels { levels } if json => print::json(&levels)?,
            ProofAnswer::Levels { levels } => {
                let row =
                    |(kind, level): (ActionKind, Level)| vec![Kind(kind).to_string(), level.to_string()];
                let rows: Vec<_> = levels.into_iter().map(row).collect();
                print::table(&["KIND", "LEVEL"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        LevelsWhat::Set { kind, level } => {
            match ask(&asked.site, ProofCall::PutLevel { kind: kind.0, level }).await? {
                ProofAnswer::Done => print::line(&format!("{kind} needs the level {level} from now on"))?,
                other => return Err(unexpected(&other)),
            }
        }
    }
    Ok(())
}

/// Lists, adds or ends grants.
pub(super) async fn vouch(asked: Vouch) -> anyhow::Result<()> {
    match asked.what {
        VouchWhat::Add { user, name, token, collection, per_hour, days } => {
            let valid_seconds = days * 24 * 3600;
            let call = ProofCall::PutGrant { user, name, token, collection, per_hour, valid_seconds };
            match ask(&asked.site, call).await? {
                ProofAnswer::Granted { id, expires } => {
                    print::line(&format!("{id}: the console may vouch for {user} until {expires}"))?;
                }
                other => return Err(unexpected(&other)),
            }
        }
        VouchWhat::List { json } => match ask(&asked.site, ProofCall::ListGrants).await? {
            ProofAnswer::Grants { grants } if json => print::json(&grants)?,
            ProofAnswer::Grants { grants } => {
                let rows = grants.into_iter().map(|grant| {
                    let way = grant.token.map_or_else(|| "sessions".to_owned(), |token| token.to_string());
                    let (per_hour, expires) = (grant.per_hour.to_string(), grant.expires.to_string());
                    vec![
                        grant.id,
                        grant.name,
                        grant.user.to_string(),
                        way,
                        grant.collection,
                        per_hour,
                        expires,
                    ]
                });
                let rows: Vec<_> = rows.collect();
                let head = ["ID", "NAME", "USER", "TOKEN", "COLLECTION", "AN HOUR", "UNTIL"];
                print::table(&head, &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        VouchWhat::End { id } => match ask(&asked.site, ProofCall::EndGrant { id: id.clone() }).await? {
            ProofAnswer::Done => print::line(&format!("the grant {} is ended", print::clean(&id)))?,
            other => return Err(unexpected(&other)),
        },
    }
    Ok(())
}
