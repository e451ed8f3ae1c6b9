//! Schemas of answer types: the schema that is sent to the model, and the checks of its answer.

mod check;
mod depth;
mod mismatch;
mod outline;
mod references;
mod strict;
mod wrap;

pub(crate) use check::wrong;
pub(crate) use depth::take_apart;
pub(crate) use mismatch::mismatch;
pub(crate) use outline::outline;
pub use strict::{StrictSchema, strict};

use crate::codec::{CodecError, Json};
use crate::durable::Reply;
use schemars::Schema;
use serde_json::{Map, Value};
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use wrap::wrapped;

/// The field that wraps an answer that is not an object. Providers require an object at the root.
const ANSWER: &str = "answer";

/// The format of the answers of one type: how they are asked for and parsed.
#[derive(Debug)]
pub(super) struct Shape {
    /// The schema that is sent to the model.
    pub(super) schema: Json,
    pub(super) form: Form,
    /// The schema of the value itself, if it has constraints beyond the Rust type.
    checks: Option<Value>,
}

/// The encoding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Plain text.
    Text,
    /// A JSON object that is the value.
    Object,
    /// A JSON object that wraps the value.
    Wrapped,
}

/// A cache by type: generating a schema takes longer than sending it.
static SHAPES: LazyLock<Mutex<HashMap<TypeId, Arc<Shape>>>> = LazyLock::new(Mutex::default);

impl Shape {
    /// Returns the shape of answers of type `T`.
    pub(super) fn of<T: Reply>() -> Result<Arc<Self>, CodecError> {
        Self::known(TypeId::of::<T>(), || schemars::SchemaGenerator::default().into_root_schema_for::<T>())
    }

    /// Has no type parameters: the map and its lock are compiled here, and not for each type of answer.
    fn known(ty: TypeId, generate: fn() -> Schema) -> Result<Arc<Self>, CodecError> {
        let known = || SHAPES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = known().get(&ty) {
            return Ok(Arc::clone(shape));
        }
        let root = generate();
        let shape = match Self::new(root.as_value()) {
            Ok(shape) => Arc::new(shape),
            Err(error) => {
                take_apart(root.to_value());
                return Err(error);
            }
        };
        known().insert(ty, Arc::clone(&shape));
        Ok(shape)
    }

    fn new(root: &Value) -> Result<Self, CodecError> {
        // Before anything else: recursion into what can be encoded is bounded.
        let plain = Json::encode(root)?;
        let form = match root.get("type") {
            Some(Value::String(ty)) if ty == "object" => Form::Object,
            _ if is_plain_text(root) => Form::Text,
            _ => Form::Wrapped,
        };
        let schema = if form == Form::Wrapped { Json::encode(&wrapped(root))? } else { plain };
        Ok(Self { schema, form, checks: check::says_more(root).then(|| root.clone()) })
    }

    /// Returns the first violation of a constraint that the type does not have.
    pub(super) fn wrong(&self, value: &Value) -> Option<String> {
        self.checks.as_ref().and_then(|schema| wrong(schema, value))
    }

    /// True if values have to be checked beyond their type.
    pub(super) fn looks(&self) -> bool {
        self.checks.is_some()
    }

    /// Encodes a value as the model is expected to write it, for examples.
    pub(super) fn shown(&self, value: Value) -> String {
        match (self.form, value) {
            (Form::Text, Value::String(text)) => text,
            (Form::Wrapped, value) => Value::Object(Map::from_iter([(ANSWER.to_owned(), value)])).to_string(),
            (_, value) => value.to_string(),
        }
    }
}

/// Returns the wrapped value of an object that has no other field.
pub(super) fn unwrapped(value: &Value) -> Option<&Value> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.get(ANSWER)
}

/// Returns the schema of answers of type `T`, as in [`ModelRequest::schema`].
///
/// [`ModelRequest::schema`]: super::ModelRequest::schema
///
/// # Errors
/// The schema of the type cannot be encoded.
pub fn schema_of<T: Reply>() -> Result<Json, CodecError> {
    Shape::of::<T>().map(|shape| shape.schema.clone())
}

/// Returns the schema of a value of type `T` by itself: where nothing but the value is written.
pub(super) fn value_schema_of<T: Reply>() -> Result<Json, CodecError> {
    encoded(schemars::SchemaGenerator::default().into_root_schema_for::<T>())
}

fn encoded(root: Schema) -> Result<Json, CodecError> {
    let schema = Json::encode(root.as_value());
    if schema.is_err() {
        take_apart(root.to_value());
    }
    schema
}

/// Returns true if a schema asks for plain text: a model client sends such a request without a schema, and
/// returns the reply unchanged.
///
/// ```
/// use flujo::model::{is_text, schema_of};
///
/// assert!(is_text(&schema_of::<String>()?));
/// assert!(!is_text(&schema_of::<Vec<String>>()?));
/// # Ok::<(), flujo::codec::CodecError>(())
/// ```
pub fn is_text(schema: &Json) -> bool {
    schema.decode().is_ok_and(|root: Value| is_plain_text(&root))
}

fn is_plain_text(root: &Value) -> bool {
    let Some(root) = root.as_object() else { return false };
    let words = ["type", "title", "description", "$schema", "default", "examples"];
    root.get("type").is_some_and(|ty| ty == "string") && root.keys().all(|key| words.contains(&key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Serialize, Deserialize, JsonSchema)]
    struct Label {
        name: String,
    }

    #[derive(Clone, Serialize, Deserialize, JsonSchema)]
    enum Verdict {
        Yes,
        No { why: Label },
    }

    #[test]
    fn providers_want_an_object_at_the_root() {
        assert_eq!(Shape::of::<String>().unwrap().form, Form::Text);
        assert_eq!(Shape::of::<Label>().unwrap().form, Form::Object);
        for shape in [Shape::of::<u8>(), Shape::of::<Vec<Label>>(), Shape::of::<Verdict>(), Shape::of::<()>()]
        {
            let shape = shape.unwrap();
            assert_eq!(shape.form, Form::Wrapped);
            let schema: Value = shape.schema.decode().unwrap();
            assert_eq!((&schema["type"], &schema["required"]), (&"object".into(), &vec!["answer"].into()));
            assert!(schema["properties"]["answer"].get("$defs").is_none());
        }
        // References are relative to the root, wherever they are.
        let schema: Value = schema_of::<Vec<Label>>().unwrap().decode().unwrap();
        assert_eq!(schema["properties"]["answer"]["items"]["$ref"], "#/$defs/Label");
        assert_eq!(schema["$defs"]["Label"]["type"], "object");
    }

    #[test]
    fn one_shape_for_each_type() {
        assert!(Arc::ptr_eq(&Shape::of::<Label>().unwrap(), &Shape::of::<Label>().unwrap()));
    }

    #[test]
    fn values_are_shown_as_they_are_asked_for() {
        let shown = |shape: Arc<Shape>, value: Value| shape.shown(value);
        assert_eq!(shown(Shape::of::<String>().unwrap(), "a b".into()), "a b");
        assert_eq!(shown(Shape::of::<u8>().unwrap(), 7.into()), r#"{"answer":7}"#);
        assert_eq!(shown(Shape::of::<Verdict>().unwrap(), "Yes".into()), r#"{"answer":"Yes"}"#);
    }
}
