//! Faults of how runs begin, go on and end.

use super::{Fault, On, Sound, lock};
use async_trait::async_trait;
use flujo::codec::{Digest, Json};
use flujo::engine::{
    AttemptCommand, AttemptRecord, Body, BoxFuture, Ended, EndedBy, FinalOutcome, Handle, Key, Kind, Program,
    Record, RunId, RunRecord, RunView, Seed, Status,
};
use flujo::error::Signal;
use flujo::{Error, Usage};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// A run forgets how often it may restart.
#[derive(Default)]
pub struct LosesRetries;
#[async_trait]
impl Fault for LosesRetries {
    async fn create<S: Sound>(&self, inner: &S, run: RunRecord) -> Result<Option<RunView>, Error> {
        inner.create(RunRecord { retries: 0, ..run }).await
    }
}

/// A run does not know where its seed is from.
#[derive(Default)]
pub struct LosesOrigins;
#[async_trait]
impl Fault for LosesOrigins {
    async fn create<S: Sound>(&self, inner: &S, run: RunRecord) -> Result<Option<RunView>, Error> {
        let seed = Seed { origin: None, ..run.seed.clone() };
        inner.create(RunRecord { seed, ..run }).await
    }
}

/// All runs are one: records are shared between runs.
#[derive(Default)]
pub struct SharesRecords(Mutex<BTreeMap<Key, Arc<Record>>>);
#[async_trait]
impl Fault for SharesRecords {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let known = lock(&self.0).get(&command.key).cloned();
        if let Some(record) = known {
            record.answers(&command)?;
            return Ok(record);
        }
        let record = on.inner.attempt(command, body).await?;
        lock(&self.0).insert(record.key.clone(), Arc::clone(&record));
        Ok(record)
    }
}

/// The first failure of an attempt starts the program again, as after a crash.
#[derive(Default)]
pub struct RestartsOnFailure {
    failed: Mutex<BTreeSet<(RunId, Key)>>,
    again: Mutex<BTreeSet<RunId>>,
}
#[async_trait]
impl Fault for RestartsOnFailure {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        loop {
            inner.execute(id, Arc::clone(&program)).await?;
            let again = lock(&self.again).remove(id);
            if !again {
                return Ok(());
            }
        }
    }
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let (id, key) = (on.id.clone(), command.key.clone());
        let watched: Body<'_> = Box::pin(async {
            let done = body.await?;
            if done.outcome.is_err() && lock(&self.failed).insert((id.clone(), key)) {
                lock(&self.again).insert(id);
                return Err(Signal::Engine("once more".into()));
            }
            Ok(done)
        });
        on.inner.attempt(command, watched).await
    }
}

/// A program whose end is another one.
struct Ending<M>(Arc<dyn Program>, M);
impl<M: Fn(Ended) -> Ended + Send + Sync> Program for Ending<M> {
    fn run(&self, handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        Box::pin(async { (self.1)(self.0.run(handle).await) })
    }
}

/// The context of the end is not written.
#[derive(Default)]
pub struct LosesContexts;
#[async_trait]
impl Fault for LosesContexts {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        inner.execute(id, Arc::new(Ending(program, |ended| Ended { context: None, ..ended }))).await
    }
}

/// A limit of the run stops it, and does not end it.
#[derive(Default)]
pub struct StopsAtLimits;
#[async_trait]
impl Fault for StopsAtLimits {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let stops = |ended: Ended| match ended.outcome {
            Err(EndedBy::Signal(Signal::RunLimit(exceeded))) => {
                Ended { outcome: Err(EndedBy::Signal(Signal::Engine(exceeded.to_string().into()))), ..ended }
            }
            _ => ended,
        };
        inner.execute(id, Arc::new(Ending(program, stops))).await
    }
}

/// A storage failure cancels the run.
#[derive(Default)]
pub struct EndsBySignals;
#[async_trait]
impl Fault for EndsBySignals {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let ends = |ended: Ended| match ended.outcome {
            Err(EndedBy::Signal(Signal::Engine(_))) => {
                Ended { outcome: Err(EndedBy::Signal(Signal::Cancelled)), ..ended }
            }
            _ => ended,
        };
        inner.execute(id, Arc::new(Ending(program, ends))).await
    }
}

/// Statuses shown in place of the real ones.
type Shown = Mutex<BTreeMap<RunId, Status>>;
async fn shown<S: Sound>(shown: &Shown, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
    let mut view = inner.view(id).await?;
    if let (Some(view), Some(status)) = (&mut view, lock(shown).get(id)) {
        view.status = status.clone();
    }
    Ok(view)
}

/// An owner that lost its run ends it.
#[derive(Default)]
pub struct EndsWithoutOwnership(Shown);
#[async_trait]
impl Fault for EndsWithoutOwnership {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let done = Arc::new(Mutex::new(None));
        let noted = Arc::clone(&done);
        let watched = move |ended: Ended| {
            *lock(&noted) = ended.outcome.as_ref().ok().cloned();
            ended
        };
        let ended = inner.execute(id, Arc::new(Ending(program, watched))).await;
        let output: Option<Json> = lock(&done).take();
        if let (Err(_), Some(output)) = (&ended, output) {
            lock(&self.0).insert(id.clone(), Status::Ended(FinalOutcome::Done(output)));
        }
        ended
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        shown(&self.0, inner, id).await
    }
}

/// Cancelling a run that has ended makes it cancelled.
#[derive(Default)]
pub struct CancelsEndedRuns(Shown);
#[async_trait]
impl Fault for CancelsEndedRuns {
    async fn cancel<S: Sound>(&self, inner: &S, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let status = inner.view(id).await?.map(|view| view.status);
        if matches!(status, Some(Status::Ended(_))) {
            lock(&self.0).insert(id.clone(), Status::Ended(FinalOutcome::Cancelled));
        }
        inner.cancel(id, by).await
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        shown(&self.0, inner, id).await
    }
}

/// Reopening makes any run ready, whatever it is.
#[derive(Default)]
pub struct ReopensAllRuns(Shown);
#[async_trait]
impl Fault for ReopensAllRuns {
    async fn reopen<S: Sound>(&self, inner: &S, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        lock(&self.0).insert(id.clone(), Status::Interrupted);
        inner.reopen(id, by).await
    }
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        lock(&self.0).remove(id);
        inner.execute(id, program).await
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        shown(&self.0, inner, id).await
    }
}

/// Every execution counts as a takeover, also of a run that was paused or has come further.
#[derive(Default)]
pub struct CountsEveryExecution {
    counts: Mutex<BTreeMap<RunId, u32>>,
    crashed: Shown,
}
#[async_trait]
impl Fault for CountsEveryExecution {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let count = {
            let mut counts = lock(&self.counts);
            let count = counts.entry(id.clone()).or_default();
            *count += 1;
            *count
        };
        if count > 5 {
            let crashed = Status::Ended(FinalOutcome::Crashed(vec!["a".into()]));
            lock(&self.crashed).insert(id.clone(), crashed);
            return Ok(());
        }
        inner.execute(id, program).await
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        shown(&self.crashed, inner, id).await
    }
}

/// A run may be taken over without end: a hidden record separates each two takeovers.
#[derive(Default)]
pub struct NeverCrashes(Mutex<u32>);
struct Renewed(Arc<dyn Program>, u32);
impl Program for Renewed {
    fn run(&self, mut handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        Box::pin(async {
            let now = flujo::clock::Timestamp(0);
            let done = AttemptRecord {
                outcome: Ok(Json::null()),
                parts: Vec::new(),
                usage: Usage::default(),
                findings: Vec::new(),
                cached: false,
                models: None,
                messages: flujo::engine::Exchanges::default(),
                started: now,
                ended: now,
            };
            for n in 1..=self.1 {
                let command = AttemptCommand {
                    key: Key { path: HIDDEN.into(), kind: Kind::Step, n },
                    version: 1,
                    migrates_from: 1,
                    digest: Digest::of(b""),
                    within: None,
                };
                let done = done.clone();
                if let Err(signal) = handle.attempt(command, Box::pin(async { Ok(done) })).await {
                    return Ended { outcome: Err(EndedBy::Signal(signal)), context: None };
                }
            }
            self.0.run(handle).await
        })
    }
}
const HIDDEN: &str = "hidden";
#[async_trait]
impl Fault for NeverCrashes {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let n = {
            let mut n = lock(&self.0);
            *n += 1;
            *n
        };
        inner.execute(id, Arc::new(Renewed(program, n))).await
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        let mut view = inner.view(id).await?;
        if let Some(view) = &mut view {
            view.records.retain(|record| record.key.path.as_str() != HIDDEN);
        }
        Ok(view)
    }
}
