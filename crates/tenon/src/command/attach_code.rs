//! `tenon attach-code`: the codes by which sites attach to a console.

use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon attach-code`.
#[derive(Debug, clap::Args)]
pub(crate) struct AttachCode {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a code; one site attaches itself with it, once, by `tenon site attach`
    Create,
}

/// Runs `tenon attach-code`.
pub(crate) async fn run(attach_code: AttachCode) -> anyhow::Result<()> {
    let client = attach_code.console.client()?;
    match attach_code.what {
        What::Create => {
            let made = client.create_attach_code().await.map_err(refused)?;
            if attach_code.console.json {
                return print::json(&made);
            }
            // The code alone, so that a script can pass it on.
            print::line(&made.code)?;
            Ok(())
        }
    }
}
