use super::{Key, Record, RunGraph};
use crate::codec::{Digest, Json};
use crate::error::{FailureRecord, Signal};
use crate::path::Path;
use crate::question::{Answered, Question};
use crate::usage::{Usage, UsageLimits};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The id of a logical run.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Arc<str>);

impl RunId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl From<&str> for RunId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
impl From<String> for RunId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}
impl From<&RunId> for RunId {
    fn from(id: &RunId) -> Self {
        id.clone()
    }
}
impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// What is written once, before the first command.
///
/// Not `#[non_exhaustive]`: an engine that did not store a new field would lose it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// The id.
    pub id: RunId,
    /// The pipeline's durable name.
    pub pipeline: String,
    /// The graph's fingerprint; 32 hexadecimal digits where it is stored, because JSON readers round such numbers.
    #[serde(with = "hex")]
    pub fingerprint: u128,
    /// The names and types that the pipeline had when the run began.
    pub graph: RunGraph,
    /// The input.
    pub input: Json,
    /// Its digest.
    pub digest: Digest,
    /// The context it began with.
    pub context: Json,
    /// What it may use.
    pub limits: UsageLimits,
    /// How often it restarts at the node that failed.
    pub retries: u32,
    /// What is taken instead of executing.
    pub seed: Seed,
}

/// What a run has from another one: that is not executed again, and costs nothing. An engine takes it over when it
/// creates the run, and need not show it again but for where it comes from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Seed {
    /// Attempts.
    pub records: Vec<Arc<Record>>,
    /// Questions with their replies.
    pub replies: Vec<Answered>,
    /// Timers that are over.
    pub timers: Vec<Key>,
    /// The run that it comes from.
    pub origin: Option<RunId>,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Written down; nobody has begun it.
    Created,
    /// Somebody works on it.
    Running,
    /// Begun, and nobody works on it: the process is gone. `resume` continues it.
    Interrupted,
    /// Waiting for replies.
    Paused,
    /// Ended.
    Ended(FinalOutcome),
}

/// How a run ended; written once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FinalOutcome {
    /// With this output.
    Done(Json),
    /// A node failed.
    Failed(FailureRecord),
    /// `cancel` was called.
    Cancelled,
    /// Taken over five times without a record in between.
    Crashed(Vec<Path>),
}

/// What one execution of a program came to.
#[derive(Debug)]
pub struct Ended {
    /// The output, a failure, or a signal.
    pub outcome: Result<Json, EndedBy>,
    /// The context at that point; `None` if it cannot be recorded.
    pub context: Option<Json>,
}

/// Why an execution ended without an output.
#[derive(Debug)]
pub enum EndedBy {
    /// A node failed.
    Failure(FailureRecord),
    /// A signal.
    Signal(Signal),
}

/// Everything known of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunView {
    /// What it was created with.
    pub run: Arc<RunRecord>,
    /// Where it stands.
    pub status: Status,
    /// The context: the last one recorded, or the one it began with.
    pub context: Json,
    /// Finished attempts in the order in which they were recorded.
    pub records: Vec<Arc<Record>>,
    /// Open questions in the order in which they were asked.
    pub questions: Vec<Question>,
    /// Questions that were answered.
    pub answered: Vec<Answered>,
    /// What was used so far, interrupted calls included.
    pub usage: Usage,
    /// What calls of models have reserved that are under way, or were when their process died: whoever goes on with
    /// the run charges it in full, as estimated, unless they are settled first.
    pub reserved: Usage,
    /// How long somebody has worked on it, in executions that are over.
    pub active: Duration,
    /// Failed attempts that no longer count, by path.
    pub forgiven: Vec<(Path, u32)>,
    /// The error of an execution that ended by a signal other than pause and cancel.
    pub stopped: Option<Signal>,
}

impl RunView {
    /// Creates the view of a run that has recorded nothing; an engine fills in the rest.
    pub fn new(run: Arc<RunRecord>, status: Status) -> Self {
        Self {
            status,
            context: run.context.clone(),
            records: Vec::new(),
            questions: Vec::new(),
            answered: Vec::new(),
            usage: Usage::default(),
            reserved: Usage::default(),
            active: Duration::ZERO,
            forgiven: Vec::new(),
            stopped: None,
            run,
        }
    }
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{number:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        u128::from_str_radix(&String::deserialize(from)?, 16).map_err(Error::custom)
    }
}
