//! What a device has yet to say of its tasks, and which of its answers the server has not stored.

use std::{collections::VecDeque, time::Duration};

use device_channel::{PushedTask, ToServer};

/// Tasks that one device works on at a time: what comes beyond it is answered at once, so that nothing grows.
const AT_ONCE: usize = 16;

/// The tasks of one connection. Holds memory only while there are some.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// What is to be said now.
    now: Vec<ToServer>,
    /// Answers, and when they are due: each not before the one before it.
    later: VecDeque<(Duration, ToServer)>,
    /// Answers that were said, and when.
    open: VecDeque<(PushedTask, Duration)>,
}

impl Work {
    /// Takes receipt and answer of a task that is done at `done_at`.
    pub(crate) fn add(&mut self, [receipt, response]: [ToServer; 2], done_at: Duration) {
        self.now.push(receipt);
        if self.later.len() >= AT_ONCE
            && let Some((_, early)) = self.later.pop_front()
        {
            self.now.push(early);
        }
        let done_at = self.later.back().map_or(done_at, |(before, _)| done_at.max(*before));
        self.later.push_back((done_at, response));
    }

    /// Returns when something is to be said next.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.later.front().map(|(due, _)| *due)
    }

    /// Returns what is to be said now, in one write.
    pub(crate) fn take(&mut self, now: Duration) -> Vec<ToServer> {
        let mut said = std::mem::take(&mut self.now);
        while self.later.front().is_some_and(|(due, _)| *due <= now)
            && let Some((_, response)) = self.later.pop_front()
        {
            said.push(response);
        }
        for word in &said {
            if let ToServer::Response(response) = word {
                if self.open.len() == AT_ONCE {
                    self.open.pop_front();
                }
                self.open.push_back((response.task, now));
            }
        }
        said
    }

    /// Returns when the answer was said that is now stored.
    pub(crate) fn confirmed(&mut self, task: PushedTask) -> Option<Duration> {
        let at = self.open.iter().position(|(open, _)| *open == task)?;
        let (_, said_at) = self.open.remove(at)?;
        if self.open.is_empty() {
            self.open = VecDeque::new();
        }
        Some(said_at)
    }
}

#[cfg(test)]
mod tests {
    use action::{PushId, TaskId, Timestamp};
    use device_channel::{Receipt, Response, ReturnCode};

    use super::*;

    #[test]
    fn work_that_takes_no_time_is_said_in_one_write() {
        let mut work = Work::default();
        work.add(words(1), at(10));
        assert_eq!(work.take(at(10)), words(1));
        assert_eq!((work.due(), work.take(at(99)).len()), (None, 0));
    }

    #[test]
    fn an_answer_waits_until_it_is_due_and_keeps_its_place() {
        let mut work = Work::default();
        work.add(words(1), at(20));
        work.add(words(2), at(15));
        let [first, second] = [words(1), words(2)];
        assert_eq!(work.take(at(10)), [first[0].clone(), second[0].clone()]);
        assert_eq!(work.due(), Some(at(20)));
        assert_eq!(work.take(at(20)), [first[1].clone(), second[1].clone()]);
    }

    #[test]
    fn a_confirmation_is_for_the_answer_that_was_said() {
        let mut work = Work::default();
        work.add(words(1), at(10));
        assert_eq!(work.confirmed(task(1)), None, "nothing was said yet");
        let _ = work.take(at(12));
        assert_eq!((work.confirmed(task(1)), work.confirmed(task(1))), (Some(at(12)), None));
    }

    #[test]
    fn what_one_device_holds_has_a_bound() {
        let mut work = Work::default();
        for number in 0..1_000 {
            work.add(words(number), at(10_000));
            let _ = work.take(at(1));
        }
        assert!(work.later.len() <= AT_ONCE && work.open.len() <= AT_ONCE);
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn task(number: u64) -> PushedTask {
        PushedTask { push_id: PushId(number), task_id: TaskId(1) }
    }

    fn words(number: u64) -> [ToServer; 2] {
        let (at, task) = (Timestamp(7), task(number));
        let response =
            Response { at, task, code: ReturnCode::SUCCESS, detail: String::new(), repeated: false };
        [ToServer::Receipt(Receipt { at, task }), ToServer::Response(response)]
    }
}
