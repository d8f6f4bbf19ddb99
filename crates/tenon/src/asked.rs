//! What somebody asked, in plain words: shown before anybody signs it, and never with what a terminal would obey.

use std::io::{IsTerminal as _, Write as _};

use action::{ActionKind, Targets, Timestamp};
use anyhow::Context as _;
use proof::Request;

use crate::{
    exit::{self, Stop},
    print,
};

/// How many devices are named; the others are counted.
const NAMED: usize = 20;

/// Shows a request, a line for each thing that it says.
pub(crate) fn show(request: &Request, site: &str) -> anyhow::Result<()> {
    let kind = ActionKind(request.params.task_type);
    let line = |name: &str, text: String| print::line(&format!("{name:<12} {}", print::clean(&text)));
    line("action", format!("{} ({})", kind.title(), kind.template()))?;
    if !request.params.task_param.is_empty() {
        line("parameter", request.params.task_param.clone())?;
    }
    line("site", site.to_owned())?;
    line("devices", targets(&request.targets))?;
    line("asked for by", request.sub.to_string())?;
    line("at", request.iat.to_string())?;
    line("must arrive", deadline(request.deliver_by))?;
    line("must end", format!("{} s after it was received", request.finish_within))?;
    Ok(())
}

fn targets(targets: &Targets) -> String {
    match targets {
        Targets::Devices { devices } => {
            let named: Vec<&str> = devices.iter().take(NAMED).map(|target| &*target.name).collect();
            named_and(&named, devices.len())
        }
        Targets::Collection { collection, at_most, version } => {
            format!("collection {collection}, version {version} of its rule, at most {at_most} devices")
        }
    }
}

/// Returns names, and how many there are beyond them.
pub(crate) fn named_and(named: &[&str], count: usize) -> String {
    match count.saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn deadline(at: Timestamp) -> String {
    format!("by {at}")
}

/// Asks whether to go on, where `yes` has not said so already.
pub(crate) fn confirm(what: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Stop::error(
            exit::USAGE,
            "nobody is here to be asked",
            "look at what is shown, then say --yes",
        ));
    }
    let mut out = std::io::stderr();
    write!(out, "{what} [y/N] ").and_then(|()| out.flush()).context("failed to ask")?;
    let mut said = String::new();
    std::io::stdin().read_line(&mut said).context("failed to read the answer")?;
    match said.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Stop::error(exit::REFUSED, "nothing was signed", "run the command again to sign")),
    }
}
