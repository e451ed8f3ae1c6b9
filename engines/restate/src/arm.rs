//! Which arm of a run an invocation is for, and how an arm ends, as it is sent.

use crate::entry::Entry;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{ArmEnd, ArmRecord, Key, PartChange};
use flujo::error::{FailureRecord, Signal};
use flujo::path::Path;
use flujo::question::Reply;
use serde::{Deserialize, Serialize};

/// One arm on the way to an invocation: the fork, how often it was issued, the number of the arm.
pub(crate) type Step = (Path, u32, usize);

/// The arms that enclose an invocation, outermost first; empty for the root.
pub(crate) type Chain = Vec<Step>;

/// The result of a command that was executed earlier.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum PastResult {
    Record(Entry),
    Reply(Reply),
    Arms(Vec<SentEnd>),
    /// A timer was set, and ends then.
    Until(Timestamp),
    /// A timer has ended.
    Over,
}

impl PastResult {
    /// The result, which was read under this key.
    pub(crate) fn under(self, key: Key) -> Self {
        match self {
            Self::Record(entry) => Self::Record(Entry(entry.under(key))),
            other => other,
        }
    }

    /// The time at which it ended, if that is on record.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Record(Entry(record)) => Some(record.ended),
            Self::Reply(reply) => Some(reply.at),
            Self::Arms(_) | Self::Until(_) | Self::Over => None,
        }
    }
}

/// The commands that an invocation does not execute.
pub(crate) type Commands = Vec<(Key, PastResult)>;

/// The end of an arm, as its invocation answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum SentEnd {
    Recorded(SentRecord),
    Failed(FailureRecord),
    Signal(Signal),
    Cancelled,
}

/// The result of an arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SentRecord {
    output: Json,
    written: u64,
    parts: Vec<(String, PartChange)>,
    active: Vec<(Timestamp, Timestamp)>,
}

impl From<ArmEnd> for SentEnd {
    fn from(end: ArmEnd) -> Self {
        match end {
            ArmEnd::Recorded(ArmRecord { output, written, parts, active }) => {
                Self::Recorded(SentRecord { output, written, parts, active })
            }
            ArmEnd::Failed(failure) => Self::Failed(failure),
            ArmEnd::Signal(signal) => Self::Signal(signal),
            ArmEnd::Cancelled => Self::Cancelled,
            ArmEnd::Inline => {
                Self::Signal(Signal::Internal("an arm was asked for its record and gave none".to_owned()))
            }
        }
    }
}

impl From<SentEnd> for ArmEnd {
    fn from(end: SentEnd) -> Self {
        match end {
            SentEnd::Recorded(SentRecord { output, written, parts, active }) => {
                Self::Recorded(ArmRecord { output, written, parts, active })
            }
            SentEnd::Failed(failure) => Self::Failed(failure),
            SentEnd::Signal(signal) => Self::Signal(signal),
            SentEnd::Cancelled => Self::Cancelled,
        }
    }
}
