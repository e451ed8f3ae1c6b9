//! Faults of runs as a whole.

use super::{Fault, Sound, lock};
use async_trait::async_trait;
use flujo::Error;
use flujo::engine::{Engine, Memory, Program, RunId, RunRecord, RunView, Seed, Status};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A run is made anew when its id is created again.
#[derive(Default)]
pub struct Overwrites(Mutex<BTreeMap<RunId, Memory>>);
#[async_trait]
impl Fault for Overwrites {
    async fn create<S: Sound>(&self, inner: &S, run: RunRecord) -> Result<Option<RunView>, Error> {
        if inner.create(run.clone()).await?.is_some() {
            let anew = Memory::with_clock(inner.clock());
            anew.create(run.clone()).await?;
            lock(&self.0).insert(run.id, anew);
        }
        Ok(None)
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        let anew = lock(&self.0).get(id).cloned();
        if let Some(anew) = anew { anew.view(id).await } else { inner.view(id).await }
    }
}

/// A run that has ended is executed again, and ends again.
#[derive(Default)]
pub struct EndsTwice(Mutex<BTreeMap<RunId, Memory>>);
#[async_trait]
impl Fault for EndsTwice {
    async fn execute<S: Sound>(&self, inner: &S, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        match inner.view(id).await? {
            Some(RunView { status: Status::Ended(_), run, .. }) => {
                let anew = Memory::with_clock(inner.clock());
                anew.create(RunRecord::clone(&run)).await?;
                lock(&self.0).insert(id.clone(), anew.clone());
                anew.execute(id, program).await
            }
            _ => inner.execute(id, program).await,
        }
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        let anew = lock(&self.0).get(id).cloned();
        if let Some(anew) = anew { anew.view(id).await } else { inner.view(id).await }
    }
}

/// A seed is taken for a note, and executed.
#[derive(Default)]
pub struct IgnoresSeeds;
#[async_trait]
impl Fault for IgnoresSeeds {
    async fn create<S: Sound>(&self, inner: &S, run: RunRecord) -> Result<Option<RunView>, Error> {
        let seed = Seed { origin: run.seed.origin.clone(), ..Seed::default() };
        inner.create(RunRecord { seed, ..run }).await
    }
}
