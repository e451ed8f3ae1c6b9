//! Observability: typed events of a run while it executes, observers, and `tracing` spans.
//!
//! An [`Observer`] is given to the engine (`Flujo::builder().observer(o)`: every run) or to one run
//! (`flujo.run(..).observer(o)`); [`Run::stream`](crate::run::Run::stream) yields the events of one run as a stream.
//! A run without observers pays one branch per node for all of this.
//!
//! A program that has a subscriber of the `tracing` crate also gets spans, under the target `flujo` at level `INFO`:
//! `run` (`run_id`, `pipeline`, `outcome`, `cost_nanos`, `tokens`); in it `pipeline` for each nested one (`path`,
//! `outcome`), `step` (`path`, `kind`, `outcome`) and `question` (`path`, `outcome`: `answered`, or `open` if the run
//! ends first); in a `step` its `attempt`s (`attempt`, `outcome`, `cost_nanos`, `tokens`). The body of a step runs in
//! the span of its attempt, and each call of a model in a span `chat` of its own. They also carry the names of
//! OpenTelemetry's semantic conventions for generative AI: `gen_ai.operation.name` and its like. A replayed attempt
//! has no span, nor has a pipeline in which nothing else happens. The subscriber is looked up when a run begins.
//!
//! # Which events are sent, and when
//! - Events are sent in the order in which they happen, nested pipelines, arms and items included. Timestamps are
//!   those of the engine's clock.
//! - `AttemptStarted` is sent when a body really begins, `AttemptEnded` when the record of the attempt is durable,
//!   and `QuestionAsked` when the question is durable.
//! - **On replay** no event is sent twice. An attempt that an earlier execution of the run recorded is reported
//!   once, as [`AttemptReplayed`](EventKind::AttemptReplayed), and never as started, ended or retried; a question
//!   that was answered then is reported with `replayed: true`. Every execution visits pipelines, forks and rounds
//!   again, and reports them again: only `AttemptStarted` means that a body runs. An engine that runs an arm as a
//!   separate invocation also replays the nodes in front of the arm; they are not reported again. On such an engine
//!   the arms of a completed fork are one record, and their events are not replayed.
//! - Chunks are sent while they are produced and are never recorded, so a replay has none. An observer receives those
//!   of the last steps, of all, or none: [`Chunks`].
//! - Dropped work has no end event: the siblings of a failed arm, and everything in a run that is cancelled, paused
//!   or dropped. [`RunEnded`](EventKind::RunEnded) closes everything that is open, and is missing only if the run was
//!   dropped, which equals a crash.
//! - Inputs and outputs are `None` unless an observer [wants](Observer::wants) them. Secrets are not `Serialize`, so
//!   no event contains them.

mod colour;
mod console;
mod hub;
mod kind;
mod observer;
mod observer_queue;
mod replay_filter;
pub(crate) mod semconv;
mod spans;
mod trace;

pub use crate::redact::Redact;
pub use console::{ConsoleTracer, TraceLevel};
pub(crate) use hub::{Attempted, Hub};
pub use kind::{AttemptOutcome, Ended, EventKind};
pub use observer::{Chunks, Observer, Values};
pub(crate) use observer_queue::Watched;
pub(crate) use replay_filter::{Stage, What, ended};
pub(crate) use spans::{NodeSpans, Spanned};
pub use trace::{Command, Trace, TraceEntry};

use crate::clock::Timestamp;
use crate::engine::RunId;
use crate::path::{Path, grammar};

/// One event of a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The run.
    pub run_id: RunId,
    /// The path of the node; that of the pipeline for the run as a whole. A fork is named by its label, a round by
    /// its loop and its number, `moderate/repeat:relabel#2`.
    pub path: Path,
    /// The number of path segments above the node: 0 for the pipeline of the run.
    pub depth: usize,
    /// The time of the event, on the engine's clock.
    pub at: Timestamp,
    /// The kind of the event, with its data.
    pub kind: EventKind,
}

impl Event {
    /// Returns the name of the node: the last segment of the path.
    pub fn node(&self) -> &str {
        grammar::last(self.path.as_str())
    }
}
