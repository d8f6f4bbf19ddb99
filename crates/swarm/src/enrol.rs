//! Enrols the devices: each worker takes the next number, over a connection that it keeps.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use management_link::{Answer, Call, Discovery, EnrolAnswer, EnrolRequest, Refusal};
use proof::{Hash, JoinToken};
use service::{
    backoff::Backoff,
    dice,
    error::Chain,
    tls::{KeyAndCsr, TlsError},
};
use tokio::{
    sync::mpsc::Sender,
    task::{JoinError, spawn_blocking},
    time::sleep,
};

use crate::{
    device::{Common, Device},
    identity::{self, NotUsable},
    management::{ManagementError, Place, Session},
    throws::Throws,
};

/// Waits after a connection that failed. A site that starts is there within seconds.
const RETRY: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(10));

/// After so many failures in a row a device is given up: half a minute, so that a wrong token or a site that is gone is
/// told while somebody still waits for it.
const MOST_FAILURES: u32 = 8;

/// What the workers share.
pub(crate) struct Enroller {
    pub(crate) token: JoinToken,
    pub(crate) place: Place,
    pub(crate) count: u32,
    pub(crate) name_prefix: String,
    /// The addresses of this machine that devices dial from, in turn.
    pub(crate) sources: Vec<IpAddr>,
    /// How many devices some worker has begun.
    pub(crate) next: AtomicU32,
    pub(crate) common: Arc<Common>,
    pub(crate) enrolled: Sender<Device>,
}

/// Why a device was not enrolled.
#[derive(Debug, thiserror::Error)]
#[error("failed to enrol {name}")]
struct NotEnrolled {
    name: String,
    source: Cause,
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Management(#[from] ManagementError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Identity(#[from] NotUsable),
    #[error("the thread that makes keys failed")]
    Thread(#[from] JoinError),
}

/// Enrols devices until all are.
pub(crate) async fn work(enroller: Arc<Enroller>) {
    let mut session = None;
    loop {
        let number = enroller.next.fetch_add(1, Ordering::Relaxed);
        if number >= enroller.count {
            return;
        }
        let name = name(&enroller.name_prefix, number + 1);
        match enroller.enrol(number, &name, &mut session).await {
            Ok(device) => {
                enroller.common.tally.enrolled();
                if enroller.enrolled.send(device).await.is_err() {
                    return;
                }
            }
            Err(source) => {
                let refused = matches!(&source, Cause::Management(error) if error.refusal().is_some());
                let error = NotEnrolled { name, source };
                enroller.common.tally.failed(|| Chain(&error).to_string());
                if refused {
                    // The others have the same token: asking for each would only fill the site's log.
                    let rest = enroller.next.swap(enroller.count, Ordering::Relaxed)..enroller.count;
                    rest.for_each(|_| enroller.common.tally.failed(|| Chain(&error).to_string()));
                    return;
                }
            }
        }
    }
}

impl Enroller {
    async fn enrol(&self, number: u32, name: &str, session: &mut Option<Session>) -> Result<Device, Cause> {
        let key = spawn_blocking(service::tls::key_and_csr).await??;
        // The same key whenever it is asked again: the site tells an answer that was lost from another device.
        let call = Call::Enrol(EnrolRequest {
            token: self.token.id.clone(),
            secret: self.token.secret.text(),
            csr: key.csr_pem.clone(),
            discovery: discovery(name, &dice::bytes()),
        });
        let mut retry = RETRY;
        loop {
            let error = match self.ask(&call, session).await {
                Ok(answer) => return self.device(number, &answer, &key),
                Err(error) => error,
            };
            let wait = match error.refusal() {
                Some(refusal) if refusal.is_transient() => told(refusal, dice::unit()),
                Some(_) => return Err(error.into()),
                None => {
                    *session = None;
                    retry.failed(dice::unit())
                }
            };
            if retry.failures() == MOST_FAILURES {
                return Err(error.into());
            }
            sleep(wait).await;
        }
    }

    async fn ask(&self, call: &Call, session: &mut Option<Session>) -> Result<EnrolAnswer, ManagementError> {
        let open = match session {
            Some(open) => open,
            None => session.insert(Session::open(&self.place, &self.common.believed).await?),
        };
        match open.call(call).await? {
            Answer::Enrolled(answer) => Ok(answer),
            _ => Err(ManagementError::Mixed(management_link::path::ENROL)),
        }
    }

    fn device(&self, number: u32, answer: &EnrolAnswer, key: &KeyAndCsr) -> Result<Device, Cause> {
        let sources = self.sources.len();
        let source = usize::try_from(number).ok().and_then(|number| number.checked_rem(sources));
        let behaviour = &self.common.behaviour;
        Ok(Device {
            id: answer.device,
            enrolment: answer.enrolment,
            boot: dice::uuid(),
            tls: identity::of(&self.common.believed.tls, &answer.chain, &key.key_pem)?,
            source: source.and_then(|source| self.sources.get(source).copied()),
            manner: behaviour.manner(number),
            throws: Throws::of(behaviour.seed, number),
            common: Arc::clone(&self.common),
        })
    }
}

/// Returns the name of a device: numbers of five digits sort as they count.
fn name(prefix: &str, number: u32) -> String {
    format!("{prefix}{number:05}")
}

fn discovery(name: &str, machine: &[u8; 16]) -> Discovery {
    Discovery {
        name: name.to_owned(),
        os: "Debian GNU/Linux".to_owned(),
        os_version: "12".to_owned(),
        architecture: "x86_64".to_owned(),
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        hardware: Hash::of(machine).hex(),
        details: management_link::Details::default(),
    }
}

/// Returns how long to wait after a refusal that passes: as long as it says and up to as long again, so that the workers
/// do not come back together.
fn told(refusal: &Refusal, unit: f64) -> Duration {
    let least = Duration::from_secs(refusal.retry_after.unwrap_or(1).into());
    least + least.mul_f64(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_they_count() {
        let mut names: Vec<_> = [1, 10, 2, 99_999].map(|number| name("sim-", number)).into();
        names.sort();
        assert_eq!(names, ["sim-00001", "sim-00002", "sim-00010", "sim-99999"]);
        assert_eq!(name("x", 100_000), "x100000");
    }

    #[test]
    fn no_two_devices_are_one_machine() {
        let (one, other) = (discovery("a", &[1; 16]), discovery("a", &[2; 16]));
        assert_ne!(one.hardware, other.hardware);
        assert_eq!(one.hardware.len(), 64);
        assert_eq!((one.os.as_str(), one.os_version.as_str()), ("Debian GNU/Linux", "12"));
    }

    #[test]
    fn a_refusal_says_how_long_to_wait() {
        for (seconds, unit, expected) in [(5, 0.0, 5_000), (5, 0.5, 7_500), (2, 1.0, 4_000)] {
            let wait = told(&Refusal::too_many(seconds), unit);
            assert_eq!(wait, Duration::from_millis(expected), "{seconds} s, {unit}");
        }
        let silent = Refusal { retry_after: None, ..Refusal::unavailable(9) };
        assert_eq!(told(&silent, 0.0), Duration::from_secs(1));
    }
}
