//! `tenon login` and `tenon logout`.

mod loopback;

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
};

use console_api::{Client, SignIn, SignedIn};

use crate::{
    exit::{self, Stop},
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
}

/// Signs in and keeps the session: with the account that is named, else by the tenant's provider. The password is read from
/// `TENON_PASSWORD`, else from standard input.
pub(crate) async fn sign_in(login: Login) -> anyhow::Result<()> {
    let url = login.console.url.clone().or(Session::read()?.map(|session| session.url));
    let Some(url) = url else {
        return Err(Stop::error(exit::USAGE, "no console is given", "`tenon login --url URL`"));
    };
    let mut client = client(&url, None, login.console.ca_file.clone())?;
    let signed_in = match login.user {
        Some(user) => by_account(&mut client, login.tenant, user).await?,
        None => {
            let methods = client.sign_in_methods(login.tenant.as_deref()).await.map_err(refused)?;
            if !methods.openid.is_some_and(|openid| openid.cli) {
                let fix = "name yourself: `tenon login --url URL --user NAME`; where the console has several tenants, name \
                           yours: `--tenant NAME`";
                return Err(Stop::error(exit::USAGE, "there is no provider to sign in at", fix));
            }
            loopback::sign_in(&mut client, login.tenant, !login.no_browser).await?
        }
    };
    keep(signed_in, url, login.console.ca_file)
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
    Session { url: url.clone(), token, ca_file }.write()?;
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
        Ok(mut client) => client.sign_out().await.map_err(refused),
        Err(error) => Err(error),
    };
    // The session is forgotten here even where the console cannot be told.
    Session::forget()?;
    outcome?;
    print::line("signed out")?;
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
