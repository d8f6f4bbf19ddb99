//! What became of an action, and the lines that prove it. Without a line that proves more, it is unknown.

mod covered;

use action::Hop;

use crate::{
    join::{At, Forwarded, Joined, Story},
    read::Reading,
};

use self::covered::Coverage;

/// Milliseconds in which a client that is online has a push, and the throttle has let it go.
const RECEIVES_WITHIN: i64 = 600_000;
/// Milliseconds in which a client that works has answered: the default of `finish_by`.
const ANSWERS_WITHIN: i64 = 3_600_000;

/// What became of an action.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Every client that it was for answered with success.
    Done,
    /// A client answered with something else.
    Failed,
    /// The site's rules or the agent's check refused it.
    Refused,
    /// Somebody withdrew it.
    Cancelled,
    /// It passed one hop and never reached the next.
    Lost {
        /// The last hop that has it.
        after: Hop,
        /// The hop that should have it.
        before: Hop,
    },
    /// A hop has it and is not done with it.
    Waiting {
        /// The hop.
        at: Hop,
    },
    /// The lines that would tell were not read.
    Unknown,
}

/// A verdict with what proves it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judged {
    /// What became of it.
    pub verdict: Verdict,
    /// Why, in words.
    pub why: String,
    /// What to do; empty where nothing is.
    pub fix: String,
    /// The lines that prove it; empty only where it is unknown.
    pub proof: Vec<At>,
    /// The verdict stands as of then, by the clock of the log that shows it; later lines were not read.
    pub as_of: Option<i64>,
}

/// Judges each story.
pub fn judge(reading: &Reading, joined: &Joined) -> Vec<Judged> {
    let judge = Judge { reading, joined, coverage: Coverage::of(reading) };
    joined.stories.iter().map(|story| judge.story(story)).collect()
}

struct Judge<'a> {
    reading: &'a Reading,
    joined: &'a Joined,
    coverage: Coverage,
}

impl Judge<'_> {
    fn story(&self, story: &Story) -> Judged {
        self.ended(story)
            .or_else(|| self.refused(story))
            .or_else(|| self.not_answered(story))
            .or_else(|| self.not_received(story))
            .or_else(|| self.not_started(story))
            .unwrap_or_else(|| unknown(story))
    }

    /// What clients, or those who heard from them, said.
    fn ended(&self, story: &Story) -> Option<Judged> {
        let first = |good: bool| {
            story
                .receipts
                .iter()
                .filter_map(|receipt| receipt.answer.as_ref())
                .find(|(_, code, _)| (*code == 1) == good)
        };
        let reports = || story.pushes.iter().flat_map(|push| &push.reports);
        let failed_report = reports().find(|(_, _, failed)| *failed > 0);
        let all = story.forwarded.as_ref().map(|forwarded| forwarded.count);
        let pushed = story.pushes.iter().map(|push| push.clients).max();
        let expected = all.or(pushed).unwrap_or(1).max(1);
        if let Some((at, why)) = &story.not_run {
            let why = format!("The agent's check refused the task: {why}");
            let fix = "Compare the device's clock and its trust document with the site's: `tenon doctor agent` at the device.";
            return Some(judged(Verdict::Refused, why, fix, vec![*at]));
        }
        if let Some((at, code, detail)) = first(false) {
            return Some(failed(*at, *code, detail));
        }
        if let Some((at, reported, failed)) = failed_report {
            let why = format!("The notification server reports that {failed} of {reported} clients failed.");
            let fix = "Read CcmNotificationAgent.log of the client at that time: its answer has the code.";
            return Some(judged(Verdict::Failed, why, fix, vec![*at]));
        }
        let mut answered: Vec<(usize, At)> = story
            .receipts
            .iter()
            .filter_map(|receipt| receipt.answer.as_ref().map(|(at, _, _)| (receipt.machine, *at)))
            .collect();
        answered.sort_unstable();
        answered.dedup_by_key(|(machine, _)| *machine);
        let reported: u64 = story
            .pushes
            .iter()
            .map(|push| push.reports.iter().map(|(_, reported, _)| reported).sum::<u64>())
            // More than the clients: reports were repeated, and cannot be told apart.
            .zip(story.pushes.iter().map(|push| push.clients))
            .map(|(reported, clients)| if reported <= clients { reported } else { 0 })
            .sum();
        if answered.len() as u64 >= expected || reported >= expected {
            let mut proof: Vec<At> = answered.iter().map(|(_, at)| *at).collect();
            if (answered.len() as u64) < expected {
                proof = reports().map(|(at, _, _)| *at).collect();
            }
            let why = match expected {
                1 => "The client answered with success.".to_owned(),
                count => format!("All {count} clients answered with success."),
            };
            return Some(judged(Verdict::Done, why, "", proof));
        }
        self.console(story)
    }

    /// What the console heard at last.
    fn console(&self, story: &Story) -> Option<Judged> {
        let (at, state) = story.console.as_ref()?;
        let (verdict, fix) = match state.as_str() {
            "done" => (Verdict::Done, ""),
            "cancelled" => (Verdict::Cancelled, ""),
            "refused" => (Verdict::Refused, "`tenon trace` at the console has the reason and what to do."),
            "failed" | "expired" | "not supported" | "not_supported" => {
                (Verdict::Failed, "`tenon trace` at the console has the reason and what to do.")
            }
            _ => return None,
        };
        Some(judged(verdict, format!("The admin center heard: {state}."), fix, vec![*at]))
    }

    fn refused(&self, story: &Story) -> Option<Judged> {
        if let Some(at) = story.dropped {
            let verdict = Verdict::Lost { after: Hop::AdminCenter, before: Hop::ServiceConnector };
            let why =
                "The connector could not process the notification and dropped it; it does not come back.";
            let fix = "See the failure logged beside it (the service's signing certificate is a known one), then ask again.";
            return Some(judged(verdict, why, fix, vec![at]));
        }
        if story.forwarded.is_none()
            && let Some((at, why)) = &story.refused
        {
            let (why, fix) = if why.is_empty() {
                (
                    "The person is not authorised at the site. The log does not say which of these is missing.".to_owned(),
                    "Check that the site's user discovery has found the person, that a role with Notify Resource (and Read, \
                     Read Resource) is assigned, and that the device lies in the collections of that role.",
                )
            } else {
                (format!("The site refused it: {why}"), "")
            };
            return Some(judged(Verdict::Refused, why, fix, vec![*at]));
        }
        if let (Some(allowed), Some(next)) = (story.authorized, story.not_forwarded) {
            let verdict = Verdict::Lost { after: Hop::ServiceConnector, before: Hop::NotificationServer };
            let why =
                "It was authorised, and the same thread took the next notification without forwarding it.";
            let fix = "Look for an exception between the two lines; restart SMS_EXECUTIVE, then ask again.";
            return Some(judged(verdict, why, fix, vec![allowed, next]));
        }
        let cancelled = story.cancelled.filter(|_| story.receipts.is_empty())?;
        Some(judged(Verdict::Cancelled, "It was withdrawn before a client had it.", "", vec![cancelled]))
    }

    /// A client has it and does not answer.
    fn not_answered(&self, story: &Story) -> Option<Judged> {
        let receipt = story.receipts.iter().max_by_key(|receipt| self.reading.facts[receipt.received].at)?;
        if story.receipts.iter().any(|receipt| receipt.answer.is_some()) {
            return None;
        }
        let line = &self.reading.facts[receipt.received];
        let received = line.at?;
        let until = self.coverage.until(line.place.file, received)?;
        if until >= received + ANSWERS_WITHIN {
            let verdict = Verdict::Lost { after: Hop::Agent, before: Hop::NotificationServer };
            let why = "The client received the task, and its log goes on for an hour without an answer.";
            let fix = "Look at the client: the work hangs, or its service was stopped in it. Scheduler.log and PolicyAgent.log (execmgr.log and the like at Configuration Manager) at that time.";
            return Some(Judged { as_of: Some(until), ..judged(verdict, why, fix, vec![receipt.received]) });
        }
        (until > received).then(|| {
            let why = "The client received the task and had not answered when its log was read.";
            let fix = "Read the client's log again later; an hour without an answer is a fault.";
            let judged = judged(Verdict::Waiting { at: Hop::Agent }, why, fix, vec![receipt.received]);
            Judged { as_of: Some(until), ..judged }
        })
    }

    /// The notification server sent it, and the client that it was for does not have it.
    fn not_received(&self, story: &Story) -> Option<Judged> {
        let push = story.pushes.iter().max_by_key(|push| self.reading.facts[push.started].at)?;
        let started = self.reading.facts[push.started].at?;
        let client = self.client(story).filter(|_| story.receipts.is_empty() && push.clients == 1)?;
        let (least, most) = self.joined.clocks.between(push.machine, client)?;
        let (_, until) =
            self.coverage.covers(client, Hop::Agent, started + least, started + most + RECEIVES_WITHIN)?;
        let verdict = Verdict::Lost { after: Hop::NotificationServer, before: Hop::Agent };
        let why = "The notification server sent it, and the client's log covers that time without having received it.";
        let fix = "Look at the client's connection: a firewall or a proxy that drops idle connections on TCP 10123, or a client that was changing networks.";
        Some(Judged { as_of: Some(until), ..judged(verdict, why, fix, vec![push.started]) })
    }

    /// The site has it, and no notification server that was read has begun.
    fn not_started(&self, story: &Story) -> Option<Judged> {
        if let (Some((at, why)), true) = (&story.not_released, story.pushes.is_empty()) {
            let line = &self.reading.facts[*at];
            let until = self.coverage.until(line.place.file, line.at?)?;
            let why = format!("The site authority did not release the push: {why}");
            let fix = "Start the site's authority; `tenon doctor site` at the site's host says what is wrong with it.";
            let judged = judged(Verdict::Waiting { at: Hop::NotificationServer }, why, fix, vec![*at]);
            return Some(Judged { as_of: Some(until), ..judged });
        }
        let forwarded =
            story.forwarded.as_ref().filter(|_| story.pushes.is_empty() && story.receipts.is_empty())?;
        let line = &self.reading.facts[forwarded.line];
        let (at, connector) = (line.at?, self.reading.files[line.place.file].machine);
        let client = self.client(story)?;
        let servers = self.coverage.machines(Hop::NotificationServer);
        let mut as_of = i64::MAX;
        for server in &servers {
            let (least, most) = self.joined.clocks.between(connector, *server)?;
            let (_, until) = self.coverage.covers(
                *server,
                Hop::NotificationServer,
                at + least,
                at + most + RECEIVES_WITHIN,
            )?;
            let (client_least, client_most) = self.joined.clocks.between(*server, client)?;
            let (from, to) = (at + least + client_least, at + most + client_most + RECEIVES_WITHIN);
            self.coverage.covers(client, Hop::Agent, from, to)?;
            as_of = as_of.min(until);
        }
        (!servers.is_empty()).then(|| {
            let why = "It was forwarded; no notification server has begun to send it, and the client has not received it.";
            let fix = "The client is not online at a notification server: start it, or look at its connection. The site sends it when the client is back.";
            let judged = judged(Verdict::Waiting { at: Hop::NotificationServer }, why, fix, vec![forwarded.line]);
            Judged { as_of: Some(as_of), ..judged }
        })
    }

    /// The client that a single-device action is for, where another join proves it.
    fn client(&self, story: &Story) -> Option<usize> {
        let Some(Forwarded { devices, count: 1, .. }) = &story.forwarded else { return None };
        self.joined.clients.get(devices.first()?).copied()
    }
}

fn failed(at: At, code: i64, detail: &str) -> Judged {
    let (verdict, words) = match code {
        2 => (Verdict::Failed, "it does not know this kind of action"),
        3 => (Verdict::Failed, "the task was too old when it came to run"),
        5 => (Verdict::Refused, "its check of the task refused it"),
        _ => (Verdict::Failed, "it is not a success"),
    };
    let detail = if detail.is_empty() { String::new() } else { format!(" It says: {detail}") };
    let why = format!("The client answered with ReturnCode {code}: {words}.{detail}");
    let fix = match code {
        2 => "Update the agent of that device.",
        3 => "Ask again; if it happens again, compare the device's clock with the site's.",
        5 => {
            "Compare the device's clock and its trust document with the site's: `tenon doctor agent` at the device."
        }
        _ => "Read the client's other logs at that time: they have the error.",
    };
    judged(verdict, why, fix, vec![at])
}

fn unknown(story: &Story) -> Judged {
    let (why, fix) = if !story.receipts.is_empty() {
        (
            "The client received it; the lines that follow were not read.",
            "Read the client's CcmNotificationAgent.log to its end, with its .lo_.",
        )
    } else if !story.pushes.is_empty() {
        (
            "The notification server sent it, which is no proof that a client has it; the log of the client was not read, or does not cover that time.",
            "Read CcmNotificationAgent.log of the client, and BgbServer.log some minutes further: its status report has the answer.",
        )
    } else if story.forwarded.is_some() {
        (
            "The connector forwarded it; no notification server's log that was read shows a push of it.",
            "Read BgbServer.log of every management point, with .lo_. A client that is offline has no line there: look whether it is online.",
        )
    } else if story.authorized.is_some() || story.stored.is_some() {
        (
            "It was asked for; the lines that follow were not read.",
            "Read CMGatewayNotificationWorker.log to its end, with its .lo_.",
        )
    } else {
        ("Single lines speak of it; none says what became of it.", "Read the logs of the other hops.")
    };
    judged(Verdict::Unknown, why, fix, Vec::new())
}

fn judged(verdict: Verdict, why: impl Into<String>, fix: &str, proof: Vec<At>) -> Judged {
    Judged { verdict, why: why.into(), fix: fix.to_owned(), proof, as_of: None }
}
