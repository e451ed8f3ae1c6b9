use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a critic tells the generator of a `refine`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Feedback(pub String);

/// What a critic says about a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Critique {
    /// It is good.
    Accept,
    /// It is to be made again, with this in mind.
    Revise(Feedback),
}

impl Critique {
    /// It is to be made again, with this in mind.
    pub fn revise(feedback: impl Into<String>) -> Self {
        Self::Revise(Feedback(feedback.into()))
    }
}

impl Feedback {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
