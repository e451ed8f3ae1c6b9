use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// The decision of a person about a model's call of a tool, which `ask_first` asks for.
///
/// In JSON a decision is one of `"allow"`, `{"deny": "the reason"}`, `{"edit": {"cents": 400}}`.
///
/// ```
/// use flujo::Approval;
///
/// let replies = [Approval::Allow, Approval::deny("above the limit"), Approval::edit(serde_json::json!({"cents": 400}))];
/// let written = replies.map(|reply| serde_json::to_string(&reply).unwrap());
/// assert_eq!(written, [r#""allow""#, r#"{"deny":"above the limit"}"#, r#"{"edit":{"cents":400}}"#]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Approval {
    /// The tool runs with the arguments of the model.
    Allow,
    /// The tool does not run; the model is told the reason.
    Deny(String),
    /// The tool runs with these arguments, and the model is told so: an object with one property for each input.
    Edit(Value),
}

impl Approval {
    /// Returns a denial with a reason, which the model is told.
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::Deny(reason.into())
    }

    /// Returns an approval of other arguments, for instance `json!({"cents": 400})`. The reply is refused, and the question
    /// stays open, if they do not fit the inputs of the tool.
    pub fn edit(arguments: Value) -> Self {
        Self::Edit(arguments)
    }
}

/// The question before a model's call of a tool runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApprovalQuestion {
    /// Defaults to one that names the tool.
    pub(crate) message: Option<String>,
    pub(crate) timeout: Option<(Duration, Approval)>,
}

impl ApprovalQuestion {
    pub(crate) fn saying(message: &str) -> Self {
        Self { message: Some(message.to_owned()), timeout: None }
    }
}
