use super::{Labels, RunId, RunState};
use crate::clock::Timestamp;
use crate::error::Mismatch;
use crate::path::Path;
use crate::usage::Usage;

/// The summary of one run, for lists.
///
/// ```
/// use flujo::clock::Timestamp;
/// use flujo::engine::{RunState, RunSummary};
///
/// let mut run = RunSummary::new("r-1".into(), "refund".to_owned(), RunState::Paused);
/// assert!(!run.is_ready(Timestamp(5)));
/// // At its deadline the question is answered by its default.
/// run.deadline = Some(Timestamp(5));
/// assert!(run.is_ready(Timestamp(5)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunSummary {
    /// The id of the run.
    pub id: RunId,
    /// The pipeline's durable name.
    pub pipeline: String,
    /// The status.
    pub state: RunState,
    /// True if the run is paused and a reply arrived since it paused.
    pub replied: bool,
    /// The earliest time at which an open question of a paused run is answered by its default.
    pub deadline: Option<Timestamp>,
    /// The labels.
    pub labels: Labels,
    /// The run that this one was forked from.
    pub origin: Option<RunId>,
    /// The time of creation.
    pub created: Timestamp,
    /// The time at which the first execution began.
    pub started: Option<Timestamp>,
    /// The time of the last change: of the state, or by a record, a question or a reply.
    pub changed: Timestamp,
    /// The time of the end.
    pub ended: Option<Timestamp>,
    /// The usage so far: tokens, calls, and cost in nano-dollars.
    pub usage: Usage,
    /// The number of open questions.
    pub questions: usize,
    /// Where the run is: the nodes whose bodies are running. Of an execution in another process, the node that was
    /// recorded last. Empty if no execution works on the run.
    pub under_way: Vec<Path>,
    /// The first line of the failure, if the run has failed.
    pub failure: Option<String>,
    /// The first record that does not fit the code, of a run that would go on but for that. Engines do not know the code
    /// and leave it out; [`Flujo::list`](crate::Flujo::list) and [`Control::list`](crate::run::Control::list) fill it in
    /// where the pipeline is registered.
    pub mismatch: Option<Mismatch>,
}

impl RunSummary {
    /// Creates the summary of a run that was just created; an engine fills in the rest.
    pub fn new(id: RunId, pipeline: String, state: RunState) -> Self {
        Self {
            id,
            pipeline,
            state,
            replied: false,
            deadline: None,
            labels: Labels::default(),
            origin: None,
            created: Timestamp::default(),
            started: None,
            changed: Timestamp::default(),
            ended: None,
            usage: Usage::default(),
            questions: 0,
            under_way: Vec::new(),
            failure: None,
            mismatch: None,
        }
    }

    /// Returns true if an execution would make progress: no execution works on the run, and the run does not wait for
    /// a reply.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        match self.state {
            RunState::Created | RunState::Interrupted => true,
            RunState::Paused => self.replied || self.deadline.is_some_and(|deadline| now >= deadline),
            _ => false,
        }
    }
}
