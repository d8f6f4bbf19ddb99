//! Calls to another program of the site: a frame with a number goes out, a frame with the same number comes back, and
//! calls may overtake each other.
//!
//! A [`Caller`] keeps one connection, made when the first call needs it and made anew after it broke. It repeats no
//! call by itself: a call whose connection broke fails with [`CallError::Lost`], and who made it knows whether it may
//! be made again.

mod connection;
mod endpoint;

use std::{
    collections::BTreeMap,
    fmt, io,
    marker::PhantomData,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

pub use endpoint::Endpoint;

use crate::running::owned;

/// How long an answer may take: the largest decision (100,000 targets) takes 1.5 s on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Calls that wait to be written. More than the passes of a program make at once; then callers wait.
const WAITING_CALLS: usize = 64;

/// How calls and answers are written. The wire crates define it; a program joins the two.
pub trait Calls: Send + Sync + 'static {
    /// What is asked.
    type Call: Clone + Send + Sync + 'static;
    /// What is answered.
    type Answer: Send + 'static;

    /// The largest frame that is taken, in bytes.
    const LARGEST_FRAME: usize = 4 << 20;

    /// Writes a call with its number.
    fn encode(number: u64, call: &Self::Call) -> Vec<u8>;

    /// Reads an answer and the number of its call.
    fn decode(frame: &[u8]) -> Result<(u64, Self::Answer), String>;

    /// Returns why the first call of a connection was refused, where `answer` says so.
    fn refused(answer: &Self::Answer) -> Option<String> {
        let _ = answer;
        None
    }
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no connection.
    #[error("failed to reach {endpoint}")]
    Unreachable {
        /// Who was called.
        endpoint: String,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The other end does not take calls from this one.
    #[error("{endpoint} refused to be called: {reason}")]
    Refused {
        /// Who was called.
        endpoint: String,
        /// What it said.
        reason: String,
    },
    /// The connection broke between call and answer. The call may have been carried out.
    #[error("the connection to {endpoint} broke before the answer came")]
    Lost {
        /// Who was called.
        endpoint: String,
    },
    /// The answer did not come in time. The call may have been carried out.
    #[error("{endpoint} did not answer within {} s", PATIENCE.as_secs())]
    TimedOut {
        /// Who was called.
        endpoint: String,
    },
}

impl CallError {
    /// Returns whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            CallError::Unreachable { .. } | CallError::Lost { .. } | CallError::TimedOut { .. } => true,
            CallError::Refused { .. } => false,
        }
    }
}

/// Makes calls to one program. A clone uses the same connection, which ends with the last one.
pub struct Caller<C: Calls> {
    shared: Arc<Shared<C>>,
    _connection: Arc<AbortOnDropHandle<()>>,
}

struct Shared<C: Calls> {
    endpoint: String,
    next_number: AtomicU64,
    open: Open<C::Answer>,
    calls: mpsc::Sender<(u64, C::Call)>,
    kind: PhantomData<C>,
}

/// The calls that wait for an answer, by their number.
struct Open<A>(Arc<Mutex<BTreeMap<u64, Reply<A>>>>);

/// Where one call's answer goes.
type Reply<A> = oneshot::Sender<Result<A, CallError>>;

impl<C: Calls> Caller<C> {
    /// Makes a caller; `first_call` introduces it on each new connection. Must be made inside a runtime.
    pub fn new(endpoint: Endpoint, first_call: C::Call) -> Self {
        let (calls, waiting) = mpsc::channel(WAITING_CALLS);
        let open = Open(Arc::default());
        let name = endpoint.to_string();
        let work = connection::keep::<C>(endpoint, first_call, waiting, open.clone());
        let shared = Shared {
            endpoint: name,
            // 0 is the first call of each connection.
            next_number: AtomicU64::new(1),
            open,
            calls,
            kind: PhantomData,
        };

        Self { shared: Arc::new(shared), _connection: Arc::new(owned(work)) }
    }

    /// Makes a call and waits for its answer.
    pub async fn call(&self, call: C::Call) -> Result<C::Answer, CallError> {
        let shared = &*self.shared;
        let number = shared.next_number.fetch_add(1, Ordering::Relaxed);
        let answer = Waiting { open: &shared.open, number, answer: shared.open.expect(number) };
        match timeout(PATIENCE, answer.after_sending(call, &shared.calls)).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Err(CallError::Lost { endpoint: shared.endpoint.clone() }),
            Err(_) => Err(CallError::TimedOut { endpoint: shared.endpoint.clone() }),
        }
    }
}

impl<C: Calls> Clone for Caller<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), _connection: Arc::clone(&self._connection) }
    }
}

impl<C: Calls> fmt::Debug for Caller<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("endpoint", &self.shared.endpoint).finish_non_exhaustive()
    }
}

/// A call that waits for its answer; forgotten when dropped, so that callers who give up leave nothing behind.
struct Waiting<'a, A> {
    open: &'a Open<A>,
    number: u64,
    answer: oneshot::Receiver<Result<A, CallError>>,
}

impl<A> Waiting<'_, A> {
    async fn after_sending<C>(
        mut self,
        call: C,
        calls: &mpsc::Sender<(u64, C)>,
    ) -> Option<Result<A, CallError>> {
        calls.send((self.number, call)).await.ok()?;
        (&mut self.answer).await.ok()
    }
}

impl<A> Drop for Waiting<'_, A> {
    fn drop(&mut self) {
        self.open.take(self.number);
    }
}

impl<A> Open<A> {
    fn expect(&self, number: u64) -> oneshot::Receiver<Result<A, CallError>> {
        let (answer, waiting) = oneshot::channel();
        self.all().insert(number, answer);
        waiting
    }

    fn take(&self, number: u64) -> Option<Reply<A>> {
        self.all().remove(&number)
    }

    /// Returns whether somebody still waits for the answer.
    fn awaits(&self, number: u64) -> bool {
        self.all().contains_key(&number)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Reply<A>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> Clone for Open<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests;
