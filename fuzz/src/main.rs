//! Runs the targets for a while: `cargo xtask fuzz --minutes 10 [target]`.

use std::{io::Write as _, path::Path, time::Duration};

use anyhow::{Context as _, bail};
use clap::Parser;
use fuzz::{Campaign, TARGETS, Target, corpus_folder, inputs};

/// Throws mutated inputs at the decoders
#[derive(Debug, Parser)]
struct Options {
    /// How long to run, shared among the targets
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// Where the dice start; the same seed makes the same inputs [default: from the clock]
    #[arg(long)]
    seed: Option<u64>,
    /// The target, or all of them
    target: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let targets: Vec<Target> = TARGETS
        .iter()
        .filter(|target| options.target.as_deref().is_none_or(|name| name == target.name))
        .copied()
        .collect();
    if targets.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        bail!("there is no such target; there are: {}", names.join(", "));
    }
    let share = Duration::from_secs(60).mul_f64(options.minutes.max(0.0)) / u32::try_from(targets.len())?;

    let mut broken = 0;
    for target in targets {
        if !run(target, share, options.seed.unwrap_or_else(from_the_clock))? {
            broken += 1;
        }
    }
    if broken > 0 {
        bail!("{broken} targets broke");
    }
    Ok(())
}

/// Runs one target, and returns whether it held.
fn run(target: Target, time: Duration, seed: u64) -> anyhow::Result<bool> {
    let folder = corpus_folder(target.name);
    let known = inputs(&folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let known: Vec<Vec<u8>> = known.into_iter().map(|(_, bytes)| bytes).collect();
    // Said first: a target that kills the process leaves only this to repeat it.
    say(&format!("{}: {} s from seed {seed}, {} inputs known", target.name, time.as_secs(), known.len()))?;

    match (Campaign { target, known: &known, seed }).run_for(time) {
        Ok(outcome) => {
            say(&format!("{}: held against {} inputs", target.name, outcome.inputs))?;
            Ok(true)
        }
        Err(crash) => {
            let path = crash.save(&Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes"))?;
            say(&format!("{crash}\n  saved as {}; move it to {}", path.display(), folder.display()))?;
            Ok(false)
        }
    }
}

fn from_the_clock() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_nanos() & u128::from(u64::MAX)).unwrap_or(1)
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}").context("failed to write to the terminal")
}
