//! Runs a target on mutations until the time is up or an input breaks it.

use std::{
    any::Any,
    fmt, fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{Target, dice::Dice, mutate::mutate};

/// An input that takes longer is a way to stop a server: the largest frame is decoded in milliseconds.
const SLOW: Duration = Duration::from_secs(2);

/// One run of one target.
#[derive(Clone, Debug)]
pub struct Campaign<'a> {
    /// The target.
    pub target: Target,
    /// The inputs to start from.
    pub known: &'a [Vec<u8>],
    /// Where the dice start: the same seed makes the same inputs.
    pub seed: u64,
}

/// How a run ended without a broken target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// How many inputs were tried.
    pub inputs: u64,
}

/// An input that broke the target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Crash {
    /// The target's name.
    pub target: &'static str,
    /// The seed of the run.
    pub seed: u64,
    /// The input.
    pub input: Vec<u8>,
    /// What the target said when it panicked, or how long it took.
    pub message: String,
}

impl Campaign<'_> {
    /// Tries `inputs` mutations.
    pub fn run_count(&self, inputs: u64) -> Result<Outcome, Crash> {
        self.run(|tried| tried >= inputs)
    }

    /// Tries mutations for `time`.
    pub fn run_for(&self, time: Duration) -> Result<Outcome, Crash> {
        let end = Instant::now() + time;
        self.run(|_| Instant::now() >= end)
    }

    /// Tries one input.
    pub fn try_input(&self, input: &[u8]) -> Result<(), Crash> {
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.target.run)(input)));
        let message = match outcome {
            Ok(()) if start.elapsed() <= SLOW => return Ok(()),
            Ok(()) => format!("took {} ms", start.elapsed().as_millis()),
            Err(panic) => said(&*panic),
        };
        Err(Crash { target: self.target.name, seed: self.seed, input: input.to_vec(), message })
    }

    fn run(&self, done: impl Fn(u64) -> bool) -> Result<Outcome, Crash> {
        let mut dice = Dice::new(self.seed);
        let mut inputs = 0;
        while !done(inputs) {
            self.try_input(&mutate(self.known, &mut dice))?;
            inputs += 1;
        }
        Ok(Outcome { inputs })
    }
}

impl Crash {
    /// Saves the input in `folder`, and returns the file.
    pub fn save(&self, folder: &Path) -> io::Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}-{:016x}", self.target, self.seed));
        fs::write(&path, &self.input)?;
        Ok(path)
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Crash { target, seed, input, message } = self;
        write!(f, "`{target}` broke on an input of {} bytes (seed {seed}): {message}", input.len())
    }
}

impl std::error::Error for Crash {}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
    format!("panicked: {}", text.unwrap_or("without words"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAGILE: Target = Target {
        name: "fragile",
        run: |bytes| assert!(!bytes.windows(4).any(|four| four == b"null"), "cannot stand null"),
    };

    #[test]
    fn a_broken_target_is_found_and_its_input_breaks_it_again() {
        let campaign = Campaign { target: FRAGILE, known: &[b"{\"a\":1}".to_vec()], seed: 1 };
        let crash = campaign.run_count(100_000).expect_err("the word is in the list");
        assert_eq!(crash.message, "panicked: cannot stand null");

        let folder = tempfile::tempdir().expect("a folder");
        let path = crash.save(folder.path()).expect("saved");
        let input = fs::read(path).expect("the input");
        assert_eq!(campaign.try_input(&input), Err(crash));
    }

    #[test]
    fn a_sound_target_takes_all_inputs() {
        let sound = Target { name: "sound", run: |_| {} };
        assert_eq!(Campaign { target: sound, known: &[], seed: 1 }.run_count(10), Ok(Outcome { inputs: 10 }));
    }
}
