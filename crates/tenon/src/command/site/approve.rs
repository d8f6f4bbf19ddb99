//! `tenon site approve`: what waits for a second person at this site, and what they say, with a key of their own.

use std::path::PathBuf;

use action::{SiteId, TaskGuid, UserId};
use authority_link::{
    ApprovalAnswer, ApprovalCall, ApprovalRule, OwnerAnswer, OwnerCall, ProofAnswer, ProofCall, WaitingEntry,
};
use console_api::{Kind, Signer};
use proof::{Hash, Level, approval::Says};

use super::proofs;
use crate::{
    asked,
    command::approve::{question, signed, told},
    exit::{self, Stop},
    keys::Keys,
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon site approve`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Approve {
    #[command(flatten)]
    site: SiteFolder,
    /// The action that waits
    #[arg(required = true)]
    task_guid: Option<TaskGuid>,
    /// Refuse it
    #[arg(long)]
    refuse: bool,
    #[command(flatten)]
    whose: Whose,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(subcommand)]
    what: Option<What>,
}

/// Whose key signs.
#[derive(Clone, Debug, clap::Args)]
struct Whose {
    /// The folder of your keys, where another user runs this; else those beside the session of `tenon login`
    #[arg(long, value_name = "FOLDER")]
    keys: Option<PathBuf>,
    /// Whose key signs, where the folder holds those of several people
    #[arg(long)]
    user: Option<UserId>,
}

impl Whose {
    fn signer(&self, site: SiteId) -> anyhow::Result<Signer> {
        let keys = match &self.keys {
            Some(folder) => Keys::read_in(folder)?,
            None => Keys::read()?,
        };
        keys.of_site(site, self.user, service::clock::now())
    }
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List what waits for a second person
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Which requests wait for a second person: list, set, remove
    Rule {
        #[command(subcommand)]
        what: RuleWhat,
    },
    /// Which accounts are one person's, who cannot approve what they ask: list, add, remove
    Same {
        #[command(subcommand)]
        what: SameWhat,
    },
}

#[derive(Debug, clap::Subcommand)]
enum RuleWhat {
    /// List them
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Have requests wait for a second person; that fewer wait than before, somebody signs who may do this there
    Set {
        /// Such as `probe` (see `tenon action kinds`), or a task type's number
        kind: Kind,
        /// Requests that touch a device of this collection
        #[arg(long, default_value = action::Targets::ALL_DEVICES)]
        collection: String,
        /// `native`: each request; `web`: those that are proven at web level only, which are then taken also where the kind
        /// needs a native key
        #[arg(long, default_value_t = Level::Native)]
        of: Level,
        #[command(flatten)]
        whose: Whose,
    },
    /// No longer have them wait; somebody signs that who may do this there
    Remove {
        /// The kind of action
        kind: Kind,
        /// The collection
        #[arg(long, default_value = action::Targets::ALL_DEVICES)]
        collection: String,
        #[command(flatten)]
        whose: Whose,
    },
}

#[derive(Debug, clap::Subcommand)]
enum SameWhat {
    /// List them
    List,
    /// Two accounts are one person's
    Add {
        /// An account's id at the console
        user: UserId,
        /// The other
        same_as: UserId,
    },
    /// An account is nobody else's any more
    Remove {
        /// The account's id
        user: UserId,
    },
}

/// Lists, approves or refuses what waits, and says what does.
pub(super) async fn run(asked: Approve) -> anyhow::Result<()> {
    let Approve { site, task_guid, refuse, whose, yes, what } = asked;
    match (what, task_guid) {
        (Some(What::List { json }), _) => list(&site, json).await,
        (Some(What::Rule { what }), _) => rule(&site, what).await,
        (Some(What::Same { what }), _) => same(&site, what).await,
        (None, Some(task_guid)) => {
            let says = if refuse { Says::Refuse } else { Says::Approve };
            say(&site, task_guid, says, &whose, yes).await
        }
        (None, None) => Err(Stop::error(
            exit::USAGE,
            "nothing is named",
            "name the action that waits; `tenon site approve list` shows which do",
        )),
    }
}

async fn ask(site: &SiteFolder, call: ApprovalCall) -> anyhow::Result<ApprovalAnswer> {
    match proofs::ask(site, ProofCall::Approvals { call }).await? {
        ProofAnswer::Approvals { told } => Ok(told),
        other => Err(unexpected(&other)),
    }
}

async fn waiting(site: &SiteFolder) -> anyhow::Result<(String, Vec<WaitingEntry>)> {
    match ask(site, ApprovalCall::List).await? {
        ApprovalAnswer::Waiting { nonce, waiting } => Ok((nonce, waiting)),
        other => Err(unexpected(&other)),
    }
}

async fn list(site: &SiteFolder, json: bool) -> anyhow::Result<()> {
    let (_, waiting) = waiting(site).await?;
    if json {
        return print::json(&waiting);
    }
    let rows = waiting.into_iter().map(|one| {
        vec![
            one.task_guid.to_string(),
            Kind(one.kind).to_string(),
            one.name.clone(),
            one.user.to_string(),
            aim(&one),
            one.until.to_string(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    print::table(&["ACTION", "KIND", "NAME", "USER", "DEVICES", "UNTIL"], &rows)?;
    Ok(())
}

/// Returns what a request is aimed at, by the site's own data.
fn aim(one: &WaitingEntry) -> String {
    let named: Vec<&str> = one.devices.iter().map(String::as_str).collect();
    let devices = asked::named_and(&named, usize::try_from(one.count).unwrap_or(usize::MAX));
    match &one.collection {
        Some(collection) => format!("collection {collection}: {devices}"),
        None => devices,
    }
}

async fn say(
    site: &SiteFolder,
    task_guid: TaskGuid,
    says: Says,
    whose: &Whose,
    yes: bool,
) -> anyhow::Result<()> {
    let (nonce, waiting) = waiting(site).await?;
    let Some(one) = waiting.into_iter().find(|one| one.task_guid == task_guid) else {
        return Err(Stop::error(
            exit::FAILED,
            format!("the action {task_guid} waits for no approval"),
            "look at what does: `tenon site approve list`",
        ));
    };
    let signer = whose.signer(site_id(site).await?)?;
    show(&one)?;
    asked::confirm(question(says), yes)?;
    let approves: Hash = one.request_sha256.parse()?;
    let approval = signed(&signer, task_guid, approves, says, nonce);
    match ask(site, ApprovalCall::Say { approval }).await? {
        ApprovalAnswer::Said { allowed } => Ok(print::line(told(says, allowed))?),
        other => Err(unexpected(&other)),
    }
}

async fn site_id(site: &SiteFolder) -> anyhow::Result<SiteId> {
    match site.ask(OwnerCall::Status).await? {
        OwnerAnswer::Status { site, .. } => Ok(site),
        other => Err(unexpected(&other)),
    }
}

fn show(one: &WaitingEntry) -> anyhow::Result<()> {
    let line = |name: &str, text: &str| print::line(&format!("{name:<12} {}", print::clean(text)));
    line("action", &format!("{} ({})", one.kind.title(), one.kind.template()))?;
    if !one.param.is_empty() {
        line("parameter", &one.param)?;
    }
    line("devices", &format!("{} now: {}", one.count, aim(one)))?;
    line("asked for by", &format!("{} ({}), {}", one.name, one.user, one.proof))?;
    line("at", &one.asked_at.to_string())?;
    line("ends", &one.until.to_string())?;
    Ok(())
}

async fn rule(site: &SiteFolder, what: RuleWhat) -> anyhow::Result<()> {
    let (call, said) = match what {
        RuleWhat::List { json } => match ask(site, ApprovalCall::ListRules).await? {
            ApprovalAnswer::Rules { rules } if json => return print::json(&rules),
            ApprovalAnswer::Rules { rules } => {
                let row = |rule: ApprovalRule| {
                    vec![Kind(rule.kind).to_string(), rule.collection, rule.of.to_string()]
                };
                let rows: Vec<_> = rules.into_iter().map(row).collect();
                print::table(&["KIND", "COLLECTION", "PROVEN AT MOST AT"], &rows)?;
                return Ok(());
            }
            other => return Err(unexpected(&other)),
        },
        RuleWhat::Set { kind, collection, of, whose } => {
            let said = format!("{kind} on {collection} waits for a second person from now on");
            let approval = match fewer(site, kind, &collection, of).await? {
                Some(named) => Some(wanted(site, kind, &named, &whose).await?),
                None => None,
            };
            let rule = ApprovalRule { kind: kind.0, collection, of };
            (ApprovalCall::PutRule { rule, approval }, said)
        }
        RuleWhat::Remove { kind, collection, whose } => {
            let said = format!("{kind} on {collection} waits for nobody from now on");
            let named = id_of(site, &collection).await?;
            let approval = Some(wanted(site, kind, &named, &whose).await?);
            (ApprovalCall::RemoveRule { kind: kind.0, collection, approval }, said)
        }
    };
    done(site, call, &said).await
}

/// Returns the id of the collection where fewer requests would wait than do now.
async fn fewer(site: &SiteFolder, kind: Kind, collection: &str, of: Level) -> anyhow::Result<Option<String>> {
    let id = id_of(site, collection).await?;
    match ask(site, ApprovalCall::ListRules).await? {
        ApprovalAnswer::Rules { rules } => {
            let known = rules.into_iter().find(|rule| rule.kind == kind.0 && rule.collection == id);
            Ok(known.filter(|rule| rule.of > of).map(|_| id))
        }
        other => Err(unexpected(&other)),
    }
}

/// Returns the id of a collection that is named by its id or its name.
async fn id_of(site: &SiteFolder, wanted: &str) -> anyhow::Result<String> {
    match site.ask(OwnerCall::ListCollections).await? {
        OwnerAnswer::Collections { collections } => {
            let known = collections.into_iter().find(|one| one.id == wanted || one.name == wanted);
            Ok(known.map_or_else(|| wanted.to_owned(), |one| one.id))
        }
        other => Err(unexpected(&other)),
    }
}

/// Signs that fewer requests are to wait.
async fn wanted(site: &SiteFolder, kind: Kind, collection: &str, whose: &Whose) -> anyhow::Result<String> {
    let (nonce, _) = waiting(site).await?;
    let signer = whose.signer(site_id(site).await?)?;
    let approves = ApprovalRule::change_hash(kind.0, collection);
    Ok(signed(&signer, TaskGuid(uuid::Uuid::nil()), approves, Says::Approve, nonce))
}

async fn same(site: &SiteFolder, what: SameWhat) -> anyhow::Result<()> {
    let (call, said) = match what {
        SameWhat::List => match ask(site, ApprovalCall::ListSamePersons).await? {
            ApprovalAnswer::SamePersons { pairs } => {
                let row = |(user, same): (UserId, UserId)| vec![user.to_string(), same.to_string()];
                let rows: Vec<_> = pairs.into_iter().map(row).collect();
                print::table(&["USER", "SAME AS"], &rows)?;
                return Ok(());
            }
            other => return Err(unexpected(&other)),
        },
        SameWhat::Add { user, same_as } => {
            let said = format!("{user} cannot approve what {same_as} asks, nor the other way round");
            (ApprovalCall::PutSamePerson { user, same_as }, said)
        }
        SameWhat::Remove { user } => {
            (ApprovalCall::RemoveSamePerson { user }, format!("{user} is a person of their own again"))
        }
    };
    done(site, call, &said).await
}

async fn done(site: &SiteFolder, call: ApprovalCall, said: &str) -> anyhow::Result<()> {
    match ask(site, call).await? {
        ApprovalAnswer::Done => Ok(print::line(&print::clean(said))?),
        other => Err(unexpected(&other)),
    }
}
