//! Messages of a server, read so that one that cannot be read is not waited for.

use crate::failure::Failure;
use rmcp::model::{RequestId, ServerJsonRpcMessage};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The fields that tell what a message is. They are found also in one that is nested too deep to be read.
#[derive(Deserialize)]
struct Head {
    id: Option<RequestId>,
    method: Option<IgnoredAny>,
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

impl Head {
    /// Returns the request that is answered.
    fn answered(self) -> Option<RequestId> {
        if self.method.is_none() && (self.result.is_some() || self.error.is_some()) { self.id } else { None }
    }
}

/// Reads a message; `None` if this is none.
pub(crate) fn read(bytes: &[u8]) -> Option<ServerJsonRpcMessage> {
    serde_json::from_slice(bytes).or_else(|error| substitute(bytes, &error).ok_or(error)).ok()
}

/// Returns the error that takes the place of an answer that cannot be read; `None` if this is no answer.
pub(crate) fn substitute(bytes: &[u8], error: &serde_json::Error) -> Option<ServerJsonRpcMessage> {
    let id = serde_json::from_slice::<Head>(bytes).ok()?.answered()?;
    let failure = Failure::lasting(format!("the answer cannot be read: {error}")).harmless();
    Some(ServerJsonRpcMessage::error(failure.into_answer(), Some(id)))
}

/// Returns true if a message answers a request.
pub(crate) fn is_answer(message: &ServerJsonRpcMessage) -> bool {
    matches!(message, ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_nested_too_deep_is_the_answer_of_its_request() {
        let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
        let text = format!(r#"{{"jsonrpc": "2.0", "result": {{"content": {open}{close}}}, "id": 7}}"#);
        let Some(ServerJsonRpcMessage::Error(error)) = read(text.as_bytes()) else {
            panic!("no answer");
        };
        assert_eq!(error.id, Some(RequestId::Number(7)));
        let failure = Failure::of_answer(&error.error);
        assert_eq!(
            failure.to_string(),
            "the answer cannot be read: recursion limit exceeded at line 1 column 167"
        );
        assert!(!failure.is_retryable());
    }

    #[test]
    fn something_else_is_no_message() {
        for text in ["", "hello", "[1]", "{}", r#"{"id": 1}"#, r#"{"level": "info"}"#, "{\"a\": \"\u{1}"] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
        assert!(read(b"\xff\xfe{").is_none());
    }
}
