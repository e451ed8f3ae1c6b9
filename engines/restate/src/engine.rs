use crate::arm::PastResult;
use crate::client::Client;
use crate::error::RestateError;
use crate::graphs::{Graphs, without_graph};
use crate::hosted::Hosted;
use crate::journal::{self, Recorded, quoted};
use crate::request::{Answer, Request};
use crate::state::{RunState, root_key};
use crate::trouble::{LOOK, Troubles};
use crate::wire::{OBJECT, RUN_RECORD, Stored};
use async_trait::async_trait;
use flujo::clock::{Clock, SystemClock};
use flujo::engine::kit::{SavedRun, check_reply};
use flujo::engine::{
    Engine, FinalOutcome, Program, Record, RunFilter, RunId, RunRecord, RunSummary, RunView,
};
use flujo::error::{EngineError, Error, ErrorKind, Signal};
use flujo::path::Path;
use flujo::question::Reply;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An engine whose runs are stored, and resumed after every crash, by a Restate server. The processes that
/// [`serve`](crate::serve) execute them. A clone is a handle to the same server.
#[derive(Clone)]
pub struct Restate {
    client: Client,
    clock: Arc<dyn Clock>,
    graphs: Graphs,
    hosted: Option<Hosted>,
    troubles: Troubles,
    /// Runs that this process has created and not yet waited for, so that their state need not be read.
    fresh: Arc<Mutex<HashMap<RunId, Stored>>>,
}

/// How long a caller that waits for a run does without the server.
const AWAY: Duration = Duration::from_secs(120);

/// So many runs are remembered.
const FRESH: usize = 1_024;

impl fmt::Debug for Restate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restate").finish_non_exhaustive()
    }
}

impl Restate {
    /// Creates an engine on a server. `ingress` is the address at which it calls services, by default port 8080, and
    /// `admin` that of its admin interface, by default port 9070.
    ///
    /// # Errors
    /// An address is none of `http://`. Whether a server is there is found out by the first call.
    pub fn connect(ingress: &str, admin: &str) -> Result<Self, RestateError> {
        Ok(Self {
            client: Client::new(ingress, admin)?,
            clock: Arc::new(SystemClock::new()),
            graphs: Graphs::default(),
            hosted: None,
            troubles: Troubles::default(),
            fresh: Arc::default(),
        })
    }

    /// An engine on a clock, which executes runs in this process: for the suite of the engine contract.
    #[doc(hidden)]
    #[must_use]
    pub fn hosting(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self.hosted = Some(Hosted::default());
        self
    }

    pub(crate) fn hosted(&self) -> Option<&Hosted> {
        self.hosted.as_ref()
    }

    /// Sets how many bytes a message to the server may have, and so what a step, an arm or a run may return, or be given;
    /// defaults to 30 MiB. What is larger ends the run with an error: a server would refuse it again and again. The limit of a
    /// server is its `message-size-limit`, by default 32 MiB: keep this one below it, the same in all processes.
    #[must_use]
    pub fn value_limit(mut self, bytes: usize) -> Self {
        self.client.limit = bytes;
        self
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    async fn stored(&self, id: &RunId) -> Result<Option<Stored>, Error> {
        let Some((run, state)) = self.client.stored(id).await? else { return Ok(None) };
        Ok(Some((self.graphs.complete(&self.client, &state.graph, run).await?, state)))
    }

    async fn found(&self, id: &RunId) -> Result<Stored, Error> {
        let found = self.stored(id).await?;
        found.ok_or_else(|| Error::new(ErrorKind::UnknownRun(id.to_string())))
    }

    async fn recorded(&self, run: &RunRecord, state: &RunState) -> Result<Recorded, Error> {
        let mut found = journal::records(&self.client, &run.pipeline, &state.invocations).await?;
        found.records.splice(..0, run.seed.records.iter().cloned());
        Ok(found)
    }

    async fn apply(&self, id: &RunId, request: Request) -> Result<Answer, Error> {
        match self.client.apply(id, &request).await? {
            Answer::Unknown => Err(Error::new(ErrorKind::UnknownRun(id.to_string()))),
            Answer::Refused { path, answered, open, at } => {
                check_reply(&path, answered.as_ref(), open.as_deref(), at).map(|()| Answer::Done)
            }
            answer => Ok(answer),
        }
    }

    /// Waits until nothing of a run works.
    async fn rest(&self, run: &RunId, state: &RunState) -> Result<(), Error> {
        if !self.works_on(run, state) {
            return Ok(());
        }
        tokio::select! {
            rested = self.rested(run, state) => rested,
            trouble = self.stuck(run, state) => Err(trouble),
        }
    }

    async fn rested(&self, run: &RunId, state: &RunState) -> Result<(), Error> {
        let root = root_key(run.as_str(), state.execution);
        let away_since = Instant::now();
        loop {
            let ended = self.client.ended(&state.pipeline, &root);
            let done = if state.may_ask {
                let rested = self.client.at_rest(&state.pipeline, &root, state.rests);
                tokio::select! { ended = ended => ended, rested = rested => rested }
            } else {
                ended.await
            };
            match done {
                // The run does not depend on its caller, and goes on once the server is back.
                Err(error) if error.is_away() && away_since.elapsed() < AWAY => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                // The object has sent the invocation, which is on its way to the part of the server that executes it.
                Err(error) if error.status() == Some(404) && away_since.elapsed() < AWAY => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => return Err(error.of_pipeline(&self.client.ingress, &state.pipeline).into()),
                Ok(()) => return Ok(()),
            }
        }
    }

    /// Waits until something is wrong with a run that does not end by itself.
    async fn stuck(&self, run: &RunId, state: &RunState) -> Error {
        if self.hosted.is_some() {
            // The suite of the engine contract has an alarm that each look would put off.
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(LOOK).await;
            // A server that cannot be asked is waited for elsewhere.
            if let Ok(Some(trouble)) = self.trouble(run, state).await {
                return Error::new(ErrorKind::Engine(trouble));
            }
        }
    }

    /// Returns what keeps a run from going on.
    async fn trouble(&self, run: &RunId, state: &RunState) -> Result<Option<EngineError>, RestateError> {
        let root = root_key(run.as_str(), state.execution);
        let why = self.troubles.of(&self.client, &state.pipeline, &root).await?;
        Ok(why.map(|why| EngineError::new(format!("run `{run}` does not go on: {why}"))))
    }

    /// Takes the defaults of questions whose deadlines have passed, where no timer of the server does so.
    async fn apply_deadlines(&self, id: &RunId, state: &RunState) -> Result<bool, Error> {
        let now = self.clock.now();
        let open = state.questions.iter().map(|asked| &asked.open.question);
        let due: Vec<_> = open.filter(|question| question.deadline.is_some_and(|at| at <= now)).collect();
        for question in &due {
            self.apply(id, Request::Due { path: question.path.clone(), send: true }).await?;
        }
        Ok(!due.is_empty())
    }

    /// Whether an execution works on a run.
    fn works_on(&self, run: &RunId, state: &RunState) -> bool {
        state.is_working() && self.hosted.as_ref().is_none_or(|hosted| hosted.executes(run))
    }

    fn summary(&self, run: &RunRecord, state: &RunState) -> RunSummary {
        let questions: Vec<_> = state.questions.iter().map(|asked| &asked.open).collect();
        let works = self.works_on(&run.id, state);
        state.shown_lifecycle().summary(run, &questions, state.ledger.spent(), works)
    }

    fn view_of(&self, run: Arc<RunRecord>, state: RunState, records: Vec<Arc<Record>>) -> RunView {
        let works = self.works_on(&run.id, &state);
        let mut saved = SavedRun::new(run);
        saved.lifecycle = state.shown_lifecycle();
        saved.records = records;
        saved.questions = state.questions.into_iter().map(|asked| asked.open).collect();
        saved.answered = state.answered;
        saved.ledger = state.ledger;
        saved.view(works)
    }
}

#[async_trait]
impl Engine for Restate {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        let id = run.id.clone();
        let graph = self.graphs.store(&self.client, &run).await?;
        let may_ask = may_ask(&run);
        let mut state = RunState::new(&run, graph.clone(), may_ask);
        let begins = self.hosted.is_none();
        if begins {
            state.begin(id.as_str(), run.created);
        }
        let created = Request::Create { run: Arc::new(without_graph(&run)), graph, may_ask, begins };
        let run = Arc::new(run);
        if let Answer::Exists = self.apply(&id, created).await? {
            return self.view(&id).await;
        }
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh.len() < FRESH {
            fresh.insert(id, (run, state));
        }
        Ok(None)
    }

    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let _here = self.hosted.as_ref().map(|hosted| hosted.give(id, program)).transpose()?;
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        let (run, mut state) = match fresh {
            Some(fresh) => fresh,
            None => self.found(id).await?,
        };
        if self.hosted.is_some() && self.apply_deadlines(id, &state).await? {
            state = self.found(id).await?.1;
        }
        if state.lifecycle.outcome.is_none() && !state.is_live() {
            let mut known = self.recorded(&run, &state).await?.known();
            known.extend(run.seed.timers.iter().map(|key| (key.clone(), PastResult::Over)));
            self.apply(id, Request::Begin { at: self.clock.now(), known }).await?;
            state = self.found(id).await?.1;
        }
        self.rest(id, &state).await
    }

    fn executes_elsewhere(&self) -> bool {
        self.hosted.is_none()
    }

    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        let Some((run, state)) = self.stored(id).await? else { return Ok(None) };
        let Recorded { records, .. } = self.recorded(&run, &state).await?;
        let trouble = if self.works_on(id, &state) { self.trouble(id, &state).await? } else { None };
        let mut view = self.view_of(run, state, records);
        // It stays resumable, and goes on once that is put right.
        view.stopped = view.stopped.or(trouble.map(Signal::Engine));
        Ok(Some(view))
    }

    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        #[derive(Deserialize)]
        struct Row {
            service_key: String,
            key: String,
            value_utf8: String,
        }
        let sql =
            format!("SELECT service_key, key, value_utf8 FROM state WHERE service_name = {}", quoted(OBJECT));
        let (mut runs, mut states) = (HashMap::new(), Vec::new());
        for row in self.client.query::<Row>(&sql).await? {
            let unreadable = |e| RestateError::unreadable("the table `state`", e);
            if row.key == RUN_RECORD {
                let run: RunRecord = serde_json::from_str(&row.value_utf8).map_err(unreadable)?;
                runs.insert(row.service_key, run);
            } else {
                let state: RunState = serde_json::from_str(&row.value_utf8).map_err(unreadable)?;
                states.push((row.service_key, state));
            }
        }
        let known = states.into_iter().filter_map(|(key, state)| Some(self.summary(runs.get(&key)?, &state)));
        Ok(filter.list(known))
    }

    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        let (_, state) = self.found(id).await?;
        self.rest(id, &state).await
    }

    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let (run, state) = self.found(id).await?;
        let Some(FinalOutcome::Failed(failure)) = &state.lifecycle.outcome else { return Ok(()) };
        let Recorded { records, .. } = self.recorded(&run, &state).await?;
        let of_node = |record: &&Arc<Record>| Some(&record.key.path) == failure.node();
        let attempts = records.iter().filter(of_node).map(|record| record.key.n).max().unwrap_or(0);
        let reopened = Request::Reopen { at: self.clock.now(), by: by.map(str::to_owned), attempts };
        self.apply(id, reopened).await.map(drop)
    }

    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.apply(id, Request::Reply { path: path.clone(), reply }).await.map(drop)
    }

    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let cancelled = Request::Cancel { at: self.clock.now(), by: by.map(str::to_owned) };
        self.apply(id, cancelled).await.map(drop)
    }
}

/// Whether a run may wait for a reply: where it asks, and where a model calls tools that are asked about first.
fn may_ask(run: &RunRecord) -> bool {
    let nodes = &run.graph.stored().nodes;
    nodes.is_empty() || nodes.iter().any(|node| matches!(node.kind.as_str(), "ask" | "model"))
}
