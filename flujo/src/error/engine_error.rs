use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// A failure of an engine's storage: what failed and what to do about it, with the error of the storage as its
/// [`source`](StdError::source).
///
/// It is recorded by its message alone, and two of them are equal if their messages are.
///
/// ```
/// use flujo::error::EngineError;
/// use std::error::Error;
/// let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
/// let error = EngineError::new("the journal cannot grow: make room on the disk").with_source(full);
/// assert_eq!(error.to_string(), "the journal cannot grow: make room on the disk");
/// assert!(error.source().is_some_and(|source| source.is::<std::io::Error>()));
/// ```
#[derive(Clone)]
pub struct EngineError(Arc<Inner>);

struct Inner {
    message: String,
    source: Option<Source>,
}

type Source = Arc<dyn StdError + Send + Sync>;

impl EngineError {
    /// Creates an error with this message and without a source.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { message: message.into(), source: None }))
    }

    /// Sets the error of the storage.
    #[must_use]
    pub fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { message: self.0.message.clone(), source: Some(Arc::new(source)) }))
    }

    /// Replaces the message; the source stays.
    ///
    /// ```
    /// use flujo::error::EngineError;
    /// let error = EngineError::new("locked").with_message("runs.db is locked");
    /// assert_eq!(error.message(), "runs.db is locked");
    /// ```
    #[must_use]
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { message: message.into(), source: self.0.source.clone() }))
    }

    /// Returns the message.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl From<String> for EngineError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}
impl From<&str> for EngineError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl PartialEq for EngineError {
    fn eq(&self, other: &Self) -> bool {
        self.0.message == other.0.message
    }
}
impl Eq for EngineError {}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}
impl fmt::Debug for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.source {
            Some(source) => write!(f, "{:?} ({source:?})", self.0.message),
            None => write!(f, "{:?}", self.0.message),
        }
    }
}
impl StdError for EngineError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

impl Serialize for EngineError {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0.message)
    }
}
impl<'de> Deserialize<'de> for EngineError {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}
