//! Makes histories and the logs that machines would write of them.

use std::collections::BTreeMap;

/// What truly became of an action.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Done,
    AnswerLost,
    Failed,
    Refused,
    NotForwarded,
    PushLost,
    Hung,
    Offline,
}

const FATES: [Fate; 12] = [
    Fate::Done,
    Fate::Done,
    Fate::Done,
    Fate::Done,
    Fate::Done,
    Fate::AnswerLost,
    Fate::Failed,
    Fate::Refused,
    Fate::NotForwarded,
    Fate::PushLost,
    Fate::Hung,
    Fate::Offline,
];

pub(crate) struct Action {
    pub(crate) guid: String,
    pub(crate) user: String,
    pub(crate) fate: Fate,
    /// When the client answered, by its own clock.
    pub(crate) answered: Option<i64>,
}

pub(crate) struct History {
    pub(crate) actions: Vec<Action>,
    /// Lines by machine and file: time by that machine's clock, thread, text.
    files: BTreeMap<&'static str, Vec<(i64, u32, String)>>,
    dice: u64,
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const START: i64 = 1_790_000_000_000;
const CONNECTOR: &str = "scp/CMGatewayNotificationWorker";
const SERVER: &str = "mp/BgbServer";
const CLIENTS: [&str; 3] =
    ["pc1/CcmNotificationAgent", "pc2/CcmNotificationAgent", "pc3/CcmNotificationAgent"];

pub(crate) struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn time(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(most).expect("a span"))).expect("a span")
    }
}

impl History {
    pub(crate) fn roll(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
        let mut world = World::new(&mut dice);
        let mut now = START;
        let (mut push, mut task) = (dice.below(50), dice.below(50));
        for number in 0..14 {
            // Some come together, so that their lines lie between each other.
            now += if dice.below(3) == 0 { dice.time(3 * SECOND) } else { MINUTE + dice.time(15 * MINUTE) };
            if dice.below(12) == 0 {
                // The site was restored: its counters start again, hours later.
                now += 3 * 60 * MINUTE;
                (push, task) = (0, 0);
            }
            let fate = FATES[usize::try_from(dice.below(12)).expect("few")];
            push += 1 + dice.below(2);
            task += 1;
            world.action(&mut dice, seed, number, now, fate, (push, task));
        }
        let end = now + 3 * 60 * MINUTE;
        world.beat(end);
        let World { files, actions, .. } = world;
        Self { actions, files, dice: seed }
    }

    pub(crate) fn logs(&self) -> Vec<(String, String)> {
        self.files.iter().map(|(name, lines)| (format!("{name}.log"), written(name, lines))).collect()
    }

    /// Some logs are missing, begin late, or were copied early.
    pub(crate) fn logs_with_some_taken_away(&self) -> Vec<(String, String)> {
        let mut dice = Dice(self.dice.wrapping_add(77).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut logs = Vec::new();
        for (name, lines) in &self.files {
            let cut = usize::try_from(dice.below(lines.len() as u64)).expect("few");
            match dice.below(7) {
                0 => {}
                1 => logs.push((format!("{name}.log"), written(name, &lines[cut..]))),
                2 => logs.push((format!("{name}.log"), written(name, &lines[..cut]))),
                3 => {
                    logs.push((format!("{name}.lo_"), written(name, &lines[..cut])));
                    logs.push((format!("{name}.log"), written(name, &lines[cut..])));
                }
                _ => logs.push((format!("{name}.log"), written(name, lines))),
            }
        }
        logs
    }
}

/// The histories as they happen.
struct World {
    files: BTreeMap<&'static str, Vec<(i64, u32, String)>>,
    skew: BTreeMap<&'static str, i64>,
    actions: Vec<Action>,
}

impl World {
    fn new(dice: &mut Dice) -> Self {
        let names = [CONNECTOR, SERVER].into_iter().chain(CLIENTS);
        let skew = names.map(|name| (name, dice.time(20 * MINUTE) - 10 * MINUTE)).collect();
        Self { files: BTreeMap::new(), skew, actions: Vec::new() }
    }

    fn say(&mut self, file: &'static str, at: i64, thread: u32, text: String) -> i64 {
        let own = at + self.skew[file];
        self.files.entry(file).or_default().push((own, thread, text));
        own
    }

    fn action(&mut self, dice: &mut Dice, seed: u64, number: u64, at: i64, fate: Fate, ids: (u64, u64)) {
        let guid = format!("{seed:08x}-0000-4000-8000-{number:012x}");
        let user = format!("{seed:08x}-1111-4000-8000-{number:012x}");
        let thread = 100 + u32::try_from(number % 3).expect("few");
        let who = format!(
            "to perform client action. TemplateID: RequestMachinePolicy TenantId: t AADUserID:     {user}"
        );
        let mut action = Action { guid: guid.clone(), user, fate, answered: None };
        let mut now = at;
        let mut next = |dice: &mut Dice| {
            now += 1 + dice.time(400);
            now
        };
        self.say(
            CONNECTOR,
            next(dice),
            thread,
            "Received new notification. Validating basic notification details...".into(),
        );
        self.say(CONNECTOR, next(dice), thread, "Validating device action message content...".into());
        let word = if fate == Fate::Refused { "Unauthorized" } else { "Authorized" };
        self.say(CONNECTOR, next(dice), thread, format!("{word} {who}"));
        if fate == Fate::Refused || fate == Fate::NotForwarded {
            self.actions.push(action);
            return;
        }
        let to_all = matches!(fate, Fate::Done | Fate::AnswerLost) && dice.below(4) == 0;
        let one = usize::try_from(dice.below(3)).expect("few");
        let clients: Vec<usize> = if to_all { vec![0, 1, 2] } else { vec![one] };
        let targets: Vec<String> = clients.iter().map(|client| (client + 500).to_string()).collect();
        let forwarded = format!(
            "Forwarded BGB remote task. TemplateID: 1 TaskGuid: {guid} TaskParam: TargetDeviceIDs: {}",
            targets.join(", ")
        );
        self.say(CONNECTOR, next(dice), thread, forwarded);
        if fate == Fate::Offline {
            self.actions.push(action);
            return;
        }
        let ((push, task), upper, count) = (ids, guid.to_uppercase(), clients.len());
        self.say(SERVER, next(dice), 7, "Get one push message from database.".into());
        let start = format!(
            "Starting to send push task (PushID: {push} TaskID: {task} TaskGUID: {upper} TaskType: 1 TaskParam: ) to {count} clients  with throttling (strategy: 1 param: 42)"
        );
        self.say(SERVER, next(dice), 7, start);
        self.say(
            SERVER,
            next(dice),
            7,
            format!("Finished sending push task (PushID: {push} TaskID: {task}) to {count} clients"),
        );
        if fate == Fate::PushLost {
            self.actions.push(action);
            return;
        }
        let mut last = now;
        for client in &clients {
            let file = CLIENTS[*client];
            let received = now + 5 + dice.time(2 * SECOND);
            let line = format!(
                "Receive task from server with pushid={push}, taskid={task}, taskguid={upper}, tasktype=1 and taskParam="
            );
            let client_thread = 40 + u32::try_from(*client).expect("few");
            self.say(file, received, client_thread, line);
            if fate == Fate::Hung {
                continue;
            }
            let answered = received + 20 + dice.time(9 * MINUTE);
            let code = u32::from(fate != Fate::Failed);
            let answer = format!(
                "Send Task response message <BgbResponseMessage TimeStamp=\"2026-01-21T15:43:43Z\"><PushID>{push}</PushID><TaskID>{task}</TaskID><ReturnCode>{code}</ReturnCode></BgbResponseMessage> successfully."
            );
            action.answered = Some(self.say(file, answered, client_thread, answer));
            last = last.max(answered);
        }
        if fate == Fate::Done || fate == Fate::Failed {
            let failed = u32::from(fate == Fate::Failed);
            let report = format!(
                "Generated BGB task status report <root>\\inboxes\\bgb.box\\Bgb1.BTS at 09/25/2026 19:35:33. (PushID: {push} ReportedClients: {count} FailedClients: {failed})"
            );
            self.say(SERVER, last + 5 + dice.time(30 * SECOND), 9, report);
        }
        self.actions.push(action);
    }

    /// Every log has its other lines, and each ends in the order in which its machine wrote it.
    fn beat(&mut self, end: i64) {
        for (file, skew) in self.skew.clone() {
            let mut at = START - 30 * MINUTE;
            while at < end {
                self.files.entry(file).or_default().push((
                    at + skew,
                    3,
                    "Wait 300 seconds for notifications...".into(),
                ));
                at += 5 * MINUTE;
            }
        }
        for lines in self.files.values_mut() {
            lines.sort();
        }
    }
}

fn written(name: &str, lines: &[(i64, u32, String)]) -> String {
    let mut text = String::new();
    for (at, thread, line) in lines {
        let moment = action::Timestamp(*at).to_string();
        let (date, time) = moment.trim_end_matches('Z').split_once('T').expect("a moment");
        let mut date = date.split('-');
        let (year, month, day) =
            (date.next().expect("a year"), date.next().expect("a month"), date.next().expect("a day"));
        if name.starts_with("pc") {
            text.push_str(&format!("<![LOG[{line}]LOG]!><time=\"{time}+000\" date=\"{month}-{day}-{year}\" component=\"BgbAgent\" context=\"\" type=\"1\" thread=\"{thread}\" file=\"x.cpp:1\">\r\n"));
        } else {
            text.push_str(&format!(
                "{line}~~  $$<SMS_X><{month}-{day}-{year} {time}+000><thread={thread} (0x{thread:X})>\r\n"
            ));
        }
    }
    text
}
