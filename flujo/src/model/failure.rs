use super::Tokens;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The kind of a failed model call. The kind alone decides whether a retry makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelFailure {
    /// The provider's rate limit was exceeded.
    RateLimited,
    /// The provider is overloaded or has an internal error.
    Overloaded,
    /// The provider is unreachable.
    Unreachable,
    /// The call timed out.
    TimedOut,
    /// The answer was cut off. A partial answer is never used, even if it parses.
    Truncated,
    /// The response is not a provider's reply: for instance, an error page of a proxy.
    Unreadable,
    /// The account has no credit left, or its quota is used up.
    Quota,
    /// The key is missing or invalid, or lacks the permission.
    Unauthorized,
    /// The model or the URL does not exist.
    NotFound,
    /// The provider rejected the request as invalid.
    BadRequest,
    /// The model declined to answer.
    Refused,
    /// A content filter of the provider blocked the prompt or the answer.
    ContentFilter,
    /// Any other failure.
    Other,
}

impl ModelFailure {
    /// True if the same call may succeed later.
    ///
    /// ```
    /// # use flujo::model::ModelFailure;
    /// assert!(ModelFailure::RateLimited.is_retryable());
    /// assert!(!ModelFailure::Quota.is_retryable());
    /// ```
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Overloaded
                | Self::Unreachable
                | Self::TimedOut
                | Self::Truncated
                | Self::Unreadable
        )
    }

    /// Classifies an error response. The code in the body takes precedence over the status, since several
    /// providers answer 429 both to a rate limit and to an exhausted quota.
    ///
    /// Without a status, classifies an error in the middle of a stream.
    ///
    /// ```
    /// # use flujo::model::ModelFailure;
    /// let body = r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#;
    /// assert_eq!(ModelFailure::of(Some(429), body), ModelFailure::Quota);
    /// assert_eq!(ModelFailure::of(Some(429), "slow down"), ModelFailure::RateLimited);
    /// ```
    pub fn of(status: Option<u16>, body: &str) -> Self {
        let codes = codes(body);
        let said = codes.iter().find_map(|code| Self::of_code(code));
        said.or_else(|| status.map(Self::of_status))
            .or_else(|| codes.iter().find_map(|code| Self::of_vague_code(code)))
            .unwrap_or(Self::Other)
    }

    const fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Unauthorized,
            402 => Self::Quota,
            404 => Self::NotFound,
            408 | 504 | 524 => Self::TimedOut,
            425 | 429 => Self::RateLimited,
            409 | 500..=599 => Self::Overloaded,
            400..=499 => Self::BadRequest,
            _ => Self::Other,
        }
    }

    /// Classifies a code that means the same with every status.
    fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active" | "billing_error" => {
                Self::Quota
            }
            "rate_limit_exceeded" | "rate_limit_error" | "too_many_requests" | "resource_exhausted" => {
                Self::RateLimited
            }
            "overloaded_error" | "server_overloaded" | "server_error" | "unavailable" => Self::Overloaded,
            "invalid_api_key"
            | "authentication_error"
            | "permission_error"
            | "unauthenticated"
            | "permission_denied"
            // LiteLLM's proxy without a database, of every key but its own: with the status 400.
            | "no_db_connection" => Self::Unauthorized,
            "content_filter" | "content_policy_violation" | "responsibleaipolicyviolation" => {
                Self::ContentFilter
            }
            "model_not_found" | "not_found_error" => Self::NotFound,
            "context_length_exceeded" => Self::BadRequest,
            "deadline_exceeded" | "timeout_error" => Self::TimedOut,
            _ => return None,
        })
    }

    /// Classifies a code that occurs with several statuses, if there is no status.
    fn of_vague_code(code: &str) -> Option<Self> {
        Some(match code {
            "invalid_request_error" | "invalid_argument" | "failed_precondition" => Self::BadRequest,
            "api_error" | "internal" | "internal_error" | "internal_server_error" => Self::Overloaded,
            "not_found" => Self::NotFound,
            _ => {
                // Some providers put the numeric status into the code.
                return code.parse().ok().filter(|status| (400..600).contains(status)).map(Self::of_status);
            }
        })
    }

    /// Returns the text of the kind in messages.
    ///
    /// ```
    /// use flujo::model::ModelFailure;
    /// assert_eq!(ModelFailure::Quota.word(), "quota exhausted");
    /// ```
    pub const fn word(self) -> &'static str {
        match self {
            Self::RateLimited => "rate limited",
            Self::Overloaded => "provider overloaded",
            Self::Unreachable => "provider unreachable",
            Self::TimedOut => "timed out",
            Self::Truncated => "answer truncated",
            Self::Unreadable => "unreadable response",
            Self::Quota => "quota exhausted",
            Self::Unauthorized => "not authorized",
            Self::NotFound => "not found",
            Self::BadRequest => "request rejected",
            Self::Refused => "the model refused",
            Self::ContentFilter => "blocked by a content filter",
            Self::Other => "failed",
        }
    }
}

/// Returns the codes in the body of an error response, the most specific first, in lower case.
fn codes(body: &str) -> Vec<String> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(body) else { return Vec::new() };
    // Gemini streams a list of one error.
    let value = value.get(0).cloned().unwrap_or(value);
    let error = value.get("error").filter(|error| !error.is_null()).unwrap_or(&value);
    let nested = error.pointer("/innererror/code");
    let places = [nested, error.get("code"), error.get("status"), error.get("type"), value.get("code")];
    let words = places.into_iter().flatten().filter_map(|code| match code {
        serde_json::Value::String(word) => Some(word.to_lowercase()),
        serde_json::Value::Number(n) => Some(n.to_string()),
        _ => None,
    });
    words.collect()
}

/// The error of a model call.
///
/// ```
/// # use flujo::model::{ModelError, ModelFailure};
/// # use std::time::Duration;
/// let error = ModelError::new(ModelFailure::RateLimited, "slow down").retry_after(Duration::from_secs(2));
/// assert!(error.is_retryable());
/// assert_eq!(error.to_string(), "rate limited: slow down");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ModelError {
    /// The kind of the failure.
    pub failure: ModelFailure,
    /// The wait that the provider asks for before the next call.
    pub retry_after: Option<Duration>,
    /// The tokens that the failed call used, if the provider reports them.
    pub usage: Option<Tokens>,
    /// The cause. It must hold no secret.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl ModelError {
    /// Returns an error of this kind.
    pub fn new(failure: ModelFailure, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { failure, retry_after: None, usage: None, source: source.into() }
    }

    /// Sets the wait before the next call.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Sets the tokens that the failed call used.
    #[must_use]
    pub fn used(self, tokens: Tokens) -> Self {
        Self { usage: Some(tokens), ..self }
    }

    /// True if the same call may succeed later.
    pub const fn is_retryable(&self) -> bool {
        self.failure.is_retryable()
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.failure.word(), self.source)
    }
}
impl std::error::Error for ModelError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ModelFailure as F;

    #[test]
    fn the_status_decides_where_nothing_else_is_said() {
        for (status, failure) in [
            (400, F::BadRequest),
            (401, F::Unauthorized),
            (402, F::Quota),
            (403, F::Unauthorized),
            (404, F::NotFound),
            (408, F::TimedOut),
            (409, F::Overloaded),
            (413, F::BadRequest),
            (422, F::BadRequest),
            (425, F::RateLimited),
            (429, F::RateLimited),
            (500, F::Overloaded),
            (502, F::Overloaded),
            (503, F::Overloaded),
            (504, F::TimedOut),
            (529, F::Overloaded),
            (302, F::Other),
        ] {
            for body in ["", "<html>", "{}", r#"{"error":null}"#, r#"{"error":"no"}"#, "[]", "[1]"] {
                assert_eq!(F::of(Some(status), body), failure, "{status} {body}");
            }
        }
        let fatal = [400, 401, 402, 403, 404, 413, 422];
        let again = [408, 409, 425, 429, 500, 502, 503, 504, 529];
        assert!(fatal.iter().all(|status| !F::of(Some(*status), "").is_retryable()));
        assert!(again.iter().all(|status| F::of(Some(*status), "").is_retryable()));
    }

    #[test]
    fn the_code_in_the_body_goes_before_the_status() {
        for (status, body, failure) in [
            // OpenAI
            (429, r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#, F::Quota),
            (429, r#"{"error":{"type":"tokens","code":"rate_limit_exceeded"}}"#, F::RateLimited),
            (401, r#"{"error":{"type":"invalid_request_error","code":"invalid_api_key"}}"#, F::Unauthorized),
            (401, r#"{"error":{"type":"invalid_request_error","code":null}}"#, F::Unauthorized),
            (400, r#"{"error":{"code":"context_length_exceeded"}}"#, F::BadRequest),
            (
                400,
                r#"{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
                F::ContentFilter,
            ),
            // Anthropic
            (529, r#"{"type":"error","error":{"type":"overloaded_error"}}"#, F::Overloaded),
            (429, r#"{"type":"error","error":{"type":"rate_limit_error"}}"#, F::RateLimited),
            (500, r#"{"type":"error","error":{"type":"api_error"}}"#, F::Overloaded),
            (400, r#"{"type":"error","error":{"type":"invalid_request_error"}}"#, F::BadRequest),
            // LiteLLM
            (400, r#"{"error":{"type":"no_db_connection","code":"400"}}"#, F::Unauthorized),
            (429, r#"{"error":{"type":"throttling_error","code":"429"}}"#, F::RateLimited),
            (408, r#"{"error":{"type":"invalid_request_error","code":"408"}}"#, F::TimedOut),
            // Gemini
            (429, r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}"#, F::RateLimited),
            (503, r#"[{"error":{"code":503,"status":"UNAVAILABLE"}}]"#, F::Overloaded),
            (404, r#"{"error":{"code":404,"status":"NOT_FOUND"}}"#, F::NotFound),
        ] {
            assert_eq!(F::of(Some(status), body), failure, "{status} {body}");
        }
    }

    #[test]
    fn an_error_in_a_stream_has_no_status() {
        for (body, failure) in [
            (r#"{"error":{"type":"server_error","message":"oops"}}"#, F::Overloaded),
            (r#"{"type":"error","error":{"type":"overloaded_error"}}"#, F::Overloaded),
            (r#"{"type":"error","error":{"type":"api_error"}}"#, F::Overloaded),
            (r#"{"error":{"code":"insufficient_quota"}}"#, F::Quota),
            (r#"{"error":{"type":"invalid_request_error"}}"#, F::BadRequest),
            (r#"{"error":{"code":429,"message":"slow down"}}"#, F::RateLimited),
            (r#"{"error":{"message":"?"}}"#, F::Other),
            ("", F::Other),
        ] {
            assert_eq!(F::of(None, body), failure, "{body}");
        }
    }
}
