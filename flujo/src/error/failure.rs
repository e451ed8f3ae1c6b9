use super::recorded::Recorded;
use super::{Error, ErrorKind, LastAttempt, OutOfTime, Signal, StepError, step_error::Cause};
use crate::clock::Timestamp;
use crate::codec::{CodecError, Json};
use crate::path::Path;
use crate::usage::LimitExceeded;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Why a settled call, arm or item failed: an ordinary value that can be recorded and passed on.
///
/// ```
/// use flujo::error::FailureKind;
/// use flujo::prelude::*;
///
/// #[step]
/// async fn parse(text: String) -> Result<u32> {
///     Ok(text.parse()?)
/// }
/// pipeline! {
///     fn read(text: String) -> String {
///         let parsed: Result<u32, Failure> = parse(text).settle();
///         value(match parsed {
///             Ok(number) => number.to_string(),
///             Err(failure) => format!("{}: {} ({})", failure.path, failure.message, failure.kind.word()),
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let result = Flujo::builder().build()?.run(read("ten".to_string())).await;
/// assert_eq!(result.into_output()?, "read/parse: invalid digit found in string (failed)");
/// assert_eq!(FailureKind::Failed.word(), "failed");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The node that failed.
    pub path: String,
    /// The kind of the failure.
    pub kind: FailureKind,
    /// The message.
    pub message: String,
}

/// The ways in which a step can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FailureKind {
    /// An error of the step.
    Failed,
    /// A timeout.
    TimedOut,
    /// Validators rejected the output.
    Rejected,
    /// A loop that did not finish within its rounds.
    Exhausted,
    /// A panic.
    Panicked,
    /// The value cannot be recorded.
    Codec,
    /// Parallel branches could not be merged.
    MergeConflict,
    /// Something was not configured.
    Unconfigured,
    /// A limit would have been exceeded.
    LimitExceeded,
}

impl FailureKind {
    /// Returns the kind as a word in lower case: `timed_out`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Rejected => "rejected",
            Self::Exhausted => "exhausted",
            Self::Panicked => "panicked",
            Self::Codec => "codec",
            Self::MergeConflict => "merge_conflict",
            Self::Unconfigured => "unconfigured",
            Self::LimitExceeded => "limit_exceeded",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
impl std::error::Error for Failure {}

/// A failed attempt as it is recorded.
///
/// ```
/// use flujo::error::{FailureKind, FailureRecord};
///
/// // What is recorded of an error, by an engine or a program of your own.
/// let failure = FailureRecord::new(FailureKind::Failed, false, "no page");
/// assert_eq!((failure.chain.as_slice(), failure.node()), (&["no page".to_owned()][..], None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// In what way.
    pub kind: FailureKind,
    /// True if another attempt could succeed.
    pub retryable: bool,
    /// The message, then those of its causes.
    pub chain: Vec<String>,
    /// The feedback for the next attempt.
    pub feedback: Option<String>,
    /// The output that was rejected.
    pub last_output: Option<Json>,
    /// The exceeded bound: the time limit in nanoseconds, or the rounds of a loop.
    pub limit: Option<u64>,
    /// The path of the failure, if not the recorded node itself.
    pub path: Option<Path>,
    /// The attempt that failed last there, of how many.
    pub attempt: Option<(u32, u32)>,
    /// A plugin redirected: another step is to make the next attempt.
    #[serde(default)]
    pub redirect: bool,
    /// The wait before the next attempt that the error asks for (`Retry-After`), in nanoseconds.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// The limit that was exceeded.
    pub exceeded: Option<Box<LimitExceeded>>,
    /// The failure before a fallback, where the fallback failed too.
    pub original: Option<Box<FailureRecord>>,
    /// The call or form around it whose time was up: nothing inside of that deals with this failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Path>,
    /// The attempt that failed last, in what failed as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Box<LastAttempt>>,
    /// The active time of an arm that failed, for the timed scopes around it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub active: Vec<(Timestamp, Timestamp)>,
}

impl FailureRecord {
    /// Creates a failure of one message, without a place.
    ///
    /// ```
    /// use flujo::error::{FailureKind, FailureRecord};
    /// let failure = FailureRecord::new(FailureKind::Failed, false, "the post office is closed");
    /// assert_eq!((failure.chain.len(), failure.path), (1, None));
    /// ```
    pub fn new(kind: FailureKind, retryable: bool, message: impl fmt::Display) -> Self {
        Self {
            kind,
            retryable,
            chain: vec![message.to_string()],
            feedback: None,
            last_output: None,
            limit: None,
            path: None,
            attempt: None,
            redirect: false,
            retry_after: None,
            exceeded: None,
            original: None,
            scope: None,
            last: None,
            active: Vec::new(),
        }
    }

    /// The node that failed, of which another attempt can be made.
    pub fn node(&self) -> Option<&Path> {
        self.last.as_ref().map(|last| &last.path).or(self.path.as_ref())
    }

    pub(crate) fn of_step(error: &StepError) -> Self {
        let mut chain = vec![error.source.to_string()];
        let mut cause = error.source.source();
        while let Some(next) = cause {
            // A cause that repeats itself, or a chain made endless by mistake, must not fill the journal.
            if chain.len() == 16 {
                break;
            }
            chain.push(next.to_string());
            cause = next.source();
        }
        let retry_after = error.wait.map(|wait| u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX));
        let base = Self { retry_after, ..Self::new(FailureKind::Failed, error.is_retryable(), "") };
        match &error.cause {
            Cause::Rejected(reasons) => Self {
                kind: FailureKind::Rejected,
                feedback: Some(reasons.join("; ")),
                chain: reasons.clone(),
                ..base
            },
            Cause::Unconfigured => Self { kind: FailureKind::Unconfigured, chain, ..base },
            Cause::Limit(exceeded) => Self::limit(exceeded.clone()),
            // Never recorded: a signal ends the body.
            Cause::Signal(_) | Cause::Retryable | Cause::Fatal => Self { chain, ..base },
        }
    }

    pub(crate) fn timed_out(limit: Duration) -> Self {
        let limit_ns = u64::try_from(limit.as_nanos()).ok();
        Self {
            limit: limit_ns,
            ..Self::new(FailureKind::TimedOut, true, format_args!("timed out after {limit:?}"))
        }
    }

    /// An attempt was cut off because `limit`, the time of `scope`, was up.
    pub(crate) fn cut_off(limit: Duration, scope: Path) -> Self {
        let base = Self::timed_out(limit);
        Self { chain: vec![format!("`{scope}` timed out after {limit:?}")], scope: Some(scope), ..base }
    }

    pub(crate) fn rejected(reasons: &[String], last_output: Option<Json>) -> Self {
        Self {
            chain: reasons.to_vec(),
            feedback: Some(reasons.join("; ")),
            last_output,
            ..Self::new(FailureKind::Rejected, true, "")
        }
    }

    /// A plugin redirected; `known` says whether the call names a step for it.
    pub(crate) fn redirected(plugin: &str, known: bool, last_output: Option<Json>) -> Self {
        let message = if known {
            format!("plugin `{plugin}` redirected")
        } else {
            format!("plugin `{plugin}` redirected, but the call names no step for it: add `.redirect(step)`")
        };
        let kind = if known { FailureKind::Rejected } else { FailureKind::Unconfigured };
        Self { last_output, redirect: known, ..Self::new(kind, known, message) }
    }

    /// A plugin redirected where nothing is called again.
    pub(crate) fn redirected_at_gate(plugin: &str) -> Self {
        let message = format!("plugin `{plugin}` redirected, but a gate calls no step: reject the value");
        Self::new(FailureKind::Unconfigured, false, message)
    }

    pub(crate) fn limit(exceeded: Box<LimitExceeded>) -> Self {
        let base = Self::new(FailureKind::LimitExceeded, false, &exceeded);
        Self { path: Some(exceeded.path.clone()), exceeded: Some(exceeded), ..base }
    }

    pub(crate) fn panicked(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Panicked, false, message)
    }

    pub(crate) fn codec(error: &CodecError) -> Self {
        Self::new(FailureKind::Codec, false, error)
    }

    /// The record of a run or an arm that failed.
    pub(crate) fn of_error(error: &Error) -> Self {
        if let ErrorKind::Signal(Signal::OutOfTime(out)) = error.kind() {
            let cut_off = Self::cut_off(out.limit, out.scope.clone());
            return Self { last: Some(Box::new(out.last.clone())), ..cut_off };
        }
        let (kind, limit) = match error.kind() {
            ErrorKind::TimedOut(limit) => (FailureKind::TimedOut, u64::try_from(limit.as_nanos()).ok()),
            ErrorKind::Rejected(_) => (FailureKind::Rejected, None),
            ErrorKind::Exhausted { rounds, .. } => (FailureKind::Exhausted, Some(u64::from(*rounds))),
            ErrorKind::Panicked(_) => (FailureKind::Panicked, None),
            ErrorKind::Codec(_) => (FailureKind::Codec, None),
            ErrorKind::MergeConflict(_) => (FailureKind::MergeConflict, None),
            ErrorKind::Unconfigured(_) => (FailureKind::Unconfigured, None),
            ErrorKind::LimitExceeded(_) => (FailureKind::LimitExceeded, None),
            _ => (FailureKind::Failed, None),
        };
        let mut chain = match error.kind() {
            ErrorKind::Rejected(reasons) => reasons.clone(),
            ErrorKind::Panicked(m) | ErrorKind::MergeConflict(m) | ErrorKind::Failed(m) => vec![m.clone()],
            ErrorKind::Codec(e) => vec![e.to_string()],
            ErrorKind::Exhausted { form, .. } => vec![form.clone()],
            other => vec![other.to_string()],
        };
        let mut cause = std::error::Error::source(error).and_then(std::error::Error::source);
        while let Some(next) = cause.filter(|_| chain.len() < 16) {
            chain.push(next.to_string());
            cause = next.source();
        }
        Self {
            kind,
            retryable: error.is_retryable(),
            chain,
            feedback: error.feedback().map(str::to_owned),
            last_output: error.0.last_output.clone(),
            limit,
            path: error.path().cloned(),
            attempt: error.attempt(),
            redirect: false,
            retry_after: None,
            exceeded: match error.kind() {
                ErrorKind::LimitExceeded(exceeded) => Some(exceeded.clone()),
                _ => None,
            },
            original: error.original().map(|original| Box::new(Self::of_error(original))),
            scope: None,
            last: error.last_attempt().cloned().map(Box::new),
            active: Vec::new(),
        }
    }

    /// The error of a node whose attempt `last` failed so and was the last of `of`; the signal, if the time of
    /// something around it was up.
    pub(crate) fn of_attempt(&self, last: LastAttempt, of: u32) -> Error {
        if self.scope.is_some() {
            return Self { last: Some(Box::new(last)), ..self.clone() }.to_error();
        }
        self.to_error().at(last.path.clone()).after(last.n, of).with_last(last)
    }

    /// The error of the recorded failure.
    pub(crate) fn to_error(&self) -> Error {
        let first = || self.chain.first().cloned().unwrap_or_default();
        let limit = || Duration::from_nanos(self.limit.unwrap_or(0));
        if let (Some(scope), Some(last)) = (&self.scope, &self.last) {
            let out = OutOfTime { scope: scope.clone(), limit: limit(), last: LastAttempt::clone(last) };
            return Signal::OutOfTime(Box::new(out)).into();
        }
        let kind = match self.kind {
            FailureKind::Failed => ErrorKind::Failed(first()),
            FailureKind::TimedOut => ErrorKind::TimedOut(limit()),
            FailureKind::Rejected => ErrorKind::Rejected(self.chain.clone()),
            FailureKind::Exhausted => ErrorKind::Exhausted {
                form: first(),
                rounds: self.limit.and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            },
            FailureKind::Panicked => ErrorKind::Panicked(first()),
            FailureKind::Codec => ErrorKind::Codec(CodecError::new(first())),
            FailureKind::MergeConflict => ErrorKind::MergeConflict(first()),
            FailureKind::Unconfigured => ErrorKind::Unconfigured(first()),
            FailureKind::LimitExceeded => match &self.exceeded {
                Some(exceeded) => ErrorKind::LimitExceeded(exceeded.clone()),
                None => ErrorKind::Failed(first()),
            },
        };
        let error = Error::new(kind).retryable(self.retryable);
        let error = error.with_details(self.feedback.clone(), self.last_output.clone());
        let error = match self.kind {
            FailureKind::Failed => match Recorded::chain(&self.chain) {
                Some(source) => error.with_source(source),
                None => error,
            },
            _ => error,
        };
        let error = match self.attempt {
            Some((n, of)) => error.after(n, of),
            None => error,
        };
        let error = match &self.original {
            Some(original) => error.instead_of(original.to_error()),
            None => error,
        };
        let error = match &self.last {
            Some(last) => error.with_last(LastAttempt::clone(last)),
            None => error,
        };
        match &self.path {
            Some(path) => error.at(path.clone()),
            None => error,
        }
    }
}

impl Error {
    /// The value of a settled call that failed; `None` for signals, which nothing catches.
    pub(crate) fn settle(&self) -> Option<Failure> {
        if self.signal().is_some() {
            return None;
        }
        Some(Failure {
            path: self.path().map(ToString::to_string).unwrap_or_default(),
            kind: FailureRecord::of_error(self).kind,
            message: self.kind().to_string(),
        })
    }
}
