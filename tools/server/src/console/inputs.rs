//! The form of what a run begins with: its inputs.

use super::form::Field;
use flujo::codec::Json;
use flujo::run::{PipelineDescription, ValueDescription};
use serde_json::Value;

pub(super) fn field(value: &ValueDescription) -> Field {
    match &value.schema {
        Some(schema) => Field::of(schema.as_str()),
        None => Field::json(),
    }
}

/// The field of the list of inputs.
pub(super) fn inputs(pipeline: &PipelineDescription) -> Field {
    Field::tuple(pipeline.inputs.iter().map(|input| (input.name.to_owned(), field(input)))).titled("Inputs")
}

/// A recorded value for a form.
pub(super) fn value(json: &Json) -> Option<Value> {
    serde_json::from_str(json.as_str()).ok()
}

/// A random id.
pub(super) fn new_id(pipeline: &str) -> String {
    format!("{pipeline}-{:x}", super::show::now().0)
}
