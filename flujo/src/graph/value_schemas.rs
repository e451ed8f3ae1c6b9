use crate::codec::{AnswerSchema, CodecError, Json};
use serde::Serialize;
use std::marker::PhantomData;

/// The JSON Schemas of the values that go into a pipeline and come out of it, as far as their types have some, and its
/// default context.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::graph::ValueSchemas;
///
/// let schemas: ValueSchemas = welcome::GRAPH.schemas;
/// let output = schemas.output.expect("a `String` has a schema");
/// assert!(output().unwrap().as_str().contains(r#""type":"string""#));
/// assert!(schemas.context.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ValueSchemas {
    /// The schemas of the inputs, in their order.
    pub inputs: &'static [Option<AnswerSchema>],
    /// The schema of the output.
    pub output: Option<AnswerSchema>,
    /// The schema of the context.
    pub context: Option<AnswerSchema>,
    /// The default of the context, if its type has one.
    pub default_context: Option<AnswerSchema>,
}

impl ValueSchemas {
    pub(crate) const NONE: Self = Self { inputs: &[], output: None, context: None, default_context: None };

    /// Creates those of a pipeline without a context.
    #[doc(hidden)]
    pub const fn new(inputs: &'static [Option<AnswerSchema>], output: Option<AnswerSchema>) -> Self {
        Self { inputs, output, ..Self::NONE }
    }

    /// Adds those of a context.
    #[doc(hidden)]
    #[must_use]
    pub const fn context(self, context: Option<AnswerSchema>, default: Option<AnswerSchema>) -> Self {
        Self { context, default_context: default, ..self }
    }
}

/// `Fresh::<C>::DEFAULT` is the inherent constant if a context has a default, else that of [`NoDefault`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Fresh<C>(PhantomData<fn() -> C>);
impl<C: Default + Serialize> Fresh<C> {
    /// The default, encoded.
    pub const DEFAULT: Option<AnswerSchema> = Some(default_of::<C>);
}
/// The fallback of [`Fresh`].
#[doc(hidden)]
pub trait NoDefault {
    /// None.
    const DEFAULT: Option<AnswerSchema> = None;
}
impl<C> NoDefault for Fresh<C> {}

fn default_of<C: Default + Serialize>() -> Result<Json, CodecError> {
    Json::encode(&C::default())
}
