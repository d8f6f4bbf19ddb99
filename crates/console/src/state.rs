//! What every handler has: the store, the log, the clock, and the bounds that are shared.

use std::{fmt, ops::Deref, sync::Arc};

use action::{ConsoleId, Timestamp};
use service::{log::ComponentLog, shutdown::Shutdown};

use crate::{
    config::Config,
    counters::Counters,
    live::{Feeds, Places},
    people::{limits::Limits, openid::provider::Providers, password::Passwords},
    problem::Refusal,
    sites::{LateKeys, Outbox, Questions},
    spans::{Ended, Spans},
    store::{Audit, Store},
};

/// The wall clock, which tests move.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub(crate) fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// A console, as its handlers see it. A clone is the same one.
#[derive(Clone, Debug)]
pub(crate) struct Console(Arc<Parts>);

/// The parts of a console.
#[derive(Debug)]
pub(crate) struct Parts {
    store: Store,
    outbox: Outbox,
    questions: Questions,
    late_keys: LateKeys,
    log: ComponentLog,
    clock: Clock,
    id: ConsoleId,
    config: Config,
    counters: Counters,
    spans: Spans,
    limits: Limits,
    passwords: Passwords,
    providers: Providers,
    places: Places,
    feeds: Feeds,
    shutdown: Shutdown,
}

impl Console {
    pub(crate) fn new(
        store: Store,
        id: ConsoleId,
        config: Config,
        providers: Providers,
        log: ComponentLog,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Result<(Self, Ended), Refusal> {
        let counters = Counters::new(&config.metrics);
        let (spans, ended) = Spans::new(config.traces.as_ref(), &config.metrics);
        let parts = Parts {
            outbox: Outbox::new(store.clone(), log.clone(), clock.clone(), counters.clone(), spans.clone()),
            questions: Questions::default(),
            late_keys: LateKeys::default(),
            store,
            log,
            clock,
            id,
            config,
            counters,
            spans,
            limits: Limits::default(),
            passwords: Passwords::new()?,
            providers,
            places: Places::default(),
            feeds: Feeds::default(),
            shutdown,
        };
        Ok((Self(Arc::new(parts)), ended))
    }
}

impl Deref for Console {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// Returns the store.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Returns what the links of sites use.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Returns what asks sites while a person waits.
    pub(crate) fn questions(&self) -> &Questions {
        &self.questions
    }

    /// Returns what is to be said of keys to sites that are away.
    pub(crate) fn late_keys(&self) -> &LateKeys {
        &self.late_keys
    }

    /// Returns `AdminCenter.log`.
    pub(crate) fn log(&self) -> &ComponentLog {
        &self.log
    }

    /// Returns the time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns this console's id.
    pub(crate) fn id(&self) -> ConsoleId {
        self.id
    }

    /// Returns the settings.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Returns what takes ended actions for their traces.
    pub(crate) fn spans(&self) -> &Spans {
        &self.spans
    }

    /// Returns what is counted.
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Returns how often anybody may try to sign in.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns what hashes passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Returns the OpenID Connect providers of the tenants.
    pub(crate) fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Returns the places for event streams.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Returns the last changes of each tenant.
    pub(crate) fn feeds(&self) -> &Feeds {
        &self.feeds
    }

    /// Returns the end of the program.
    pub(crate) fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Writes a refusal into the audit.
    pub(crate) async fn audit_refusal(&self, entry: Audit) -> Result<(), Refusal> {
        Ok(self.store.audit(&[entry]).await?)
    }
}
