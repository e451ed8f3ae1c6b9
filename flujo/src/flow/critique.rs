use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A critic's words to the generator of a `refine`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
// The schemas of these types are recorded with questions: their words stay, whatever the documentation says.
#[schemars(description = "What a critic tells the generator of a `refine`.")]
pub struct Feedback(pub String);

/// A critic's verdict on a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "What a critic says about a draft.")]
pub enum Critique {
    /// The draft is accepted.
    #[schemars(description = "It is good.")]
    Accept,
    /// The draft has to be revised, with this feedback.
    #[schemars(description = "It is to be made again, with this in mind.")]
    Revise(Feedback),
}

impl Critique {
    /// Requests a revision with this feedback.
    pub fn revise(feedback: impl Into<String>) -> Self {
        Self::Revise(Feedback(feedback.into()))
    }
}

impl Feedback {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
