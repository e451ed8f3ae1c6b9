//! Classification of what goes wrong, before the server, the tool and the secrets are known.

use crate::secrets::{Secrets, shortened};
use flujo::StepError;
use rmcp::model::{ErrorCode, ErrorData};
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// The maximum length in characters of a message.
const LONGEST: usize = 4_000;

/// The code of errors that this crate puts in the place of an answer that never came. It is none of JSON-RPC's; a server that
/// sends it nevertheless decides only whether its own error is tried again.
const LOCAL: ErrorCode = ErrorCode(-31_999);

/// A failure of a request.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    message: String,
    retryable: bool,
    wait: Option<Duration>,
    /// True if the connection is as good as before.
    harmless: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl StdError for Failure {}

impl Failure {
    /// A failure that may go away.
    pub(crate) fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), retryable: true, wait: None, harmless: false }
    }

    /// A failure that stays.
    pub(crate) fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), retryable: false, wait: None, harmless: false }
    }

    /// Says that the connection can be used on.
    pub(crate) fn harmless(self) -> Self {
        Self { harmless: true, ..self }
    }

    pub(crate) fn is_harmless(&self) -> bool {
        self.harmless
    }

    /// Sets how long the server asks to wait.
    pub(crate) fn wait(self, wait: Option<Duration>) -> Self {
        Self { wait, ..self }
    }

    pub(crate) fn is_retryable(&self) -> bool {
        self.retryable
    }

    /// Adds a sentence to the message.
    pub(crate) fn and(mut self, sentence: &str) -> Self {
        if !sentence.is_empty() {
            self.message.push_str("; ");
            self.message.push_str(sentence);
        }
        self
    }

    /// Classifies the JSON-RPC error of a server. What it says about the request stays; its own trouble may go away.
    pub(crate) fn of_answer(error: &ErrorData) -> Self {
        let ErrorData { code, message, .. } = error;
        if *code == LOCAL {
            return Self {
                message: message.to_string(),
                retryable: error.data.is_none(),
                wait: None,
                harmless: false,
            };
        }
        let lasting = [
            ErrorCode::INVALID_REQUEST,
            ErrorCode::METHOD_NOT_FOUND,
            ErrorCode::INVALID_PARAMS,
            ErrorCode::PARSE_ERROR,
            ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
            ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY,
            ErrorCode::HEADER_MISMATCH,
        ];
        let text = format!("the server answers with the error {}: {message}", code.0);
        if lasting.contains(code) { Self::lasting(text) } else { Self::passing(text) }
    }

    /// Returns the failure as the JSON-RPC error that takes the place of the answer.
    pub(crate) fn into_answer(self) -> ErrorData {
        let data = (!self.retryable).then_some(serde_json::Value::Bool(false));
        ErrorData::new(LOCAL, self.message, data)
    }

    /// Returns the error of a step. It names the server and the tool, and holds no secret.
    pub(crate) fn into_error(self, server: &str, tool: Option<&str>, secrets: &Secrets) -> StepError {
        let tool = tool.map(|tool| format!(", tool `{}`", secrets.quoted(tool))).unwrap_or_default();
        let message = shortened(&secrets.scrub(&self.message), LONGEST);
        let message = format!("MCP server `{server}`{tool}: {message}");
        let error = if self.retryable { StepError::retryable(message) } else { StepError::fatal(message) };
        match self.wait {
            Some(wait) => error.retry_after(wait),
            None => error,
        }
    }
}

/// Returns the innermost error, which has the cause.
pub(crate) fn cause<'e>(error: &'e (dyn StdError + 'static)) -> &'e (dyn StdError + 'static) {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_server_is_tried_again_unless_it_is_about_the_request() {
        let fails = |code, text: &'static str| Failure::of_answer(&ErrorData::new(code, text, None));
        let error = fails(ErrorCode::INVALID_PARAMS, "unknown tool: a");
        assert!(!error.retryable);
        assert_eq!(error.to_string(), "the server answers with the error -32602: unknown tool: a");
        assert!(fails(ErrorCode::INTERNAL_ERROR, "busy").retryable);
        assert!(fails(ErrorCode(-32_000), "busy").retryable);
    }

    #[test]
    fn a_failure_in_the_place_of_an_answer_stays_what_it_is() {
        for failure in [Failure::passing("cut"), Failure::lasting("long")] {
            let back = Failure::of_answer(&failure.clone().into_answer());
            assert_eq!((back.retryable, &back.message), (failure.retryable, &failure.message));
        }
    }

    #[test]
    fn the_error_names_server_and_tool_and_no_secret() {
        let mut secrets = Secrets::default();
        secrets.push("KEY".to_owned(), "sk-planted".into());
        let error =
            Failure::passing("said sk-planted").and("retry").into_error("docs", Some("search"), &secrets);
        assert_eq!(error.to_string(), "MCP server `docs`, tool `search`: said [secret]; retry");
        assert!(error.is_retryable());
        assert!(!Failure::lasting("no").into_error("docs", None, &secrets).is_retryable());
    }
}
