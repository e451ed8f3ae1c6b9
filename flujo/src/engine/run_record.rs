use super::{Action, Key, Labels, Record, RunGraph};
use crate::clock::Timestamp;
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
    /// Returns the id as text.
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

/// A run as it is created: written once, before the first command.
///
/// Not `#[non_exhaustive]`: an engine that did not store a new field would lose it.
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
/// use flujo::engine::{FinalOutcome, RunRecord, RunView, Seed, Status};
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// let run: &RunRecord = &view.run;
/// assert_eq!((run.id.as_str(), run.pipeline.as_str()), ("r-1", "welcome"));
/// assert_eq!(run.input.as_str(), "[\"Ada\"]");
///
/// // A run that takes over the records of this one: its nodes are not executed again.
/// let seed = Seed { records: view.records.clone(), origin: Some(run.id.clone()), ..Seed::default() };
/// let fork = RunRecord { id: "r-2".into(), seed, ..run.clone() };
/// let view = RunView::new(fork.into(), Status::Created);
/// assert_eq!((view.status, view.records.len()), (Status::Created, 0));
/// # Ok(())
/// # }
/// ```
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
    /// The digest of the input.
    pub digest: Digest,
    /// The context that the run begins with.
    pub context: Json,
    /// The limits of the run.
    pub limits: UsageLimits,
    /// The number of times the run may restart at the node that failed.
    pub retries: u32,
    /// The labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The name of the caller who started it, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The time of creation.
    #[serde(default)]
    pub created: Timestamp,
    /// Models that answer in place of those of the code, as `provider:model`, by the path of the node; all nodes within
    /// a path are meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<(Path, String)>,
    /// Records of another run that are used instead of executing.
    pub seed: Seed,
}

/// Records that a run takes over from another run: their nodes are not executed again, and cost nothing. An engine
/// stores them when it creates the run; for a run that was loaded it only needs to return the origin.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Seed {
    /// Records of attempts.
    pub records: Vec<Arc<Record>>,
    /// Answered questions.
    pub replies: Vec<Answered>,
    /// Timers that have ended.
    pub timers: Vec<Key>,
    /// The run that the records come from.
    pub origin: Option<RunId>,
}

/// The status of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// The run was created, and no execution has begun.
    Created,
    /// An execution works on the run.
    Running,
    /// The run has begun, and its process is gone. `resume` continues it.
    Interrupted,
    /// The run waits for replies.
    Paused,
    /// The run has ended.
    Ended(FinalOutcome),
}

/// The final outcome of a run; written once.
///
/// ```
/// use flujo::engine::{FinalOutcome, Status};
/// let crashed = FinalOutcome::Crashed(vec!["read/parse".into()]);
/// assert_eq!(
///     crashed.failure_line().as_deref(),
///     Some("its process crashed again and again while these nodes ran: read/parse"),
/// );
/// let status = Status::Ended(FinalOutcome::Cancelled);
/// # assert_ne!(status, Status::Ended(crashed));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FinalOutcome {
    /// The run completed with this output.
    Done(Json),
    /// A node failed.
    Failed(FailureRecord),
    /// `cancel` was called.
    Cancelled,
    /// The run was taken over five times without a record in between; holds the nodes whose bodies were running.
    Crashed(Vec<Path>),
}

impl FinalOutcome {
    /// Returns the first line of the failure with its path, in at most 200 characters; `None` if the run did not
    /// fail.
    pub fn failure_line(&self) -> Option<String> {
        let line = match self {
            Self::Done(_) | Self::Cancelled => return None,
            Self::Failed(failure) => {
                let message = failure.chain.first().map(String::as_str).unwrap_or_default();
                let line = message.lines().next().unwrap_or_default();
                match failure.node() {
                    Some(path) => format!("{path}: {line}"),
                    None => line.to_owned(),
                }
            }
            Self::Crashed(paths) => {
                let paths: Vec<_> = paths.iter().map(Path::as_str).collect();
                format!("its process crashed again and again while these nodes ran: {}", paths.join(", "))
            }
        };
        Some(line.chars().take(200).collect())
    }
}

/// The end of one execution of a program.
///
/// ```
/// use flujo::codec::Json;
/// use flujo::engine::{BoxFuture, Ended, EndedBy, Handle, Key, Kind, Program};
/// use flujo::error::Signal;
/// use std::time::Duration;
///
/// /// Waits for a second; what `pipeline!` writes is such a program too.
/// struct Nap;
///
/// impl Program for Nap {
///     fn run(&self, mut handle: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
///         Box::pin(async move {
///             let key = Key { path: "nap".into(), kind: Kind::Sleep, n: 1 };
///             let outcome = match handle.sleep(key, Duration::from_secs(1)).await {
///                 Ok(()) => Ok(Json::null()),
///                 Err(signal) => Err(EndedBy::Signal(signal)),
///             };
///             Ended { outcome, context: None }
///         })
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Ended {
    /// The output, a failure, or a signal.
    pub outcome: Result<Json, EndedBy>,
    /// The context at the end; `None` if it cannot be recorded.
    pub context: Option<Json>,
}

/// The reason why an execution ended without an output.
#[derive(Debug)]
pub enum EndedBy {
    /// A node failed.
    Failure(FailureRecord),
    /// A signal.
    Signal(Signal),
}

/// Everything recorded of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunView {
    /// The run as it was created.
    pub run: Arc<RunRecord>,
    /// The status.
    pub status: Status,
    /// The context: the last one recorded, or the one that the run began with.
    pub context: Json,
    /// The records of attempts, in the order in which they were written.
    pub records: Vec<Arc<Record>>,
    /// Open questions in the order in which they were asked.
    pub questions: Vec<Question>,
    /// Answered questions, in the order of their replies.
    pub answered: Vec<Answered>,
    /// The usage so far, interrupted calls included.
    pub usage: Usage,
    /// The open reservations: of model calls that are in flight, or were when their process died. The next owner
    /// charges them in full, as estimated, unless they are settled first.
    pub reserved: Usage,
    /// The part of `usage` that is in no record, by attempt, in the order of keys: calls that were lost with their process
    /// and are charged at what was reserved, and the usage of attempts that were abandoned. Each may have been made again.
    #[serde(default)]
    pub lost: Vec<(Key, Usage)>,
    /// The working time of executions that have ended.
    pub active: Duration,
    /// Failed attempts that no longer count, by path.
    pub forgiven: Vec<(Path, u32)>,
    /// The error of an execution that ended by a signal other than pause and cancel; or, of one that is under way, why it does
    /// not go on, where an engine knows that. [`Control::inspect`](crate::run::Control::inspect) also has here why a run
    /// that has not ended does not fit the code.
    pub stopped: Option<Signal>,
    /// Cancellations and retries, in their order: [`actions`](Self::actions) has all that was done from outside.
    pub acted: Vec<Action>,
    /// The time at which the first execution began.
    pub started: Option<Timestamp>,
    /// The time of the last change: of the state, or by a record, a question or a reply.
    pub changed: Timestamp,
    /// The time of the end.
    pub ended: Option<Timestamp>,
}

impl RunView {
    /// Creates the view of a run without records; an engine fills in the rest.
    pub fn new(run: Arc<RunRecord>, status: Status) -> Self {
        Self {
            status,
            context: run.context.clone(),
            records: Vec::new(),
            questions: Vec::new(),
            answered: Vec::new(),
            usage: Usage::default(),
            reserved: Usage::default(),
            lost: Vec::new(),
            active: Duration::ZERO,
            forgiven: Vec::new(),
            stopped: None,
            acted: Vec::new(),
            started: None,
            changed: run.created,
            ended: None,
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
