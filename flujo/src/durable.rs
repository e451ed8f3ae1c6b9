//! What may cross a step boundary, and what a person may answer.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

/// A value that can be recorded: inputs and outputs of steps, contexts and their parts.
///
/// Implemented for every `T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static`; nobody
/// implements it by hand. What flows on after a step is the value *decoded from the record*, so a live
/// run and a resumed one see the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded",
    label = "this value crosses a step boundary, so it must be durable",
    note = "add `#[derive(Clone, serde::Serialize, serde::Deserialize)]` to `{Self}`"
)]
pub trait Durable: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Durable for T {}

/// A value that a person, or a model, can be asked for: it has a JSON Schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a reply",
    label = "no JSON Schema for this type",
    note = "add `#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]` to `{Self}`"
)]
pub trait Reply: Durable + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Durable + JsonSchema> Reply for T {}
