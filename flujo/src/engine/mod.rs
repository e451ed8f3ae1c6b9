//! The engine contract: what makes a run durable.
//!
//! An engine executes commands; pipeline code never touches storage. It is not a key-value store: a store
//! cannot be built on an ordered log such as Restate's, so there is no `get(path)`. [`Handle`] is the
//! in-run side, [`Engine`] the control side. [`Memory`] keys records by path; `flujo_testing::OrderedLog`
//! numbers commands; both keep the same sentences, and the conformance suite runs on both.
//!
//! Engines are made of the parts in [`kit`]; an engine of one process is sixty lines there.

mod account;
mod arms;
mod command;
pub mod kit;
mod memory;
mod node_view;
mod part_change;
mod record;
mod retention;
mod run_graph;
mod run_record;
mod summary;

pub use crate::future::BoxFuture;
pub(crate) use account::outward;
pub use account::{Account, LimitScope, NodeLimits, Refusal, Reservation};
pub use arms::{Arm, ArmBody, ArmEnd, ArmGrant, ArmRecord, ForkPolicy};
pub use command::{AttemptCommand, AttemptRecord, Body, Key, Kind};
pub use memory::Memory;
pub use node_view::NodeView;
pub use part_change::PartChange;
pub(crate) use record::unmigrated;
pub use record::{Finding, ModelUse, Outcome as RecordOutcome, Record};
pub use retention::Retention;
pub use run_graph::{RunGraph, StoredGraph, StoredNode};
pub use run_record::{Ended, EndedBy, FinalOutcome, RunId, RunRecord, RunView, Seed, Status};
pub use summary::{RunFilter, RunState, RunSummary};

use crate::clock::Clock;
use crate::error::{Error, Signal};
use crate::path::Path;
use crate::question::{Question, Reply};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// The callback that is told of a question once it is durable.
pub type OnQuestion<'a> = &'a mut (dyn FnMut(&Question) + Send);

/// The in-run side of an engine. Commands of one handle are issued one after another, in program order:
/// concurrency exists only between the handles that [`fork`](Handle::fork) gives out.
#[async_trait]
pub trait Handle: Send {
    /// Executes one attempt of a node, or takes its record. The outcome, success or not, is recorded atomically
    /// and is durable before this returns. On replay kind, version and input digest must equal the record's.
    ///
    /// # Errors
    /// Signals only: a failed attempt is a record.
    async fn attempt<'b>(&mut self, command: AttemptCommand, body: Body<'b>) -> Result<Arc<Record>, Signal>;

    /// Waits until `wait` has passed since this was first called; the deadline is recorded.
    ///
    /// # Errors
    /// Signals only.
    async fn sleep(&mut self, key: Key, wait: Duration) -> Result<(), Signal>;

    /// Asks a question. It is durable before anyone is told: `on_asked` is called once it is, and
    /// not for one that was recorded before.
    ///
    /// # Errors
    /// [`Signal::Suspended`] once nothing is left to do in the run but wait; other signals.
    async fn ask(&mut self, question: Question, on_asked: OnQuestion<'_>) -> Result<Reply, Signal>;

    /// Runs arms beside each other, each on a handle of its own.
    ///
    /// # Errors
    /// Signals only: a failing arm is an [`ArmEnd`].
    async fn fork<'b>(
        &mut self,
        path: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal>;

    /// Returns the account of the run, on which the body of an attempt reserves before a request leaves.
    fn account(&self) -> Arc<dyn Account>;
}

/// The pipeline of a run, which an engine may start as often as it likes.
pub trait Program: Send + Sync {
    /// Runs the body from the beginning; commands that were executed before are answered from records.
    fn run(&self, handle: Box<dyn Handle>) -> BoxFuture<'_, Ended>;
}

/// The control side of an engine.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Returns the clock of its timestamps.
    fn clock(&self) -> Arc<dyn Clock>;

    /// Creates a run by compare-and-set; returns the run that has the id if there is one.
    ///
    /// # Errors
    /// Storage failed.
    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error>;

    /// Takes ownership of the run with a new fencing token and works on it until it ends, pauses, fails or
    /// is cancelled. Dropping the future equals a crash.
    ///
    /// # Errors
    /// The run is unknown, already owned in this process, or storage failed.
    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error>;

    /// Returns everything known of a run.
    ///
    /// # Errors
    /// Storage failed.
    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error>;

    /// Returns the runs that a filter takes, in the order of their ids.
    ///
    /// # Errors
    /// Storage failed.
    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error>;

    /// Waits until no execution works on the run.
    ///
    /// # Errors
    /// The run is unknown, or storage failed.
    async fn idle(&self, id: &RunId) -> Result<(), Error>;

    /// Makes a failed run ready to go on at the node that failed: its attempts so far no longer count.
    ///
    /// # Errors
    /// The run is unknown, or storage failed.
    async fn reopen(&self, id: &RunId) -> Result<(), Error>;

    /// Answers a question by compare-and-set, from the moment it is recorded.
    ///
    /// # Errors
    /// No such open question; it was answered before; storage failed.
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error>;

    /// Sets the durable flag that ends the run at its next command.
    ///
    /// # Errors
    /// The run is unknown, or storage failed.
    async fn cancel(&self, id: &RunId) -> Result<(), Error>;
}
