use std::error::Error;
use std::fmt;

/// The error of a model that a client could never call; the message says what to do.
///
/// ```
/// # use flujo::model::ModelCheckError;
/// let error = ModelCheckError::new("no key for `openai`: set `OPENAI_API_KEY`");
/// assert_eq!(error.to_string(), "no key for `openai`: set `OPENAI_API_KEY`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCheckError(String);

impl ModelCheckError {
    /// Returns an error with this message, which must hold no secret.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for ModelCheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl Error for ModelCheckError {}
