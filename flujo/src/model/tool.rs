use crate::codec::Json;
use serde::{Deserialize, Serialize};

/// A tool as a model is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolSpec {
    /// The name of the step.
    pub name: String,
    /// What it is for: the doc comment of the step.
    pub description: String,
    /// The JSON Schema of its arguments: an object with a property for every input of the step.
    pub schema: Json,
}

/// A model calls a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// How the result is told apart from those of other calls.
    pub id: String,
    /// The tool, as the model names it: there need not be one of this name.
    pub name: String,
    /// The arguments, as the model wrote them: they need not be JSON.
    pub arguments: String,
    /// What some providers want to have back with the call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
}

impl ToolCall {
    /// A call without signatures.
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        let (id, name, arguments) = (id.into(), name.into(), arguments.into());
        Self { id, name, arguments, signatures: Vec::new() }
    }

    /// The bytes of everything that goes back to the model.
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

    /// The bytes of everything that the model is told.
    pub(super) fn bytes(&self) -> usize {
        self.name.len() + self.description.len() + self.schema.as_str().len()
    }
}
