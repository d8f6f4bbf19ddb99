//! `tenon sign-in`: how the people of a tenant sign in.

use console_api::{OpenIdSettings, SignInSettings};

use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon sign-in`.
#[derive(Debug, clap::Args)]
pub(crate) struct SignIn {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show how people sign in
    Show,
    /// Set the OpenID Connect provider of the tenant; `TENON_CLIENT_SECRET` is the page's secret, where it has one
    Set(Provider),
    /// Take the provider away; its people can no longer sign in
    RemoveProvider,
    /// Let accounts of the console sign in, or not
    LocalAccounts {
        /// `on` or `off`
        #[arg(value_parser = ["on", "off"])]
        state: String,
    },
}

#[derive(Debug, clap::Args)]
struct Provider {
    /// The issuer, exactly as its tokens name it
    #[arg(long)]
    issuer: String,
    /// The client that the page is at the provider
    #[arg(long)]
    page_client_id: String,
    /// The client that the command line is at the provider
    #[arg(long)]
    cli_client_id: Option<String>,
    /// The claim that names a person for good: `sub`, or `oid` at Microsoft Entra
    #[arg(long, default_value = "sub")]
    person_claim: String,
    /// The claim that holds the person's groups
    #[arg(long, default_value = "groups")]
    groups_claim: String,
    /// The claim that people know a person by
    #[arg(long, default_value = "preferred_username")]
    name_claim: String,
    /// A scope to ask for beside `openid` and `profile`; may be given more than once
    #[arg(long = "scope")]
    scopes: Vec<String>,
    /// How long a session lasts
    #[arg(long, default_value_t = 240)]
    session_minutes: u32,
}

/// Runs `tenon sign-in`.
pub(crate) async fn run(sign_in: SignIn) -> anyhow::Result<()> {
    let client = sign_in.console.client()?;
    let now = client.sign_in_settings().await.map_err(refused)?;
    let wanted = match sign_in.what {
        What::Show => None,
        What::Set(provider) => Some(SignInSettings { openid: Some(settings(provider)), ..now.clone() }),
        What::RemoveProvider => Some(SignInSettings { openid: None, ..now.clone() }),
        What::LocalAccounts { state } => {
            Some(SignInSettings { local_accounts: state == "on", ..now.clone() })
        }
    };
    let shown = match wanted {
        None => now,
        Some(wanted) => client.put_sign_in_settings(&wanted).await.map_err(refused)?,
    };
    if sign_in.console.json {
        return print::json(&shown);
    }
    let local = if shown.local_accounts { "may sign in" } else { "may not sign in" };
    print::line(&format!("accounts of the console {local}"))?;
    match shown.openid {
        None => print::line("there is no provider")?,
        Some(openid) => {
            let cli = openid.cli_client_id.unwrap_or_default();
            let row = vec![
                openid.issuer,
                openid.page_client_id,
                cli,
                openid.person_claim,
                openid.groups_claim,
                openid.session_minutes.to_string(),
            ];
            print::table(&["ISSUER", "PAGE", "COMMAND LINE", "PERSON", "GROUPS", "MINUTES"], &[row])?;
        }
    }
    Ok(())
}

fn settings(provider: Provider) -> OpenIdSettings {
    OpenIdSettings {
        issuer: provider.issuer,
        page_client_id: provider.page_client_id,
        page_client_secret: std::env::var("TENON_CLIENT_SECRET").ok().filter(|secret| !secret.is_empty()),
        cli_client_id: provider.cli_client_id,
        person_claim: provider.person_claim,
        groups_claim: provider.groups_claim,
        name_claim: provider.name_claim,
        scopes: provider.scopes,
        session_minutes: provider.session_minutes,
    }
}
