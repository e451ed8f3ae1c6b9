//! A replay of the journal of a run yields the run.

use super::{Change, Journal, LocalEngine, SavedRuns};
use crate::clock::SystemClock;
use crate::engine::{Engine, FinalOutcome, RunId, RunView, Status};
use crate::error::Signal;
use crate::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Lines = Arc<Mutex<Vec<String>>>;

struct Kept(RunId, Lines);

impl Journal for Kept {
    type Ack = ();
    fn write(&mut self, change: Change<'_>) {
        self.1.lock().unwrap().push(serde_json::to_string(&(&self.0, change)).unwrap());
    }
    async fn durable((): ()) -> Result<(), Signal> {
        tokio::task::yield_now().await;
        Ok(())
    }
}

fn open(lines: &Lines) -> LocalEngine<Kept> {
    let its = Arc::clone(lines);
    let engine =
        LocalEngine::new(Arc::new(SystemClock::new()), move |id: &RunId| Kept(id.clone(), Arc::clone(&its)));
    for run in replayed(lines) {
        engine.load(run);
    }
    engine
}

fn replayed(lines: &Lines) -> SavedRuns {
    let mut runs = SavedRuns::default();
    for line in &*lines.lock().unwrap() {
        let (id, change) = serde_json::from_str::<(RunId, Change<'static>)>(line).unwrap();
        runs.apply(&id, change).unwrap();
    }
    runs
}

/// The view without its graph, which is the code's in one of them and a stored one in the other.
fn shown(view: &RunView) -> String {
    let RunView { run, status, context, records, questions, answered, .. } = view;
    let began = (&run.id, &run.pipeline, run.fingerprint, &run.input, &run.digest, &run.context, run.retries);
    let used = (view.usage, view.reserved, view.active, &view.forgiven, &view.stopped);
    let graph = (run.graph.stored(), run.limits);
    format!("{began:?} {graph:?} {status:?} {context} {records:?} {questions:?} {answered:?} {used:?}")
}

async fn is_what_was_written(engine: &LocalEngine<Kept>, lines: &Lines, id: &str) -> RunView {
    let view = engine.view(&RunId::from(id)).await.unwrap().unwrap();
    let saved = replayed(lines).into_iter().find(|saved| saved.run.id.as_str() == id).unwrap();
    assert_eq!(shown(&saved.view(false)), shown(&view));
    view
}

#[resources]
struct Flaky {
    calls: Arc<AtomicU32>,
    failures: u32,
}

#[step(retries = 1, backoff = none)]
async fn count(n: u64, calls: &Arc<AtomicU32>, failures: &u32) -> Result<u64> {
    if calls.fetch_add(1, Ordering::SeqCst) < *failures {
        return Err(StepError::retryable("not yet"));
    }
    Ok(n + 1)
}
#[step]
async fn double(n: u64) -> Result<u64> {
    Ok(2 * n)
}

pipeline! {
    fn told(n: u64, flaky: &Flaky) -> u64 {
        let n = count(n);
        wait(Duration::from_millis(1));
        let (a, b) = join(double(n).named("a"), double(n).named("b"));
        let more: u64 = ask("How many more?").showing(&a);
        value(a + b + more)
    }
}

fn flujo(engine: &LocalEngine<Kept>, failures: u32) -> Flujo<Flaky> {
    let resources = Flaky { calls: Arc::default(), failures };
    Flujo::builder().engine(engine.clone()).resources(resources).build().unwrap()
}

#[tokio::test]
async fn a_run_goes_on_from_what_its_journal_wrote() {
    let lines = Lines::default();
    let engine = open(&lines);
    assert!(matches!(flujo(&engine, 1).run(told(1)).id("r").await.outcome, Outcome::Paused(_)));
    let paused = is_what_was_written(&engine, &lines, "r").await;
    assert_eq!((paused.records.len(), paused.questions.len()), (4, 1));
    let engine = open(&lines);
    let done = flujo(&engine, 99).resume::<told>("r").reply(3_u64).await.unwrap();
    assert_eq!(done.into_output().unwrap(), 11);
    let done = is_what_was_written(&engine, &lines, "r").await;
    assert_eq!((done.records.len(), done.answered.len()), (4, 1), "what was recorded is not done again");
}

#[tokio::test]
async fn a_failure_a_cancellation_and_a_way_on_are_written() {
    let lines = Lines::default();
    let engine = open(&lines);
    assert!(flujo(&engine, 9).run(told(1)).id("failed").await.into_output().is_err());
    let failed = is_what_was_written(&engine, &lines, "failed").await;
    assert!(matches!(failed.status, Status::Ended(FinalOutcome::Failed(_))));
    let engine = open(&lines);
    assert!(matches!(flujo(&engine, 0).resume::<told>("failed").await.unwrap().outcome, Outcome::Paused(_)));
    assert_eq!(is_what_was_written(&engine, &lines, "failed").await.forgiven.len(), 1);
    engine.cancel(&RunId::from("failed"), None).await.unwrap();
    let cancelled = is_what_was_written(&engine, &lines, "failed").await;
    assert_eq!(cancelled.status, Status::Ended(FinalOutcome::Cancelled));
}

#[step]
async fn never(n: u64) -> Result<u64> {
    std::future::pending::<()>().await;
    Ok(n)
}
pipeline! {
    fn stuck(n: u64, flaky: &Flaky) -> u64 { never(n) }
}

#[tokio::test]
async fn a_run_that_keeps_killing_its_process_has_crashed_for_good() {
    let lines = Lines::default();
    let soon = Duration::from_millis(20);
    let first = flujo(&open(&lines), 0).run(stuck(1)).id("r").into_future();
    assert!(tokio::time::timeout(soon, first).await.is_err());
    for _ in 0..4 {
        let next = flujo(&open(&lines), 0).resume::<stuck>("r").into_future();
        assert!(tokio::time::timeout(soon, next).await.is_err());
    }
    let engine = open(&lines);
    let last = flujo(&engine, 0).resume::<stuck>("r").await.unwrap();
    assert!(matches!(last.outcome, Outcome::Failed(_)));
    let view = is_what_was_written(&engine, &lines, "r").await;
    assert_eq!(view.status, Status::Ended(FinalOutcome::Crashed(vec!["stuck/never".into()])));
}
