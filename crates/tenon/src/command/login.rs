//! `tenon login` and `tenon logout`.

mod issuer;
mod loopback;
mod provider;

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
};

use console_api::{Client, KeyAtSite, KeySignIn, NewKey, RetiredKey, SignIn, SignedIn, Signer};
use proof::{
    Hash,
    key_binding::{For, KeyBinding, Retirement},
};
use service::clock;

use self::provider::{Committed, Provider};
use crate::{
    exit::{self, Stop},
    keys::{Key, Keys},
    print,
    session::{ConsoleOptions, Session, client, refused},
};

/// `tenon login` and `tenon logout`.
#[derive(Debug, clap::Args)]
pub(crate) struct Login {
    #[command(flatten)]
    console: ConsoleOptions,
    /// The sign-in name
    #[arg(long, env = "TENON_USER")]
    user: Option<String>,
    /// The tenant's name, where several tenants have a person of that name
    #[arg(long)]
    tenant: Option<String>,
    /// Print the address of the provider, and start no browser
    #[arg(long)]
    no_browser: bool,
    /// The provider; the one that the console names where it is left out. What was used once is asked for again
    #[arg(long)]
    issuer: Option<String>,
    /// Certificates that are trusted for the provider beside the system's, PEM
    #[arg(long, env = "TENON_ISSUER_CA_FILE")]
    issuer_ca_file: Option<PathBuf>,
}

/// Signs in and keeps the session: with the account that is named, else by the tenant's provider. The password is read from
/// `TENON_PASSWORD`, else from standard input.
pub(crate) async fn sign_in(login: Login) -> anyhow::Result<()> {
    let url = login.console.url.clone().or(Session::read()?.map(|session| session.url));
    let Some(url) = url else {
        return Err(Stop::error(exit::USAGE, "no console is given", "`tenon login --url URL`"));
    };
    let mut client = client(&url, None, login.console.ca_file.clone())?;
    match login.user.clone() {
        Some(user) => {
            let signed_in = by_account(&mut client, login.tenant, user).await?;
            keep(signed_in, url, login.console.ca_file)
        }
        None => by_provider(&mut client, login, url).await,
    }
}

/// Signs in at the tenant's provider with a new key, and has the sites believe it.
async fn by_provider(client: &mut Client, login: Login, url: String) -> anyhow::Result<()> {
    let methods = client.sign_in_methods(login.tenant.as_deref()).await.map_err(refused)?;
    let Some((openid, client_id)) = methods.openid.and_then(|openid| {
        let client_id = openid.cli_client_id.clone()?;
        Some((openid, client_id))
    }) else {
        let fix = "name yourself: `tenon login --url URL --user NAME`; where the console has several tenants, name yours: \
                   `--tenant NAME`";
        return Err(Stop::error(exit::USAGE, "there is no provider to sign in at", fix));
    };
    let issuer = issuer::checked(&url, openid.issuer, login.issuer)?;
    let ca_file = login.issuer_ca_file.as_deref();
    let provider = Provider::ask(&issuer, ca_file, client_id, openid.scopes).await?;
    let Committed { secret, key, commitment, id_token, browser } =
        provider.sign_in(openid.tenant, !login.no_browser).await?;
    let binding = KeyBinding {
        key: key.public(),
        rz: commitment.rz,
        tenant: commitment.tenant,
        console: openid.console,
        level: commitment.level,
        iat: clock::now(),
        id_token,
        refreshed: None,
    };
    let sign_in = KeySignIn { tenant: login.tenant, sign_in: binding.sign(For::Console, &key) };
    let signed_in = client.sign_in_with_key(&sign_in).await.map_err(refused);
    browser.tell(signed_in.is_ok()).await;
    keep(signed_in?, url, login.console.ca_file)?;
    issuer::remember(&issuer)?;
    let new = NewKey { binding: binding.sign(For::Sites, &key) };
    let sites = client.bind_key(&new).await.map_err(refused)?;
    let mut keys = Keys::read()?;
    for KeyAtSite { site, bound, .. } in &sites {
        let Some(bound) = bound else { continue };
        keys.keep(Key {
            site: *site,
            tenant: binding.tenant,
            console: binding.console,
            user: bound.user,
            level: binding.level,
            secret: secret.to_string(),
            root: None,
            token: Some((issuer.clone(), Hash::of(binding.id_token.as_bytes()).hex())),
            expires: bound.until,
        })?;
    }
    tell(sites)
}

/// Says at which sites the key signs.
fn tell(sites: Vec<KeyAtSite>) -> anyhow::Result<()> {
    for KeyAtSite { site_name, bound, why, unanswered, .. } in sites {
        let told = match (bound, why, unanswered) {
            (Some(bound), ..) => format!("your key signs until {} ({})", bound.until, bound.level),
            (None, Some(why), _) => format!("your key does not sign here: {}. {}", why.text, why.fix),
            (None, None, Some(unanswered)) => format!("your key does not sign here yet: {unanswered}"),
            (None, None, None) => "the site said nothing of your key".to_owned(),
        };
        print::line(&format!("site {}: {}", print::clean(&site_name), print::clean(&told)))?;
    }
    Ok(())
}

/// Signs in with an account of the console.
async fn by_account(client: &mut Client, tenant: Option<String>, user: String) -> anyhow::Result<SignedIn> {
    let sign_in = SignIn { tenant, user, password: password()?, cookie: false };
    client.sign_in(&sign_in).await.map_err(refused)
}

/// Keeps the session of whoever has just signed in, and says who that is.
pub(crate) fn keep(signed_in: SignedIn, url: String, ca_file: Option<PathBuf>) -> anyhow::Result<()> {
    let Some(token) = signed_in.token else {
        return Err(Stop::error(
            exit::FAILED,
            "the console gave no session",
            "use the `tenon` of the console's version",
        ));
    };
    Session { url: url.clone(), token, ca_file, issuer: None }.write()?;
    let me = signed_in.me;
    print::line(&format!(
        "{} of {} is signed in at {} as {}, until {}",
        print::clean(&me.name),
        print::clean(&me.tenant_name),
        print::clean(&url),
        me.role.name(),
        signed_in.expires
    ))?;
    Ok(())
}

/// Ends the session at the console and forgets it.
pub(crate) async fn sign_out(login: Login) -> anyhow::Result<()> {
    let outcome = match login.console.client() {
        Ok(mut client) => {
            // Keys end by themselves where this fails.
            let retired = retire(&client).await;
            let ended = client.sign_out().await.map_err(refused);
            ended.and(retired)
        }
        Err(error) => Err(error),
    };
    // The session is forgotten here even where the console cannot be told.
    Session::forget()?;
    outcome?;
    print::line("signed out")?;
    Ok(())
}

/// Has the sites believe the keys no more that the provider's token bound, and forgets them.
async fn retire(client: &Client) -> anyhow::Result<()> {
    let me = client.me().await.map_err(refused)?;
    let bound = Keys::read()?.take_bound(me.tenant, me.id)?;
    let mut signers = Vec::new();
    for key in bound {
        let signer = key.signer()?;
        let jkt = signer.key.public().thumbprint();
        // One key is bound at several sites.
        if signers.iter().any(|known: &Signer| known.key.public().thumbprint() == jkt) {
            continue;
        }
        let said = Retirement { jkt, tenant: me.tenant, iat: clock::now() };
        client.retire_key(&RetiredKey { retirement: said.sign(&signer.key) }).await.map_err(refused)?;
        signers.push(signer);
    }
    Ok(())
}

/// Returns the password in `TENON_PASSWORD`, else a line of standard input.
pub(crate) fn password() -> anyhow::Result<String> {
    match std::env::var("TENON_PASSWORD") {
        Ok(password) => Ok(password),
        Err(_) => read_password(),
    }
}

/// Reads a line from standard input; at a terminal, what is typed is shown unless `stty` can turn it off.
fn read_password() -> anyhow::Result<String> {
    let terminal = std::io::stdin().is_terminal();
    if terminal {
        let mut err = std::io::stderr().lock();
        write!(err, "Password: ")?;
        err.flush()?;
    }
    let _echo = terminal.then(NoEcho::begin);
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if terminal {
        writeln!(std::io::stderr().lock())?;
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Turns the terminal's echo off, and on again when dropped.
struct NoEcho(Option<rustix::termios::Termios>);

impl NoEcho {
    fn begin() -> Self {
        let stdin = rustix::stdio::stdin();
        let Ok(before) = rustix::termios::tcgetattr(stdin) else { return Self(None) };
        let mut silent = before.clone();
        silent.local_modes.remove(rustix::termios::LocalModes::ECHO);
        match rustix::termios::tcsetattr(stdin, rustix::termios::OptionalActions::Now, &silent) {
            Ok(()) => Self(Some(before)),
            Err(_) => Self(None),
        }
    }
}

impl Drop for NoEcho {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // The terminal may be gone.
            let _ = rustix::termios::tcsetattr(
                rustix::stdio::stdin(),
                rustix::termios::OptionalActions::Now,
                before,
            );
        }
    }
}
