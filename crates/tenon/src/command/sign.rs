//! `tenon sign`: show what a page has drafted, in plain words, and sign it with a native key.

use std::{io::Read as _, process::ExitCode};

use anyhow::Context as _;
use console_api::NewAction;
use proof::Request;

use super::action::ask::{follow_all, sign_drafts};
use crate::{
    asked,
    exit::{self, Stop},
    keys::Keys,
    print,
    session::{ConsoleOptions, refused},
};

/// The longest draft that is read from standard input, in bytes.
const LONGEST: u64 = 1 << 20;

/// `tenon sign`.
#[derive(Debug, clap::Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    console: ConsoleOptions,
    /// The draft that the page shows; `-` reads it from standard input
    draft: String,
    /// Follow it until every target has ended
    #[arg(long)]
    wait: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Shows a draft, and asks for it once it is signed.
pub(crate) async fn run(sign: Sign) -> anyhow::Result<ExitCode> {
    let new = NewAction::of_draft(&text(sign.draft)?).map_err(|error| {
        Stop::error(
            exit::USAGE,
            service::error::Chain(&error).to_string(),
            "copy the whole line that the page shows, from `TD1.` on",
        )
    })?;
    let client = sign.console.client()?;
    let drafts = client.draft_action(&new).await.map_err(refused)?.drafts;
    let (keys, now) = (Keys::read()?, service::clock::now());
    let many = drafts.len() > 1;
    for draft in &drafts {
        let request = Request::parse(draft.request.as_bytes()).context("the console drafted no request")?;
        asked::show(&request, &draft.site_name)?;
        if many {
            print::line("")?;
        }
    }
    let Some(signed) = sign_drafts(&keys, drafts, &new, now)? else {
        return Err(Stop::error(
            exit::REFUSED,
            "there is no key of yours for each of these sites",
            "pair one (`tenon site pair`, then `tenon pair`), or sign in with `tenon login`",
        ));
    };
    asked::confirm("Sign this?", sign.yes)?;
    let key = service::dice::uuid().to_string();
    let stored = client.create_signed(&signed, &key).await.map_err(refused)?;
    follow_all(&client, stored, sign.wait, sign.console.json).await
}

fn text(draft: String) -> anyhow::Result<String> {
    if draft != "-" {
        return Ok(draft);
    }
    let mut text = String::new();
    std::io::stdin().take(LONGEST).read_to_string(&mut text).context("failed to read the draft")?;
    Ok(text)
}
