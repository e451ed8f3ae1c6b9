//! Classification of what goes wrong with a call, without secrets: providers repeat keys and requests in their errors.

use crate::secret::scrub;
use flujo::model::{ModelError, ModelFailure, Tokens, retry_after};
use hyper::HeaderMap;
use secrecy::SecretString;
use serde_json::Value;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

/// The maximum length in characters of a provider's message.
const LONGEST: usize = 300;

/// A failure of a call, before secrets are removed from its message.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ModelFailure,
    message: String,
    retry_after: Option<Duration>,
    usage: Option<Tokens>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl StdError for Failure {}

impl Failure {
    pub(crate) fn new(kind: ModelFailure, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, usage: None }
    }

    /// Returns the failure of a response that is not of the protocol.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(ModelFailure::Unreadable, message)
    }

    /// Returns the failure of an answer that ended too early.
    pub(crate) fn truncated(message: impl Into<String>) -> Self {
        Self::new(ModelFailure::Truncated, message)
    }

    /// Returns the failure of a request that this provider cannot take. Nothing was sent.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(ModelFailure::BadRequest, message)
    }

    /// Classifies an error response.
    pub(crate) fn of_status(status: u16, body: &str, headers: &HeaderMap) -> Self {
        let failure = Self::new(
            ModelFailure::of(Some(status), body),
            format!("status {status}: {}", message(body).unwrap_or_else(|| body.to_owned())),
        );
        failure.wait_of(headers)
    }

    /// Classifies an error in a response with the status 200, whole or in the middle of a stream. Without a known code
    /// it is trouble of the provider.
    pub(crate) fn of_error(error: &Value) -> Self {
        let body = error.to_string();
        let kind = match ModelFailure::of(None, &body) {
            ModelFailure::Other => ModelFailure::Overloaded,
            known => known,
        };
        Self::new(kind, message(&body).unwrap_or(body))
    }

    /// Classifies a failure before the response.
    pub(crate) fn of_connection(error: &(dyn StdError + 'static)) -> Self {
        Self::of_transport(error, ModelFailure::Unreachable)
    }

    /// Classifies a failure in the middle of the response.
    pub(crate) fn of_body(error: &(dyn StdError + 'static)) -> Self {
        Self::of_transport(error, ModelFailure::Truncated)
    }

    fn of_transport(error: &(dyn StdError + 'static), kind: ModelFailure) -> Self {
        let (cause, timed_out) = cause(error);
        Self::new(if timed_out { ModelFailure::TimedOut } else { kind }, cause.to_string())
    }

    /// Returns the failure of a call that takes too long.
    pub(crate) fn timed_out(limit: Duration) -> Self {
        Self::new(ModelFailure::TimedOut, format!("no answer in {limit:?}"))
    }

    /// Reads how long the provider asks to wait before the next call.
    pub(crate) fn wait_of(mut self, headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        self.retry_after = retry_after(header, SystemTime::now());
        self
    }

    /// Sets the tokens that the failed call used.
    pub(crate) fn used(self, usage: Option<Tokens>) -> Self {
        Self { usage: self.usage.or(usage), ..self }
    }

    /// Returns the public error, with a short message that does not hold the key.
    pub(crate) fn without(self, key: Option<&SecretString>) -> ModelError {
        let mut error = ModelError::new(self.kind, shortened(&scrub(&self.message, key)));
        (error.retry_after, error.usage) = (self.retry_after, self.usage);
        error
    }
}

/// Returns the innermost error, which has the cause, and true if one on the way to it is a timeout.
pub(crate) fn cause<'e>(error: &'e (dyn StdError + 'static)) -> (&'e (dyn StdError + 'static), bool) {
    let (mut cause, mut timed_out) = (error, false);
    loop {
        let io = cause.downcast_ref::<io::Error>();
        timed_out |= io.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
        match cause.source() {
            Some(source) => cause = source,
            None => return (cause, timed_out),
        }
    }
}

/// Finds the message in the body of an error.
fn message(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let value = value.get(0).unwrap_or(&value);
    let places = ["/error/message", "/message", "/error", "/detail"];
    places.iter().find_map(|place| value.pointer(place).and_then(Value::as_str)).map(str::to_owned)
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_in_an_answer_is_what_its_code_says() {
        for (error, kind, message) in [
            (json!({"error": {"message": "slow down", "code": 429}}), ModelFailure::RateLimited, "slow down"),
            (json!({"error": {"message": "no credit", "code": 402}}), ModelFailure::Quota, "no credit"),
            (
                json!({"type": "error", "code": "server_error", "message": "busy"}),
                ModelFailure::Overloaded,
                "busy",
            ),
            (json!({"error": "model is loading"}), ModelFailure::Overloaded, "model is loading"),
        ] {
            let failure = Failure::of_error(&error);
            assert_eq!((failure.kind, failure.message.as_str()), (kind, message), "{error}");
        }
    }

    #[test]
    fn messages_are_short_and_hold_no_key() {
        let key = SecretString::from("sk-planted");
        let long = format!("sk-planted {}", "ä".repeat(1_000));
        let error = Failure::unreadable(long).without(Some(&key)).to_string();
        assert!(error.contains("[secret] ä") && error.ends_with("ä ..."), "{error}");
        assert!(error.chars().count() < 340, "{error}");
    }
}
