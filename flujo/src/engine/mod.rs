//! The engine contract: the interface between pipelines and durable storage.
//!
//! An engine executes commands; pipeline code never touches storage. It is not a key-value store: a store cannot be
//! built on an ordered log such as Restate's, so there is no `get(path)`. [`Handle`] is the in-run side, [`Engine`]
//! the control side. [`Memory`] keys records by path; `flujo_testing::OrderedLog` numbers commands; both follow the
//! same contract, and the conformance suite runs on both.
//!
//! Engines are made of the parts in [`kit`]; an engine of one process is sixty lines there.

mod account;
mod action;
mod arms;
mod command;
mod exchange;
mod exchanges;
pub mod kit;
mod labels;
mod memory;
mod node_input;
mod node_view;
mod part_change;
mod pending_question;
mod record;
mod retention;
mod run_filter;
mod run_graph;
mod run_record;
mod run_state;
mod summary;
mod usage_report;

pub use crate::future::BoxFuture;
pub(crate) use account::outward;
pub use account::{Account, LimitScope, NodeLimits, Refusal, Reservation};
pub use action::{Action, ActionKind};
pub use arms::{Arm, ArmBody, ArmEnd, ArmGrant, ArmRecord, ForkPolicy};
pub use command::{AttemptCommand, AttemptRecord, Body, Key, Kind};
pub use exchange::Exchange;
pub use exchanges::Exchanges;
pub use labels::Labels;
pub use memory::Memory;
pub use node_input::NodeInput;
pub use node_view::NodeView;
pub use part_change::PartChange;
pub use pending_question::{PendingQuestion, QuestionFilter, QuestionPlace};
pub(crate) use record::unmigrated;
pub use record::{Finding, ModelUse, Outcome as RecordOutcome, Record};
pub use retention::Retention;
pub use run_filter::{CursorError, Period, RunCount, RunCursor, RunFilter, RunOrder};
pub use run_graph::{RunGraph, StoredGraph, StoredNode};
pub use run_record::{Ended, EndedBy, FinalOutcome, RunId, RunRecord, RunView, Seed, Status};
pub use run_state::RunState;
pub use summary::RunSummary;
pub use usage_report::{UsageFilter, UsageLine, UsageReport};

use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Signal};
use crate::path::Path;
use crate::question::{Question, Reply};
use async_trait::async_trait;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// A callback that receives a question once it is durable.
///
/// ```
/// use flujo::engine::{Handle, OnQuestion};
/// use flujo::error::Signal;
/// use flujo::question::{Question, Reply};
///
/// /// A handle that counts what is asked through it.
/// async fn counted(handle: &mut dyn Handle, question: Question, asked: &mut usize) -> Result<Reply, Signal> {
///     let on_asked: OnQuestion<'_> = &mut |_| *asked += 1;
///     handle.ask(question, on_asked).await
/// }
/// ```
pub type OnQuestion<'a> = &'a mut (dyn FnMut(&Question) + Send);

/// The in-run side of an engine. Commands of one handle are issued one after another, in program order: concurrency
/// exists only between the handles of the arms of a [`fork`](Handle::fork).
///
/// ```
/// use flujo::engine::{Account, Arm, AttemptCommand, BoxFuture, Body, ForkPolicy, Handle, Key, OnQuestion, Record};
/// use flujo::engine::ArmEnd;
/// use flujo::error::Signal;
/// use flujo::path::Path;
/// use flujo::question::{Question, Reply};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// /// A handle that prints each command before another one executes it.
/// struct Printed(Box<dyn Handle>);
///
/// #[flujo::async_trait]
/// impl Handle for Printed {
///     async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal> {
///         println!("{}", command.key);
///         self.0.attempt(command, body).await
///     }
///     async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal> {
///         println!("{key}");
///         self.0.sleep(key, wait).await
///     }
///     async fn ask(&mut self, question: Question, on_asked: OnQuestion<'_>) -> Result<Reply, Signal> {
///         println!("{}", question.path);
///         self.0.ask(question, on_asked).await
///     }
///     async fn fork<'b>(&mut self, path: Path, arms: Vec<Arm<'b>>, policy: ForkPolicy) -> Result<Vec<ArmEnd>, Signal> {
///         println!("{path}");
///         self.0.fork(path, arms, policy).await
///     }
///     fn account(&self) -> Arc<dyn Account> {
///         self.0.account()
///     }
/// }
/// ```
#[async_trait]
pub trait Handle: Send {
    /// Executes one attempt of a node, or returns its record. The outcome, success or not, is recorded atomically and
    /// is durable before this returns. On replay kind, version and input digest must equal the record's.
    ///
    /// # Errors
    /// Signals only, because a failed attempt is a record: [`Signal::JournalMismatch`] if the record is of
    /// another command, [`Signal::Cancelled`], [`Signal::OwnershipLost`], [`Signal::Engine`].
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal>;

    /// Waits until `wait` has passed since the first call; the deadline is recorded.
    ///
    /// # Errors
    /// Signals only: [`Signal::Cancelled`], [`Signal::OwnershipLost`], [`Signal::Engine`].
    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal>;

    /// Asks a question. `on_asked` is called after the question is durable, and not for a question that was recorded
    /// before.
    ///
    /// # Errors
    /// [`Signal::Suspended`] once the run has nothing left to do but wait; other signals.
    async fn ask(&mut self, question: Question, on_asked: OnQuestion<'_>) -> Result<Reply, Signal>;

    /// Runs arms concurrently, each on a handle of its own.
    ///
    /// # Errors
    /// Signals only, because a failing arm is an [`ArmEnd`]: [`Signal::Cancelled`], [`Signal::OwnershipLost`],
    /// [`Signal::Engine`].
    async fn fork<'b>(
        &mut self,
        path: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal>;

    /// Returns the account of the run, on which the body of an attempt reserves before a request is sent.
    fn account(&self) -> Arc<dyn Account>;
}

/// The pipeline of a run, which an engine may start any number of times.
pub trait Program: Send + Sync {
    /// Runs the body from the beginning; commands that were executed before are answered from records.
    fn run(&self, handle: Box<dyn Handle>) -> BoxFuture<'_, Ended>;
}

/// The control side of an engine.
///
/// An application rarely calls it: [`Control`](crate::run::Control) does. This is the whole of it, on [`Memory`]:
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::engine::{Engine, Memory, QuestionFilter, RunFilter, UsageFilter};
/// use std::time::Duration;
///
/// let engine = Memory::new();
/// let flujo = Flujo::builder().engine(engine.clone()).pipeline::<welcome>().build()?;
/// flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
///
/// let id = "r-1".into();
/// engine.idle(&id).await?;
/// assert_eq!(engine.list(&RunFilter::default()).await?.len(), 1);
/// assert_eq!(engine.count(&RunFilter::default()).await?[0].runs, 1);
/// assert_eq!(engine.questions(&QuestionFilter::default()).await?, []);
/// assert_eq!(engine.usage(&UsageFilter::default()).await?, []);
/// assert!(engine.view(&id).await?.is_some() && !engine.executes_elsewhere());
///
/// // Nothing changes in a run that has ended.
/// engine.reopen(&id, Some("ops")).await?;
/// engine.cancel(&id, Some("ops")).await?;
/// let run = flujo.inspect("r-1").await?.run;
/// engine.execute(&id, flujo.programs().program(&run, Vec::new())?).await?;
///
/// // Old runs are deleted, where the engine can do that.
/// let later = engine.clock().now().plus(Duration::from_secs(1));
/// assert_eq!(engine.prune(later, Some("ops")).await?, 1);
/// assert_eq!(engine.pruned().await?[0].by.as_deref(), Some("ops"));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Engine: Any + Send + Sync {
    /// Returns the clock of the engine's timestamps.
    fn clock(&self) -> Arc<dyn Clock>;

    /// Creates a run by compare-and-set; returns the existing run if the id is taken.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error>;

    /// Takes ownership of the run with a new fencing token and works on it until it ends, pauses, fails or
    /// is cancelled. Dropping the future equals a crash.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy): an execution in this process works on it.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error>;

    /// Returns true if other processes execute its runs, so that observers of this one would see nothing of them. Defaults
    /// to false.
    fn executes_elsewhere(&self) -> bool {
        false
    }

    /// Returns everything recorded of a run.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error>;

    /// Returns the runs that match a filter, in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error>;

    /// Returns the numbers of the runs that match a filter, by pipeline and state, in that order; order, place and
    /// limit of the filter do not matter. Defaults to counting the list.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn count(&self, filter: &RunFilter) -> Result<Vec<RunCount>, Error> {
        let all = RunFilter { after: None, limit: None, ..filter.clone() };
        Ok(filter.count(self.list(&all).await?))
    }

    /// Returns the open questions of all runs that have not ended, oldest first. Defaults to the views of the runs
    /// that have some.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn questions(&self, filter: &QuestionFilter) -> Result<Vec<PendingQuestion>, Error> {
        let mut found = Vec::new();
        for run in self.list(&RunFilter::default()).await?.into_iter().filter(|run| run.questions > 0) {
            let questions = self.view(&run.id).await?.map(|view| view.questions).unwrap_or_default();
            let of_run = |question| PendingQuestion::new(run.id.clone(), run.pipeline.clone(), question);
            found.extend(questions.into_iter().map(of_run));
        }
        Ok(filter.list(found))
    }

    /// Returns what was used, by day, pipeline and model: that of attempts which have ended, and of calls that were lost.
    /// Defaults to reading the runs.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn usage(&self, filter: &UsageFilter) -> Result<Vec<UsageLine>, Error> {
        let mut report = UsageReport::default();
        for run in self.list(&filter.runs()).await? {
            if let Some(view) = self.view(&run.id).await? {
                report.add_run(&view, filter);
            }
        }
        Ok(report.lines())
    }

    /// Waits until no execution works on the run.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn idle(&self, id: &RunId) -> Result<(), Error>;

    /// Makes a failed run ready to continue at the node that failed: its attempts so far no longer count. The run's
    /// [`Action`]s say that `by` did so.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error>;

    /// Answers a question by compare-and-set; possible as soon as the question is recorded.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply): there is no such open question, or it was answered
    /// before. [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error>;

    /// Sets the durable flag that ends the run at its next command. The run's [`Action`]s say that `by` did so; a run
    /// that has ended or is cancelled already is not changed.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRun`](crate::ErrorKind::UnknownRun): there is no such run.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error>;

    /// Deletes the runs that ended before a moment, with all of their records, and returns their number;
    /// [`pruned`](Self::pruned) says that `by` did so. Defaults to an error: the engine keeps its runs.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the engine does not delete runs.
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn prune(&self, before: Timestamp, by: Option<&str>) -> Result<u64, Error> {
        let (_, _) = (before, by);
        Err(Error::setup("this engine does not delete runs"))
    }

    /// Returns who deleted runs, the last first. Defaults to none.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine): storage failed.
    async fn pruned(&self) -> Result<Vec<Action>, Error> {
        Ok(Vec::new())
    }
}
