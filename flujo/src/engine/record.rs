use super::{AttemptCommand, AttemptRecord, Key};
use crate::clock::Timestamp;
use crate::codec::{Digest, Json};
use crate::error::{FailureRecord, Signal};
use crate::usage::Usage;
use serde::{Deserialize, Serialize};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// With this output.
    Output(Json),
    /// It failed.
    Failure(Box<FailureRecord>),
}

/// What a validator found on an output that passed all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The reason.
    pub message: String,
}

/// What an attempt has to say of the models that it called.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelUse {
    /// What each of them used, `provider:model`, in the order of the first calls. Together it is the usage of the
    /// attempt, but for what its own code spent.
    pub by_model: Vec<(String, Usage)>,
    /// What had to be mended to read the answer.
    #[serde(default)]
    pub repairs: Vec<String>,
}

/// One attempt, finished and durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where, what, which attempt.
    pub key: Key,
    /// The step's version.
    pub version: u32,
    /// The digest of its input.
    pub digest: Digest,
    /// Output or failure.
    pub outcome: Outcome,
    /// Context parts that changed, by name.
    pub parts: Vec<(String, Json)>,
    /// What it used.
    pub usage: Usage,
    /// What validators found.
    pub findings: Vec<Finding>,
    /// Whether the output came from the cache.
    #[serde(default)]
    pub cached: bool,
    /// What is to be said of the models that it called.
    #[serde(default)]
    pub models: Option<Box<ModelUse>>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
}

impl Record {
    /// The record of an attempt that has just ended.
    pub fn new(command: AttemptCommand, done: AttemptRecord) -> Self {
        let AttemptCommand { key, version, digest, .. } = command;
        let outcome = match done.outcome {
            Ok(output) => Outcome::Output(output),
            Err(failure) => Outcome::Failure(failure),
        };
        let AttemptRecord { parts, usage, findings, cached, models, started, ended, .. } = done;
        Self { key, version, digest, outcome, parts, usage, findings, cached, models, started, ended }
    }

    /// Whether this record answers `command`.
    ///
    /// # Errors
    /// [`Signal::JournalMismatch`], saying what differs.
    pub fn answers(&self, command: &AttemptCommand) -> Result<(), Signal> {
        let differs = |what: String| Err(Signal::mismatch(command.key.path.clone(), what));
        if self.key.kind != command.key.kind {
            return differs(format!("recorded as {:?}, now {:?}", self.key.kind, command.key.kind));
        }
        if self.version > command.version {
            let (was, now) = (self.version, command.version);
            return differs(format!("recorded with version {was}, and the code is older: version {now}"));
        }
        if self.version < command.migrates_from {
            return differs(unmigrated(self.version, command.version));
        }
        if self.version != command.version {
            // Whatever its input was in that version: what it gave is carried over.
            return Ok(());
        }
        if self.digest != command.digest {
            return differs(format!(
                "its input is another one than when it ran (digest {}, now {})",
                self.digest, command.digest
            ));
        }
        Ok(())
    }
}

/// What is said of a record that is too old.
pub(crate) fn unmigrated(was: u32, now: u32) -> String {
    format!(
        "recorded with version {was}, now {now}, and its step does not say how its output is carried over: \
         name a function with `migrate` in its `#[step(..)]`"
    )
}
