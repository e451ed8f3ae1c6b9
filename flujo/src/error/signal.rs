use super::EngineError;
use crate::clock::Timestamp;
use crate::path::Path;
use crate::usage::LimitExceeded;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The reason why this execution of a run stops, without any step having failed.
///
/// No form or option catches, retries or records a signal as a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Signal {
    /// Nothing is left to do but wait for replies.
    Suspended,
    /// The run was cancelled.
    Cancelled,
    /// Another process has taken over the run.
    OwnershipLost,
    /// The run's records do not fit the code.
    JournalMismatch(Box<Mismatch>),
    /// A limit of the run, or the budget that it shares with others, would be exceeded.
    RunLimit(Box<LimitExceeded>),
    /// The engine's storage failed; the run stays resumable.
    Engine(EngineError),
    /// An invariant of flujo or of an engine is broken: a bug. The run stays resumable.
    Internal(String),
    /// The time of a call or form around the node is up. At the border of that scope it becomes an ordinary failure.
    OutOfTime(Box<OutOfTime>),
    /// A child invocation has reached the end of its arm; only ordered-log engines use it.
    ArmEnded,
}

/// An attempt that was cut off because the time of something around it was up.
///
/// ```
/// use flujo::clock::Timestamp;
/// use flujo::error::{LastAttempt, OutOfTime, Signal};
/// use std::time::Duration;
///
/// let last = LastAttempt { path: "read/fetch".into(), n: 2, ended: Timestamp(7) };
/// let out = OutOfTime { scope: "read".into(), limit: Duration::from_secs(20), last };
/// assert_eq!(Signal::OutOfTime(Box::new(out)).to_string(), "`read` timed out after 20s");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutOfTime {
    /// The call or form whose time is up.
    pub scope: Path,
    /// The limit of the scope.
    pub limit: Duration,
    /// The attempt that was cut off.
    pub last: LastAttempt,
}

/// The attempt of a node that failed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAttempt {
    /// The node.
    pub path: Path,
    /// The number of the attempt, from 1.
    pub n: u32,
    /// The time when it ended.
    pub ended: Timestamp,
}

/// The difference between a record and the code. Nothing was written; the run stays resumable with the code it knows.
///
/// ```
/// use flujo::error::{Mismatch, Signal};
/// let signal = Signal::JournalMismatch(Box::new(Mismatch { path: "read/parse".into(), what: "its input changed".to_owned() }));
/// assert_eq!(signal.to_string(), "the record does not fit the code: its input changed; no record was changed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The node.
    pub path: Path,
    /// The difference.
    pub what: String,
}

impl Mismatch {
    pub(crate) fn new(path: Path, what: impl fmt::Display) -> Self {
        Self { path, what: what.to_string() }
    }
}

impl Signal {
    pub(crate) fn mismatch(path: Path, what: impl fmt::Display) -> Self {
        Self::JournalMismatch(Box::new(Mismatch::new(path, what)))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suspended => f.write_str("waiting for a reply"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::OwnershipLost => f.write_str("another process has taken over this run"),
            Self::JournalMismatch(m) => {
                write!(f, "the record does not fit the code: {}; no record was changed", m.what)
            }
            Self::RunLimit(exceeded) => write!(f, "{exceeded}"),
            Self::Engine(error) => write!(f, "the engine failed: {error}; the run stays resumable"),
            Self::Internal(what) => write!(f, "internal error: {what}; please report it"),
            Self::OutOfTime(out) => write!(f, "`{}` timed out after {:?}", out.scope, out.limit),
            Self::ArmEnded => f.write_str("the arm has ended"),
        }
    }
}
