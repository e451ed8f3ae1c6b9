use super::{Finding, LimitScope, ModelUse};
use crate::clock::Timestamp;
use crate::codec::{Digest, Json};
use crate::error::{FailureRecord, Signal};
use crate::future::BoxFuture;
use crate::path::Path;
use crate::usage::Usage;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a command does.
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
    /// Where.
    pub path: Path,
    /// What.
    pub kind: Kind,
    /// The attempt or arm, from 1.
    pub n: u32,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.path, self.kind, self.n)
    }
}

/// One attempt to be executed or taken from its record.
#[derive(Clone, Debug)]
pub struct AttemptCommand {
    /// Where, and which attempt.
    pub key: Key,
    /// `#[step(version = n)]`.
    pub version: u32,
    /// The oldest version whose records it takes: less than `version` where the step says how outputs of older ones are
    /// carried over, with `#[step(migrate = ..)]`.
    pub migrates_from: u32,
    /// The digest of the input.
    pub digest: Digest,
    /// The limited nodes that it stands in: what it uses counts there.
    pub within: LimitScope,
}

/// The body of an attempt. It never fails, a failure is a record; but it may be told by the account of the run
/// that a signal ends it, and then there is none.
pub type Body<'a> = Box<dyn FnOnce() -> BoxFuture<'a, Result<AttemptRecord, Signal>> + Send + 'a>;

/// What an attempt's body leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// The output, or what failed.
    pub outcome: Result<Json, Box<FailureRecord>>,
    /// Parts that changed, by name.
    pub parts: Vec<(String, Json)>,
    /// What it used.
    pub usage: Usage,
    /// What validators found.
    pub findings: Vec<Finding>,
    /// Whether the output came from the cache.
    pub cached: bool,
    /// What is to be said of the models that it called.
    pub models: Option<Box<ModelUse>>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
}
