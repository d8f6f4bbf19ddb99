//! App evaluation cycle: evaluates each application that is deployed to this device, installs and removes what is due,
//! looks again, and reports how each stands.

mod keep;
mod content;
mod look;
mod act;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use action::{ActionKind, TaskGuid};
use application::{AppState, Application, Considered, Done, Observed, Planned, Told, plan, settle};
use management_link::{Answer, ApplicationReport, ApplicationsReport, Call, StateMessage, path};
use proof::{Intent, Manifest, NotSigned};
use serde::Deserialize;
use service::{clock, error::Chain};

use self::{
    content::{Cache, ContentError},
    keep::{KeepError, Kept, State},
    look::Looker,
    words::{answer_for, failed, outcome, told_before, wire},
};
use super::{Doubt, Order, Report};
use crate::{
    desk::Outcome,
    keep as files,
    management::{ManagementError, Session},
    schedule::Work,
};

/// Why the applications cannot be evaluated.
#[derive(Debug, thiserror::Error)]
enum EvaluationError {
    #[error("failed to ask the management point for the deployments")]
    Management(#[from] ManagementError),
    #[error("the manifest is not signed by the site's policy key for this device")]
    NotSigned(#[from] NotSigned),
    #[error(
        "the manifest has generation {offered}, and this device has seen {seen}: older deployments are not applied"
    )]
    Older { offered: u64, seen: u64 },
    #[error("no deployments have been downloaded yet")]
    Nothing,
    #[error(transparent)]
    Keep(#[from] KeepError),
    #[error(transparent)]
    Content(#[from] ContentError),
    #[error("failed to make the folder for scripts")]
    Scratch(#[source] std::io::Error),
}

/// What a task of type 1004 asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    application: String,
}

/// A run, with all that it looks at.
struct Run {
    order: Order,
    kept: Kept,
    cache: Cache,
    looker: Looker,
    state: State,
    session: Option<Session>,
}

pub(super) async fn run(order: Order) -> Report {
    let mut doubt = Doubt::No;
    let evaluated = match Run::begin(order).await {
        Ok(mut run) => run.evaluate(&mut doubt).await,
        Err(error) => Err(error),
    };
    match evaluated {
        Ok(report) => Report { doubt, ..report },
        Err(error) => Report { doubt, ..Report::failed(Work::Applications, Chain(&error).to_string()) },
    }
}

/// The tasks that cannot have what they ask for, and the others with the application's name.
type Requests = (Vec<(TaskGuid, Outcome)>, Vec<(TaskGuid, String)>);

impl Run {
    async fn begin(order: Order) -> Result<Self, EvaluationError> {
        let kept = Kept::new(&order.folder)?;
        let cache = Cache::new(&order.folder, order.content_limit)?;
        let scratch = order.folder.join("run");
        files::private_folder(&scratch).map_err(EvaluationError::Scratch)?;
        let root = order.access.files.root.clone();
        let looker = Looker { machine: look::machine(&root), root, scratch, pace: order.pace };
        let session = match order.credentials.management().await {
            Ok(session) => Some(session),
            Err(error) => {
                order.log.warn(format!("The site is away: {}", Chain(&error)));
                None
            }
        };
        let state = kept.state();
        Ok(Self { order, kept, cache, looker, state, session })
    }

    async fn evaluate(&mut self, doubt: &mut Doubt) -> Result<Report, EvaluationError> {
        let (manifest, not_downloaded) = self.manifest(doubt).await?;
        let (mut considered, broken) = self.consider(&manifest).await;
        let (answers, asked) = self.requests(&manifest);
        self.forget_restarts();
        for (name, one) in &mut considered {
            one.requested = self.state.requested.contains(name);
            one.restart_pending = self.state.restart.contains_key(name);
        }

        let may_change = self.order.may_change;
        let now = self.order.trusted;
        let planned = plan(&considered, now, may_change);
        if !planned.steps.is_empty() {
            self.report(&manifest, &told_before(&considered, &planned.steps, now, may_change)).await;
        }
        let done = self.act(&mut considered, &planned.steps).await;
        let mut told = settle(&considered, &done, now, may_change);
        for (name, why) in broken {
            if manifest.deployments.iter().any(|one| one.application == name) {
                told.insert(name, Told { state: AppState::Failed, detail: why });
            }
        }
        self.remember(&considered, &done)?;
        let reported = self.report(&manifest, &told).await;

        let outcome = outcome(&told, &done, not_downloaded, reported);
        let answers = answers
            .into_iter()
            .chain(asked.into_iter().map(|(task, name)| (task, answer_for(&name, &told))))
            .collect();
        Ok(Report {
            site_time: Some(manifest.issued_at),
            answers,
            ..Report::new(Work::Applications, outcome)
        })
    }

    /// Returns the manifest: a new one, or the last one where the site is away, and then why.
    async fn manifest(&mut self, doubt: &mut Doubt) -> Result<(Manifest, Option<String>), EvaluationError> {
        let why = match self.download().await {
            Ok(manifest) => return Ok((manifest, None)),
            Err(error) => error,
        };
        if matches!(why, EvaluationError::NotSigned(_)) {
            *doubt = Doubt::Keys;
        }
        self.order.log.warn(format!("Failed to download the deployments: {}", Chain(&why)));
        let kept = self.kept.manifest().and_then(|text| self.verified(&text).ok());
        match kept {
            Some(manifest) => Ok((manifest, Some(Chain(&why).to_string()))),
            None => Err(why),
        }
    }

    async fn download(&mut self) -> Result<Manifest, EvaluationError> {
        let Some(session) = &mut self.session else { return Err(EvaluationError::Nothing) };
        let Answer::Manifest(text) = session.call(&Call::Manifest).await? else {
            return Err(ManagementError::Mixed(path::MANIFEST).into());
        };
        let manifest = self.verified(&text)?;
        if let Some(session) = &mut self.session {
            for one in &manifest.applications {
                if self.kept.document(one.sha256).is_none() {
                    self.kept.fetch(one.sha256, session).await?;
                }
            }
        }
        self.kept.put_manifest(&text)?;
        self.kept.forget_others(&manifest)?;
        if self.state.generation < manifest.generation {
            self.state.generation = manifest.generation;
            self.kept.put_state(&self.state)?;
        }
        Ok(manifest)
    }

    fn verified(&self, text: &str) -> Result<Manifest, EvaluationError> {
        let credentials = &self.order.credentials;
        let manifest = Manifest::verify(text, &credentials.trust, credentials.identity.device)?;
        if manifest.generation < self.state.generation {
            let (offered, seen) = (manifest.generation, self.state.generation);
            return Err(EvaluationError::Older { offered, seen });
        }
        Ok(manifest)
    }

    /// Looks at each application of the manifest. One whose document this agent does not understand fails alone.
    async fn consider(
        &self,
        manifest: &Manifest,
    ) -> (BTreeMap<String, Considered>, BTreeMap<String, String>) {
        let mut considered = BTreeMap::new();
        let mut broken = BTreeMap::new();
        for one in &manifest.applications {
            let Some(text) = self.kept.document(one.sha256) else {
                broken.insert(one.name.clone(), "its document is not there".to_owned());
                continue;
            };
            let document = match Application::parse(&text) {
                Ok(document) => document,
                Err(error) => {
                    broken.insert(one.name.clone(), error.to_string());
                    continue;
                }
            };
            let observed = self.looker.observe(&document).await;
            let deployment =
                manifest.deployments.iter().find(|deployment| deployment.application == one.name).cloned();
            let one_considered =
                Considered { document, deployment, observed, requested: false, restart_pending: false };
            considered.insert(one.name.clone(), one_considered);
        }
        (considered, broken)
    }

    /// Takes what tasks of type 1004 ask for into the state.
    fn requests(&mut self, manifest: &Manifest) -> Requests {
        let mut refused = Vec::new();
        let mut asked = Vec::new();
        for (task, kind, param) in &self.order.asked {
            if *kind != ActionKind::INSTALL_APPLICATION {
                continue;
            }
            let wanted = match serde_json::from_str::<Asked>(param) {
                Ok(Asked { application }) => application,
                Err(_) => {
                    let why = "the task's parameter is not `{\"application\": \"NAME\"}`";
                    refused.push((*task, failed(why.to_owned())));
                    continue;
                }
            };
            let by_id = manifest.applications.iter().find(|one| one.id == wanted);
            let name = by_id.map_or(wanted, |one| one.name.clone());
            let deployed = manifest.deployments.iter().find(|one| one.application == name);
            match deployed.map(|one| one.intent) {
                Some(Intent::Available | Intent::Required) => {
                    self.state.requested.insert(name.clone());
                    asked.push((*task, name));
                }
                Some(Intent::Removed) => {
                    refused.push((*task, failed(format!("`{name}` is to be removed from this device"))));
                }
                None => refused.push((*task, failed(format!("`{name}` is not deployed to this device")))),
            }
        }
        (refused, asked)
    }

    /// A restart that others waited for has come.
    fn forget_restarts(&mut self) {
        let boot = self.order.boot.clone();
        self.state.restart.retain(|_, of| *of == boot);
    }

    /// Does what was planned, in its order, and looks at what it changed. What comes after a failed dependency is left.
    async fn act(
        &mut self,
        considered: &mut BTreeMap<String, Considered>,
        steps: &[(String, Planned)],
    ) -> BTreeMap<String, Done> {
        let mut done: BTreeMap<String, Done> = BTreeMap::new();
        let mut missing: BTreeSet<String> = BTreeSet::new();
        for (name, planned) in steps {
            let Some(one) = considered.get(name) else { continue };
            if let Some(before) = one.document.depends_on.iter().find(|before| missing.contains(*before)) {
                missing.insert(name.clone());
                done.insert(
                    name.clone(),
                    Done::Failed(format!("it depends on `{before}`, which is not installed")),
                );
                continue;
            }
            let (Planned::Install(by) | Planned::Remove(by)) = *planned;
            let Some(by) = one.document.deployment_types.get(by) else { continue };
            let verb = if matches!(planned, Planned::Install(_)) { "Installing" } else { "Removing" };
            self.order.log.info(format!("{verb} `{name}` by `{}`", by.name));
            let work = self.order.folder.join("run").join("work");
            let acted = act::act(&self.looker, &self.cache, self.session.as_mut(), by, *planned, &work).await;
            let observed = self.looker.observe(&one.document).await;
            match &acted.done {
                Done::Worked => self.order.log.info(format!("{verb} `{name}` worked")),
                Done::Later(why) | Done::Failed(why) => {
                    self.order.log.error(format!("{verb} `{name}` did not work: {why}"));
                }
            }
            // A long step outlives the connection.
            self.reconnect().await;
            if acted.restart {
                self.state.restart.insert(name.clone(), self.order.boot.clone());
            }
            let is_there = matches!(observed, Observed::Installed(_)) || acted.restart;
            if matches!(planned, Planned::Install(_)) && !is_there {
                missing.insert(name.clone());
            }
            if let Some(one) = considered.get_mut(name) {
                one.observed = observed;
                one.restart_pending = self.state.restart.contains_key(name);
            }
            done.insert(name.clone(), acted.done);
        }
        done
    }

    async fn reconnect(&mut self) {
        if let Ok(session) = self.order.credentials.management().await {
            self.session = Some(session);
        }
    }

    /// A request is done with when the application is there, or its installation failed: it may be asked for again.
    fn remember(
        &mut self,
        considered: &BTreeMap<String, Considered>,
        done: &BTreeMap<String, Done>,
    ) -> Result<(), KeepError> {
        self.state.requested.retain(|name| {
            let absent = considered.get(name).is_some_and(|one| matches!(one.observed, Observed::Absent(_)));
            absent && !matches!(done.get(name), Some(Done::Failed(_) | Done::Worked))
        });
        self.kept.put_state(&self.state)
    }

    /// Tells the site how the applications stand; says why where it could not.
    async fn report(&mut self, manifest: &Manifest, told: &BTreeMap<String, Told>) -> Option<String> {
        let applications = told.iter().map(|(name, told)| {
            let deployment = manifest.deployments.iter().find(|one| one.application == *name);
            ApplicationReport {
                application: name.clone(),
                deployment: deployment.map(|one| one.id.clone()).unwrap_or_default(),
                state: wire(told.state),
                detail: told.detail.clone(),
            }
        });
        let report = ApplicationsReport {
            generation: manifest.generation,
            at: clock::now(),
            applications: applications.collect(),
            omitted: 0,
        };
        let call = Call::State(StateMessage::Applications(report));
        let sent = match &mut self.session {
            Some(session) => session.call(&call).await.map(drop).map_err(|error| Chain(&error).to_string()),
            None => Err("the site is away".to_owned()),
        };
        let why = sent.err()?;
        self.order.log.warn(format!("The report on applications did not reach the site: {why}"));
        Some(why)
    }
}
