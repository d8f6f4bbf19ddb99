//! A site authority that decides as the test says.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use action::{Reason, Timestamp};
use authority_link::{
    Allowed, Answer, Call, Decision, DryRun, Mirror, ResolvedTarget, Role, encode_answer,
    server::AwaitIntroduction,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proof::request::Request;
use service::frames::{read_frame, write_frame};
use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinSet,
};

/// What the authority knows and has been asked.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Why it refuses everything, where it does.
    pub(crate) refuse: Option<Reason>,
    /// The action that waits for a second person, where one does.
    pub(crate) waits: Option<action::TaskGuid>,
    /// The actions that it was asked to decide, each time.
    pub(crate) decided: Vec<Request>,
    /// The devices of its collections.
    pub(crate) members: Vec<ResolvedTarget>,
    pub(crate) mirror: Mirror,
    /// The pages of the console's audit that it was handed.
    pub(crate) pages: Vec<proof::witness::Page>,
}

/// A running authority; it is away once this is dropped.
#[derive(Debug)]
pub(crate) struct Authority {
    path: PathBuf,
    pub(crate) state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

impl Authority {
    pub(crate) fn start(path: &Path, state: State) -> Self {
        let listener = UnixListener::bind(path).expect("a free path");
        let state = Arc::new(Mutex::new(state));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&state)));
        Self { path: path.to_owned(), state, _tasks: tasks }
    }

    pub(crate) fn decided(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).decided.len()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn accept(listener: UnixListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&state)));
    }
}

async fn serve(mut stream: UnixStream, state: Arc<Mutex<State>>) {
    let mut introduced = None;
    let begin = AwaitIntroduction::new(BTreeSet::from([Role::Connector]));
    let mut begin = Some(begin);
    while let Ok(Some(frame)) = read_frame(&mut stream, authority_link::LARGEST_FRAME).await {
        let (number, answer) = match (&introduced, begin.take()) {
            (None, Some(first)) => {
                let (role, number) = first.on_frame(&frame).expect("the connector introduces itself");
                introduced = Some(role);
                (number, Answer::Done)
            }
            (Some(_), _) => {
                let role: &authority_link::server::Introduced = introduced.as_ref().expect("it is");
                let (number, call) = role.on_frame(&frame).expect("the connector asks what it may");
                let answer = answer(call, &mut state.lock().unwrap_or_else(PoisonError::into_inner));
                (number, answer)
            }
            (None, None) => return,
        };
        if write_frame(&mut stream, &encode_answer(number, &answer)).await.is_err() {
            return;
        }
    }
}

fn answer(call: Call, state: &mut State) -> Answer {
    match call {
        Call::Decide { request, vouch } => {
            let bytes = STANDARD.decode(request).expect("base64");
            let request = Request::parse(&bytes).expect("validated before");
            assert_eq!((vouch.user, vouch.name.as_str()), (request.sub, "kim"));
            state.decided.push(request.clone());
            let decision = match &state.refuse {
                _ if state.waits == Some(request.id) => {
                    Decision::Waits { reason: Reason::ApprovalMissing, until: request.deliver_by }
                }
                Some(reason) => Decision::Refused { reason: reason.clone() },
                None => Decision::Allowed(allowed(&request, state)),
            };
            Answer::Decision { decision, audit: None }
        }
        Call::Targets { after, limit, .. } => {
            let after = |target: &&ResolvedTarget| after.is_none_or(|after| target.device > after);
            let targets = state.members.iter().filter(after).take(limit as usize).cloned().collect();
            Answer::Targets { targets }
        }
        Call::DryRun { online, forecast, .. } => Answer::DryRun(Box::new(DryRun {
            rule: Some("Operations Administrator on SMS00001".into()),
            reason: None,
            count: state.members.len() as u64,
            online: online.len() as u64,
            refused: Vec::new(),
            waits: None,
            sent_by: forecast.and_then(|forecast| forecast.seconds_for(1)).map(|_| Timestamp(0)),
            ends_by: Timestamp(0),
        })),
        Call::MayRead { .. } => match &state.refuse {
            Some(reason) => Answer::MayNotRead { reason: reason.clone() },
            None => Answer::MayRead {
                rule: "Read-only Analyst on SMS00001".into(),
                collections: vec![("SMS00001".into(), "All Devices".into())],
            },
        },
        Call::SiteNonce => Answer::SiteNonce { nonce: "AAAA".into() },
        Call::Mirror => Answer::Mirror(state.mirror.clone()),
        Call::Witness { page, .. } => {
            state.pages.extend(page.map(|page| *page));
            Answer::Wanted { after: vec![7] }
        }
        other => panic!("the connector asked {other:?}"),
    }
}

fn allowed(request: &Request, state: &State) -> Allowed {
    Allowed {
        task_id: action::TaskId(state.decided.len() as u64 + 8),
        kind: action::ActionKind(request.params.task_type),
        param: request.params.task_param.clone(),
        targets: request.targets.clone(),
        count: state.members.len() as u64,
        clocks: request.clocks(),
        offline: request.offline,
        rule: "Operations Administrator on SMS00001".into(),
        refused: Vec::new(),
    }
}
