use super::{FinalOutcome, RunId, Status};
use crate::clock::Timestamp;

/// The status of a run as a single word, without its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RunState {
    /// The run was created, and no execution has begun.
    Created,
    /// An execution works on the run.
    Running,
    /// The run has begun, and its process is gone.
    Interrupted,
    /// The run waits for replies.
    Paused,
    /// The run completed with an output.
    Done,
    /// A node failed.
    Failed,
    /// `cancel` was called.
    Cancelled,
    /// The run was taken over five times without a record in between.
    Crashed,
}

impl From<&Status> for RunState {
    fn from(status: &Status) -> Self {
        match status {
            Status::Created => Self::Created,
            Status::Running => Self::Running,
            Status::Interrupted => Self::Interrupted,
            Status::Paused => Self::Paused,
            Status::Ended(FinalOutcome::Done(_)) => Self::Done,
            Status::Ended(FinalOutcome::Failed(_)) => Self::Failed,
            Status::Ended(FinalOutcome::Cancelled) => Self::Cancelled,
            Status::Ended(FinalOutcome::Crashed(_)) => Self::Crashed,
        }
    }
}

/// The summary of one run, for lists.
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
}

impl RunSummary {
    /// Creates the summary of a run without a new reply and without a deadline.
    pub fn new(id: RunId, pipeline: String, state: RunState) -> Self {
        Self { id, pipeline, state, replied: false, deadline: None }
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

/// A filter of runs, which are listed in the order of their ids. The default takes all of them.
///
/// ```
/// use flujo::engine::{RunFilter, RunState};
/// let failed = RunFilter::default().pipeline("moderate").state(RunState::Failed).limit(20);
/// # drop(failed);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunFilter {
    /// Only runs of this pipeline.
    pub pipeline: Option<String>,
    /// Only runs in one of these states; all if there are none.
    pub states: Vec<RunState>,
    /// Only runs whose id is greater.
    pub after: Option<RunId>,
    /// The most runs that are listed.
    pub limit: Option<usize>,
}

impl RunFilter {
    /// Takes only runs of this pipeline.
    #[must_use]
    pub fn pipeline(mut self, name: impl Into<String>) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// Takes only runs in this state; with several calls, in any of the states.
    #[must_use]
    pub fn state(mut self, state: RunState) -> Self {
        self.states.push(state);
        self
    }

    /// Takes only runs whose id is greater: the next page of a long list.
    #[must_use]
    pub fn after(mut self, id: impl Into<RunId>) -> Self {
        self.after = Some(id.into());
        self
    }

    /// Takes at most `n` runs.
    #[must_use]
    pub fn limit(mut self, n: usize) -> Self {
        self.limit = Some(n);
        self
    }

    /// Returns true if a run belongs into a list that has `found` runs already.
    pub fn takes(&self, run: &RunSummary, found: usize) -> bool {
        self.limit.is_none_or(|limit| found < limit)
            && self.pipeline.as_ref().is_none_or(|name| *name == run.pipeline)
            && self.after.as_ref().is_none_or(|after| run.id > *after)
            && (self.states.is_empty() || self.states.contains(&run.state))
    }
}
