//! The one promise, under a link that cuts and an agent that is killed: every task is answered, with one answer, and what
//! must not be repeated has its effect at most once.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const SEEDS: u64 = 300;
const TASKS: u64 = 6;

#[test]
fn every_task_is_answered_once_and_for_all_whatever_is_cut_or_killed() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for _ in 0..400 {
            if world.server.confirmed.len() as u64 == TASKS {
                break;
            }
            world.live_a_while();
        }
        let World { server, effects, .. } = world;
        assert_eq!(server.confirmed.len() as u64, TASKS, "seed {seed}: some task has no answer");
        for id in 0..TASKS {
            let codes = &server.codes[&id];
            assert_eq!(codes.len(), 1, "seed {seed}: task {id} was answered with {codes:?}");
            let effects = effects.get(&id).copied().unwrap_or(0);
            if kind_of(id) == RESTART.0 {
                assert!(effects <= 1, "seed {seed}: task {id} had its effect {effects} times");
            }
        }
    }
}

/// The site's end: pushes what it has no receipt or answer for, under a new number each time.
#[derive(Default)]
struct Server {
    next_push: u64,
    receipted: BTreeSet<u64>,
    confirmed: BTreeSet<u64>,
    codes: BTreeMap<u64, BTreeSet<i32>>,
    /// Which task each push is of.
    pushes: BTreeMap<u64, u64>,
}

struct World {
    dice: u64,
    server: Server,
    effects: BTreeMap<u64, u32>,
    fixture: Option<Fixture>,
    running: Vec<(Work, Vec<TaskGuid>)>,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            dice: seed,
            server: Server::default(),
            effects: BTreeMap::new(),
            fixture: Some(Fixture::new()),
            running: Vec::new(),
        }
    }

    /// splitmix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn desk(&mut self) -> &mut Fixture {
        self.fixture.as_mut().expect("an agent")
    }

    /// One connection: sign-in, some turns, and its end.
    fn live_a_while(&mut self) {
        self.desk().desk.signed_in().expect("read");
        for _ in 0..self.below(12) {
            match self.below(5) {
                0 | 1 => self.push(),
                2 => self.finish_a_run(),
                _ => self.desk().later(60),
            }
            if self.below(10) == 0 {
                return self.kill();
            }
            if !self.deliver() {
                return;
            }
        }
        // The end of the connection: what was said and not heard is lost.
        while let Some(output) = self.desk().desk.poll_output() {
            self.begin(output);
        }
    }

    fn push(&mut self) {
        let open: Vec<u64> = (0..TASKS).filter(|id| !self.server.confirmed.contains(id)).collect();
        let Some(id) =
            open.get(usize::try_from(self.below(TASKS)).expect("small") % open.len().max(1)).copied()
        else {
            return;
        };
        self.server.next_push += 1;
        let push = self.server.next_push;
        self.server.pushes.insert(push, id);
        self.desk().receive(id, push, kind_of(id));
    }

    fn finish_a_run(&mut self) {
        if let Some((work, tasks)) = self.running.pop() {
            for task in tasks {
                *self.effects.entry(u64::try_from(task.0.as_u128()).expect("small")).or_default() += 1;
            }
            let outcome = Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well };
            let fixture = self.desk();
            fixture.desk.ended(work, outcome, fixture.now);
        }
    }

    /// Begins runs and carries words; returns whether the connection held.
    fn deliver(&mut self) -> bool {
        while let Some(output) = self.desk().desk.poll_output() {
            let Output::Say(words) = output else {
                self.begin(output);
                continue;
            };
            if self.below(8) == 0 {
                return false;
            }
            for word in words {
                match word {
                    Say::Receipt(push) => {
                        self.server.receipted.insert(push.push_id.0);
                    }
                    Say::Progress(_) => {}
                    Say::Response(owed) => {
                        let id = self.server.pushes[&owed.push.push_id.0];
                        self.server.codes.entry(id).or_default().insert(owed.answer.code.0);
                        self.server.confirmed.insert(id);
                        if self.below(4) > 0 {
                            let pair = (owed.push.push_id, owed.push.task_id);
                            self.desk().desk.confirmed(&[pair]).expect("written");
                        }
                    }
                }
            }
        }
        true
    }

    fn begin(&mut self, output: Output) {
        if let Output::Run(work, tasks) = output {
            self.running.push((work, tasks));
        }
    }

    /// Kills the agent in the middle of whatever it does. A run that had its effect has had it.
    fn kill(&mut self) {
        while let Some(output) = self.desk().desk.poll_output() {
            self.begin(output);
        }
        for (_, tasks) in std::mem::take(&mut self.running) {
            if self.below(2) == 0 {
                for task in tasks {
                    *self.effects.entry(u64::try_from(task.0.as_u128()).expect("small")).or_default() += 1;
                }
            }
        }
        let killed = self.fixture.take().expect("an agent");
        self.fixture = Some(Fixture::with(killed.desk.journal));
    }
}

/// Tasks of all kinds: two that must not be repeated, two that may, two that need no run.
fn kind_of(id: u64) -> u32 {
    match id % 3 {
        0 => RESTART.0,
        1 => 1,
        _ => 1001,
    }
}
