//! Faults of attempts and their records.

use super::{Fault, On, Sound, lock};
use async_trait::async_trait;
use flujo::Error;
use flujo::codec::{Digest, Json};
use flujo::engine::{AttemptCommand, AttemptRecord, Body, Key, Record, RunId, RunView};
use flujo::error::{FailureKind, FailureRecord, Signal};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A body whose outcome is there already.
fn ready(done: AttemptRecord) -> Body<'static> {
    Box::pin(std::future::ready(Ok(done)))
}

/// Failed attempts have no record: their bodies run again.
#[derive(Default)]
pub struct ForgetsFailures;
#[async_trait]
impl Fault for ForgetsFailures {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let failed = Mutex::new(None);
        let watched: Body<'_> = Box::pin(async {
            let done = body.await?;
            if done.outcome.is_err() {
                *lock(&failed) = Some(done);
                return Err(Signal::Engine("not recorded".into()));
            }
            Ok(done)
        });
        let ended = on.inner.attempt(command.clone(), watched).await;
        let failed = lock(&failed).take();
        failed.map_or(ended, |done| Ok(Arc::new(Record::new(command, done))))
    }
}

/// Bodies run again although there is a record.
#[derive(Default)]
pub struct RunsRecordedBodies;
#[async_trait]
impl Fault for RunsRecordedBodies {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let ran = AtomicBool::new(false);
        let body = Mutex::new(Some(body));
        let first: Body<'_> = Box::pin(async {
            ran.store(true, Ordering::SeqCst);
            let body = lock(&body).take().unwrap();
            body.await
        });
        let record = on.inner.attempt(command, first).await?;
        let again = lock(&body).take();
        if let Some(again) = again {
            drop(again.await);
        }
        Ok(record)
    }
}

/// A record answers whatever the input is.
#[derive(Default)]
pub struct IgnoresInput(Mutex<BTreeMap<(RunId, Key), Digest>>);
#[async_trait]
impl Fault for IgnoresInput {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let first = (on.id.clone(), command.key.clone());
        let digest = *lock(&self.0).entry(first).or_insert(command.digest);
        on.inner.attempt(AttemptCommand { digest, ..command }, body).await
    }
}

/// An attempt is recorded with the next command only.
#[derive(Default)]
pub struct RecordsLate {
    written: Mutex<BTreeSet<(RunId, Key)>>,
    late: Mutex<BTreeMap<RunId, (AttemptCommand, AttemptRecord)>>,
}
#[async_trait]
impl Fault for RecordsLate {
    fn begin(&self, _: Arc<dyn flujo::engine::Account>) -> Option<Box<dyn Send>> {
        // Unwritten attempts are lost with the process.
        lock(&self.late).clear();
        None
    }
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let late = lock(&self.late).remove(on.id);
        if let Some((before, done)) = late {
            lock(&self.written).insert((on.id.clone(), before.key.clone()));
            on.inner.attempt(before, ready(done)).await?;
        }
        if lock(&self.written).contains(&(on.id.clone(), command.key.clone())) {
            return on.inner.attempt(command, body).await;
        }
        let done = body.await?;
        lock(&self.late).insert(on.id.clone(), (command.clone(), done.clone()));
        Ok(Arc::new(Record::new(command, done)))
    }
}

/// Floats are stored as `f32`; the first execution goes on with the exact ones.
#[derive(Default)]
pub struct RoundsFloats;
fn rounded(value: serde_json::Value) -> serde_json::Value {
    match value {
        #[allow(clippy::cast_possible_truncation, reason = "it is the fault")]
        serde_json::Value::Number(n) if n.is_f64() => (n.as_f64().unwrap() as f32).into(),
        serde_json::Value::Array(all) => all.into_iter().map(rounded).collect(),
        other => other,
    }
}
#[async_trait]
impl Fault for RoundsFloats {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let live = Mutex::new(None);
        let stored: Body<'_> = Box::pin(async {
            let mut done = body.await?;
            *lock(&live) = Some(done.clone());
            if let Ok(output) = &mut done.outcome {
                *output = Json::encode(&rounded(output.decode().unwrap())).unwrap();
            }
            Ok(done)
        });
        let record = on.inner.attempt(command.clone(), stored).await?;
        let live = lock(&live).take();
        Ok(live.map_or(record, |done| Arc::new(Record::new(command, done))))
    }
}

/// Findings of validators are not written.
#[derive(Default)]
pub struct LosesFindings;
#[async_trait]
impl Fault for LosesFindings {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let less: Body<'_> = Box::pin(async { Ok(AttemptRecord { findings: Vec::new(), ..body.await? }) });
        on.inner.attempt(command, less).await
    }
}

/// Of a part, the text is kept, and not whether it is the whole value.
#[derive(Default)]
pub struct TakesAppendedForWhole;
#[async_trait]
impl Fault for TakesAppendedForWhole {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let whole: Body<'_> = Box::pin(async {
            let mut done = body.await?;
            for (_, change) in &mut done.parts {
                *change = Json::recorded(change.as_str()).into();
            }
            Ok(done)
        });
        on.inner.attempt(command, whole).await
    }
}

/// A signal is recorded as a failure of the attempt.
#[derive(Default)]
pub struct RecordsSignals;
#[async_trait]
impl Fault for RecordsSignals {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let now = on.clock.now();
        let caught: Body<'_> = Box::pin(async move {
            body.await.or_else(|signal| {
                Ok(AttemptRecord {
                    outcome: Err(Box::new(failure(&signal))),
                    parts: Vec::new(),
                    usage: flujo::Usage::default(),
                    findings: Vec::new(),
                    cached: false,
                    models: None,
                    messages: flujo::engine::Exchanges::default(),
                    started: now,
                    ended: now,
                })
            })
        });
        on.inner.attempt(command, caught).await
    }
}
fn failure(signal: &Signal) -> FailureRecord {
    FailureRecord::new(FailureKind::Failed, false, signal)
}

/// Records are listed by path, not as they were written.
#[derive(Default)]
pub struct SortsRecords;
#[async_trait]
impl Fault for SortsRecords {
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        let mut view = inner.view(id).await?;
        if let Some(view) = &mut view {
            view.records.sort_by_key(|record| record.key.clone());
        }
        Ok(view)
    }
}

/// An owner that lost its run goes on as if its attempt were recorded.
#[derive(Default)]
pub struct GoesOnWithoutOwnership;
#[async_trait]
impl Fault for GoesOnWithoutOwnership {
    async fn attempt(
        &self,
        on: &mut On<'_>,
        command: AttemptCommand,
        body: Body<'_>,
    ) -> Result<Arc<Record>, Signal> {
        let live = Mutex::new(None);
        let watched: Body<'_> = Box::pin(async {
            let done = body.await?;
            *lock(&live) = Some(done.clone());
            Ok(done)
        });
        let ended = on.inner.attempt(command.clone(), watched).await;
        let live = lock(&live).take();
        match (ended, live) {
            (Err(Signal::OwnershipLost), Some(done)) => Ok(Arc::new(Record::new(command, done))),
            (ended, _) => ended,
        }
    }
}
