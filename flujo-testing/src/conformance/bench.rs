//! The tools of a check: runs on a fresh engine, and comparisons whose text says what is broken.

use super::catalog::{Check, Checked};
use super::compare::{breach, lines};
use super::interpreter::{Died, Script};
use super::report::{Breach, Verdict};
use super::script::{Op, number};
use super::subject::Deployment;
use super::watchdog::{Lost, guarded, text};
use super::world::{Stage, World};
use crate::PausedClock;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::BoxFuture;
use flujo::engine::{
    Ended, Engine, Handle, Labels, Program, RunGraph, RunId, RunRecord, RunView, Seed, StoredGraph,
};
use flujo::error::Signal;
use flujo::{Error, ErrorKind, UsageLimits};
use std::fmt::Debug;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// The id of the run, for checks with a single run.
pub(super) const RUN: &str = "run";

/// A fresh engine on a paused clock, with the notes of its runs.
pub(super) struct Bench {
    world: Arc<World>,
}

/// Runs one check on an engine of its own.
pub(super) async fn run(check: &Check, deployment: Box<dyn Deployment>, patience: Duration) -> Verdict {
    let world = Arc::new(World::new(PausedClock::default(), deployment));
    let bench = Bench { world: Arc::clone(&world) };
    let checked = guarded(patience, async {
        bench.open().await?;
        check.run(&bench).await
    });
    let broken = |expected: &str, seen: String| {
        let seen = format!("{seen}; noted until then: {}", world.notes());
        Verdict::Broken(Breach { expected: expected.to_owned(), seen })
    };
    let verdict = match checked.await {
        Ok(Ok(())) => Verdict::Kept,
        Ok(Err(breach)) => Verdict::Broken(breach),
        Err(Lost::Panicked(text)) => broken("no panic", format!("a panic: {text}")),
        Err(Lost::Stuck) => {
            broken(world.expected(), "nothing goes on, and nothing wakes the check".to_owned())
        }
        Err(Lost::Busy) => broken(world.expected(), "the engine is polled without end".to_owned()),
    };
    // Closed before its storage is dropped.
    drop(catch_unwind(AssertUnwindSafe(|| bench.close())));
    verdict
}

/// The end of one execution.
#[derive(Debug)]
pub(super) enum Execution {
    Returned(Result<(), Error>),
    /// The process died at an `Act::Die`, or in the callback of a question.
    Died,
}

impl Bench {
    async fn open(&self) -> Checked {
        let clock = Arc::new(self.world.clock.clone());
        let opened = self.world.deployment.open(clock).await;
        let engine = opened.map_err(|error| breach("an engine that opens", format!("{error}")))?;
        self.world.set_engine(Some(engine));
        Ok(())
    }

    fn close(&self) {
        self.world.set_engine(None);
        self.world.deployment.close();
    }

    /// Drops the engine and opens its storage again.
    pub(super) async fn reopen(&self) -> Checked {
        self.close();
        self.open().await
    }

    pub(super) fn clock(&self) -> &PausedClock {
        &self.world.clock
    }

    pub(super) fn engine(&self) -> Checked<Arc<dyn Engine>> {
        self.world.engine().ok_or_else(|| breach("an open engine", "none"))
    }

    pub(super) fn stage(&self, id: &str) -> Stage {
        Stage { world: Arc::clone(&self.world), id: id.into() }
    }

    /// Sets the expectation that the report shows if the check gets stuck.
    pub(super) fn expect(&self, what: &'static str) {
        self.world.expect(what);
    }

    /// Creates a run that must not exist yet.
    pub(super) async fn create(&self, run: RunRecord) -> Checked {
        let id = run.id.clone();
        let created = self.engine()?.create(run).await;
        let seen = match created {
            Ok(None) => return Ok(()),
            Ok(Some(_)) => format!("`create` says that run `{id}` exists"),
            Err(error) => format!("`create` fails: {error}"),
        };
        Err(breach("`create` makes the run", seen))
    }

    /// Creates the run of the check, and executes a script until its end or a crash.
    pub(super) async fn run(&self, ops: Vec<Op>) -> Checked<Execution> {
        self.create(record(RUN)).await?;
        self.execute(ops).await
    }

    /// Executes the run of the check.
    pub(super) async fn execute(&self, ops: Vec<Op>) -> Checked<Execution> {
        self.execute_as(RUN, ops, None).await
    }

    /// Executes a run; `context` is the final context of the program.
    pub(super) async fn execute_as(
        &self,
        id: &str,
        ops: Vec<Op>,
        context: Option<Json>,
    ) -> Checked<Execution> {
        let script = Script {
            stage: self.stage(id),
            ops: ops.into(),
            output: number(42),
            context: context.unwrap_or_else(|| number(1)),
        };
        self.execute_program(id, Arc::new(script)).await
    }

    async fn execute_program(&self, id: &str, program: Arc<dyn Program>) -> Checked<Execution> {
        let (engine, id) = (self.engine()?, RunId::from(id));
        let mut running = Some(engine.execute(&id, program));
        poll_fn(|cx| {
            let Some(execution) = running.as_mut() else { return Poll::Ready(Ok(Execution::Died)) };
            let polled = catch_unwind(AssertUnwindSafe(|| execution.as_mut().poll(cx)));
            let died = self.world.takes_death(cx.waker());
            match polled {
                Err(panic) if !panic.is::<Died>() => {
                    let seen = format!("`execute` panics: {}", text(panic.as_ref()));
                    return Poll::Ready(Err(breach("`execute` does not panic", seen)));
                }
                Ok(_) if !died => {}
                Ok(_) | Err(_) => {
                    running = None;
                    return Poll::Ready(Ok(Execution::Died));
                }
            }
            match polled {
                Ok(Poll::Ready(returned)) => Poll::Ready(Ok(Execution::Returned(returned))),
                _ => Poll::Pending,
            }
        })
        .await
    }

    pub(super) async fn view(&self) -> Checked<RunView> {
        self.view_of(RUN).await
    }

    pub(super) async fn view_of(&self, id: &str) -> Checked<RunView> {
        match self.engine()?.view(&id.into()).await {
            Ok(Some(view)) => Ok(view),
            Ok(None) => Err(breach(&format!("`view` knows run `{id}`"), "None")),
            Err(error) => Err(breach("`view` answers", format!("{error}"))),
        }
    }

    /// Replies to a question of the run; the reply must be accepted.
    pub(super) async fn reply(&self, path: &str, n: i64) -> Checked {
        let reply = self.stage(RUN).reply_by_ada(n);
        let replied = self.engine()?.reply(&RUN.into(), &path.into(), reply).await;
        replied.map_err(|error| breach(&format!("the reply to `{path}` is taken"), format!("{error}")))
    }

    /// Replies to a question; the reply must be refused as an error of the reply.
    pub(super) async fn reply_is_refused(&self, why: &str, path: &str) -> Checked {
        let reply = self.stage(RUN).reply_by_ada(99);
        let replied = self.engine()?.reply(&RUN.into(), &path.into(), reply).await;
        let seen = match replied {
            Err(error) if matches!(error.kind(), ErrorKind::Reply(_)) => return Ok(()),
            Err(error) => format!("{error:?}"),
            Ok(()) => "the reply is taken".to_owned(),
        };
        Err(breach(&format!("a reply is refused with `ErrorKind::Reply`: {why}"), seen))
    }

    pub(super) fn take_effects(&self) -> Vec<String> {
        self.world.take_effects()
    }

    /// Compares the side effects since the last comparison, and clears them.
    pub(super) fn effects(&self, when: &str, expected: &[&str]) -> Checked {
        lines(when, expected, &self.world.take_effects())
    }

    /// Compares the side effects of concurrent arms in any order, and clears them.
    pub(super) fn effects_in_any_order(&self, when: &str, expected: &[&str]) -> Checked {
        let (mut seen, mut expected) = (self.world.take_effects(), expected.to_vec());
        seen.sort();
        expected.sort_unstable();
        lines(when, &expected, &seen)
    }

    /// Compares the results of commands since the last comparison, in any order and without duplicates, and
    /// clears them.
    pub(super) fn results(&self, when: &str, expected: &[&str]) -> Checked {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        lines(when, &expected, &self.world.take_results())
    }

    /// Returns the results of one command, in all executions since the results were last cleared.
    pub(super) fn results_of(&self, command: &str) -> Vec<String> {
        let start = format!("{command} ");
        self.world.results().into_iter().filter(|line| line.starts_with(&start)).collect()
    }

    /// Compares how a fork ended, in all executions since the results were last cleared.
    pub(super) fn ends(&self, when: &str, path: &str, expected: &[&str]) -> Checked {
        // An ordered log ends `fork` by a signal inside the execution of an arm: that is not the end of the
        // fork.
        let start = format!("{path} ends as ");
        let seen: Vec<_> = self.world.results().into_iter().filter(|line| line.starts_with(&start)).collect();
        lines(when, expected, &seen)
    }

    /// Clears the notes.
    pub(super) fn forget(&self) {
        drop(self.world.take_effects());
        drop(self.world.take_results());
        self.world.take_most_under_way();
    }

    /// Returns the maximum number of concurrent bodies since the last call.
    pub(super) fn most_under_way(&self) -> usize {
        self.world.take_most_under_way()
    }
}

impl Execution {
    /// Checks that the execution ended without an error.
    pub(super) fn ended(self) -> Checked {
        match self {
            Self::Returned(Ok(())) => Ok(()),
            other => Err(breach("`execute` returns Ok", format!("{other:?}"))),
        }
    }

    /// Checks that the process died, as in the script.
    pub(super) fn died(self) -> Checked {
        match self {
            Self::Died => Ok(()),
            other @ Self::Returned(_) => {
                Err(breach("the execution reaches the place where it is dropped", format!("{other:?}")))
            }
        }
    }

    /// Checks that the execution ended in any way: an engine may report the loss of the run, or not.
    pub(super) fn stopped(self) -> Checked {
        match self {
            Self::Returned(Ok(())) => Ok(()),
            Self::Returned(Err(error)) if error.signal() == Some(&Signal::OwnershipLost) => Ok(()),
            other => Err(breach("`execute` returns Ok, or the signal OwnershipLost", format!("{other:?}"))),
        }
    }
}

/// Returns the run record with which a check creates a run.
pub(super) fn record(id: &str) -> RunRecord {
    let graph = StoredGraph {
        name: "script".to_owned(),
        inputs: vec![("n".to_owned(), "i64".to_owned())],
        output: "i64".to_owned(),
        context: "i64".to_owned(),
        nodes: Vec::new(),
    };
    let input = number(7);
    RunRecord {
        id: id.into(),
        pipeline: "script".to_owned(),
        fingerprint: 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef,
        graph: RunGraph::Stored(Arc::new(graph)),
        digest: input.digest(),
        input,
        context: number(0),
        limits: UsageLimits::NONE,
        retries: 0,
        labels: labels(&[("tenant", "acme")]),
        by: Some("ada".to_owned()),
        created: Timestamp(1_000),
        models: vec![("a".into(), "m:1".to_owned())],
        seed: Seed::default(),
    }
}

/// Returns labels with these names and values.
pub(super) fn labels(all: &[(&str, &str)]) -> Labels {
    let mut labels = Labels::default();
    for (name, value) in all {
        // Refused ones would be missing where they are looked for.
        let _ = labels.set(*name, *value);
    }
    labels
}

/// A program without commands, for checks of the end of a run.
pub(super) struct Ends<F>(pub(super) F);

impl<F: Fn() -> Ended + Send + Sync> Program for Ends<F> {
    fn run(&self, _: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        Box::pin(async { (self.0)() })
    }
}

impl Bench {
    /// Executes a run with a program that issues no command and has this end.
    pub(super) async fn end(
        &self,
        id: &str,
        ended: impl Fn() -> Ended + Send + Sync + 'static,
    ) -> Checked<Execution> {
        self.execute_program(id, Arc::new(Ends(ended))).await
    }
}
