//! Faults of what is done to runs from outside.

use super::{Fault, Sound, lock};
use async_trait::async_trait;
use flujo::clock::{Clock, SystemClock};
use flujo::engine::{Program, RunFilter, RunId, RunRecord, RunSummary, RunView};
use flujo::path::Path;
use flujo::question::Reply;
use flujo::{Error, ErrorKind};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A cancellation is written down once the execution has ended, and not before.
#[derive(Default)]
pub struct CancelsAtTheEnd(Mutex<BTreeSet<RunId>>);
#[async_trait]
impl Fault for CancelsAtTheEnd {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        inner.execute(id, program).await?;
        let cancelled = lock(&self.0).remove(id);
        if cancelled { inner.cancel(id, None).await } else { Ok(()) }
    }
    async fn cancel<S: Sound>(&self, inner: &S, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        let status = inner.view(id).await?.map(|view| view.status);
        if status == Some(flujo::engine::Status::Running) {
            lock(&self.0).insert(id.clone());
            return Ok(());
        }
        inner.cancel(id, by).await
    }
}

/// One run is worked on at a time.
#[derive(Default)]
pub struct OneRunAtATime(tokio::sync::Mutex<()>);
#[async_trait]
impl Fault for OneRunAtATime {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let Ok(status) = inner.view(id).await.map(|view| view.map(|view| view.status)) else { return Ok(()) };
        if status == Some(flujo::engine::Status::Running) {
            return inner.execute(id, program).await;
        }
        let _alone = self.0.lock().await;
        inner.execute(id, program).await
    }
}

/// `execute` takes a run from the execution that works on it.
#[derive(Default)]
pub struct StealsRuns;
#[async_trait]
impl Fault for StealsRuns {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        match inner.execute(id, Arc::clone(&program)).await {
            Err(error) if matches!(error.kind(), ErrorKind::Busy(_)) => {
                inner.take_over(id)?;
                inner.execute(id, program).await
            }
            ended => ended,
        }
    }
}

/// Runs are listed in the order in which they were created.
#[derive(Default)]
pub struct ListsByAge(Mutex<Vec<RunId>>);
#[async_trait]
impl Fault for ListsByAge {
    async fn create<S: Sound>(&self, inner: &S, run: RunRecord) -> Result<Option<RunView>, Error> {
        let id = run.id.clone();
        let found = inner.create(run).await?;
        if found.is_none() {
            lock(&self.0).push(id);
        }
        Ok(found)
    }
    async fn list<S: Sound>(&self, inner: &S, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        let mut listed = inner.list(filter).await?;
        let ages = lock(&self.0).clone();
        listed.sort_by_key(|run| ages.iter().position(|id| *id == run.id));
        Ok(listed)
    }
}

/// A run loses the labels that it is created with.
#[derive(Default)]
pub struct LosesLabels;
#[async_trait]
impl Fault for LosesLabels {
    async fn create<S: Sound>(&self, inner: &S, run: RunRecord) -> Result<Option<RunView>, Error> {
        inner.create(RunRecord { labels: flujo::engine::Labels::default(), ..run }).await
    }
}

/// A list is in the order of ids, whatever it is asked for.
#[derive(Default)]
pub struct IgnoresOrders;
#[async_trait]
impl Fault for IgnoresOrders {
    async fn list<S: Sound>(&self, inner: &S, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        let mut filter = filter.clone();
        filter.order = flujo::engine::RunOrder::Id;
        inner.list(&filter).await
    }
}

/// A list shows the state of a run, and nothing of what it came to.
#[derive(Default)]
pub struct ShowsStatesAlone;
#[async_trait]
impl Fault for ShowsStatesAlone {
    async fn list<S: Sound>(&self, inner: &S, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        let bare = |run: RunSummary| {
            let mut bare = RunSummary::new(run.id, run.pipeline, run.state);
            (bare.replied, bare.deadline) = (run.replied, run.deadline);
            bare
        };
        Ok(inner.list(filter).await?.into_iter().map(bare).collect())
    }
}

/// Nobody is named who cancels or reopens a run.
#[derive(Default)]
pub struct ForgetsCallers;
#[async_trait]
impl Fault for ForgetsCallers {
    async fn reopen<S: Sound>(&self, inner: &S, id: &RunId, _: Option<&str>) -> Result<(), Error> {
        inner.reopen(id, None).await
    }
    async fn cancel<S: Sound>(&self, inner: &S, id: &RunId, _: Option<&str>) -> Result<(), Error> {
        inner.cancel(id, None).await
    }
}

/// A list is of all runs, whatever it is asked for.
#[derive(Default)]
pub struct IgnoresFilters;
#[async_trait]
impl Fault for IgnoresFilters {
    async fn list<S: Sound>(&self, inner: &S, _: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        inner.list(&RunFilter::default()).await
    }
}

/// Listing is not there yet.
#[derive(Default)]
pub struct PanicsInLists;
#[async_trait]
impl Fault for PanicsInLists {
    async fn list<S: Sound>(&self, _: &S, _: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        std::panic::resume_unwind(Box::new("lists are not implemented"))
    }
}

/// `idle` never returns.
#[derive(Default)]
pub struct NeverIdle;
#[async_trait]
impl Fault for NeverIdle {
    async fn idle<S: Sound>(&self, _: &S, _: &RunId) -> Result<(), Error> {
        std::future::pending().await
    }
}

/// `idle` polls without end.
#[derive(Default)]
pub struct SpinsInIdle;
#[async_trait]
impl Fault for SpinsInIdle {
    async fn idle<S: Sound>(&self, _: &S, _: &RunId) -> Result<(), Error> {
        loop {
            tokio::task::yield_now().await;
        }
    }
}

/// A failed run stays failed.
#[derive(Default)]
pub struct NeverReopens;
#[async_trait]
impl Fault for NeverReopens {
    async fn reopen<S: Sound>(&self, inner: &S, id: &RunId, _: Option<&str>) -> Result<(), Error> {
        let known = inner.view(id).await?.is_some();
        if known { Ok(()) } else { Err(Error::new(ErrorKind::UnknownRun(id.to_string()))) }
    }
}

/// Calls for unknown runs succeed.
#[derive(Default)]
pub struct KnowsEveryRun;
#[async_trait]
impl Fault for KnowsEveryRun {
    async fn cancel<S: Sound>(&self, inner: &S, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        drop(inner.cancel(id, by).await);
        Ok(())
    }
    async fn reply<S: Sound>(&self, inner: &S, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        match inner.reply(id, path, reply).await {
            Err(error) if matches!(error.kind(), ErrorKind::UnknownRun(_)) => Ok(()),
            ended => ended,
        }
    }
}

/// Times come from the system, whatever clock the engine is given.
#[derive(Default)]
pub struct OwnClock;
impl Fault for OwnClock {
    fn clock(&self, _: Arc<dyn Clock>) -> Arc<dyn Clock> {
        Arc::new(SystemClock::new())
    }
}

/// Time is not counted.
#[derive(Default)]
pub struct ForgetsTime;
#[async_trait]
impl Fault for ForgetsTime {
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        let view = inner.view(id).await?;
        Ok(view.map(|mut view| {
            view.active = Duration::ZERO;
            view
        }))
    }
}
