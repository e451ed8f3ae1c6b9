//! The encoding of records: JSON with sorted keys and exact floats, which alters no value silently.
//!
//! ```
//! use flujo::codec::Json;
//! use std::collections::HashMap;
//!
//! # fn main() -> Result<(), flujo::codec::CodecError> {
//! let value = HashMap::from([("b", 0.1), ("a", 1.0)]);
//! let json = Json::encode(&value)?;
//! assert_eq!(json.as_str(), r#"{"a":1.0,"b":0.1}"#);
//! assert_eq!(json.decode::<HashMap<String, f64>>()?["b"], 0.1);
//! // Values that JSON cannot hold are an error, never `null`.
//! assert!(Json::encode(&f64::NAN).is_err());
//! assert!(Json::encode(&Some(None::<u8>)).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! Two equal values always give the same bytes, whatever order a `HashMap` keeps or a struct declares,
//! which is what makes an input comparable by its digest after a restart.

mod canonical;
mod digest;
#[cfg(test)]
mod exact;
pub(crate) mod list;
mod names;
mod shape;
mod text;
mod writer;

pub use digest::Digest;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::fmt;
use std::sync::Arc;

/// The deepest nesting of a value: what JSON readers, that of `serde_json` among them, accept.
pub const MAX_DEPTH: usize = 127;

/// A recorded value: canonical JSON text, cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Arc<str>);

/// Makes the JSON Schema of a type: the one that a model is sent for an answer of that type.
///
/// ```
/// use flujo::codec::AnswerSchema;
/// use flujo::model::schema_of;
/// // A function and no value, so that it can stand in the constant data of a pipeline.
/// const OF_A_NUMBER: AnswerSchema = schema_of::<u32>;
/// assert!(OF_A_NUMBER()?.as_str().contains("integer"));
/// # Ok::<(), flujo::codec::CodecError>(())
/// ```
pub type AnswerSchema = fn() -> Result<Json, CodecError>;

/// A value could not be recorded, or a record not read.
///
/// ```
/// use flujo::codec::{CodecError, Json, MAX_DEPTH};
///
/// let refused: CodecError = Json::encode(&f64::NAN).unwrap_err();
/// assert!(refused.to_string().contains("number"), "{refused}");
///
/// let nested = "[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1);
/// assert!(Json::parse(&nested).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError {
    message: String,
}

impl CodecError {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string() }
    }

    #[cold]
    fn unreadable(error: &serde_json::Error) -> Self {
        Self::new(error)
    }

    fn too_deep() -> Self {
        Self::new(format_args!("the value is nested deeper than {MAX_DEPTH} levels"))
    }

    fn no_key() -> Self {
        Self::new("a map key must be a string, a number or a bool")
    }

    #[cold]
    fn key_twice(key: &str) -> Self {
        Self::new(format_args!("a map has two entries with the key `{key}`, and one would be lost"))
    }

    fn not_finite(value: impl fmt::Display) -> Self {
        Self::new(format_args!("`{value}` is not a finite number, and JSON holds no other"))
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for CodecError {}

impl Json {
    /// Encodes a value.
    ///
    /// # Errors
    /// It holds what JSON does not keep: a number that is not finite, a map key that is no string, number or bool,
    /// two keys that are written alike, or a `Some` of what is written as `null`, such as `Some(None)`. Or it is
    /// nested deeper than [`MAX_DEPTH`], or its own `Serialize` fails.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, CodecError> {
        match writer::text_of(&mut |writer| value.serialize(writer)) {
            Ok(text) => Ok(Self(text)),
            Err(error) => Err(error),
        }
    }

    /// Decodes a value.
    ///
    /// # Errors
    /// The text does not fit `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        match serde_json::from_str(&self.0) {
            Ok(value) => Ok(value),
            Err(error) => Err(CodecError::unreadable(&error)),
        }
    }

    /// Parses text from outside, for instance a person's reply, into canonical form.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn parse(text: &str) -> Result<Self, CodecError> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(CodecError::new)?;
        Self::encode(&value)
    }

    /// The text of a value that was recorded, brought back from where an engine keeps it. It is taken as it is.
    pub fn recorded(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// `null`.
    pub fn null() -> Self {
        Self(Arc::from("null"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest of the text.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A record keeps the text as it is, so that storing and loading it can never change a number.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let _: serde::de::IgnoredAny = serde_json::from_str(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(text.into()))
    }
}

/// The digest of a value: the same for all values whose canonical JSON is the same. It is not the
/// [digest of that text](Json::digest).
///
/// # Errors
/// As [`Json::encode`], but for keys that are written alike.
pub fn digest<T: Serialize + ?Sized>(value: &T) -> Result<Digest, CodecError> {
    digest::digest_of(value)
}
