use crate::codec::Json;
use serde::{Deserialize, Serialize};

/// The description of a tool that is sent to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolSpec {
    /// The name of the step.
    pub name: String,
    /// The purpose of the tool: the doc comment of the step.
    pub description: String,
    /// The JSON Schema of its arguments: an object with a property for every input of the step.
    pub schema: Json,
}

/// A call of a tool by a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// The id that assigns the result to this call.
    pub id: String,
    /// The name of the tool, as the model wrote it: it may be unknown.
    pub name: String,
    /// The arguments, as the model wrote them: they may be invalid JSON.
    pub arguments: String,
    /// The signatures that some providers expect back with the call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
}

impl ToolCall {
    /// Returns a call without signatures.
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        let (id, name, arguments) = (id.into(), name.into(), arguments.into());
        Self { id, name, arguments, signatures: Vec::new() }
    }

    /// The number of bytes that the call adds to a request.
    pub(super) fn bytes(&self) -> usize {
        let signatures: usize = self.signatures.iter().map(String::len).sum();
        self.id.len() + self.name.len() + self.arguments.len() + signatures
    }
}

impl ToolSpec {
    /// Creates a tool of this name; `schema` is the JSON Schema of its arguments, an object.
    pub fn new(name: impl Into<String>, description: impl Into<String>, schema: Json) -> Self {
        Self { name: name.into(), description: description.into(), schema }
    }

    /// The number of bytes that the tool adds to a request.
    pub(super) fn bytes(&self) -> usize {
        self.name.len() + self.description.len() + self.schema.as_str().len()
    }
}
