//! What happens in a run, as it happens: typed events, and whoever looks at them.
//!
//! An [`Observer`] is given to the engine (`Flujo::builder().observer(o)`: every run) or to one run
//! (`flujo.run(..).observer(o)`); [`Run::stream`](crate::run::Run::stream) gives the events of one run as a
//! stream. A run that nobody looks at pays one branch a node for all of this.
//!
//! A program that has a subscriber of the `tracing` crate also gets spans, under the target `flujo` at level
//! `INFO`: `run` (`run_id`, `pipeline`, `outcome`, `cost_nanos`, `tokens`); in it `pipeline` for each nested one
//! (`path`, `outcome`), `step` (`path`, `kind`, `outcome`) and `question` (`path`, `outcome`: `answered`, or `open`
//! where the run ends first); in a `step` its `attempt`s (`attempt`, `outcome`, `cost_nanos`, `tokens`). The body of a
//! step runs in the span of its attempt, and each call of a model in a span `chat` of its own. They carry the names of
//! OpenTelemetry's convention for generative AI as well: `gen_ai.operation.name` and its like. What is taken from a record has no span, nor has a pipeline in which nothing
//! else happens. A subscriber is looked for when a run begins.
//!
//! # What is told, and when
//! - Events come in the order in which they happen, nested pipelines, arms and items included. Times come
//!   from the engine's clock.
//! - An attempt is told to have started when its body really begins, and to have ended when its record is
//!   durable. A question is told when it is durable.
//! - **On replay** nothing is told twice. What an earlier execution of the run recorded is told once, as
//!   [`AttemptReplayed`](EventKind::AttemptReplayed), and never as started, ended or retried; a question that
//!   was answered then comes with `replayed: true`. Pipelines, forks and rounds are walked again by every
//!   execution, so they are told by every execution: what really ran says `AttemptStarted`. An engine that
//!   runs an arm as an invocation of its own walks again what stands before it; that is not told again. On
//!   such an engine arms that have come together are one record, and what they did is not replayed.
//! - Chunks are told while they come and recorded nowhere, so a replay has none. An observer gets those of the last
//!   steps, of all, or none: [`Chunks`].
//! - What is dropped has no end: a sibling of what failed, everything in a run that is cancelled, paused or
//!   dropped. [`RunEnded`](EventKind::RunEnded) closes all that is open, and is missing only where the run was
//!   dropped, which equals a crash.
//! - Inputs and outputs are `None` unless somebody [wants](Observer::wants) them. Secrets are not
//!   `Serialize` and stand in no event.

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

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The run.
    pub run_id: RunId,
    /// Where: the path of the node, that of the pipeline for the run as a whole. A fork is named by its label,
    /// a round by its loop and the round, `moderate/repeat:relabel#2`.
    pub path: Path,
    /// How many segments of the path stand above it: 0 for the pipeline that is run.
    pub depth: usize,
    /// When, on the engine's clock.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

impl Event {
    /// The node: the last segment of the path.
    pub fn node(&self) -> &str {
        grammar::last(self.path.as_str())
    }
}
