//! Decides where to connect next: TCP first, the WebSocket where TCP is blocked, and back to TCP when it works again.
//!
//! Nothing here opens a socket. It never gives up; it only waits longer, and at random, so that a fleet that lost one
//! server does not come back in the same second.

use std::time::Duration;

use service::backoff::Backoff;

/// The first wait is up to this.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// No wait is longer: an admin who repairs a network does not wait for its devices beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// A connection that held this long was a good one, and the next waits begin small. A server that takes a sign-in and
/// closes at once is not hammered by its whole fleet.
const STEADY: Duration = Duration::from_secs(5);
/// How the device channel is carried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transport {
    /// TLS on a TCP port of its own.
    Tcp,
    /// Binary WebSocket messages over HTTPS.
    WebSocket,
}

/// A way to a notification server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Way {
    /// How.
    pub(crate) transport: Transport,
    /// The host and port.
    pub(crate) address: String,
}

/// What to do next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// Try this way now.
    Dial(Way),
    /// Nothing before this time of the boot clock.
    Wait(Duration),
}

/// Where the connection stands.
#[derive(Clone, Debug)]
pub(crate) struct Connect {
    ways: Vec<Way>,
    /// The way of the present round that is tried next.
    step: usize,
    /// How often a device on the WebSocket looks whether TCP works.
    look_for_tcp: Duration,
    backoff: Backoff,
    not_before: Duration,
    online: Option<Online>,
}

#[derive(Clone, Copy, Debug)]
struct Online {
    since: Duration,
    /// When to look for TCP, on a WebSocket.
    look: Option<Duration>,
}

impl Connect {
    /// Begins with the servers of a trust document: addresses of the TCP port, and of the HTTPS listener.
    pub(crate) fn new(tcp: &[String], web: &[String], look_for_tcp: Duration, unit: f64) -> Self {
        let mut connect = Self {
            ways: Vec::new(),
            step: 0,
            look_for_tcp,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            not_before: Duration::ZERO,
            online: None,
        };
        connect.set_servers(tcp, web, unit);
        connect
    }

    /// Takes other servers. Each device begins at one of its own, chosen by `unit`, from 0 to 1.
    pub(crate) fn set_servers(&mut self, tcp: &[String], web: &[String], unit: f64) {
        let ways = |transport, addresses: &[String]| -> Vec<Way> {
            let mut ways: Vec<_> =
                addresses.iter().map(|address| Way { transport, address: address.clone() }).collect();
            let first = starting_with(ways.len(), unit);
            ways.rotate_left(first);
            ways
        };
        self.ways = [ways(Transport::Tcp, tcp), ways(Transport::WebSocket, web)].concat();
        self.step = 0;
    }

    /// Tries these TCP addresses before the others, as the server asked.
    pub(crate) fn redirect(&mut self, addresses: &[String]) {
        self.ways.retain(|way| way.transport != Transport::Tcp || !addresses.contains(&way.address));
        let first =
            addresses.iter().map(|address| Way { transport: Transport::Tcp, address: address.clone() });
        self.ways.splice(..0, first);
        self.step = 0;
    }

    /// Returns what to do at `now`.
    pub(crate) fn next(&self, now: Duration) -> Next {
        match self.ways.get(self.step) {
            _ if now < self.not_before => Next::Wait(self.not_before),
            Some(way) => Next::Dial(way.clone()),
            None => Next::Wait(now + LONGEST_WAIT),
        }
    }

    /// The way of [`Connect::next`] did not lead to a sign-in. After the last way of a round it is time to wait.
    pub(crate) fn failed(&mut self, now: Duration, unit: f64) {
        self.step += 1;
        if self.step >= self.ways.len() {
            self.step = 0;
            self.wait(self.backoff.clone().failed(unit), now);
            self.backoff.failed(unit);
        }
    }

    /// The server took the sign-in.
    pub(crate) fn signed_in(&mut self, transport: Transport, now: Duration, unit: f64) {
        self.step = 0;
        let look = match transport {
            Transport::Tcp => None,
            Transport::WebSocket => Some(now + spread(self.look_for_tcp, unit)),
        };
        self.online = Some(Online { since: now, look });
    }

    /// The connection ended.
    pub(crate) fn lost(&mut self, now: Duration, unit: f64) {
        if let Some(online) = self.online.take()
            && now.saturating_sub(online.since) >= STEADY
        {
            self.backoff.worked();
        }
        let wait = self.backoff.failed(unit);
        self.wait(wait, now);
    }

    /// The server restarts: come back at a random moment `within` this time.
    pub(crate) fn restarting(&mut self, within: Duration, now: Duration, unit: f64) {
        self.online = None;
        self.backoff.worked();
        self.step = 0;
        self.wait(within.mul_f64(unit.clamp(0.0, 1.0)), now);
    }

    /// The server refused the sign-in and said when to come back.
    pub(crate) fn refused(&mut self, retry_after: Duration, now: Duration, unit: f64) {
        self.failed(now, unit);
        self.wait(retry_after + self.backoff.clone().failed(unit), now);
    }

    /// Returns when to look whether TCP works: only on a WebSocket, and only where there is a TCP address.
    pub(crate) fn look_for_tcp(&self) -> Option<(Duration, Way)> {
        let look = self.online.and_then(|online| online.look)?;
        let way = self.ways.iter().find(|way| way.transport == Transport::Tcp)?;
        Some((look, way.clone()))
    }

    /// TCP does not work yet: look again later, at another address where there are several.
    pub(crate) fn still_no_tcp(&mut self, now: Duration, unit: f64) {
        let look = now + spread(self.look_for_tcp, unit);
        if let Some(online) = &mut self.online {
            online.look = Some(look);
        }
        let tcp = self.ways.iter().take_while(|way| way.transport == Transport::Tcp).count();
        if let Some(tcp) = self.ways.get_mut(..tcp).filter(|tcp| !tcp.is_empty()) {
            tcp.rotate_left(1);
        }
    }

    fn wait(&mut self, wait: Duration, now: Duration) {
        self.not_before = now + wait;
    }
}

/// Returns a number below `count`.
fn starting_with(count: usize, unit: f64) -> usize {
    #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, clippy::cast_possible_truncation)]
    let index = (count as f64 * unit.clamp(0.0, 1.0)) as usize;
    if index < count { index } else { 0 }
}

/// Returns a time of half to one and a half of `period`.
pub(crate) fn spread(period: Duration, unit: f64) -> Duration {
    period.mul_f64(0.5 + unit.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOOK: Duration = Duration::from_secs(600);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn every_way_is_tried_before_it_waits() {
        check("dial tcp:a, fail, dial tcp:b, fail, dial web:c, fail, wait 2, at 2, dial tcp:a");
    }

    #[test]
    fn waits_grow_to_their_bound_and_end_with_a_good_connection() {
        let round = "fail, fail, fail, ";
        check(&format!(
            "{round}wait 2, at 2, {round}wait 6, at 6, {round}wait 14, at 14, dial tcp:a, in tcp, at 18, lost, wait 34"
        ));
        check(&format!("{round}at 2, {round}at 6, dial tcp:a, in tcp, at 100, lost, wait 102"));
        check(&format!("{}at 100000, {round}wait 100300", format!("{round}at 10000, ").repeat(12)));
    }

    #[test]
    fn on_the_websocket_it_looks_for_tcp() {
        check("fail, fail, dial web:c, in web, look 900 tcp:a, at 900, no-tcp, look 1800 tcp:b");
        check("dial tcp:a, in tcp, look never");
        check("fail, fail, in web, at 50, lost, at 60, dial tcp:a");
    }

    #[test]
    fn a_server_that_restarts_is_given_its_time() {
        check("in tcp, at 5, restarting 30, wait 35, at 35, dial tcp:a");
        check("dial tcp:a, refused 60, wait 62");
        check("in tcp, redirect x, at 1, lost, at 3, dial tcp:x, fail, dial tcp:a");
        check("redirect b, dial tcp:b, fail, dial tcp:a, fail, dial web:c");
    }

    #[test]
    fn without_servers_it_waits_for_some() {
        let connect = Connect::new(&[], &[], LOOK, 0.5);
        assert!(matches!(connect.next(SECOND), Next::Wait(_)));
    }

    proptest! {
        #[test]
        fn it_never_gives_up_and_never_waits_beyond_its_bound(steps in prop::collection::vec(0u8..5, 0..60), unit in 0.0..1.0f64) {
            let mut connect = Connect::new(&["a".into(), "b".into()], &["c".into()], LOOK, unit);
            let mut now = Duration::ZERO;
            for step in steps {
                match step {
                    0 | 1 => connect.failed(now, unit),
                    2 => connect.signed_in(Transport::WebSocket, now, unit),
                    3 => connect.lost(now, unit),
                    _ => connect.still_no_tcp(now, unit),
                }
                if let Next::Wait(until) = connect.next(now) {
                    prop_assert!(until <= now + LONGEST_WAIT);
                    now = until;
                }
                prop_assert!(matches!(connect.next(now), Next::Dial(_)));
            }
        }
    }

    /// Walks through `steps`; a wait is always as long as it can be.
    #[track_caller]
    fn check(steps: &str) {
        const UNIT: f64 = 1.0;
        let mut connect = Connect::new(&["a".into(), "b".into()], &["c".into()], LOOK, 0.0);
        let mut now = Duration::ZERO;
        let shown = |way: &Way| {
            let transport = if way.transport == Transport::Tcp { "tcp" } else { "web" };
            format!("{transport}:{}", way.address)
        };
        let seconds = |text: &str| Duration::from_secs(text.parse().expect("seconds"));
        for step in steps.split(',').map(str::trim).filter(|step| !step.is_empty()) {
            let words: Vec<_> = step.split(' ').collect();
            match words.as_slice() {
                ["dial", way] => match connect.next(now) {
                    Next::Dial(next) => assert_eq!(shown(&next), *way, "`{step}` in `{steps}`"),
                    Next::Wait(until) => panic!("waits until {until:?} at `{step}` in `{steps}`"),
                },
                ["wait", until] => {
                    assert_eq!(connect.next(now), Next::Wait(seconds(until)), "`{step}` in `{steps}`");
                }
                ["look", "never"] => assert_eq!(connect.look_for_tcp(), None),
                ["look", at, way] => {
                    let (when, next) = connect.look_for_tcp().expect("it looks");
                    assert_eq!((when, shown(&next).as_str()), (seconds(at), *way), "`{step}` in `{steps}`");
                }
                ["at", time] => now = seconds(time),
                ["fail"] => connect.failed(now, UNIT),
                ["lost"] => connect.lost(now, UNIT),
                ["no-tcp"] => connect.still_no_tcp(now, UNIT),
                ["in", "tcp"] => connect.signed_in(Transport::Tcp, now, UNIT),
                ["in", _] => connect.signed_in(Transport::WebSocket, now, UNIT),
                ["restarting", within] => connect.restarting(seconds(within), now, UNIT),
                ["refused", after] => connect.refused(seconds(after), now, UNIT),
                ["redirect", address] => connect.redirect(&[(*address).to_owned()]),
                _ => panic!("no such step: {step}"),
            }
        }
    }
}
