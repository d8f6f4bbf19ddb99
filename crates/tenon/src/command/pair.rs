//! `tenon pair`: makes a key and has a site know it, with a code that the site's owner gave.

use action::SiteId;
use anyhow::Context as _;
use console_api::{Client, NotPaired, SiteState};
use proof::{Hash, Level, PersonSigningKey, pairing::PairingCode};

use crate::{
    exit::{self, Stop},
    keys::{Key, Keys},
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon pair`.
#[derive(Debug, clap::Args)]
pub(crate) struct Pair {
    #[command(flatten)]
    console: ConsoleOptions,
    /// The code that `tenon site pair` printed at the site
    code: String,
    /// The site; the only one that is attached where it is left out
    #[arg(long)]
    on_site: Option<SiteId>,
    /// The level of the key, as the code was made for it
    #[arg(long, default_value_t = Level::Native)]
    level: Level,
}

/// Pairs, and keeps the key beside the session.
pub(crate) async fn run(pair: Pair) -> anyhow::Result<()> {
    let client = pair.console.client()?;
    let code = code(&pair.code)?;
    let site = match pair.on_site {
        Some(site) => site,
        None => attached(&client).await?,
    };
    let key = with(&client, site, &code, pair.level).await?;
    let (level, expires) = (key.level, key.expires);
    Keys::read()?.keep(key)?;
    print::line(&format!(
        "the site {site} knows your {level} key from now on, until {expires}; `tenon action run` signs with it"
    ))?;
    Ok(())
}

/// Reads a code.
pub(crate) fn code(text: &str) -> anyhow::Result<PairingCode> {
    text.trim().parse().map_err(|error: proof::pairing::NotAPairingCode| {
        Stop::error(exit::USAGE, error.to_string(), "have the site's owner print one: `tenon site pair`")
    })
}

/// Makes a key, and has a site know it.
pub(crate) async fn with(
    client: &Client,
    site: SiteId,
    code: &PairingCode,
    level: Level,
) -> anyhow::Result<Key> {
    let (secret, key) = new_key();
    let (rc, now) = (Hash(service::dice::bytes()), service::clock::now());
    let paired = client.pair_key(site, code, level, key, rc, now).await;
    let (signer, answer) = paired.map_err(|error| match error {
        NotPaired::Refused(error) => refused(error),
        NotPaired::Answer(_) => Stop::error(
            exit::REFUSED,
            format!("failed to pair with the site {site}: {}", service::error::Chain(&error)),
            "do not use this console until its owner has looked: it answered in the site's place",
        ),
    })?;
    Ok(Key {
        site,
        tenant: signer.tenant,
        console: signer.console,
        user: signer.user,
        level,
        secret: secret.to_string(),
        root: Some(answer.root),
        token: None,
        expires: answer.expires,
    })
}

/// Makes a key. Almost every number is one.
pub(crate) fn new_key() -> (Hash, PersonSigningKey) {
    loop {
        let secret = Hash(service::dice::bytes());
        if let Ok(key) = PersonSigningKey::from_secret(&secret.0) {
            return (secret, key);
        }
    }
}

async fn attached(client: &Client) -> anyhow::Result<SiteId> {
    let sites = client.sites().await.map_err(refused)?;
    let attached: Vec<_> = sites.iter().filter(|site| site.state == SiteState::Attached).collect();
    match attached[..] {
        [site] => Ok(site.id),
        _ => Err(Stop::error(
            exit::USAGE,
            format!("the tenant has {} attached sites", attached.len()),
            "name the one that printed the code with --on-site (`tenon site status` there says its id)",
        ))
        .context("failed to choose a site"),
    }
}
