//! `tenon setup`: the first administrator of a console.

use console_api::Setup as NewSetup;

use super::login;
use crate::{
    exit::{self, Stop},
    session::{ConsoleOptions, client, refused},
};

/// `tenon setup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Setup {
    #[command(flatten)]
    console: ConsoleOptions,
    /// The code that the console prints at its start (`setup code: TS1.…`) as long as nobody has an account
    #[arg(long, env = "TENON_SETUP_CODE", hide_env_values = true)]
    code: String,
    /// The name of the first tenant
    #[arg(long)]
    tenant: String,
    /// The administrator's sign-in name
    #[arg(long)]
    user: String,
}

/// Makes the first tenant and its administrator, and signs in. The password, 12 characters or more, is read from
/// `TENON_PASSWORD`, else from standard input.
pub(crate) async fn run(setup: Setup) -> anyhow::Result<()> {
    let Some(url) = setup.console.url else {
        return Err(Stop::error(
            exit::USAGE,
            "no console is named",
            "`tenon setup --url URL --code CODE --tenant NAME --user NAME`",
        ));
    };
    let password = login::password()?;
    let mut client = client(&url, None, setup.console.ca_file.clone())?;
    let new = NewSetup { code: setup.code, tenant: setup.tenant, user: setup.user, password };
    let signed_in = client.set_up(&new).await.map_err(refused)?;
    login::keep(signed_in, url, setup.console.ca_file)
}
