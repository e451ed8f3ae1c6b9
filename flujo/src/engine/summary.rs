use super::{FinalOutcome, RunId, Status};
use crate::clock::Timestamp;

/// Where a run stands, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RunState {
    /// Written down; nobody has begun it.
    Created,
    /// Somebody works on it.
    Running,
    /// Begun, and nobody works on it.
    Interrupted,
    /// Waiting for replies.
    Paused,
    /// Ended with an output.
    Done,
    /// A node failed.
    Failed,
    /// `cancel` was called.
    Cancelled,
    /// Taken over five times without a record in between.
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

/// One run in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunSummary {
    /// The id.
    pub id: RunId,
    /// The pipeline's durable name.
    pub pipeline: String,
    /// Where it stands.
    pub state: RunState,
    /// Of a paused run: whether somebody has replied since it paused.
    pub replied: bool,
    /// Of a paused run: when the first of its questions is answered by its default.
    pub deadline: Option<Timestamp>,
}

impl RunSummary {
    /// Creates the summary of a run to which nobody has replied and that has no deadline.
    pub fn new(id: RunId, pipeline: String, state: RunState) -> Self {
        Self { id, pipeline, state, replied: false, deadline: None }
    }

    /// Whether going on with it would bring it further: nobody works on it, and it waits for nothing.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        match self.state {
            RunState::Created | RunState::Interrupted => true,
            RunState::Paused => self.replied || self.deadline.is_some_and(|deadline| now >= deadline),
            _ => false,
        }
    }
}

/// Which runs a list is of: all of them, unless something else is said. They come in the order of their ids.
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
    /// Those of one pipeline.
    #[must_use]
    pub fn pipeline(mut self, name: impl Into<String>) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// Those that stand there; said twice, in either way.
    #[must_use]
    pub fn state(mut self, state: RunState) -> Self {
        self.states.push(state);
        self
    }

    /// Those whose id comes after this one: the next page of a long list.
    #[must_use]
    pub fn after(mut self, id: impl Into<RunId>) -> Self {
        self.after = Some(id.into());
        self
    }

    /// At most so many.
    #[must_use]
    pub fn limit(mut self, n: usize) -> Self {
        self.limit = Some(n);
        self
    }

    /// Whether a run belongs into the list, which has `found` already.
    pub fn takes(&self, run: &RunSummary, found: usize) -> bool {
        self.limit.is_none_or(|limit| found < limit)
            && self.pipeline.as_ref().is_none_or(|name| *name == run.pipeline)
            && self.after.as_ref().is_none_or(|after| run.id > *after)
            && (self.states.is_empty() || self.states.contains(&run.state))
    }
}
