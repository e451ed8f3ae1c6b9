use super::{Exchanges, Finding, LimitScope, ModelUse, PartChange};
use crate::clock::Timestamp;
use crate::codec::{Digest, Json};
use crate::error::{FailureRecord, Signal};
use crate::future::BoxFuture;
use crate::path::Path;
use crate::usage::Usage;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// An attempt of a code step.
    Step,
    /// An attempt of a model step.
    Model,
    /// Validators on a value.
    Gate,
    /// A question.
    Ask,
    /// A timer.
    Sleep,
    /// A fork; its records are the arms', counted from 1.
    Fork,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Step, Self::Model, Self::Gate, Self::Ask, Self::Sleep, Self::Fork];

    /// Returns the word that engines store for this kind; it never changes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Model => "model",
            Self::Gate => "gate",
            Self::Ask => "ask",
            Self::Sleep => "sleep",
            Self::Fork => "fork",
        }
    }

    /// Returns the kind behind a [`word`](Self::word).
    ///
    /// ```
    /// use flujo::engine::Kind;
    /// assert_eq!(Kind::from_word(Kind::Model.word()), Some(Kind::Model));
    /// ```
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The key of a record within its run: never an ordinal. Ordered-log engines use it as the command's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// The path of the node.
    pub path: Path,
    /// The kind of the command.
    pub kind: Kind,
    /// The number of the attempt, or of the fork, from 1.
    pub n: u32,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.path, self.kind, self.n)
    }
}

/// An attempt that is to be executed, or taken from its record.
#[derive(Clone, Debug)]
pub struct AttemptCommand {
    /// The node and the number of the attempt.
    pub key: Key,
    /// The version of the step: `#[step(version = n)]`.
    pub version: u32,
    /// The oldest version whose records are accepted: less than `version` if the step migrates outputs of older versions,
    /// with `#[step(migrate = ..)]`.
    pub migrates_from: u32,
    /// The digest of the input.
    pub digest: Digest,
    /// The limited nodes that enclose the attempt; its usage counts against them.
    pub within: LimitScope,
}

/// The body of an attempt, which is dropped unpolled where there is a record. A failure is a record, not an error; if the account of the run ends the body with a
/// signal, there is no record.
pub type Body<'a> = BoxFuture<'a, Result<AttemptRecord, Signal>>;

/// The result of an attempt's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// The output, or the failure.
    pub outcome: Result<Json, Box<FailureRecord>>,
    /// The context parts that changed, by name, which is a Rust identifier or `(rest)`.
    pub parts: Vec<(String, PartChange)>,
    /// The usage of the attempt.
    pub usage: Usage,
    /// The findings of validators.
    pub findings: Vec<Finding>,
    /// True if the output came from the cache.
    pub cached: bool,
    /// The models that the attempt called, if any.
    pub models: Option<Box<ModelUse>>,
    /// The messages to models and their answers, where they are recorded.
    pub messages: Exchanges,
    /// The time at which the attempt began.
    pub started: Timestamp,
    /// The time at which the attempt ended.
    pub ended: Timestamp,
}
