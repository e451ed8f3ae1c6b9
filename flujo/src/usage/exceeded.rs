use super::Cost;
use crate::path::Path;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A limit that a call would have exceeded: the call was not made.
///
/// ```
/// use flujo::LimitExceeded;
/// use flujo::usage::{Amount, LimitOf};
///
/// /// Whether a caller who pays more could go on.
/// fn is_about_money(exceeded: &LimitExceeded) -> bool {
///     exceeded.ends_the_run() && matches!((&exceeded.of, &exceeded.limit), (LimitOf::Run, Amount::Cost(_)))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitExceeded {
    /// The node whose call was not made.
    pub path: Path,
    /// The owner of the limit.
    pub of: LimitOf,
    /// The limit.
    pub limit: Amount,
    /// The amount spent so far.
    pub spent: Amount,
    /// The amount reserved for calls under way.
    pub reserved: Amount,
    /// The most that this call could have used; nothing if the limit is exceeded as it is.
    pub needed: Amount,
}

/// The owner of a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LimitOf {
    /// The run's: it ends the run.
    Run,
    /// The node with this path: an ordinary failure, which is not retried.
    Node(Path),
    /// The budget that runs share: it ends the run.
    Budget,
}

/// An amount of a limited unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Amount {
    /// Money.
    Cost(Cost),
    /// Tokens in both directions.
    Tokens(u64),
    /// Calls of models.
    ModelCalls(u64),
    /// Active time.
    Time(Duration),
}

impl Amount {
    fn is_nothing(self) -> bool {
        match self {
            Self::Cost(Cost(n)) | Self::Tokens(n) | Self::ModelCalls(n) => n == 0,
            Self::Time(time) => time.is_zero(),
        }
    }

    /// Without the unit, where it was named before.
    fn number(self) -> String {
        match self {
            Self::Cost(cost) => cost.to_string(),
            Self::Tokens(n) | Self::ModelCalls(n) => n.to_string(),
            Self::Time(time) => format!("{time:?}"),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cost(cost) => write!(f, "{cost}"),
            Self::Tokens(1) => f.write_str("1 token"),
            Self::Tokens(n) => write!(f, "{n} tokens"),
            Self::ModelCalls(1) => f.write_str("1 model call"),
            Self::ModelCalls(n) => write!(f, "{n} model calls"),
            Self::Time(time) => write!(f, "{time:?} of active time"),
        }
    }
}

impl LimitExceeded {
    /// Returns true if the limit ends the run. The limit of a node is an ordinary failure.
    pub fn ends_the_run(&self) -> bool {
        !matches!(self.of, LimitOf::Node(_))
    }
}

/// Without the path of the node, which errors put in front.
impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, limit, spent, reserved, needed, .. } = self;
        match &self.of {
            LimitOf::Run => write!(f, "the run's limit of {limit}")?,
            LimitOf::Node(node) if node == path => write!(f, "its limit of {limit}")?,
            LimitOf::Node(node) => write!(f, "the limit of `{node}` of {limit}")?,
            LimitOf::Budget => write!(f, "the shared budget of {limit}")?,
        }
        let (spent, reserved) = (spent.number(), reserved.number());
        if let Amount::Time(_) = limit {
            return f.write_str(" is used up");
        }
        if needed.is_nothing() {
            return write!(f, " is exceeded: {spent} spent");
        }
        write!(f, " would be exceeded: {spent} spent, {reserved} reserved, {} needed", needed.number())
    }
}
impl std::error::Error for LimitExceeded {}
