use super::Signal;
use crate::usage::LimitExceeded;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// The error of a step.
///
/// Every error converts into it by `?` and is then retried as often as the step's `retries` allow;
/// [`fatal`](StepError::fatal) says that trying again is no use. For `?` to take every error, this type
/// cannot itself implement `std::error::Error`.
pub struct StepError {
    pub(crate) cause: Cause,
    /// How long to wait before the next attempt, at least.
    pub(crate) wait: Option<Duration>,
    pub(crate) source: Box<dyn StdError + Send + Sync>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Retryable,
    Fatal,
    /// Tried again with this feedback and without waiting.
    Rejected(Vec<String>),
    Unconfigured,
    /// The limit of a node would be exceeded.
    Limit(Box<LimitExceeded>),
    /// The run ends here: no failure, and never recorded as one.
    Signal(Signal),
}

impl StepError {
    /// An error that may go away: it is tried again.
    pub fn retryable(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { cause: Cause::Retryable, wait: None, source: error.into() }
    }

    /// An error that stays: it is not tried again.
    pub fn fatal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { cause: Cause::Fatal, wait: None, source: error.into() }
    }

    /// Asks to wait so long before the next attempt, as services do with `Retry-After`. It is waited for at
    /// least as long as the step's backoff says, and not longer than the `timeout` of one attempt, if the step
    /// has one: a step whose attempts take 20 seconds does not wait an hour for one to begin.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # use std::time::Duration;
    /// #[step(retries = 2, timeout = "20s")]
    /// async fn look_up(name: String) -> Result<String> {
    ///     Err(StepError::retryable("busy").retry_after(Duration::from_secs(2)))
    /// }
    /// ```
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// Returns true if another attempt could succeed.
    ///
    /// ```
    /// use flujo::StepError;
    /// assert!(StepError::retryable("busy").is_retryable());
    /// assert!(!StepError::fatal("no such page").is_retryable());
    /// ```
    pub fn is_retryable(&self) -> bool {
        matches!(self.cause, Cause::Retryable | Cause::Rejected(_))
    }

    pub(crate) fn rejected(reason: impl fmt::Display) -> Self {
        let reason = reason.to_string();
        Self { cause: Cause::Rejected(vec![reason.clone()]), wait: None, source: reason.into() }
    }

    pub(crate) fn signal(&self) -> Option<&Signal> {
        if let Cause::Signal(signal) = &self.cause { Some(signal) } else { None }
    }

    /// A broken invariant, as in [`Error::internal`](super::Error::internal): the step has not failed.
    #[cold]
    pub(crate) fn internal(what: &str) -> Self {
        Self::of_signal(Signal::Internal(what.to_owned()))
    }

    /// The end of the run by a signal: the step has not failed.
    #[cold]
    pub(crate) fn of_signal(signal: Signal) -> Self {
        let source = signal.to_string().into();
        Self { cause: Cause::Signal(signal), wait: None, source }
    }

    pub(crate) fn unconfigured(what: impl fmt::Display) -> Self {
        Self { cause: Cause::Unconfigured, wait: None, source: what.to_string().into() }
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for StepError {
    fn from(error: E) -> Self {
        Self::retryable(error)
    }
}

/// A type that a step may return as its error.
///
/// ```
/// use flujo::StepError;
/// use flujo::error::IntoStepError;
///
/// // Every error is one; your own type decides whether trying again makes sense.
/// enum Refused {
///     Busy,
///     Unknown,
/// }
/// impl From<Refused> for StepError {
///     fn from(refused: Refused) -> Self {
///         match refused {
///             Refused::Busy => StepError::retryable("busy"),
///             Refused::Unknown => StepError::fatal("unknown"),
///         }
///     }
/// }
/// assert!(Refused::Busy.into_step_error().is_retryable());
/// assert!(!Refused::Unknown.into_step_error().is_retryable());
/// ```
#[diagnostic::on_unimplemented(
    message = "a step cannot fail with `{Self}` [not_an_error]",
    label = "not an error",
    note = "implement `std::error::Error` for `{Self}`, or return a `flujo::StepError`"
)]
pub trait IntoStepError {
    /// Converts it.
    fn into_step_error(self) -> StepError;
}
#[diagnostic::do_not_recommend]
impl<E: Into<StepError>> IntoStepError for E {
    fn into_step_error(self) -> StepError {
        self.into()
    }
}

/// The error of a step, whose type is the user's own.
#[doc(hidden)]
pub fn step_error<E: IntoStepError>(error: E) -> StepError {
    error.into_step_error()
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)
    }
}
impl fmt::Debug for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("StepError");
        out.field("cause", &self.cause).field("wait", &self.wait).field("source", &self.source).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn a_broken_invariant_is_no_failure_of_the_step() {
        let error = StepError::internal("an attempt had no input");
        assert_eq!(error.to_string(), "internal error: an attempt had no input; please report it");
        assert!(!error.is_retryable());
        assert_eq!(error.signal(), Some(&Signal::Internal("an attempt had no input".to_owned())));

        let error = Error::internal("a step ended without an output");
        assert!(error.is_internal() && error.settle().is_none());
        assert_eq!(error.to_string(), "internal error: a step ended without an output; please report it");
    }
}
