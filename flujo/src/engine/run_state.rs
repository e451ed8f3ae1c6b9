use super::{FinalOutcome, Status};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The status of a run as a single word, without its outcome.
///
/// ```
/// use flujo::engine::RunState;
///
/// assert_eq!((RunState::Done.word(), RunState::from_word("paused")), ("done", Some(RunState::Paused)));
/// assert_eq!(RunState::ALL.map(RunState::word).join(" "), "created running interrupted paused done failed cancelled crashed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl RunState {
    /// The states, in the order in which runs go through them.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Running,
        Self::Interrupted,
        Self::Paused,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Crashed,
    ];

    /// Returns the state as a word in lower case: `done`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Crashed => "crashed",
        }
    }

    /// Returns the state of a [`word`](Self::word).
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Returns true if the run has ended.
    ///
    /// ```
    /// use flujo::engine::RunState;
    /// assert!(RunState::Failed.has_ended() && !RunState::Paused.has_ended());
    /// ```
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled | Self::Crashed)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
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

#[cfg(test)]
mod tests {
    use super::RunState;

    /// What serde writes is the word: values that are sent and lists that are typed agree.
    #[test]
    fn a_state_is_written_as_its_word() {
        for state in RunState::ALL {
            assert_eq!(serde_json::to_value(state).ok(), Some(state.word().into()));
            assert_eq!(RunState::from_word(state.word()), Some(state));
        }
    }
}
