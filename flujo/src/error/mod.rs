//! Errors of runs and of steps, with the path of the node that failed: retry, failure, crash.
//!
//! A step fails with a [`StepError`]: any error that `?` converts is retried as often as the step allows, a
//! [`fatal`](StepError::fatal) one is not. A run fails with an [`Error`]: its [`kind`](Error::kind), the path of the
//! node, and the step's own error as its source.
//!
//! ```
//! use flujo::ErrorKind;
//! use flujo::prelude::*;
//! use std::error::Error as _;
//!
//! #[step(retries = 2)]
//! async fn parse(text: String) -> Result<u32> {
//!     Ok(text.parse()?)
//! }
//!
//! pipeline! {
//!     fn read(text: String) -> u32 {
//!         parse(text)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let flujo = Flujo::builder().build()?;
//! let result = flujo.run(read("ten".to_string())).await;
//! assert_eq!(result.step("read/parse").map(|step| step.attempts()), Some(3));
//! let error = result.into_output().unwrap_err();
//! assert_eq!(error.to_string(), "read/parse: invalid digit found in string (attempt 3 of 3)");
//! assert!(matches!(error.kind(), ErrorKind::Failed(_)));
//! assert!(error.source().is_some());
//! # Ok(())
//! # }
//! ```

mod display;
mod engine_error;
mod failure;
mod recorded;
mod signal;
mod step_error;

pub use engine_error::EngineError;
pub use failure::{Failure, FailureKind, FailureRecord};
pub use signal::{LastAttempt, Mismatch, OutOfTime, Signal};
pub(crate) use step_error::Cause;
pub use step_error::{IntoStepError, StepError, step_error};

use crate::codec::CodecError;
use crate::path::Path;
use crate::usage::{LimitExceeded, ParseCostError};
use std::fmt::Display;
use std::time::Duration;

/// The result of a step: `Result<T>` is enough for most, any `E: Into<StepError>` will do.
pub type Result<T, E = StepError> = std::result::Result<T, E>;
/// The result of running a pipeline, or of a call to the engine.
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
/// use flujo::error::RunResult;
///
/// async fn greeting(flujo: &Flujo) -> RunResult<String> {
///     flujo.run(welcome("Ada".to_owned())).await.into_output()
/// }
/// assert_eq!(greeting(&Flujo::builder().build()?).await?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
pub type RunResult<T> = std::result::Result<T, Error>;

/// Why a run, or a call to the engine, failed. It displays its path first.
///
/// Match on [`kind`](Error::kind); the error of the step itself is kept as the source.
///
/// ```
/// use flujo::ErrorKind;
/// use flujo::prelude::*;
///
/// #[step(retries = 1, backoff = none)]
/// async fn fetch(name: String) -> Result<String> {
///     Err(StepError::retryable(format!("no page of {name}")))
/// }
/// #[step]
/// async fn from_archive(name: String) -> Result<String> {
///     Err(StepError::fatal(format!("{name} is not archived")))
/// }
/// pipeline! {
///     fn page(name: String) -> String {
///         fetch(name).fallback(from_archive)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let result = Flujo::builder().build()?.run(page("Ada".to_string())).await;
/// let error = result.into_output().unwrap_err();
/// assert_eq!(error.path().map(|path| path.as_str()), Some("page/fetch!from_archive"));
/// assert!(!error.is_retryable());
/// assert_eq!((error.signal(), error.feedback()), (None, None));
///
/// // The error of the step that the fallback stood in for.
/// let original = error.original().expect("the fallback failed too");
/// assert_eq!(original.kind(), &ErrorKind::Failed("no page of Ada".to_owned()));
/// assert_eq!((original.attempt(), original.is_retryable()), (Some((2, 2)), true));
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    path: Option<Path>,
    /// The attempt that failed, of how many.
    attempt: Option<(u32, u32)>,
    retryable: bool,
    feedback: Option<String>,
    last_output: Option<crate::codec::Json>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// The error that the fallback replaced.
    original: Option<Error>,
    /// The attempt that failed last, from the records.
    last: Option<LastAttempt>,
}

/// The kinds of [`Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A step or a `fail(..)` failed; the message.
    Failed(String),
    /// An attempt, a pipeline call or a form took longer than its `timeout`.
    TimedOut(Duration),
    /// Validators rejected the output of every attempt; their reasons.
    Rejected(Vec<String>),
    /// A loop did not finish within its rounds; its last value can be read from the error.
    Exhausted {
        /// `repeat` or `refine`.
        form: String,
        /// The number of rounds.
        rounds: u32,
    },
    /// A step, or a plain expression of a pipeline, panicked; the message.
    Panicked(String),
    /// A value cannot be recorded, or a record not be read.
    Codec(CodecError),
    /// Parallel branches wrote one context part and its rule could not be applied.
    MergeConflict(String),
    /// The pipeline needs something that the engine was not given, for instance a model client.
    Unconfigured(String),
    /// A limit would have been exceeded: the call was not made.
    LimitExceeded(Box<LimitExceeded>),
    /// The run stops here: it pauses, was cancelled, or continues in another process.
    Signal(Signal),
    /// The process that ran the run has ended; `resume` continues it.
    Interrupted,
    /// The run was taken over five times without a new record.
    Crashed {
        /// The nodes whose attempts were under way.
        in_flight: Vec<Path>,
    },
    /// The engine has no run with this id.
    UnknownRun(String),
    /// The run has no record of this node, and did not come to it.
    UnknownNode {
        /// The id of the run.
        run: String,
        /// The path of the node.
        path: String,
    },
    /// The id is taken by a run with another pipeline or input.
    RunConflict(String),
    /// The run with this id is already running.
    Busy(String),
    /// A reply did not fit: wrong type, no such question, already answered, several open.
    Reply(String),
    /// The input or the context that a run was given does not fit its pipeline.
    Input(String),
    /// The engine is configured wrongly.
    Setup(String),
    /// Storage failed.
    Engine(EngineError),
    /// An invariant of flujo or of an engine is broken: a bug, never a mistake in the user's code.
    Internal(String),
}

impl Error {
    /// A new error of this kind, without a path yet.
    #[cold]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            path: None,
            attempt: None,
            retryable: false,
            feedback: None,
            last_output: None,
            source: None,
            original: None,
            last: None,
        }))
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns the path of the node that failed.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_ref()
    }

    /// Returns the attempt that failed last, and the most that there could be.
    pub fn attempt(&self) -> Option<(u32, u32)> {
        self.0.attempt
    }

    /// Returns true if another attempt could succeed: the last one did not fail for good.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns the feedback of validators or of the parser on the last attempt.
    pub fn feedback(&self) -> Option<&str> {
        self.0.feedback.as_deref()
    }

    /// Returns the output that was rejected last, if it decodes as a `T`.
    pub fn last_output<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        self.0.last_output.as_ref()?.decode().ok()
    }

    /// Returns the error that a failed fallback replaced.
    pub fn original(&self) -> Option<&Error> {
        self.0.original.as_ref()
    }

    /// The attempt that failed last: of the node that failed, or of one in what failed as a whole.
    pub(crate) fn last_attempt(&self) -> Option<&LastAttempt> {
        self.0.last.as_ref()
    }

    /// Returns the signal, if this is one: no form or option catches it.
    pub fn signal(&self) -> Option<&Signal> {
        match &self.0.kind {
            ErrorKind::Signal(signal) => Some(signal),
            _ => None,
        }
    }

    /// Returns true if an invariant of flujo or of an engine is broken: a bug, to be reported.
    ///
    /// ```
    /// use flujo::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Internal("an arm ended twice".to_owned()));
    /// assert!(error.is_internal());
    /// assert_eq!(error.to_string(), "internal error: an arm ended twice; please report it");
    /// ```
    pub fn is_internal(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Internal(_) | ErrorKind::Signal(Signal::Internal(_)))
    }

    pub(crate) fn at(mut self, path: Path) -> Self {
        self.0.path.get_or_insert(path);
        self
    }
    pub(crate) fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }
    pub(crate) fn after(mut self, attempt: u32, of: u32) -> Self {
        self.0.attempt = Some((attempt, of));
        self
    }
    pub(crate) fn with_last(mut self, last: LastAttempt) -> Self {
        self.0.last = Some(last);
        self
    }
    /// The error outside of `scope`: the timeout of that scope is an ordinary failure there.
    pub(crate) fn out_of_time_at(self, scope: &Path) -> Self {
        match &self.0.kind {
            ErrorKind::Signal(Signal::OutOfTime(out)) if out.scope == *scope => {
                let timed_out = Self::new(ErrorKind::TimedOut(out.limit)).at(scope.clone()).retryable(true);
                timed_out.with_last(out.last.clone())
            }
            _ => self,
        }
    }
    /// The error of an arm in `scope`: the timeout of that scope is a failure of the node that was cut off.
    pub(crate) fn out_of_time_in(self, scope: &Path) -> Self {
        match self.out_of_time_at(scope) {
            Self(mut inner) if inner.path.as_ref() == Some(scope) && inner.last.is_some() => {
                inner.path = inner.last.as_ref().map(|last| last.path.clone());
                Self(inner)
            }
            error => error,
        }
    }
    pub(crate) fn with_source(mut self, source: Box<dyn std::error::Error + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }
    pub(crate) fn with_details(
        mut self,
        feedback: Option<String>,
        last_output: Option<crate::codec::Json>,
    ) -> Self {
        self.0.feedback = feedback;
        self.0.last_output = last_output;
        self
    }
    pub(crate) fn instead_of(mut self, original: Error) -> Self {
        self.0.original = Some(original);
        self
    }
    /// A broken invariant of flujo or of an engine. A signal, so that no option or form catches it, no record holds it,
    /// and the run stays resumable.
    #[cold]
    pub(crate) fn internal(what: impl Display) -> Self {
        Signal::Internal(what.to_string()).into()
    }
    pub(crate) fn setup(message: impl Display) -> Self {
        Self::new(ErrorKind::Setup(message.to_string()))
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        Self::new(ErrorKind::Engine(error))
    }
}

/// A price or a limit that is no amount: a mistake of setup, so that `?` takes it where a run is built.
impl From<ParseCostError> for Error {
    fn from(error: ParseCostError) -> Self {
        Self::setup(&error).with_source(Box::new(error))
    }
}

impl From<Signal> for Error {
    fn from(signal: Signal) -> Self {
        let path = match &signal {
            Signal::JournalMismatch(m) => Some(m.path.clone()),
            Signal::RunLimit(exceeded) => Some(exceeded.path.clone()),
            Signal::OutOfTime(out) => Some(out.scope.clone()),
            _ => None,
        };
        let error = Self::new(ErrorKind::Signal(signal));
        match path {
            Some(path) => error.at(path),
            None => error,
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Engine(error) | ErrorKind::Signal(Signal::Engine(error)) => error.source(),
            _ => self.0.source.as_deref().map(|e| e as _),
        }
    }
}
