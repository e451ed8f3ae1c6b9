use super::{AttemptCommand, AttemptRecord, Exchanges, Key, PartChange};
use crate::clock::Timestamp;
use crate::codec::{Digest, Json};
use crate::error::{FailureRecord, Signal};
use crate::model::CallOptions;
use crate::usage::Usage;
use serde::{Deserialize, Serialize};

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The attempt succeeded with this output.
    Output(Json),
    /// The attempt failed.
    Failure(Box<FailureRecord>),
}

/// A finding of a validator on an output that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The reason.
    pub message: String,
}

/// The models that an attempt called.
///
/// ```
/// use flujo::Usage;
/// use flujo::engine::ModelUse;
/// let call = Usage::default().model_calls(1);
/// let used = ModelUse { by_model: vec![("openai:gpt-4o-mini".to_owned(), call)], ..ModelUse::default() };
/// assert!(used.repairs.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelUse {
    /// The usage of each model, as `provider:model`, in the order of their first calls. The sum is the usage of the
    /// attempt without the usage that its own code reported.
    pub by_model: Vec<(String, Usage)>,
    /// The repairs that were needed to parse the answer.
    #[serde(default)]
    pub repairs: Vec<String>,
    /// The text of the model's reasoning, where the step asked to record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// The options of its last call that not every provider takes, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Box<CallOptions>>,
}

/// The record of an attempt that has ended: durable, and never changed.
///
/// Not `#[non_exhaustive]`: an engine that did not store a new field would lose it.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::codec::digest;
/// use flujo::engine::{AttemptCommand, RecordOutcome};
/// use flujo::error::Signal;
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// let record = &view.records[0];
/// assert_eq!((record.key.path.as_str(), record.key.n), ("welcome/greet", 1));
/// assert!(matches!(&record.outcome, RecordOutcome::Output(output) if output.as_str() == "\"Hello, Ada!\""));
///
/// // A step that is asked for again gets its record, if it is the step that was recorded.
/// let again = AttemptCommand {
///     key: record.key.clone(),
///     version: record.version,
///     migrates_from: record.version,
///     digest: record.digest,
///     within: None,
/// };
/// record.answers(&again)?;
/// let changed = AttemptCommand { digest: digest("Grace").unwrap(), ..again };
/// assert!(matches!(record.answers(&changed), Err(Signal::JournalMismatch(_))));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The node, the kind, and the number of the attempt.
    pub key: Key,
    /// The step's version.
    pub version: u32,
    /// The digest of the attempt's input.
    pub digest: Digest,
    /// The output, or the failure.
    pub outcome: Outcome,
    /// Context parts that changed, by name, which is a Rust identifier or `(rest)`.
    pub parts: Vec<(String, PartChange)>,
    /// The usage of the attempt.
    pub usage: Usage,
    /// The findings of validators.
    pub findings: Vec<Finding>,
    /// True if the output came from the cache.
    #[serde(default)]
    pub cached: bool,
    /// The models that the attempt called, if any.
    #[serde(default)]
    pub models: Option<Box<ModelUse>>,
    /// The messages to models and their answers, where they are recorded. An engine may delete them before the
    /// record.
    #[serde(default, skip_serializing_if = "is_none")]
    pub messages: Exchanges,
    /// The time at which the attempt began.
    pub started: Timestamp,
    /// The time at which the attempt ended.
    pub ended: Timestamp,
}

fn is_none(messages: &Exchanges) -> bool {
    messages.is_empty()
}

impl Record {
    /// Creates the record of an attempt that has just ended.
    ///
    /// ```
    /// use flujo::clock::Timestamp;
    /// use flujo::codec::{Digest, Json};
    /// use flujo::engine::{AttemptCommand, AttemptRecord, Body, Key, Kind, Record};
    /// use flujo::error::Signal;
    ///
    /// /// What the engine does with an attempt that has no record yet.
    /// async fn attempt(command: AttemptCommand, body: Body<'_>) -> Result<Record, Signal> {
    ///     Ok(Record::new(command, body.await?))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = Key { path: "welcome/greet".into(), kind: Kind::Step, n: 1 };
    /// let command = AttemptCommand { key, version: 1, migrates_from: 1, digest: Digest::of(b"Ada"), within: None };
    /// let done = AttemptRecord {
    ///     outcome: Ok(Json::encode("Hello, Ada!")?),
    ///     parts: Vec::new(),
    ///     usage: flujo::Usage::default(),
    ///     findings: Vec::new(),
    ///     cached: false,
    ///     models: None,
    ///     messages: flujo::engine::Exchanges::default(),
    ///     started: Timestamp(1),
    ///     ended: Timestamp(2),
    /// };
    /// let record = attempt(command, Box::pin(async { Ok(done) })).await.map_err(flujo::Error::from)?;
    /// assert_eq!(record.ended, Timestamp(2));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn new(command: AttemptCommand, done: AttemptRecord) -> Self {
        let AttemptCommand { key, version, digest, .. } = command;
        let outcome = match done.outcome {
            Ok(output) => Outcome::Output(output),
            Err(failure) => Outcome::Failure(failure),
        };
        let AttemptRecord { parts, usage, findings, cached, models, messages, started, ended, .. } = done;
        Self {
            key,
            version,
            digest,
            outcome,
            parts,
            usage,
            findings,
            cached,
            models,
            messages,
            started,
            ended,
        }
    }

    /// Checks that this record answers `command`.
    ///
    /// # Errors
    /// [`Signal::JournalMismatch`], with the difference.
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
            // The input of an older version may differ: its output is migrated.
            return Ok(());
        }
        if self.digest != command.digest {
            return differs(format!(
                "its input changed since it was recorded (digest {}, now {})",
                self.digest, command.digest
            ));
        }
        Ok(())
    }
}

/// The message about a record of a version that cannot be migrated.
pub(crate) fn unmigrated(was: u32, now: u32) -> String {
    format!(
        "recorded with version {was}, now {now}, and its step does not say how its output is carried over: \
         name a function with `migrate` in its `#[step(..)]`"
    )
}
